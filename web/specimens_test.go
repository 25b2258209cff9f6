package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/models"
	"heyin/reconcile"
)

// aSeal plays the reader: every card is one usable round seal, drawn anew.
func aSeal(t *testing.T) reconcile.Cutter {
	return func(_ context.Context, card []byte, dpi float64, _ models.Box) (models.Card, error) {
		if strings.Contains(string(card), "hopeless") {
			return models.Card{}, models.NewFault(models.Permanent, "card_unreadable", "the card could not be read; scan it again", nil)
		}
		q := models.Quality{Grade: models.QualityUsable, Findings: []models.Finding{{Code: "faint", Value: 0.2, Reason: "strokes are faint"}}}
		seal := models.CardSeal{Shape: models.Round, Quality: q, DPI: dpi, Image: sheetPicture(t, 200, 200, fmt.Sprint("seal ", world.Serial()))}
		return models.Card{Seals: []models.CardSeal{seal}}, nil
	}
}

// cardSite is a site that takes cards in, with a customer of its branch.
func cardSite(t *testing.T) (s *site, customerNo string) {
	s = newSite(t, func(_ *Config, d *Deps) { d.Cards = aSeal(t) })
	customerNo = fmt.Sprintf("C%06d", world.Serial())
	localtest.Customer(t, world.Store, s.branch, customerNo, "晨光贸易"+customerNo)
	return s, customerNo
}

func cardPath(customerNo, ref string) string {
	return "/api/v1/specimens/cards?" + url.Values{"customer_no": {customerNo}, "ref": {ref}, "kind": {"company"}, "dpi": {"300"}, "valid_from": {"2026-01-01"}}.Encode()
}

// uploadCard sends a card none has sent before.
func (c *client) uploadCard(t *testing.T, path string) answer {
	t.Helper()
	return c.send(http.MethodPost, path, strings.NewReader(string(sheetPicture(t, 400, 300, fmt.Sprint("card ", world.Serial())))),
		map[string]string{"Content-Type": "image/png"})
}

type proposalList struct{ Proposals []reconcile.Proposal }

func TestCardIsProposedAndChecked(t *testing.T) {
	s, no := cardSite(t)
	operator, boss := s.signedIn(t, s.branch, models.RoleOperator), s.signedIn(t, s.branch, models.RoleSupervisor)
	made := into[struct {
		ID      int64
		Quality models.Quality
	}](t, operator.uploadCard(t, cardPath(no, "company")).want(t, http.StatusCreated))
	if made.Quality.Grade != models.QualityUsable || len(made.Quality.Findings) != 1 {
		t.Errorf("quality %+v", made.Quality)
	}
	list := into[proposalList](t, operator.get("/api/v1/specimens/proposals").want(t, http.StatusOK))
	if len(list.Proposals) != 1 || list.Proposals[0].ID != made.ID || !list.Proposals[0].Own {
		t.Errorf("proposals %+v", list)
	}
	base := fmt.Sprintf("/api/v1/specimens/proposals/%d", made.ID)
	operator.postJSON(base+"/approve", nil).want(t, http.StatusForbidden)
	if a := boss.get(base+"/images/seal").want(t, http.StatusOK); a.header.Get("Content-Type") != "image/png" {
		t.Errorf("picture is %s", a.header.Get("Content-Type"))
	}
	for _, name := range []string{"before", "card", "..%2fseal"} {
		boss.get(base+"/images/"+name).want(t, http.StatusNotFound)
	}
	boss.postJSON(base+"/approve", nil).want(t, http.StatusOK)
	if code := boss.postJSON(base+"/approve", nil).want(t, http.StatusConflict).code(t); code != "proposal_closed" {
		t.Errorf("twice: %s", code)
	}
	if done := into[proposalList](t, boss.get("/api/v1/specimens/proposals?state=approved")); len(done.Proposals) != 1 || done.Proposals[0].SpecimenID == 0 {
		t.Errorf("approved %+v", done)
	}
	// Another branch neither sees nor checks.
	other, _ := cardSite(t)
	stranger := other.signedIn(t, other.branch, models.RoleSupervisor, models.RoleOperator)
	if list := into[proposalList](t, stranger.get("/api/v1/specimens/proposals?state=approved")); len(list.Proposals) != 0 {
		t.Errorf("another branch sees %+v", list)
	}
	stranger.uploadCard(t, cardPath(no, "finance")).want(t, http.StatusNotFound)
}

func TestOneWhoHoldsBothRolesStillNeedsAnother(t *testing.T) {
	s, no := cardSite(t)
	both := s.signedIn(t, s.branch, models.RoleOperator, models.RoleSupervisor)
	id := into[struct{ ID int64 }](t, both.uploadCard(t, cardPath(no, "company")).want(t, http.StatusCreated)).ID
	base := fmt.Sprintf("/api/v1/specimens/proposals/%d", id)
	for path, body := range map[string]any{base + "/approve": nil, base + "/refuse": map[string]string{"reason": "mine"}} {
		if code := both.postJSON(path, body).want(t, http.StatusForbidden).code(t); code != "own_proposal" {
			t.Errorf("%s: %s", path, code)
		}
	}
	if page := both.get("/specimens").want(t, http.StatusOK).body; !strings.Contains(page, "须由他人复核") || strings.Contains(page, "/approve") {
		t.Error("the page offers to check one's own proposal")
	}
}

func TestSpecimensByForms(t *testing.T) {
	s, no := cardSite(t)
	operator, boss := s.signedIn(t, s.branch, models.RoleOperator), s.signedIn(t, s.branch, models.RoleSupervisor)
	propose := func() int64 {
		path := strings.Replace(cardPath(no, "company"), "2026-01-01", time.Now().In(models.BankTime).Format(time.DateOnly), 1)
		return into[struct{ ID int64 }](t, operator.uploadCard(t, path).want(t, http.StatusCreated)).ID
	}
	first := propose()
	page := boss.get("/specimens").want(t, http.StatusOK).body
	for _, want := range []string{"晨光贸易" + no, "company", "公章", "可用", "过淡", "首次建立", fmt.Sprintf("/specimens/%d/approve", first), "images/seal"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page := operator.get("/specimens").want(t, http.StatusOK).body; strings.Contains(page, "/approve") {
		t.Error("the page offers an operator to check")
	}
	boss.post(fmt.Sprintf("/specimens/%d/refuse", first), url.Values{"reason": {""}}).want(t, http.StatusSeeOther)
	boss.post(fmt.Sprintf("/specimens/%d/approve", first), nil).want(t, http.StatusSeeOther)
	if page := boss.get("/specimens").body; !strings.Contains(page, "印鉴已启用") || !strings.Contains(page, "没有待复核的印鉴") {
		t.Error("the approval is not confirmed")
	}
	_, err := world.Store.DB.Exec(t.Context(), `UPDATE specimens SET valid_from = valid_from - 30 WHERE customer_id = (SELECT id FROM customers WHERE no = $1)`, no)
	if err != nil {
		t.Fatal(err)
	}
	second := propose()
	if page := boss.get("/specimens").body; !strings.Contains(page, "现用印鉴") || !strings.Contains(page, "images/before") {
		t.Error("the specimen in force is not beside the new one")
	}
	boss.get(fmt.Sprintf("/api/v1/specimens/proposals/%d/images/before", second)).want(t, http.StatusOK)
	boss.post(fmt.Sprintf("/specimens/%d/refuse", second), url.Values{"reason": {"<script>alert(1)</script>"}}).want(t, http.StatusSeeOther)
	if page := boss.get("/specimens").body; !strings.Contains(page, "印鉴已退回") {
		t.Error("the refusal is not confirmed")
	}
	boss.post(fmt.Sprintf("/specimens/%d/approve", second), nil).want(t, http.StatusSeeOther)
	if page := boss.get("/specimens").body; !strings.Contains(page, "已复核或退回") {
		t.Error("checking it again is not explained")
	}
}

func TestCardsThatAreRefused(t *testing.T) {
	s, no := cardSite(t)
	c := s.signedIn(t, s.branch, models.RoleOperator)
	picture := string(sheetPicture(t, 400, 300, "card"))
	for name, tt := range map[string]struct {
		path, body string
		status     int
		code       string
	}{
		"no picture":   {cardPath(no, "a"), "no picture", http.StatusUnprocessableEntity, "card_refused"},
		"kills reader": {cardPath(no, "a"), picture + "hopeless", http.StatusUnprocessableEntity, "card_unreadable"},
		"no ref":       {cardPath(no, ""), picture, http.StatusUnprocessableEntity, "bad_input"},
		"ref of two":   {cardPath(no, "a b"), picture, http.StatusUnprocessableEntity, "card_refused"},
		"no date":      {strings.Replace(cardPath(no, "a"), "2026-01-01", "soon", 1), picture, http.StatusUnprocessableEntity, "card_refused"},
		"customer":     {cardPath("nobody", "a"), picture, http.StatusNotFound, "not_found"},
		"bank's own":   {cardPath("", "a"), picture, http.StatusNotFound, "not_found"}, // of the centre only
	} {
		a := c.send(http.MethodPost, tt.path, strings.NewReader(tt.body), map[string]string{"Content-Type": "image/png"})
		if a.status != tt.status || a.code(t) != tt.code {
			t.Errorf("%s: %d %s, want %d %s", name, a.status, a.body, tt.status, tt.code)
		}
	}
	blind := newSite(t)
	if code := blind.signedIn(t, blind.branch, models.RoleOperator).uploadCard(t, cardPath(no, "a")).want(t, http.StatusServiceUnavailable).code(t); code != "no_reader" {
		t.Errorf("without a reader: %s", code)
	}
}

func TestDoubtfulSpecimensAreShown(t *testing.T) {
	s := newSite(t)
	st := world.Statement(t, s.branch, "Replaced Ltd")
	localtest.Specimen(t, world.Store, st.CustomerNo, models.Specimen{Ref: "finance", Kind: models.SealFinance, Shape: models.Round, Role: models.RoleClient, DPI: 300,
		Image: sheetPicture(t, 60, 60, "old")}, localtest.CutOff)
	for range reconcile.LeastUnmatched {
		r := world.Result(t, st, models.ReasonSealMismatch)
		r.Reading.Imprints = []models.Imprint{{Role: models.RoleClient}}
		r.Verifications = []models.Verification{{SpecimenRef: "finance", Verdict: models.Mismatch, Scale: 1, Params: "test"}}
		up := world.Upload(t, s.station, "x.png", fmt.Sprint("replaced ", world.Serial()))
		world.Read(t, up.ReceiptID, r, nil)
	}
	branch := s.signedIn(t, s.branch, models.RoleBranch)
	if page := branch.get("/specimens/doubtful").want(t, http.StatusOK).body; !strings.Contains(page, "Replaced Ltd") || !strings.Contains(page, "财务专用章") {
		t.Error("the branch is not shown its doubtful specimen")
	}
	type list struct{ Specimens []reconcile.DoubtfulSpecimen }
	if l := into[list](t, branch.get("/api/v1/specimens/doubtful")); len(l.Specimens) != 1 || l.Specimens[0].Mismatches != 2 {
		t.Errorf("doubtful %+v", l)
	}
	if l := into[list](t, branch.get("/api/v1/specimens/doubtful?least=3")); len(l.Specimens) != 0 {
		t.Errorf("three in a row: %+v", l)
	}
}
