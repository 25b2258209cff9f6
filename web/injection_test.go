package web

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"heyin/models"
)

// hostile text, as it may come by file name, note, OCR or a customer's name.
var hostile = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`'-alert(1)-'`,
	`</title></td></table><svg/onload=alert(1)>`,
	`javascript:alert(1)`,
	`{{.Nonce}} {{template "layout"}} ${7*7}`,
	`=HYPERLINK("http://evil.example","x")`,
	`+cmd|' /C calc'!A0`,
	"@SUM(1+1)*cmd",
	"line one\r\nSet-Cookie: x=y\r\n\r\n<b>two</b>",
	"level=ERROR msg=\"made up\"\n2026/01/01 ERROR made up",
	`'; DROP TABLE receipts; --`,
	`%s%d%n %[1]*d`,
	"\u202egnp.exe\u202c",
	`../../../etc/passwd`,
	"tail\ufeff\u0000end",
	strings.Repeat("长", 300),
}

// markup that must never come back as markup.
var markup = []string{"<script>alert", "<img src=x", "<svg/onload", "<b>two", "</title></td>", `href="javascript:`}

func harmless(t *testing.T, where string, a answer) {
	t.Helper()
	if a.status >= http.StatusInternalServerError {
		t.Errorf("%s: status %d", where, a.status)
	}
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		return
	}
	for _, m := range markup {
		if strings.Contains(a.body, m) {
			t.Errorf("%s: %q came back as markup", where, m)
		}
	}
	for _, cookie := range a.header.Values("Set-Cookie") {
		if !strings.HasPrefix(cookie, "heyin_") {
			t.Errorf("%s: a cookie was injected: %s", where, cookie)
		}
	}
}

func TestInjection(t *testing.T) {
	var logged bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	defer slog.SetDefault(before)

	s := newSite(t)
	scanner := s.scanner(t)
	reviewer := s.signedIn(t, s.branch, models.RoleReviewer)
	archivist := s.signedIn(t, s.branch, models.RoleArchivist)
	operator := s.signedIn(t, s.branch, models.RoleOperator)
	auditor := s.signedIn(t, "", models.RoleAuditor)

	for i, text := range hostile {
		where := fmt.Sprintf("text %d", i)
		batch := scanner.openBatch(1)
		body := fmt.Sprint("hostile ", world.Serial())
		a := scanner.upload(batch, body, sumOf(body), url.PathEscape(text)).want(t, http.StatusCreated)
		id := into[struct {
			ReceiptID int64 `json:"receipt_id"`
		}](t, a).ReceiptID

		st := world.Statement(t, s.branch, strings.ReplaceAll(text, "\x00", ""))
		r := world.Result(t, st, models.ReasonSealUnsure)
		r.Reasons[0].Detail, r.Reading.Customer, r.Reading.Mark.Text = text, text, text
		r.Reading.StatementNo.First, r.Reading.Accounts[0].Balance.First = text, text
		r.Verifications = []models.Verification{{SpecimenRef: "seal", Verdict: models.Mismatch, Scale: 1, ReasonZH: text, ReasonEN: text, SubScores: map[string]float64{strings.ReplaceAll(text, "\x00", ""): 0.5}}}
		world.Read(t, id, r, map[string][]byte{"page": sheetPicture(t, 40, 40, st.No)})

		harmless(t, where+" in the queue", reviewer.get("/review?q="+url.QueryEscape(strings.ReplaceAll(text, "\x00", ""))))
		harmless(t, where+" as a reason", reviewer.get("/review?reason="+url.QueryEscape(text)))
		reviewer.post(fmt.Sprintf("/review/%d/claim", id), nil).want(t, http.StatusSeeOther)
		item := reviewer.get(fmt.Sprintf("/review/%d", id)).want(t, http.StatusOK)
		harmless(t, where+" on the item", item)
		version := versionField.FindStringSubmatch(item.body)[1]
		reviewer.post(fmt.Sprintf("/review/%d/decide", id), url.Values{"version": {version}, "decision": {"invalid"}, "reason_code": {"other"},
			"note": {strings.ReplaceAll(text, "\x00", "")}}).want(t, http.StatusSeeOther)
		harmless(t, where+" after the decision", reviewer.get("/review"))
		harmless(t, where+" in the batch", operator.get(fmt.Sprintf("/batches/%d", batch)).want(t, http.StatusOK))
		page := archivist.get(fmt.Sprintf("/archive/%d", id)).want(t, http.StatusOK)
		harmless(t, where+" in the archive", page)
		if !strings.Contains(page.body, `class="chip invalid"`) {
			t.Errorf("%s: the decision is not shown", where)
		}
		for _, field := range []string{"number", "customer", "account", "period", "after"} {
			harmless(t, where+" searched as "+field, archivist.get("/archive?"+url.Values{field: {text}}.Encode()))
			if a := archivist.get("/api/v1/receipts?" + url.Values{field: {text}}.Encode()); a.status >= http.StatusInternalServerError {
				t.Errorf("%s: API search by %s: %d", where, field, a.status)
			}
		}
		harmless(t, where+" in the audit", auditor.get("/audit"))
		harmless(t, where+" as a login", s.client(t).post("/login", credentials(text, "wrong password")))
		harmless(t, where+" as a header", reviewer.send(http.MethodGet, "/language/en", nil, map[string]string{"Referer": s.URL + "/" + url.PathEscape(text)}))
		reviewer.get("/language/zh")
	}
	for line := range strings.SplitSeq(strings.TrimSpace(logged.String()), "\n") {
		if line != "" && !strings.HasPrefix(line, "time=") {
			t.Errorf("a log line was made up: %q", line)
		}
	}
	if strings.Contains(logged.String(), testPassword) || strings.Contains(logged.String(), s.token) {
		t.Error("a secret was logged")
	}
	if _, err := world.Store.VerifyAudit(t.Context(), struct {
		Seq  int64  `json:"seq"`
		Hash string `json:"hash"`
	}{}); err != nil {
		t.Errorf("the audit chain: %v", err)
	}
}
