package web

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"heyin/models"
	"heyin/review"
)

var versionField = regexp.MustCompile(`name="version" value="(\d+)"`)

// The whole flow by forms, as a browser without script sends them.
func TestReviewByForms(t *testing.T) {
	s := newSite(t)
	first, no := s.richReceipt(t, "晨光贸易有限公司", models.ReasonSealUnsure)
	second, _ := s.richReceipt(t, "Second Ltd", models.ReasonMarkUnclear)
	anna, bert := s.signedIn(t, s.branch, models.RoleReviewer), s.signedIn(t, s.branch, models.RoleReviewer)

	page := anna.get("/review").want(t, http.StatusOK).body
	for _, want := range []string{no, "晨光贸易有限公司", "印章无法自动判定", "CNY 1,234,567.89", "2 件待审", `lang="zh"`} {
		if !strings.Contains(page, want) {
			t.Errorf("queue lacks %q", want)
		}
	}
	if filtered := anna.get("/review?reason=mark_unclear").body; strings.Contains(filtered, no) || !strings.Contains(filtered, "Second Ltd") {
		t.Error("the filter by reason does not filter")
	}
	itemPath := fmt.Sprintf("/review/%d", first)
	if a := anna.post(itemPath+"/claim", nil).want(t, http.StatusSeeOther); a.header.Get("Location") != itemPath {
		t.Errorf("claim leads to %s", a.header.Get("Location"))
	}
	item := anna.get(itemPath).want(t, http.StatusOK).body
	for _, want := range []string{"1,234,56<mark>1</mark>.89", "seal-0-finance-pair", "seal-0-finance-overlay", "images/balance-0", "右侧笔画有缺损", "0.31 mm", "-0.81", "勾选", "images/page"} {
		if !strings.Contains(item, want) {
			t.Errorf("item lacks %q", want)
		}
	}
	if a := bert.post(itemPath+"/claim", nil).want(t, http.StatusSeeOther); a.header.Get("Location") != "/review" {
		t.Error("a second claim did not lead back to the queue")
	}
	if page := bert.get("/review").body; !strings.Contains(page, "正由他人处理") {
		t.Error("the second reviewer is not told")
	}
	bert.get(itemPath).want(t, http.StatusSeeOther)

	version := versionField.FindStringSubmatch(item)[1]
	decide := func(c *client, form url.Values) answer { return c.post(itemPath+"/decide", form) }
	decide(anna, url.Values{"version": {version}, "decision": {"invalid"}}).want(t, http.StatusSeeOther)
	if page := anna.get(itemPath).want(t, http.StatusOK); !strings.Contains(page.body, "必须选择理由") {
		t.Error("a decision without a reason is not explained")
	}
	decide(bert, url.Values{"version": {version}, "decision": {"valid"}}).want(t, http.StatusSeeOther)
	if page := bert.get("/review").body; !strings.Contains(page, "结论未记录") {
		t.Error("the decision of one who does not hold the claim is not explained")
	}
	a := decide(anna, url.Values{"version": {version}, "decision": {"invalid"}, "reason_code": {"seal_mismatch"}, "note": {"左下"}, "next": {"yes"}}).want(t, http.StatusSeeOther)
	if want := fmt.Sprintf("/review/%d", second); a.header.Get("Location") != want {
		t.Errorf("the decision leads to %s, want %s", a.header.Get("Location"), want)
	}
	if page := anna.get(a.header.Get("Location")).body; !strings.Contains(page, "已记录:无效") {
		t.Error("the decision is not confirmed")
	}
	decide(anna, url.Values{"version": {version}, "decision": {"valid"}}).want(t, http.StatusSeeOther)
	if page := anna.get("/review").body; !strings.Contains(page, "已不在审核中") {
		t.Error("a second decision is not explained")
	}
	anna.post(fmt.Sprintf("/review/%d/release", second), nil).want(t, http.StatusSeeOther)
	bert.post("/review/claim", nil).want(t, http.StatusSeeOther)
	archivist := s.signedIn(t, s.branch, models.RoleArchivist)
	if page := archivist.get(fmt.Sprintf("/archive/%d", first)).want(t, http.StatusOK).body; !strings.Contains(page, "左下") || strings.Contains(page, "name=\"version\"") {
		t.Error("the archive's page lacks the decision, or lets decide")
	}
}

func TestReviewByAPI(t *testing.T) {
	s := newSite(t)
	id, no := s.richReceipt(t, "Api Ltd", models.ReasonSealUnsure)
	c := s.signedIn(t, s.branch, models.RoleReviewer)
	type list struct {
		Total int
		Items []review.Entry
	}
	if l := into[list](t, c.get("/api/v1/review?reason=seal_unsure").want(t, http.StatusOK)); l.Total != 1 || l.Items[0].StatementNo != no {
		t.Errorf("list %+v", l)
	}
	item := into[review.Item](t, c.postJSON("/api/v1/review/claim", nil).want(t, http.StatusOK))
	if item.Dossier == nil || item.Dossier.ReceiptID != id || len(item.Dossier.Images) != 9 || item.LeaseUntil.IsZero() || len(item.Dossier.Result.Verifications) != 1 {
		t.Errorf("claim %+v", item)
	}
	path := fmt.Sprintf("/api/v1/review/%d/decide", id)
	if code := c.postJSON(path, map[string]any{"version": item.Version + 1, "decision": "valid"}).want(t, http.StatusConflict).code(t); code != "claim_lost" {
		t.Errorf("wrong version: %s", code)
	}
	for _, bad := range []map[string]any{{"decision": "valid"}, {"version": item.Version, "decision": "maybe"}, {"version": item.Version, "decision": "invalid"},
		{"version": "1", "decision": "valid"}, {"version": item.Version, "decision": "valid", "note": strings.Repeat("x", 1001)}, {"version": item.Version, "decision": "valid", "extra": 1}} {
		c.postJSON(path, bad).want(t, http.StatusUnprocessableEntity)
	}
	c.send(http.MethodPost, path, strings.NewReader("{"), map[string]string{"Content-Type": "application/json"}).want(t, http.StatusBadRequest)
	a := c.postJSON(path, map[string]any{"version": item.Version, "decision": "valid"}).want(t, http.StatusOK)
	if !strings.Contains(a.body, `"decided"`) {
		t.Errorf("decided: %s", a.body)
	}
	if code := c.postJSON(path, map[string]any{"version": item.Version, "decision": "valid"}).want(t, http.StatusConflict).code(t); code != "not_in_review" {
		t.Errorf("twice: %s", code)
	}
	if code := c.postJSON("/api/v1/review/claim", nil).want(t, http.StatusNotFound).code(t); code != "queue_empty" {
		t.Errorf("empty queue: %s", code)
	}
	archivist := s.signedIn(t, s.branch, models.RoleArchivist)
	if a := archivist.get("/api/v1/receipts?number="+no).want(t, http.StatusOK); !strings.Contains(a.body, `"decision":"valid"`) {
		t.Errorf("search: %s", a.body)
	}
	archivist.get(fmt.Sprintf("/api/v1/receipts/%d", id)).want(t, http.StatusOK)
	archivist.get("/api/v1/receipts").want(t, http.StatusUnprocessableEntity)
	archivist.get("/api/v1/receipts?number=x&after=1.2.3").want(t, http.StatusUnprocessableEntity)
	archivist.get("/api/v1/receipts/none").want(t, http.StatusUnprocessableEntity)
}

func TestImages(t *testing.T) {
	s := newSite(t)
	id, _ := s.richReceipt(t, "Image Ltd", models.ReasonSealUnsure)
	c := s.signedIn(t, s.branch, models.RoleReviewer)
	a := c.get(fmt.Sprintf("/api/v1/receipts/%d/images/page", id)).want(t, http.StatusOK)
	for name, want := range map[string]string{"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"Cross-Origin-Resource-Policy": "same-origin", "Content-Disposition": "inline"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	var views int
	err := world.Store.DB.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE action = 'image.viewed' AND object = $1`, fmt.Sprintf("receipt:%d", id)).Scan(&views)
	if err != nil || views != 1 {
		t.Errorf("%d audit entries of one view, %v", views, err)
	}
	// A receipt that was never read has no picture, and its raw bytes are never served.
	raw := world.Upload(t, s.station, "raw.png", "\x89PNG\r\n\x1a\n raw "+fmt.Sprint(world.Serial()))
	for _, name := range []string{"page", "raw", raw.SHA256, "..%2f..%2fpage", "%00"} {
		if a := c.get(fmt.Sprintf("/api/v1/receipts/%d/images/%s", raw.ReceiptID, name)); a.status != http.StatusNotFound && a.status != http.StatusBadRequest {
			t.Errorf("image %s of an unread receipt: %d", name, a.status)
		}
	}
	// Evidence that is no picture does not reach a browser.
	for _, body := range []string{"<script>alert(1)</script>", "<svg xmlns='http://www.w3.org/2000/svg'/>", "GIF89a", "%PDF-1.7"} {
		up := world.Upload(t, s.station, "x", fmt.Sprint("odd", world.Serial()))
		r := models.Result{Page: 1, PageCount: 1, State: models.InReview, Reasons: []models.Reason{{Code: models.ReasonSealUnsure}}}
		world.Read(t, up.ReceiptID, r, map[string][]byte{"page": []byte(body + fmt.Sprint(up.ReceiptID))})
		c.get(fmt.Sprintf("/api/v1/receipts/%d/images/page", up.ReceiptID)).want(t, http.StatusNotFound)
	}
}

func TestLanguage(t *testing.T) {
	s := newSite(t)
	c := s.signedIn(t, s.branch, models.RoleReviewer)
	back := c.send(http.MethodGet, "/language/en", nil, map[string]string{"Referer": s.URL + "/review?reason=sampled"}).want(t, http.StatusSeeOther)
	if to := back.header.Get("Location"); to != "/review?reason=sampled" {
		t.Errorf("back to %s", to)
	}
	if page := c.get("/review").body; !strings.Contains(page, `lang="en"`) || !strings.Contains(page, "Review queue") {
		t.Error("the page is not in English")
	}
	for _, referer := range []string{"https://evil.example/x", "//evil.example", s.URL + "//evil.example", "javascript:alert(1)", ""} {
		a := c.send(http.MethodGet, "/language/zh", nil, map[string]string{"Referer": referer}).want(t, http.StatusSeeOther)
		if to := a.header.Get("Location"); to != "/" {
			t.Errorf("from %q sent to %q", referer, to)
		}
	}
	c.get("/language/xx").want(t, http.StatusNotFound)
}

func TestUnknownAddresses(t *testing.T) {
	s := newSite(t)
	c := s.client(t)
	c.get("/no/such").want(t, http.StatusNotFound)
	if code := c.get("/api/v1/no/such").want(t, http.StatusNotFound).code(t); code != "not_found" {
		t.Errorf("code %s", code)
	}
	c.get("/assets/0123/desk.css").want(t, http.StatusNotFound)
	c.get("/login?x=%00").want(t, http.StatusBadRequest)
	if a := c.get("/review/abc"); a.status != http.StatusSeeOther {
		t.Errorf("unknown address without a login: %d", a.status)
	}
	s.signedIn(t, s.branch, models.RoleReviewer).get("/review/abc").want(t, http.StatusNotFound)
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	s := newSite(t)
	c := s.client(t)
	nonces := map[string]bool{}
	for _, path := range []string{"/login", "/login", "/no/such", "/api/v1/review", "/healthz", "/openapi.json"} {
		h := c.get(path).header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: CSP %q", path, csp)
		}
		if nonces[csp] {
			t.Errorf("%s: a nonce was used twice", path)
		}
		nonces[csp] = true
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" || !strings.Contains(strings.Join(h.Values("Cache-Control"), ","), "no-store") {
			t.Errorf("%s: headers %v", path, h)
		}
	}
	page := c.get("/login").body
	for link := range strings.SplitSeq(page, `"`) {
		if strings.HasPrefix(link, "/assets/") {
			if a := c.get(link).want(t, http.StatusOK); !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s is not kept by browsers", link)
			}
		}
	}
	if strings.Contains(page, "http://") || strings.Contains(page, "https://") || strings.Contains(page, "style=") || strings.Contains(page, "onclick") {
		t.Error("the page reaches elsewhere, or has inline code")
	}
}

// The auditor reads who did what in words; what is long is folded away.
func TestAuditInWords(t *testing.T) {
	s := newSite(t)
	id, _ := s.richReceipt(t, "Audited Ltd", models.ReasonSealUnsure)
	name := s.user(t, s.branch, models.RoleArchivist)
	c := s.client(t)
	c.login(name)
	c.get(fmt.Sprintf("/archive/%d", id)).want(t, http.StatusOK)
	page := s.signedIn(t, "", models.RoleAuditor).get(fmt.Sprintf("/audit?object=receipt:%d", id)).want(t, http.StatusOK).body
	for _, want := range []string{name, "查看回执", "接收回执", "<details><summary>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<td class=\"mono\">{}") {
		t.Error("an empty detail is shown")
	}
}
