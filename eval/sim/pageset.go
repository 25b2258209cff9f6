package sim

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"heyin/models"
	"heyin/reconcile/slip"
)

// LedgerLine is what the books say of one statement, in the benchmark's format.
// RequiredSeals are the specimens that all must match; a rule with a choice is
// given as SealRule and then decides.
type LedgerLine struct {
	StatementNo   string           `json:"statement_no"`
	Customer      string           `json:"customer"`
	CutOff        string           `json:"cut_off,omitempty"`
	Accounts      []AccountLine    `json:"accounts"`
	RequiredSeals []string         `json:"required_seals,omitempty"`
	SealRule      *models.SealRule `json:"seal_rule,omitempty"`
}

// pageMix is what the accuracy tables of pages are made over: every scenario that
// has a page with a truth, agreeing ones most.
var pageMix = []Scenario{Agreeing, Differing, Agreeing, ForgedSeal, Agreeing, Unmarked, Agreeing, MissingSeal,
	BadlyStamped, AlteredBalance, Agreeing, Unreadable}

// Pages writes n single receipts in the benchmark's format below dir: pages/,
// truth.jsonl, ledger.jsonl, specimens.csv, specimens/.
func (st *Studio) Pages(ctx context.Context, dir string, seed uint64, n int) error {
	return st.pages(ctx, dir, seed, n, false)
}

// FoldedPages is Pages of the same receipts, folded as letters are before they are scanned.
func (st *Studio) FoldedPages(ctx context.Context, dir string, seed uint64, n int) error {
	return st.pages(ctx, dir, seed, n, true)
}

func (st *Studio) pages(ctx context.Context, dir string, seed uint64, n int, folded bool) error {
	p := NewPeriod(seed, 0)
	for i := range n {
		p.add(pageMix[i%len(pageMix)])
		p.Files[i].Pages[0].Folded = folded
	}
	return st.pageSet(dir, p, func(i int, places []slip.Places) ([]byte, PageTruth, error) {
		data, t, err := st.scanFile(ctx, dir, p, p.Files[i], places)
		if err != nil {
			return nil, PageTruth{}, err
		}
		t[0].File = "pages/" + p.Files[i].Name
		return data, t[0], nil
	})
}

// pageSet writes a period in the benchmark's format below dir; scan makes the i-th page and its truth, whose
// File says where it goes.
func (st *Studio) pageSet(dir string, p *Period, scan func(i int, places []slip.Places) ([]byte, PageTruth, error)) error {
	for _, sub := range []string{"pages", "specimens"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return fmt.Errorf("sim: pages: %w", err)
		}
	}
	places, err := st.print(filepath.Join(dir, PrintedFile), p)
	if err != nil {
		return err
	}
	truths := make([]PageTruth, len(p.Files))
	err = inParallel(len(truths), func(i int) error {
		data, t, err := scan(i, places)
		if err != nil {
			return err
		}
		truths[i] = t
		return os.WriteFile(filepath.Join(dir, t.File), data, 0o644)
	})
	if err != nil {
		return err
	}
	if err := writeJSONL(filepath.Join(dir, TruthFile), truths); err != nil {
		return err
	}
	return st.writeLedger(dir, p)
}

func (st *Studio) writeLedger(dir string, p *Period) error {
	type card struct {
		id  string
		cut *Cut
	}
	cards := []card{{refBank, p.BankSeal}}
	var ledger []LedgerLine
	for i := range p.Customers {
		c := &p.Customers[i]
		if !c.OnBooks {
			continue
		}
		rule := renamed(c.Rule, func(ref string) string { return identity(c, ref) })
		l := LedgerLine{StatementNo: c.StatementNo, Customer: c.Name, CutOff: p.CutOff.Format(time.DateOnly), SealRule: &rule}
		for _, a := range c.Lines {
			l.Accounts = append(l.Accounts, AccountLine{a.AccountNo, a.Currency, a.Balance})
		}
		ledger = append(ledger, l)
		for _, s := range c.Seals {
			cards = append(cards, card{identity(c, s.Ref), s.Cut})
		}
	}
	rows := [][]string{{"identity", "specimen", "dpi", "shape"}}
	for _, c := range cards {
		rows = append(rows, []string{c.id, "specimens/" + c.id + ".png", strconv.Itoa(specimenDPI), string(c.cut.Shape)})
	}
	err := inParallel(len(cards), func(i int) error {
		return writePNG(filepath.Join(dir, rows[i+1][1]), st.Card(cards[i].cut, cards[i].cut.seed))
	})
	if err != nil {
		return err
	}
	if err := writeCSV(filepath.Join(dir, SpecimensFile), rows); err != nil {
		return err
	}
	return writeJSONL(filepath.Join(dir, "ledger.jsonl"), ledger)
}

// renamed gives the rule with every specimen under another name.
func renamed(r models.SealRule, name func(string) string) models.SealRule {
	out := models.SealRule{}
	if r.Seal != "" {
		out.Seal = name(r.Seal)
	}
	for _, s := range r.All {
		out.All = append(out.All, renamed(s, name))
	}
	for _, s := range r.Any {
		out.Any = append(out.Any, renamed(s, name))
	}
	return out
}
