package web

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"heyin/models"
	"heyin/reconcile"
)

// One person of a branch corrects an address, another approves it, the centre sees
// it, and it stands in the file of what is to be issued again.
func TestAddressCorrection(t *testing.T) {
	s, foreign := newSite(t), newSite(t)
	_, no := s.judged(t, "Moved Ltd", "invalid", "seal_mismatch")
	var customer string
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT c.no FROM customers c JOIN statements s ON s.customer_id = c.id WHERE s.no = $1`, no).Scan(&customer); err != nil {
		t.Fatal(err)
	}
	maker, checker, centre, other := s.signedIn(t, s.branch, models.RoleBranch), s.signedIn(t, s.branch, models.RoleBranch),
		s.signedIn(t, "", models.RoleSupervisor), foreign.signedIn(t, foreign.branch, models.RoleBranch)
	says := func(c *client, want string) {
		t.Helper()
		if page := c.get("/addresses").want(t, http.StatusOK).body; !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	form := url.Values{"customer_no": {customer}, "address": {"=Harbour Road 1"}, "postcode": {"200001"}, "contact": {"Ann"}, "phone": {"021-555 0100"}, "note": {"returned mail"}}
	for field, bad := range map[string]string{"address": " ", "postcode": "20000", "phone": "call me", "note": "", "contact": strings.Repeat("长", 65)} {
		wrong := url.Values{}
		for k, v := range form {
			wrong[k] = v
		}
		wrong.Set(field, bad)
		maker.post("/addresses", wrong).want(t, http.StatusSeeOther)
		says(maker, "地址有误")
	}
	other.post("/addresses", form).want(t, http.StatusSeeOther)
	says(other, "本网点没有这个客户号")
	maker.post("/addresses", form).want(t, http.StatusSeeOther)
	says(maker, "须由他人复核")
	checker.post("/addresses", form).want(t, http.StatusSeeOther)
	says(checker, "已有一条地址更正待复核")

	list := into[struct {
		Corrections []reconcile.AddressCorrection
	}](t, centre.get("/api/v1/addresses")).Corrections
	if len(list) == 0 || list[0].CustomerNo != customer || list[0].State != reconcile.Proposed || list[0].Address.Address != "=Harbour Road 1" {
		t.Fatalf("the centre sees %+v", list)
	}
	path := fmt.Sprintf("/addresses/%d", list[0].ID)
	maker.post(path+"/approve", nil).want(t, http.StatusSeeOther)
	says(maker, "您录入的地址须由他人复核")
	other.post(path+"/approve", nil).want(t, http.StatusNotFound)
	checker.post(path+"/refuse", url.Values{"reason": {""}}).want(t, http.StatusSeeOther)
	says(checker, "待复核")
	checker.post(path+"/approve", nil).want(t, http.StatusSeeOther)
	says(checker, "地址更正已通过")
	checker.post(path+"/refuse", url.Values{"reason": {"late"}}).want(t, http.StatusSeeOther)
	says(checker, "该地址更正已复核")

	a := maker.get("/faults.csv").want(t, http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.body, byteOrderMark))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != no || rows[1][8] != "'=Harbour Road 1" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") {
		t.Errorf("second round %q, %v", rows, err)
	}
	if file := checker.get("/addresses.csv").want(t, http.StatusOK).body; !strings.Contains(file, customer) || strings.Contains(file, "\n=") {
		t.Errorf("addresses %q", file)
	}
	for c, file := range map[*client]string{other: "/addresses.csv", foreign.signedIn(t, foreign.branch, models.RoleSupervisor): "/faults.csv"} {
		if strings.Contains(c.get(file).want(t, http.StatusOK).body, customer) {
			t.Errorf("%s gives away another branch's", file)
		}
	}
	for action, want := range map[string]int{"address.proposed": 1, "address.approved": 1, "address.refused": 0} {
		var n int
		err := world.Store.DB.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE action = $1 AND object = $2`, action, fmt.Sprintf("address_correction:%d", list[0].ID)).Scan(&n)
		if err != nil || n != want {
			t.Errorf("%s is in the audit %d times, want %d (%v)", action, n, want, err)
		}
	}
}
