package pipeline

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"heyin/imaging"
	"heyin/models"
)

// perfect is a page with nothing to object to, and the books it agrees with.
func perfect() (models.Reading, Identified, *models.Statement, []models.Verification) {
	agreed := func(v string) models.Voted {
		return models.Voted{Value: v, First: v, Second: v, Agreed: true, Confidence: 1}
	}
	r := models.Reading{
		StatementNo: agreed("DZ-2026-000017"),
		Accounts: []models.AccountReading{
			{AccountNo: agreed("6201000000000019"), Currency: "CNY", Balance: agreed("1,234.50")},
			{AccountNo: agreed("6201000000000027"), Currency: "USD", Balance: agreed("-0.35")},
		},
		Mark:     models.MarkReading{Mark: models.Agree, Form: "tick"},
		Imprints: []models.Imprint{{Role: models.RoleClient}, {Role: models.RoleClient}},
		Quality:  models.Quality{Grade: models.QualityGood},
	}
	st := &models.Statement{
		No: "DZ-2026-000017", PeriodOpen: true,
		Lines: []models.StatementLine{
			{AccountNo: "6201000000000019", Currency: "CNY", Balance: models.MustAmount("1234.50")},
			{AccountNo: "6201000000000027", Currency: "USD", Balance: models.MustAmount("-0.35")},
		},
		Rule:      models.SealRule{All: []models.SealRule{{Seal: "company"}, {Seal: "legal"}}},
		Specimens: []models.Specimen{{Ref: "company", Kind: models.SealCompany}, {Ref: "legal", Kind: models.SealPersonal}},
	}
	vs := []models.Verification{
		{SpecimenRef: "company", Imprint: 0, Verdict: models.Match, ReasonZH: "印文各处", ReasonEN: "the imprint"},
		{SpecimenRef: "legal", Imprint: 1, Verdict: models.Match, ReasonZH: "印文各处", ReasonEN: "the imprint"},
	}
	return r, Identified{Candidates: []string{"DZ-2026-000017"}}, st, vs
}

func TestPerfectPagePasses(t *testing.T) {
	state, reasons := decide(perfect())
	if state != models.Passed || len(reasons) != 0 {
		t.Fatalf("got %s %v, want passed", state, reasons)
	}
}

// TestEachGuard breaks one condition of "passed" at a time: every one must send
// the page to review for exactly that reason.
func TestEachGuard(t *testing.T) {
	type world struct {
		r    *models.Reading
		seen *Identified
		st   *models.Statement
		vs   []models.Verification
	}
	for name, tc := range map[string]struct {
		spoil func(w world)
		want  models.ReasonCode
	}{
		"usable scan": {func(w world) { w.r.Quality.Grade = models.QualityUsable }, models.ReasonUnreadable},
		"blurred scan": {func(w world) {
			w.r.Quality = models.Quality{Grade: models.QualityUsable, Findings: []models.Finding{{Code: imaging.FindingBlur, Reason: "blurred"}}}
		}, models.ReasonUnreadable},
		"ungraded scan":     {func(w world) { w.r.Quality.Grade = "" }, models.ReasonUnreadable},
		"mark differ":       {func(w world) { w.r.Mark.Mark = models.Differ }, models.ReasonMarkDiffer},
		"mark blank":        {func(w world) { w.r.Mark.Mark = models.Blank }, models.ReasonMarkMissing},
		"mark unclear":      {func(w world) { w.r.Mark.Mark = models.Unclear }, models.ReasonMarkUnclear},
		"mark not read":     {func(w world) { w.r.Mark.Mark = "" }, models.ReasonMarkUnclear},
		"number one reader": {func(w world) { w.r.StatementNo.Agreed = false }, models.ReasonUnidentified},
		"printed conflict":  {func(w world) { w.r.StatementNo.Value = "DZ-2026-000018"; w.seen.Codes = []models.Code{{Text: w.st.No}} }, models.ReasonCodeConflict},
		"code conflict":     {func(w world) { w.seen.Codes = []models.Code{{Kind: "qr", Text: "DZ-2026-000099"}} }, models.ReasonCodeConflict},
		"print against code": {func(w world) {
			w.seen.Codes = []models.Code{{Kind: "qr", Text: w.st.No}}
			w.r.StatementNo = models.Voted{Value: w.st.No, First: "DZ-2026-000018", Second: "DZ-2026-000018"}
		}, models.ReasonCodeConflict},
		"customer's copy": {func(w world) { w.r.Form.FirstCopy.Text = "第一联" }, models.ReasonFirstCopy},
		"another bank":    {func(w world) { w.r.Form.OtherBank.Text = "某某银行" }, models.ReasonOtherBank},
		"unknown form":    {func(w world) { w.r.Form.Unknown = true }, models.ReasonUnknownForm},
		"altered digit": {func(w world) {
			w.r.Accounts[0].OddDigits = []models.OddDigit{{Digit: "4", Oddity: models.OddInk}}
		}, models.ReasonAlteredPrint},
		"another period": {func(w world) {
			w.st.CutOff, w.r.Form.CutOff.Text = time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), "2025-09-30"
		}, models.ReasonWrongPeriod},
		"period closed":    {func(w world) { w.st.PeriodOpen = false }, models.ReasonPeriodClosed},
		"already answered": {func(w world) { w.st.Answered = true }, models.ReasonAnswered},
		"line missing":     {func(w world) { w.r.Accounts = w.r.Accounts[:1] }, models.ReasonAccountDiffers},
		"line too many":    {func(w world) { w.st.Lines = w.st.Lines[:1] }, models.ReasonAccountDiffers},
		"line twice": {func(w world) {
			again := w.r.Accounts[0]
			again.Balance.Value = "9,999.00"
			w.r.Accounts = append(w.r.Accounts, again)
		}, models.ReasonAccountDiffers},
		"account one reader": {func(w world) { w.r.Accounts[0].AccountNo.Agreed = false }, models.ReasonAccountDiffers},
		"currency":           {func(w world) { w.r.Accounts[1].Currency = "" }, models.ReasonAccountDiffers},
		"balance differs":    {func(w world) { w.r.Accounts[0].Balance.Value = "1,234.51" }, models.ReasonBalanceDiffers},
		"balance sign":       {func(w world) { w.r.Accounts[1].Balance.Value = "0.35" }, models.ReasonBalanceDiffers},
		"balance one reader": {func(w world) { w.r.Accounts[0].Balance.Agreed = false }, models.ReasonBalanceUnread},
		"balance no number":  {func(w world) { w.r.Accounts[0].Balance.Value = "l,234.50" }, models.ReasonBalanceUnread},
		"seal mismatch":      {func(w world) { w.vs[0].Verdict = models.Mismatch }, models.ReasonSealMismatch},
		"seal inconclusive":  {func(w world) { w.vs[1].Verdict = models.Inconclusive }, models.ReasonSealUnsure},
		"seal missing":       {func(w world) { w.vs[1].SpecimenRef = "other" }, models.ReasonSealMissing},
		"copied specimen": {func(w world) {
			w.vs[0].SubScores = map[string]float64{"specimen_likeness": models.Likeness(models.CopyBits)}
		}, models.ReasonImprintReused},
		"no rule":            {func(w world) { w.st.Rule = models.SealRule{} }, models.ReasonNoSpecimen},
		"personal alone":     {func(w world) { w.st.Rule = models.SealRule{Seal: "legal"} }, models.ReasonNoSpecimen},
		"specimen not filed": {func(w world) { w.st.Specimens = w.st.Specimens[1:] }, models.ReasonNoSpecimen},
	} {
		t.Run(name, func(t *testing.T) {
			r, seen, st, vs := perfect()
			tc.spoil(world{&r, &seen, st, vs})
			state, reasons := decide(r, seen, st, vs)
			if state != models.InReview {
				t.Fatalf("state %s, want in_review", state)
			}
			if !slices.ContainsFunc(reasons, func(x models.Reason) bool { return x.Code == tc.want }) {
				t.Errorf("reasons %v, want %s", reasons, tc.want)
			}
			for _, x := range reasons {
				if x.Code != tc.want {
					t.Errorf("besides %s also %v", tc.want, x)
				}
				if !strings.ContainsFunc(x.DetailZH, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || x.Detail == "" || strings.Contains(x.Detail+x.DetailZH, "%!") {
					t.Errorf("not told in both languages: %q, %q", x.Detail, x.DetailZH)
				}
			}
		})
	}
}

// The day printed is that of the period; of a scan that shows nothing nobody says
// what form it is.
func TestFormOfASoundPage(t *testing.T) {
	r, seen, st, vs := perfect()
	st.CutOff, r.Form.CutOff.Text = time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), "2025-12-31"
	if state, reasons := decide(r, seen, st, vs); state != models.Passed {
		t.Errorf("got %s %v", state, reasons)
	}
	r.Form.Unknown, r.Quality.Grade = true, models.QualityRescan
	if _, reasons := decide(r, seen, st, vs); len(reasons) != 1 || reasons[0].Code != models.ReasonUnreadable {
		t.Errorf("got %v, want only that it is unreadable", reasons)
	}
}

func TestUnknownStatement(t *testing.T) {
	r, seen, _, _ := perfect()
	_, reasons := decide(r, seen, nil, nil)
	if len(reasons) != 1 || reasons[0].Code != models.ReasonUnknownNumber {
		t.Errorf("number not in the books: %v", reasons)
	}
	seen.Codes = []models.Code{{Kind: "qr", Text: seen.Candidates[0]}, {Kind: "code128", Text: "DZ-2026-000099"}}
	if _, reasons = decide(r, seen, nil, nil); !slices.ContainsFunc(reasons, func(x models.Reason) bool { return x.Code == models.ReasonCodeConflict }) {
		t.Errorf("codes that contradict each other: %v", reasons)
	}
	_, reasons = decide(r, Identified{}, nil, nil)
	if len(reasons) != 1 || reasons[0].Code != models.ReasonUnidentified {
		t.Errorf("no number at all: %v", reasons)
	}
}

func TestAnyRuleNeedsOnlyOne(t *testing.T) {
	r, seen, st, vs := perfect()
	st.Rule = models.SealRule{All: []models.SealRule{{Any: []models.SealRule{{Seal: "company"}, {Seal: "finance"}}}, {Seal: "legal"}}}
	st.Specimens = append(st.Specimens, models.Specimen{Ref: "finance", Kind: models.SealFinance})
	if state, reasons := decide(r, seen, st, vs); state != models.Passed {
		t.Errorf("got %s %v", state, reasons)
	}
}

// A company in formation (验资) has no seal but its founder's.
func TestPersonalSealAloneOnlyFor验资(t *testing.T) {
	for capital, want := range map[bool]models.ReceiptState{true: models.Passed, false: models.InReview} {
		r, seen, st, vs := perfect()
		st.Rule = models.SealRule{Seal: "legal", CapitalVerification: capital}
		if state, reasons := decide(r, seen, st, vs); state != want {
			t.Errorf("capital verification %t: %s %v, want %s", capital, state, reasons, want)
		}
	}
}

func TestStatementNoOfCode(t *testing.T) {
	for code, want := range map[string]string{
		"\tdz-2026-000017\n":      "DZ-2026-000017",
		"2026000000017":           "2026000000017",
		"https://example.invalid": "",
		"12345":                   "",
		"ABCDEFGH":                "",
		"-1234567":                "",
	} {
		if got := statementNo(code); got != want {
			t.Errorf("statementNo(%q) = %q, want %q", code, got, want)
		}
	}
}

func TestAssignGivesEachImprintOnce(t *testing.T) {
	v := func(ref string, im int, verdict models.Verdict, score float64) verified {
		return verified{Verification: models.Verification{SpecimenRef: ref, Imprint: im, Verdict: verdict, Score: score}}
	}
	got := assign([]verified{
		v("a", 0, models.Inconclusive, .6), v("a", 1, models.Match, .9),
		v("b", 0, models.Mismatch, .1), v("b", 1, models.Match, .95),
	})
	want := map[string]int{"b": 1, "a": 0}
	if len(got) != 2 {
		t.Fatalf("got %d pairs, want 2", len(got))
	}
	for _, g := range got {
		if want[g.SpecimenRef] != g.Imprint {
			t.Errorf("specimen %s got imprint %d, want %d", g.SpecimenRef, g.Imprint, want[g.SpecimenRef])
		}
	}
}

func TestAlternativesAreNotAskedFor(t *testing.T) {
	r, seen, st, vs := perfect()
	st.Rule = models.SealRule{All: []models.SealRule{{Any: []models.SealRule{{Seal: "finance"}, {Seal: "company"}}}, {Seal: "legal"}}}
	st.Specimens = append(st.Specimens, models.Specimen{Ref: "finance", Kind: models.SealFinance})
	vs[0].Verdict = models.Inconclusive // the company seal is there, but unsure
	state, reasons := decide(r, seen, st, vs)
	if state != models.InReview || len(reasons) != 1 || reasons[0].Code != models.ReasonSealUnsure {
		t.Errorf("got %s %v, want in_review for seal_unsure alone", state, reasons)
	}
}

// TestLackingAgreesWithSatisfied: the rule is satisfied exactly when nothing is
// lacking, whatever matched.
func TestLackingAgreesWithSatisfied(t *testing.T) {
	seal := func(ref string) models.SealRule { return models.SealRule{Seal: ref} }
	rules := []models.SealRule{
		seal("a"),
		{All: []models.SealRule{seal("a"), seal("b")}},
		{Any: []models.SealRule{seal("a"), {All: []models.SealRule{seal("b"), seal("c")}}}},
		{All: []models.SealRule{{Any: []models.SealRule{seal("a"), seal("b")}}, seal("c")}},
	}
	for _, rule := range rules {
		for bits := range 1 << 6 {
			var vs []models.Verification
			matched := map[string]bool{}
			for i, ref := range []string{"a", "b", "c"} {
				switch bits >> (2 * i) & 3 {
				case 1:
					vs = append(vs, models.Verification{SpecimenRef: ref, Verdict: models.Match})
					matched[ref] = true
				case 2:
					vs = append(vs, models.Verification{SpecimenRef: ref, Verdict: models.Mismatch})
				case 3:
					vs = append(vs, models.Verification{SpecimenRef: ref, Verdict: models.Inconclusive})
				}
			}
			if need := lacking(rule, vs); (len(need) == 0) != rule.Satisfied(func(ref string) bool { return matched[ref] }) {
				t.Errorf("rule %+v with %v: lacking %v", rule, matched, need)
			}
		}
	}
}

func TestOneAccountInTwoCurrencies(t *testing.T) {
	r, seen, st, vs := perfect()
	st.Lines[1].AccountNo = st.Lines[0].AccountNo
	r.Accounts[1].AccountNo = r.Accounts[0].AccountNo
	r.Accounts[0], r.Accounts[1] = r.Accounts[1], r.Accounts[0] // printed in another order than booked
	if state, reasons := decide(r, seen, st, vs); state != models.Passed {
		t.Errorf("got %s %v", state, reasons)
	}
}
