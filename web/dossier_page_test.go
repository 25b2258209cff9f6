package web

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"heyin/archive"
	"heyin/models"
	"heyin/review"
)

// What was read stands beside the booked line it should equal.
func TestBookedLine(t *testing.T) {
	lines := []models.StatementLine{
		{AccountNo: "1001", Currency: "CNY", Balance: models.MustAmount("1.00")},
		{AccountNo: "1001", Currency: "USD", Balance: models.MustAmount("2.00")},
		{AccountNo: "1002", Currency: "CNY", Balance: models.MustAmount("3.00")},
	}
	for name, tc := range map[string]struct {
		no, currency string
		place        int
		want         string
	}{
		"in its place":                       {"1001", "CNY", 0, "1.00"},
		"the other currency of the account":  {"1001", "USD", 0, "2.00"},
		"printed in another order":           {"10 02", "CNY", 0, "3.00"},
		"currency unread, in its place":      {"1001", "", 1, "2.00"},
		"currency unread, in another place":  {"1002", "", 0, "3.00"},
		"misread number, by its place":       {"7007", "CNY", 2, "3.00"},
		"unread number, by its place":        {"", "", 1, "2.00"},
		"more lines printed than are booked": {"7007", "CNY", 3, ""},
	} {
		line := bookedLine(lines, models.AccountReading{AccountNo: models.Voted{Value: tc.no}, Currency: tc.currency}, tc.place)
		if (tc.want == "" && line.AccountNo != "") || (tc.want != "" && line.Balance.String() != tc.want) {
			t.Errorf("%s: %+v, want %q", name, line, tc.want)
		}
	}
}

// What was read is marked where the books read otherwise.
func TestUnlikeMarksWhatDiffers(t *testing.T) {
	for _, tc := range []struct{ read, book, want string }{
		{"6,696,417.33", "6,692,417.33", "6,69[6],417.33"}, {"1100", "110", "110[0]"}, {"12", "12", "12"}, {"7", "9", "7"}, {"", "9", ""}, {"12", "", "12"}, {"1223", "123", "12[2]3"},
	} {
		got := ""
		for _, p := range unlike(tc.read, tc.book) {
			if p.Differs {
				got += "[" + p.Text + "]"
			} else {
				got += p.Text
			}
		}
		if got != tc.want {
			t.Errorf("%q beside %q: %s, want %s", tc.read, tc.book, got, tc.want)
		}
	}
}

// A name the form has cut off is not marked as wrong, nor as right.
func TestCutNameIsNeitherRightNorWrong(t *testing.T) {
	for name, tc := range map[string]struct {
		read           string
		agrees, begins bool
	}{
		"whole": {"晨光贸易(上海)有限公司", true, false}, "cut": {"晨光贸易(上", false, true},
		"another": {"晨光贸易(北", false, false}, "too little": {"晨光贸", false, false}, "unread": {"", false, false},
	} {
		d := &archive.Dossier{InBooks: true, Customer: "晨光贸易(上海)有限公司", Result: &models.Result{Reading: models.Reading{Customer: tc.read}}}
		if row := fieldRows(d)[1]; row.Agrees != tc.agrees || row.Begins != tc.begins || row.Unread() != (tc.read == "") {
			t.Errorf("%s: %+v", name, row)
		}
	}
}

// The page says which imprint served which specimen, and which served none; the
// bank's own seal is asked of nobody.
func TestWhichImprintServedWhichSpecimen(t *testing.T) {
	d := &archive.Dossier{Result: &models.Result{
		Reading:       models.Reading{Imprints: []models.Imprint{{Role: models.RoleBank}, {Role: models.RoleClient}, {Role: models.RoleClient}}},
		Verifications: []models.Verification{{SpecimenRef: "company", Imprint: 2, Verdict: models.Match}},
	}}
	d.Reasons = []models.Reason{{Code: models.ReasonImprintReused}}
	p := newDossierPage(d, chinese, "")
	if len(p.Seals) != 1 || p.Seals[0].Number != 3 || p.Seals[0].SpecimenRef != "company" {
		t.Errorf("served: %+v; want imprint 3 for company", p.Seals)
	}
	if len(p.Unserved) != 1 || p.Unserved[0].Number != 2 {
		t.Errorf("unserved: %+v; want imprint 2", p.Unserved)
	}
	if !p.SealsFirst {
		t.Error("a copied imprint is not shown first")
	}
}

// The reasons a person may give begin with those that answer the machine, and lack none.
func TestReasonCodesBeginWithTheMachines(t *testing.T) {
	for o, code := range answers {
		if !slices.Contains(review.ReasonCodes(), code) {
			t.Errorf("%s is answered by %s, which nobody may give", o, code)
		}
	}
	codes := reasonCodes([]models.Reason{{Code: models.ReasonSampled}, {Code: models.ReasonMarkMissing}, {Code: models.ReasonSealOther}, {Code: models.ReasonSealMismatch}})
	if codes[0] != "mark_missing" || codes[1] != "seal_mismatch" {
		t.Errorf("they begin with %v", codes[:2])
	}
	slices.Sort(codes)
	if all := slices.Sorted(slices.Values(review.ReasonCodes())); !slices.Equal(codes, all) {
		t.Errorf("%v, want %v", codes, all)
	}
}

// No two controls of the item page listen to one key.
func TestKeysOfTheItemPageDiffer(t *testing.T) {
	taken := map[string]string{}
	take := func(key, by string) {
		if other, ok := taken[key]; ok {
			t.Errorf("%q is the key of %s and of %s", key, other, by)
		}
		taken[key] = by
	}
	for _, group := range foldTools {
		for _, tool := range group.Tools {
			take(tool.Key, tool.Action)
		}
	}
	keyed := regexp.MustCompile(`data-(?:key|focus)="([^{"]+)"`)
	for _, view := range []string{"layout", "parts", "item"} {
		page, err := viewFiles.ReadFile("views/" + view + ".html")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range keyed.FindAllStringSubmatch(string(page), -1) {
			take(m[1], view)
		}
	}
}

// Objections are told in the reader's language, and in English rather than not at all.
func TestObjectionsInTheReadersLanguage(t *testing.T) {
	reasons := []models.Reason{
		{Code: models.ReasonAnswered, Detail: "answered", DetailZH: "已有回执"}, {Code: models.ReasonReaderFailed, Detail: "exit status 2"},
	}
	for l, want := range map[language]string{chinese: "已有回执", english: "answered"} {
		if got := objections(reasons, l); got[0].Details[0] != want || got[1].Details[0] != "exit status 2" {
			t.Errorf("%s: %+v", l, got)
		}
	}
}

// What only one reading got and the books say too is not marked as wrong, and one
// objection is told once.
func TestReadOnceIsNotWrong(t *testing.T) {
	lines := []models.StatementLine{{AccountNo: "6203984407694615", Currency: "CNY", Balance: models.MustAmount("1,234.00")}}
	for name, tc := range map[string]struct {
		first, second string
		once, differs bool
	}{
		"first alone": {"6203 9844 0769 4615", "", true, false}, "second alone": {"", "6203984407694615", true, false},
		"alone and wrong": {"6203984407694616", "", false, true}, "two that differ": {"6203984407694615", "6203984407694616", false, true}, "unread": {"", "", false, false},
	} {
		d := &archive.Dossier{InBooks: true, Lines: lines, Result: &models.Result{Reading: models.Reading{Accounts: []models.AccountReading{{
			AccountNo: models.Voted{Value: tc.first, First: tc.first, Second: tc.second}, Balance: models.Voted{Value: "1234.00", First: "1234.00"}}}}}}
		rows := fieldRows(d)
		if r := rows[len(rows)-2]; r.Once != tc.once || r.Differs() != tc.differs || r.Agrees {
			t.Errorf("%s: %+v", name, r)
		}
		if money := rows[len(rows)-1]; !money.Once || money.Differs() {
			t.Errorf("%s: balance %+v", name, money)
		}
	}
	cut := models.Reason{Code: models.ReasonUnreadable, DetailZH: "页边被裁切"}
	if got := objections([]models.Reason{cut, {Code: models.ReasonUnreadable, DetailZH: "字迹太淡"}, cut}, chinese); len(got) != 1 || len(got[0].Details) != 2 {
		t.Errorf("told as %+v", got)
	}
}

// A field that something was objected to is shown first, and no other.
func TestObjectedPlaces(t *testing.T) {
	d := &archive.Dossier{Result: &models.Result{Places: map[string]models.Box{"balance-0": {X: 50, Y: 20, W: 10, H: 5}, "mark": {X: 1, Y: 1, W: 1, H: 1}},
		Reading: models.Reading{Mark: models.MarkReading{Box: models.Box{X: 200, Y: 40, W: 20, H: 20}}, Accounts: []models.AccountReading{{Balance: models.Voted{Box: models.Box{X: 100, Y: 40, W: 20, H: 10}}}}}},
		Reasons: []models.Reason{{Code: models.ReasonAlteredPrint, Box: &models.Box{X: 114, Y: 39, W: 5, H: 9}}, {Code: models.ReasonAnswered}}}
	p := newDossierPage(d, chinese, "")
	if money := p.Fields[len(p.Fields)-1].Place; !money.Objected || money.Box != "50,20,10,5" || p.MarkPlace.Objected || p.Fields[0].Place.Objected {
		t.Errorf("fields %+v, mark %+v", p.Fields, p.MarkPlace)
	}
}

// What nothing was compared with is offered first to be laid by hand.
func TestHandBeginsWithWhatIsLacking(t *testing.T) {
	former := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d := &archive.Dossier{Specimens: []archive.Specimen{{ID: 1, Ref: "finance"}, {ID: 2, Ref: "personal", ValidTo: &former}, {ID: 3, Ref: "personal"}}, Images: []archive.Image{{Name: "page"}},
		Result: &models.Result{PagePxMM: 6, Verifications: []models.Verification{{SpecimenRef: "finance", Verdict: models.Match}}}}
	var order []int64
	for _, s := range newDossierPage(d, chinese, "").Hand.Specimens {
		order = append(order, s.ID)
	}
	if !slices.Equal(order, []int64{3, 1, 2}) {
		t.Errorf("offered in the order %v", order)
	}
}

// Where another receipt answers the statement the page says so, and offers that reason first.
func TestAnsweredByAnother(t *testing.T) {
	d := &archive.Dossier{Reasons: []models.Reason{{Code: models.ReasonSealUnsure}}, Same: []archive.Neighbour{{ReceiptID: 1}, {ReceiptID: 2, Answers: true}}}
	if p := newDossierPage(d, chinese, ""); !p.Answered() || p.ReasonCodes[0] != "already_answered" || p.ReasonCodes[1] != "seal_unclear" {
		t.Errorf("answered %v, reasons %v", p.Answered(), p.ReasonCodes)
	}
	d.Same[1].Answers = false
	if p := newDossierPage(d, chinese, ""); p.Answered() || p.ReasonCodes[0] != "seal_unclear" {
		t.Errorf("answered %v, reasons %v", p.Answered(), p.ReasonCodes)
	}
}
