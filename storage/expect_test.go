package storage_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

func newReader(s string) io.Reader { return strings.NewReader(s) }

// The books answer as they were on the day asked for.
func TestExpectFor(t *testing.T) {
	d := newDesk(t)
	statement := d.statement("S-1")
	jan, july := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	seal := models.Specimen{Ref: "a", Kind: models.SealCompany, Shape: models.Round, Role: models.RoleClient, DPI: 300, Image: []byte("old image")}
	localtest.Specimen(t, d.Store, "C1", seal, jan)
	seal.Image = []byte("new image")
	localtest.Specimen(t, d.Store, "C1", seal, july)
	localtest.Specimen(t, d.Store, "", models.Specimen{Ref: "bank", Kind: models.SealBank, Shape: models.Oval, Role: models.RoleBank,
		DPI: 300, Image: []byte("bank image")}, jan)
	localtest.SealRule(t, d.Store, "C1", models.SealRule{Seal: "a"}, jan)
	localtest.SealRule(t, d.Store, "C1", models.SealRule{All: []models.SealRule{{Seal: "a"}, {Seal: "b"}}}, july)

	filed := func(on time.Time) {
		t.Helper()
		_, err := d.DB.Exec(t.Context(), `UPDATE specimens SET created_at = $1`, on)
		must(t, err)
	}
	filed(jan)
	st, err := d.ExpectFor(t.Context(), []string{"no such\x00", "S-1"}, july.AddDate(0, 0, -1))
	must(t, err)
	if st.ID != statement || st.Customer != "Sample Trading" || !st.PeriodOpen || st.Answered || len(st.Lines) != 1 || st.Lines[0].Balance.String() != "1234.50" ||
		!st.CutOff.Equal(cutOff) || st.Rule.Seal != "a" {
		t.Errorf("expected %+v", st)
	}
	if len(st.Specimens) != 2 || string(st.Specimens[0].Image) != "old image" || string(st.Specimens[1].Image) != "bank image" {
		t.Errorf("specimens in June: %+v", st.Specimens)
	}
	if len(st.Former) != 1 || string(st.Former[0].Image) != "new image" || !st.Former[0].ValidFrom.Equal(july) || !st.Former[0].ValidTo.IsZero() {
		t.Errorf("not in force in June: %+v; want the new one with its first day", st.Former)
	}
	st, err = d.ExpectFor(t.Context(), []string{"S-1"}, july)
	must(t, err)
	if string(st.Specimens[0].Image) != "new image" || len(st.Rule.All) != 2 {
		t.Errorf("in July: %+v", st)
	}
	// The evening before in UTC is that morning at the bank.
	st, err = d.ExpectFor(t.Context(), []string{"S-1"}, july.Add(-time.Hour))
	must(t, err)
	if string(st.Specimens[0].Image) != "new image" {
		t.Error("the bank's day had begun, and the old specimen was still in force")
	}
	if len(st.Former) != 1 || string(st.Former[0].Image) != "old image" || !st.Former[0].ValidTo.Equal(july) {
		t.Errorf("former in July: %+v; want the old one with its last day", st.Former)
	}
	filed(july.Add(time.Second))
	if st, err = d.ExpectFor(t.Context(), []string{"S-1"}, july); err != nil || len(st.Former) != 0 {
		t.Errorf("former, filed only after the page came in: %+v, %v; want none", st.Former, err)
	}
	_, job := d.receipt("page")
	_, err = d.Finish(t.Context(), d.take(job), passing(statement), nil)
	must(t, err)
	if st, err = d.ExpectFor(t.Context(), []string{"S-1"}, july); err != nil || !st.Answered {
		t.Errorf("after a receipt passed: %+v, %v; want answered", st, err)
	}
	if st, err = d.ExpectFor(t.Context(), []string{"unknown"}, july); err != nil || st != nil {
		t.Errorf("unknown number: %+v, %v; want nothing", st, err)
	}
}

// Of many former specimens only the latest go to the reader, and none whose image is in force.
func TestExpectForBoundsFormerSpecimens(t *testing.T) {
	d := newDesk(t)
	d.statement("S-1")
	jan := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 9 {
		seal := models.Specimen{Ref: "a", Kind: models.SealCompany, Shape: models.Round, Role: models.RoleClient, DPI: 300, Image: fmt.Appendf(nil, "image %d", i)}
		if i == 7 {
			seal.Image = []byte("image 8")
		}
		localtest.Specimen(t, d.Store, "C1", seal, jan.AddDate(0, 0, i))
	}
	st, err := d.ExpectFor(t.Context(), []string{"S-1"}, time.Now())
	must(t, err)
	var got []string
	for _, s := range st.Former {
		got = append(got, string(s.Image))
	}
	if want := "image 6,image 5,image 4,image 3,image 2,image 1"; strings.Join(got, ",") != want {
		t.Errorf("former %q, want %q", got, want)
	}
}
