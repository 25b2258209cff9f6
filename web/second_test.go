package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"heyin/deploy/local/localtest"
	"heyin/models"
	"heyin/review"
)

// Two reviewers by forms, blind: what the second is sent, page or API, does not
// tell that somebody was first; then undo, dispute and the supervisor.
func TestSecondPersonByForms(t *testing.T) {
	world.Under(t, models.RuleSet{AllValid: true, Blind: true})
	s := newSite(t)
	id, no := s.richReceipt(t, "Blind Ltd", models.ReasonSealUnsure)
	first, second, chief := s.user(t, s.branch, models.RoleReviewer), s.signedIn(t, s.branch, models.RoleReviewer), s.signedIn(t, s.branch, models.RoleSupervisor)
	anna := s.client(t)
	anna.login(first)
	itemPath := fmt.Sprintf("/review/%d", id)
	decide := func(c *client, decision, reason string) answer {
		c.post(itemPath+"/claim", nil).want(t, http.StatusSeeOther)
		version := versionField.FindStringSubmatch(c.get(itemPath).want(t, http.StatusOK).body)[1]
		return c.post(itemPath+"/decide", url.Values{"version": {version}, "decision": {decision}, "reason_code": {reason}, "note": {"annas-words"}}).want(t, http.StatusSeeOther)
	}
	strip := func(body string) string { // what differs between any two looks: version, times, nonce
		return versionField.ReplaceAllString(body, "")
	}
	fresh := strip(second.get("/review").body)

	decide(anna, "valid", "")
	page := anna.get("/review").body
	if !strings.Contains(page, "须另一人确认后生效") || !strings.Contains(page, itemPath+"/undo") {
		t.Error("the first is not told that another must confirm, or cannot take it back")
	}
	anna.post(itemPath+"/claim", nil)
	if page := anna.get("/review").body; !strings.Contains(page, "须由他人复核") {
		t.Error("the first may judge again")
	}
	if page := second.get("/review").body; strings.Contains(page, "待复核") || strings.Count(page, "chip") != strings.Count(fresh, "chip") {
		t.Error("the queue tells the second that there was a first")
	}
	second.post(itemPath+"/claim", nil)
	for _, path := range []string{itemPath, "/api/v1/review?claimed=mine"} {
		if body := second.get(path).want(t, http.StatusOK).body; strings.Contains(body, first) || strings.Contains(body, "annas-words") || strings.Contains(body, "意见") || strings.Contains(body, `"second":true`) {
			t.Errorf("%s tells the second what the first said", path)
		}
	}
	if body := second.postJSON(fmt.Sprintf("/api/v1/review/%d/claim", id), nil).want(t, http.StatusOK).body; strings.Contains(body, first) || strings.Contains(body, "annas-words") {
		t.Error("the API tells the second what the first said")
	}
	anna.post(itemPath+"/undo", nil).want(t, http.StatusSeeOther)
	if page := anna.get("/review").body; !strings.Contains(page, "已超过可撤回的时间") {
		t.Error("the first took back what a second is looking at")
	}
	decide(second, "invalid", "seal_mismatch")
	chief.post(itemPath+"/claim", nil)
	if page := chief.get(itemPath).want(t, http.StatusOK).body; !strings.Contains(page, first) || !strings.Contains(page, "意见,未生效") {
		t.Error("the supervisor does not see both answers")
	}
	if page := chief.get("/review").body; !strings.Contains(page, "意见不一") {
		t.Error("the supervisor's queue does not show the dispute")
	}
	decide(chief, "invalid", "seal_mismatch")
	if page := chief.get("/archive/" + fmt.Sprint(id)).body; !strings.Contains(page, "已结论") {
		t.Errorf("receipt %s is not decided", no)
	}
}

func TestUndoByFormsAndAPI(t *testing.T) {
	s := newSite(t)
	id, _ := s.richReceipt(t, "Undo Ltd", models.ReasonSealUnsure)
	c := s.signedIn(t, s.branch, models.RoleReviewer)
	path := fmt.Sprintf("/api/v1/review/%d", id)
	judge := func() {
		item := into[review.Item](t, c.postJSON(path+"/claim", nil).want(t, http.StatusOK))
		c.postJSON(path+"/decide", map[string]any{"version": item.Version, "decision": "valid"}).want(t, http.StatusOK)
	}
	judge()
	if a := c.post(fmt.Sprintf("/review/%d/undo", id), nil).want(t, http.StatusSeeOther); a.header.Get("Location") != fmt.Sprintf("/review/%d", id) {
		t.Errorf("undo leads to %s", a.header.Get("Location"))
	}
	judge()
	c.postJSON(path+"/undo", nil).want(t, http.StatusNoContent)
	if code := c.postJSON(path+"/undo", nil).want(t, http.StatusConflict).code(t); code != "undo_late" {
		t.Errorf("twice: %s", code)
	}
}

// Claims keep to the filter the queue page showed last.
func TestQueueFilterIsKept(t *testing.T) {
	s := newSite(t)
	s.richReceipt(t, "Urgent Ltd", models.ReasonSealMismatch)
	calm, _ := s.richReceipt(t, "Calm Ltd", models.ReasonNoSpecimen)
	c := s.signedIn(t, s.branch, models.RoleReviewer)
	if page := c.get("/review?reason=no_specimen&min=1000&max=9,999,999.00&waiting=0").want(t, http.StatusOK).body; strings.Contains(page, "Urgent Ltd") || !strings.Contains(page, "Calm Ltd") {
		t.Error("the filter does not filter")
	}
	if a := c.post("/review/claim", nil).want(t, http.StatusSeeOther); a.header.Get("Location") != fmt.Sprintf("/review/%d", calm) {
		t.Errorf("claimed %s, want receipt %d", a.header.Get("Location"), calm)
	}
	for _, bad := range []string{"min=ten", "max=1e9", "waiting=-1", "waiting=x", "min=99999999999999999999999"} {
		c.get("/review?"+bad).want(t, http.StatusUnprocessableEntity)
		c.get("/api/v1/review?"+bad).want(t, http.StatusUnprocessableEntity)
	}
}

func TestRulesByForms(t *testing.T) {
	s := newSite(t)
	t.Cleanup(func() { localtest.Rules(t, world.Store, localtest.OnePerson) })
	admin, security := s.signedIn(t, "", models.RoleAdmin), s.signedIn(t, "", models.RoleSecurity)
	form := url.Values{"valid_from": {"2030-01-01"}, "all_valid": {"yes"}, "amount": {"500,000"}, "classes": {"K1 K2"}, "sample": {"2.5"}, "hidden": {"1"}, "passed": {"0.5"}, "score": {"85"}, "undo": {"30"}, "note": {"nach-dem-Audit"}}
	if page := admin.get("/rules?"+form.Encode()).want(t, http.StatusOK).body; !strings.Contains(page, "试算结果") || !strings.Contains(page, "500,000") || !strings.Contains(page, "转人工") {
		t.Error("no rehearsal")
	}
	for key, bad := range map[string]string{"valid_from": "soon", "amount": "much", "sample": "101", "hidden": "11", "passed": "101", "score": "high", "undo": "61", "note": ""} {
		wrong := url.Values{}
		for k, v := range form {
			wrong[k] = v
		}
		wrong.Set(key, bad)
		admin.post("/rules", wrong).want(t, http.StatusSeeOther)
		if page := admin.get("/rules").body; !strings.Contains(page, "有误") {
			t.Errorf("%s=%q was taken", key, bad)
		}
	}
	admin.post("/rules", form).want(t, http.StatusSeeOther)
	sets := into[struct {
		RuleSets []review.RuleSet `json:"rule_sets"`
	}](t, admin.get("/api/v1/rules").want(t, http.StatusOK)).RuleSets
	mine := sets[0]
	if mine.Sample != 25000 || mine.Hidden != 10000 || mine.UndoS != 30 || mine.PassedSample != 5000 || mine.LeastScore != 850000 || len(mine.Classes) != 2 || mine.AmountOver.String() != "500000.00" || mine.State != "proposed" || mine.Blind {
		t.Errorf("proposed %+v", mine)
	}
	path := fmt.Sprintf("/rules/%d/approve", mine.ID)
	admin.post(path, nil).want(t, http.StatusSeeOther)
	if page := admin.get("/rules").body; !strings.Contains(page, "须由他人复核") {
		t.Error("the maker approved his own rules")
	}
	security.post(path, nil).want(t, http.StatusSeeOther)
	if page := security.get("/rules").body; !strings.Contains(page, "规则已通过") {
		t.Error("the other could not approve them")
	}
}
