package sim

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strconv"

	"heyin/models"
	"heyin/reconcile/slip"
)

// Files a sample period is written to, below its directory.
const (
	AccountsFile   = "accounts.csv"     // for `heyin import accounts`, the first
	SpecimensFile  = "specimens.csv"    // for `heyin import specimens`, images in specimens/
	StatementsFile = "statements.jsonl" // for `heyin import statements`, the last
	PrintedFile    = "statements.pdf"   // what the bank sent out
	ScansDir       = "scans"            // what came back, in the order of scanning
	TruthFile      = "truth.jsonl"      // one Truth a page
)

// statementRecord is a line of StatementsFile.
type statementRecord struct {
	StatementNo string          `json:"statement_no"`
	Customer    customerRecord  `json:"customer"`
	CutOff      string          `json:"cut_off"`
	Branch      string          `json:"branch"`
	Accounts    []AccountLine   `json:"accounts"`
	SealRule    models.SealRule `json:"seal_rule"`
}

type customerRecord struct {
	No   string `json:"no"`
	Name string `json:"name"`
}

// Progress is told after each scan file how many of all are written; it may be
// called from several goroutines at once.
type Progress func(done, of int)

// Write makes the sample period below dir and returns its truth. Files of an
// earlier sample there are overwritten, not removed.
func (st *Studio) Write(ctx context.Context, dir string, p *Period, progress Progress) ([]Truth, error) {
	if err := os.MkdirAll(filepath.Join(dir, ScansDir), 0o755); err != nil {
		return nil, fmt.Errorf("sim: sample period: %w", err)
	}
	if err := st.WriteBooks(dir, p); err != nil {
		return nil, err
	}
	places, err := st.print(filepath.Join(dir, PrintedFile), p)
	if err != nil {
		return nil, err
	}
	done := make(chan struct{}, len(p.Files))
	err = inParallel(len(p.Files), func(i int) error {
		f := p.Files[i]
		if f.SameAs != "" {
			f = p.file(f.SameAs)
		}
		data, _, err := st.scanFile(ctx, dir, p, f, places)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, ScansDir, p.Files[i].Name), data, 0o644); err != nil {
			return fmt.Errorf("sim: %w", err)
		}
		done <- struct{}{}
		if progress != nil {
			progress(len(done), len(p.Files))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	truth := p.Truth()
	return truth, writeJSONL(filepath.Join(dir, TruthFile), truth)
}

func (p *Period) file(name string) File {
	for _, f := range p.Files {
		if f.Name == name {
			return f
		}
	}
	return File{}
}

// print writes one PDF with the statement of every customer, in their order.
func (st *Studio) print(path string, p *Period) ([]slip.Places, error) {
	orders := make([]slip.Order, len(p.Customers))
	for _, f := range p.Files {
		for _, pg := range f.Pages {
			if pg.Customer >= 0 {
				orders[pg.Customer] = pg.Order
			}
		}
	}
	if len(orders) == 0 {
		return nil, nil
	}
	var places []slip.Places
	err := writeFile(path, func(f *os.File) (err error) {
		places, err = slip.Print(f, st.fonts, orders)
		return err
	})
	return places, err
}

// scanFile makes the bytes of one scan file and the truth of its pages.
func (st *Studio) scanFile(ctx context.Context, dir string, p *Period, f File, places []slip.Places) ([]byte, []PageTruth, error) {
	var pages []tiffPage
	var truths []PageTruth
	for i, pg := range f.Pages {
		// The name makes two scans of one paper differ in skew and noise.
		scanSeed := newDice(pg.seed, f.Name, i).Uint64()
		s, err := st.scanPage(ctx, dir, p, pg, places, scanSeed)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		data, err := encodeJPEG(s.img, s.quality, pg.DPI, s.gray && len(f.Pages) == 1)
		if err != nil {
			return nil, nil, err
		}
		pages = append(pages, tiffPage{data, s.img.Rect.Dx(), s.img.Rect.Dy(), pg.DPI})
		truths = append(truths, s.truth)
	}
	switch {
	case f.Broken:
		const header = 300 // bytes: tables, no picture
		return pages[0].jpeg[:header], truths, nil
	case len(pages) > 1:
		return encodeTIFF(pages), truths, nil
	default:
		return pages[0].jpeg, truths, nil
	}
}

// A4 in millimetres.
const a4Width, a4Height = 210.0, 297.0

func (st *Studio) scanPage(ctx context.Context, dir string, p *Period, pg Page, places []slip.Places, scanSeed uint64) (scanned, error) {
	if pg.Customer < 0 {
		px := pg.DPI / 25.4
		d := newDice(scanSeed, "blank")
		sheet := newPaper(int(a4Width*px), int(a4Height*px), pg.DPI, color.RGBA{255, 255, 255, 255})
		s, quality := scannerFor(d, pg.Scenario, &PageTruth{})
		img, _ := scan(d, sheet.img, s)
		return scanned{img: img, quality: quality, gray: s.Gray}, nil
	}
	sheet, err := rasterise(ctx, filepath.Join(dir, PrintedFile), pg.Customer+1, pg.DPI)
	if err != nil {
		return scanned{}, err
	}
	return st.fill(p, pg, sheet, places[pg.Customer], scanSeed, st.answer), nil
}

// WriteBooks writes what the bank knows, for the imports: accounts, specimens
// and statements.
func (st *Studio) WriteBooks(dir string, p *Period) error {
	if err := os.MkdirAll(filepath.Join(dir, "specimens"), 0o755); err != nil {
		return fmt.Errorf("sim: books: %w", err)
	}
	var records []statementRecord
	accounts := [][]string{{"customer_no", "customer_name", "branch", "account_no", "currency"}}
	rows := [][]string{{"customer_no", "ref", "kind", "shape", "role", "dpi", "valid_from", "file"}}
	from := p.CutOff.AddDate(-specimenYears, 0, 0).Format("2006-01-02")
	type card struct {
		file string
		cut  *Cut
	}
	var cards []card
	file := func(owner, ref string, role models.SealRole, cut *Cut) {
		c := card{fmt.Sprintf("specimens/%s-%s.png", owner, ref), cut}
		cards = append(cards, c)
		no := owner
		if role == models.RoleBank {
			no = "" // the bank's own seals belong to no customer
		}
		rows = append(rows, []string{no, ref, string(cut.Kind), string(cut.Shape), string(role), strconv.Itoa(specimenDPI), from, c.file})
	}
	file("bank", refBank, models.RoleBank, p.BankSeal)
	for _, c := range p.Customers {
		if !c.OnBooks {
			continue
		}
		r := statementRecord{
			StatementNo: c.StatementNo, Customer: customerRecord{c.No, c.Name}, CutOff: p.CutOff.Format("2006-01-02"),
			Branch: p.BranchCode, SealRule: c.Rule,
		}
		for _, l := range c.Lines {
			r.Accounts = append(r.Accounts, AccountLine{l.AccountNo, l.Currency, l.Balance})
			accounts = append(accounts, []string{c.No, c.Name, p.BranchCode, l.AccountNo, l.Currency})
		}
		records = append(records, r)
		for _, s := range c.Seals {
			file(c.No, s.Ref, models.RoleClient, s.Cut)
		}
	}
	err := inParallel(len(cards), func(i int) error {
		return writePNG(filepath.Join(dir, cards[i].file), st.Card(cards[i].cut, cards[i].cut.seed))
	})
	if err != nil {
		return err
	}
	return errors.Join(
		writeCSV(filepath.Join(dir, AccountsFile), accounts),
		writeCSV(filepath.Join(dir, SpecimensFile), rows),
		writeJSONL(filepath.Join(dir, StatementsFile), records))
}

func writeCSV(path string, rows [][]string) error {
	return writeFile(path, func(f *os.File) error { return csv.NewWriter(f).WriteAll(rows) })
}

// writeJSONL writes one value a line.
func writeJSONL[T any](path string, values []T) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	for _, v := range values {
		if err := enc.Encode(v); err != nil {
			return fmt.Errorf("sim: %s: %w", filepath.Base(path), err)
		}
	}
	if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
		return fmt.Errorf("sim: %w", err)
	}
	return nil
}
