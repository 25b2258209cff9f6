package web

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"heyin/models"
	"heyin/review"
	"heyin/storage"
)

// judged makes a receipt of the site's branch decided.
func (s *site) judged(t *testing.T, customer, decision, reason string) (id int64, no string) {
	t.Helper()
	id, no = s.richReceipt(t, customer, models.ReasonSealUnsure)
	c := s.signedIn(t, s.branch, models.RoleReviewer)
	path := fmt.Sprintf("/api/v1/review/%d", id)
	item := into[review.Item](t, c.postJSON(path+"/claim", nil).want(t, http.StatusOK))
	c.postJSON(path+"/decide", map[string]any{"version": item.Version, "decision": decision, "reason_code": reason, "note": "wort-" + decision}).want(t, http.StatusOK)
	return id, no
}

func TestSupervisorsBoard(t *testing.T) {
	s := newSite(t)
	s.judged(t, "Board Ltd", "invalid", "seal_mismatch")
	late, _ := s.richReceipt(t, "Late Ltd", models.ReasonNoSpecimen)
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE review_items SET deadline = now() - interval '4 days' WHERE receipt_id = $1`, late); err != nil {
		t.Fatal(err)
	}
	chief := s.signedIn(t, s.branch, models.RoleSupervisor)
	page := chief.get("/board").want(t, http.StatusOK).body
	for _, want := range []string{`<b>1</b>待审`, `class="bad-count"><b>1</b>已超期`, "<svg class=\"chart\"", "无预留印鉴", "审核员一致性", `<g class="alarming"><rect`} {
		if !strings.Contains(page, want) {
			t.Errorf("the board lacks %q", want)
		}
	}
	f := into[struct {
		review.Figures
		PassRate float64 `json:"pass_rate"`
	}](t, chief.get("/api/v1/figures").want(t, http.StatusOK))
	if len(f.Deadlines) != 1 || f.Deadlines[0].Days != -1 || len(f.Reviewers) != 1 || f.PassRate != 0 {
		t.Errorf("figures %+v", f)
	}
}

func TestBranchSeesWhatToPutRight(t *testing.T) {
	s, foreign := newSite(t), newSite(t)
	_, no := s.judged(t, "Wrong Ltd", "invalid", "seal_mismatch")
	faulty, _ := s.judged(t, "Old Seal Ltd", "invalid", "specimen_fault")
	s.judged(t, "Right Ltd", "valid", "")
	_, foreignNo := foreign.judged(t, "Foreign Ltd", "invalid", "seal_mismatch")
	c := s.signedIn(t, s.branch, models.RoleBranch)
	page := c.get("/faults").want(t, http.StatusOK).body
	if !strings.Contains(page, no) || !strings.Contains(page, "待重发") || !strings.Contains(page, "预留印鉴有误或过期") || strings.Contains(page, "Right Ltd") || strings.Contains(page, foreignNo) {
		t.Error("the branch's page is not its own")
	}
	lists := into[struct {
		Invalid   []review.InvalidReceipt
		Specimens []review.SpecimenFault
	}](t, c.get("/api/v1/faults").want(t, http.StatusOK))
	if len(lists.Invalid) != 2 || !lists.Invalid[0].SecondRound() || len(lists.Specimens) != 1 || lists.Specimens[0].ReceiptID != faulty {
		t.Errorf("lists %+v", lists)
	}
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE periods SET state = 'closed', closed_at = now()`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := world.Store.DB.Exec(context.WithoutCancel(t.Context()), `UPDATE periods SET state = 'open', closed_at = NULL`); err != nil {
			t.Error(err)
		}
	})
	if page := c.get("/faults").body; strings.Contains(page, "待重发") || !strings.Contains(page, "账期已关闭") {
		t.Error("a closed period has a second round")
	}
}

// The register of differences: a branch explains, what is refused stays typed, the
// supervisor settles; another branch sees nothing of it.
func TestMismatchRegister(t *testing.T) {
	s, foreign := newSite(t), newSite(t)
	id, no := s.judged(t, "Differs Ltd", "valid", "mark_differ")
	branch, chief := s.signedIn(t, s.branch, models.RoleBranch), s.signedIn(t, s.branch, models.RoleSupervisor)
	path := fmt.Sprintf("/mismatches/%d", id)
	if page := branch.post(path, url.Values{"cause": {"timing"}, "items": {"yesterday"}, "note": {"=kept as typed"}}).want(t, http.StatusOK).body; !strings.Contains(page, "未达账项格式有误") || !strings.Contains(page, "=kept as typed</textarea>") {
		t.Error("what was refused is not shown to be mended")
	}
	branch.post(path, url.Values{"cause": {"timing"}, "items": {"2026-09-29 -12,000.00 cheque"}, "note": {"=booked later"}}).want(t, http.StatusSeeOther)
	if page := chief.get("/mismatches").want(t, http.StatusOK).body; !strings.Contains(page, no) || !strings.Contains(page, "-12,000.00") || !strings.Contains(page, path+"/settle") {
		t.Error("the supervisor cannot settle what was explained")
	}
	if page := branch.get("/mismatches").want(t, http.StatusOK).body; strings.Contains(page, path+"/settle") {
		t.Error("the branch settles its own")
	}
	chief.post(path+"/settle", url.Values{"result": {"booked"}}).want(t, http.StatusSeeOther)
	if file := branch.get("/mismatches.csv").want(t, http.StatusOK).body; !strings.Contains(file, no) || !strings.Contains(file, "'=booked later") || !strings.Contains(file, "时间性未达") {
		t.Errorf("file %q", file)
	}
	other := foreign.signedIn(t, foreign.branch, models.RoleBranch)
	for _, place := range []string{"/mismatches", "/mismatches.csv", "/api/v1/mismatches"} {
		if strings.Contains(other.get(place).want(t, http.StatusOK).body, no) {
			t.Errorf("%s gives away another branch's", place)
		}
	}
}

func TestOperatorSeesWhatToScanAgain(t *testing.T) {
	s := newSite(t)
	again, no := s.judged(t, "Blur Ltd", "rescan", "image_poor")
	s.judged(t, "Fine Ltd", "invalid", "other")
	c := s.signedIn(t, s.branch, models.RoleOperator)
	page := c.get("/rescans").want(t, http.StatusOK).body
	if !strings.Contains(page, no) || !strings.Contains(page, "影像质量不合格") || strings.Contains(page, "Fine Ltd") {
		t.Error("the list is not what is to be scanned again")
	}
	list := into[struct{ Rescans []storage.Rescan }](t, c.get("/api/v1/rescans").want(t, http.StatusOK)).Rescans
	if len(list) != 1 || list[0].ReceiptID != again {
		t.Errorf("list %+v", list)
	}
	if a := c.get(fmt.Sprintf("/batches/%d", list[0].BatchID)).want(t, http.StatusOK); a.header.Get("Refresh") == "" {
		t.Error("the page of an open batch does not follow it")
	}
	up := world.Upload(t, s.station, "again.png", fmt.Sprint("again", world.Serial()))
	var statement, batch int64
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT r.statement_id, x.batch_id FROM receipts r, receipts x WHERE r.id = $1 AND x.id = $2`,
		again, up.ReceiptID).Scan(&statement, &batch); err != nil {
		t.Fatal(err)
	}
	world.Read(t, up.ReceiptID, models.Result{Page: 1, PageCount: 1, State: models.InReview, StatementID: statement, Reasons: []models.Reason{{Code: models.ReasonSealUnsure}},
		Reading: models.Reading{Quality: models.Quality{Grade: models.QualityUsable, Findings: []models.Finding{{Code: "corner"}}}}}, nil)
	if page := c.get(fmt.Sprintf("/batches/%d", batch)).body; !strings.Contains(page, "影像 折角") {
		t.Error("the batch does not tell what is wrong with a scan")
	}
	if list := into[struct{ Rescans []storage.Rescan }](t, c.get("/api/v1/rescans")).Rescans; len(list) != 0 {
		t.Errorf("scanned again, and still listed: %+v", list)
	}
}

func TestHouseIsKept(t *testing.T) {
	s := newSite(t)
	c := s.signedIn(t, "", models.RoleAdmin)
	code := fmt.Sprintf("N%d", world.Serial())
	says := func(word string) {
		t.Helper()
		if page := c.get("/house").want(t, http.StatusOK).body; !strings.Contains(page, word) {
			t.Errorf("the page does not say %q", word)
		}
	}
	for _, bad := range []url.Values{{"code": {"a b"}, "name": {"x"}}, {"code": {code}, "name": {" "}}, {"code": {""}, "name": {"x"}}} {
		c.post("/branches", bad).want(t, http.StatusSeeOther)
		says("网点代码须为")
	}
	c.post("/branches", url.Values{"code": {code}, "name": {"东门网点"}}).want(t, http.StatusSeeOther)
	says("东门网点")
	c.post("/stations", url.Values{"branch": {"nowhere"}, "name": {"x"}}).want(t, http.StatusSeeOther)
	says("没有这个网点代码")
	a := c.post("/stations", url.Values{"branch": {code}, "name": {"一号机"}}).want(t, http.StatusOK)
	_, token, _ := strings.Cut(a.body, `<p class="mono">`)
	token, _, _ = strings.Cut(token, "<")
	scanner := s.client(t)
	scanner.token = token
	scanner.openBatch(1)
	if page := c.get("/house").body; strings.Contains(page, token) {
		t.Error("the token is shown again")
	}
	var id int64
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT id FROM stations WHERE name = '一号机' AND branch_id = (SELECT id FROM branches WHERE code = $1)`, code).Scan(&id); err != nil {
		t.Fatal(err)
	}
	c.post(fmt.Sprintf("/stations/%d/disable", id), nil).want(t, http.StatusSeeOther)
	scanner.postJSON("/api/v1/batches", map[string]any{"paper_count": 1}).want(t, http.StatusUnauthorized)
	c.post(fmt.Sprintf("/stations/%d/enable", id), nil).want(t, http.StatusSeeOther)
	scanner.openBatch(1)

	for _, bad := range []url.Values{{"first": {"soon"}, "name": {"x"}}, {"first": {"2031-10-01"}, "last": {"2031-09-30"}, "name": {"x"}}, {"first": {"2031-10-01"}, "last": {"2031-12-01"}, "name": {"x"}},
		{"first": {"2031-10-01"}, "name": {""}}, {"first": {"1031-10-01"}, "name": {"x"}}} {
		c.post("/calendar", bad).want(t, http.StatusSeeOther)
		says("请填写起止日期")
	}
	c.post("/calendar", url.Values{"first": {"2031-10-01"}, "last": {"2031-10-07"}, "name": {"国庆节"}}).want(t, http.StatusSeeOther)
	c.post("/calendar", url.Values{"first": {"2031-10-11"}, "name": {"国庆调休"}, "working": {"yes"}}).want(t, http.StatusSeeOther)
	says("国庆调休")
	c.post("/calendar/drop", url.Values{"day": {"2031-10-07"}}).want(t, http.StatusSeeOther)
	// 30 September 2031 is a Tuesday: the 7th (again a working day), 8th, 9th, 10th
	// and the worked Saturday, the 11th, follow.
	var due string
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT bank_date(working_days_after('2031-09-30 10:00+08', 5))::text || ' ' || working_days_between('2031-09-30', '2031-10-12')::text`).Scan(&due); err != nil || due != "2031-10-11 5" {
		t.Errorf("five working days later is %s, %v", due, err)
	}
}

// cardForm is a form with a file, as a browser sends it.
func cardForm(t *testing.T, fields map[string]string, card []byte) (body *bytes.Buffer, contentType string) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for k, v := range fields {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	if card != nil {
		f, err := w.CreateFormFile("card", "卡.png")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(card); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return body, w.FormDataContentType()
}

func TestCardByForm(t *testing.T) {
	s, no := cardSite(t)
	c := s.signedIn(t, s.branch, models.RoleOperator)
	good := map[string]string{"customer_no": no, "ref": "company", "kind": "company", "dpi": "300", "valid_from": "2026-01-01"}
	card := sheetPicture(t, 400, 300, fmt.Sprint("form card ", world.Serial()))
	send := func(edit map[string]string, card []byte) string {
		t.Helper()
		fields := map[string]string{}
		for k, v := range good {
			fields[k] = v
		}
		for k, v := range edit {
			fields[k] = v
		}
		body, kind := cardForm(t, fields, card)
		c.send(http.MethodPost, "/specimens", body, map[string]string{"Content-Type": kind}).want(t, http.StatusSeeOther)
		return c.get("/specimens").body
	}
	for name, page := range map[string]string{"no file": send(nil, nil), "no resolution": send(map[string]string{"dpi": "NaN"}, card), "no date": send(map[string]string{"valid_from": "x"}, card),
		"unknown kind": send(map[string]string{"kind": "royal"}, card), "no name": send(map[string]string{"ref": ""}, card), "place": send(map[string]string{"place": "65"}, card), "not a picture": send(nil, []byte("hopeless"))} {
		if !strings.Contains(page, `class="notice error"`) {
			t.Errorf("%s: taken, or not explained", name)
		}
	}
	if page := send(nil, card); !strings.Contains(page, "待另一人复核") || !strings.Contains(page, no) {
		t.Error("the card was not proposed")
	}
	c.send(http.MethodPost, "/specimens", strings.NewReader("x=1"), map[string]string{"Content-Type": "application/x-www-form-urlencoded"}).want(t, http.StatusUnprocessableEntity)
}
