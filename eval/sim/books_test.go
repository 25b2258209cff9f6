package sim

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"heyin/models"
	"heyin/reconcile/slip"
)

func TestEveryScenarioOccursAndHasAnOutcome(t *testing.T) {
	p := NewPeriod(3, len(Scenarios()))
	seen := map[Scenario]bool{}
	for _, truth := range p.Truth() {
		seen[truth.Scenario] = true
		if truth.Expected != models.Passed && truth.Expected != models.InReview && truth.Expected != models.Quarantined {
			t.Errorf("%s page %d: expected %q", truth.File, truth.Page, truth.Expected)
		}
		if truth.Expected == models.InReview && len(truth.Reasons) == 0 {
			t.Errorf("%s: in review without a reason", truth.Scenario)
		}
	}
	for _, s := range Scenarios() {
		if !seen[s] && s != TwoPages { // its pages are agreeing ones
			t.Errorf("scenario %s does not occur", s)
		}
	}
}

func TestBooksAreConsistent(t *testing.T) {
	p := NewPeriod(5, 150)
	statements, accounts, names := map[string]bool{}, map[string]bool{}, map[string]bool{}
	zero, negative, large := 0, 0, 0
	for _, c := range p.Customers {
		if statements[c.StatementNo] || names[c.Name] {
			t.Errorf("statement %s or customer %s occurs twice", c.StatementNo, c.Name)
		}
		statements[c.StatementNo], names[c.Name] = true, true
		if no := strings.ReplaceAll(c.StatementNo, "-", ""); luhn(no[:len(no)-1]) != no[len(no)-1] {
			t.Errorf("statement %s: wrong check digit", c.StatementNo)
		}
		kinds := map[string]models.SealKind{}
		for _, s := range c.Seals {
			kinds[s.Ref] = s.Cut.Kind
		}
		if err := c.Rule.Validate(kinds); err != nil {
			t.Errorf("customer %s: %v", c.No, err)
		}
		stamped := c.stamps(newDice(1, c.No))
		if !c.Rule.Satisfied(func(ref string) bool {
			return slices.ContainsFunc(stamped, func(s OwnedSeal) bool { return s.Ref == ref })
		}) {
			t.Errorf("customer %s: what it stamps does not satisfy its rule", c.No)
		}
		for _, l := range c.Lines {
			if accounts[l.AccountNo] {
				t.Errorf("account %s occurs twice", l.AccountNo)
			}
			accounts[l.AccountNo] = true
			if n := l.AccountNo; luhn(n[:len(n)-1]) != n[len(n)-1] || len(n) < 14 || len(n) > 19 {
				t.Errorf("account %s: wrong length or check digit", n)
			}
			switch f := l.Balance.InexactFloat64(); {
			case f == 0:
				zero++
			case f < 0:
				negative++
			case f >= 1e8:
				large++
			}
		}
	}
	if zero == 0 || negative == 0 || large == 0 {
		t.Errorf("balances: %d zero, %d negative, %d large; want some of each", zero, negative, large)
	}
}

func TestPrintedAmountsDifferFromTheBooksOnlyWhenAltered(t *testing.T) {
	p := NewPeriod(11, 120)
	for _, f := range p.Files {
		for _, pg := range f.Pages {
			if pg.Customer < 0 {
				continue
			}
			differ := 0
			for i, l := range p.Customers[pg.Customer].Lines {
				if !l.Balance.Equal(pg.Order.Statement.Lines[i].Balance) {
					differ++
				}
			}
			if want := map[bool]int{true: 1}[pg.Scenario == AlteredBalance]; differ != want {
				t.Errorf("%s (%s): %d balances differ, want %d", f.Name, pg.Scenario, differ, want)
			}
			if len(pg.Order.Statement.Lines) > pg.Order.Form.MaxLines() {
				t.Errorf("%s: more accounts than form %s holds", f.Name, pg.Order.Form)
			}
		}
	}
}

func TestTwinsAndCopiesPointAtEachOther(t *testing.T) {
	files := map[string]Truth{}
	for _, truth := range NewPeriod(7, 20).Truth() {
		files[truth.File] = truth
	}
	for name, f := range files {
		if f.Twin != "" && (files[f.Twin].Twin != name || files[f.Twin].StatementNo != f.StatementNo) {
			t.Errorf("%s has the twin %s, which has %q", name, f.Twin, files[f.Twin].Twin)
		}
		if f.SameAs != "" && files[f.SameAs].StatementNo != f.StatementNo {
			t.Errorf("%s is said to be %s", name, f.SameAs)
		}
	}
}

func TestFontsHaveEveryCharacterOfTheNames(t *testing.T) {
	st := studio(t)
	text := strings.Join(slices.Concat(towns, marks, trades, forms, surnames, givenChars, bankMarks, quarters, agreePhrases, differPhrases), "") +
		"市商业银行支行财务专用章对账业印之年月日"
	for from, to := range lookalikes {
		text += string(from) + string(to)
	}
	for _, r := range text {
		if unicode.Is(unicode.Han, r) && (!st.has(Song, r) || !st.has(Kai, r)) {
			t.Errorf("a font lacks %c", r)
		}
	}
}

func studio(t *testing.T) *Studio {
	t.Helper()
	st, err := NewStudio(slip.DefaultFontDir)
	if err != nil {
		t.Fatal(err)
	}
	return st
}
