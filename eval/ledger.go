package eval

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"heyin/models"
	"heyin/pipeline"
)

// Ledger is the bank's books in two files: ledger.jsonl (a statement a line) and
// specimens.csv. It answers pipeline.Books; safe for concurrent use.
type Ledger struct {
	statements map[string]*models.Statement
}

var _ pipeline.Books = (*Ledger)(nil)

// ledgerLine is a line of ledger.jsonl. RequiredSeals must all match; a rule with
// a choice comes as SealRule, which then decides.
type ledgerLine struct {
	StatementNo   string           `json:"statement_no"`
	Customer      string           `json:"customer"`
	CutOff        string           `json:"cut_off"` // 2025-12-31; may be missing
	Accounts      []PageAccount    `json:"accounts"`
	RequiredSeals []string         `json:"required_seals"`
	SealRule      *models.SealRule `json:"seal_rule"`
}

// LoadLedger reads both files whole. It is meant for evaluation sets, not for a
// bank: `heyin import` is for that.
func LoadLedger(ledgerPath, specimensPath string) (*Ledger, error) {
	specimens, err := loadSpecimens(specimensPath)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(ledgerPath)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	defer f.Close()
	l := &Ledger{statements: map[string]*models.Statement{}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		s, err := parseLedgerLine(lines.Bytes(), specimens)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", ledgerPath, n, err)
		}
		l.statements[s.No] = s
	}
	return l, lines.Err()
}

func parseLedgerLine(line []byte, specimens map[string]models.Specimen) (*models.Statement, error) {
	var in ledgerLine
	if err := json.Unmarshal(line, &in); err != nil {
		return nil, err
	}
	if in.StatementNo == "" {
		return nil, errors.New("statement_no is missing")
	}
	s := &models.Statement{No: in.StatementNo, Customer: in.Customer, PeriodOpen: true}
	if in.CutOff != "" {
		var err error
		if s.CutOff, err = time.Parse(time.DateOnly, in.CutOff); err != nil {
			return nil, fmt.Errorf("cut_off: %w", err)
		}
	}
	for i, a := range in.Accounts {
		amount, err := models.ParseAmount(a.Balance)
		if err != nil {
			return nil, fmt.Errorf("accounts[%d].balance %q: %w", i, a.Balance, err)
		}
		s.Lines = append(s.Lines, models.StatementLine{AccountNo: a.AccountNo, Currency: a.Currency, Balance: amount})
	}
	if in.SealRule != nil {
		s.Rule = *in.SealRule
	} else {
		for _, ref := range in.RequiredSeals {
			s.Rule.All = append(s.Rule.All, models.SealRule{Seal: ref})
		}
	}
	for _, ref := range s.Rule.Refs() {
		specimen, ok := specimens[ref]
		if !ok {
			return nil, fmt.Errorf("no specimen %q in the specimens file", ref)
		}
		s.Specimens = append(s.Specimens, specimen)
	}
	return s, nil
}

// loadSpecimens reads specimens.csv: identity,specimen,dpi,shape.
func loadSpecimens(csvPath string) (map[string]models.Specimen, error) {
	rows, err := readCSV(csvPath, "identity", "specimen", "dpi", "shape")
	if err != nil {
		return nil, err
	}
	out := make(map[string]models.Specimen, len(rows))
	for i, row := range rows {
		dpi, err := strconv.ParseFloat(row["dpi"], 64)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: dpi %q: want a number", csvPath, i+2, row["dpi"])
		}
		image, err := os.ReadFile(filepath.Join(filepath.Dir(csvPath), row["specimen"]))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", csvPath, i+2, err)
		}
		// The file does not tell what a seal is for; the rule names it anyway.
		out[row["identity"]] = models.Specimen{
			Ref: row["identity"], Kind: models.SealOther, Shape: models.SealShape(row["shape"]), Role: models.RoleClient, DPI: dpi, Image: image,
		}
	}
	return out, nil
}

// readCSV reads a CSV with a heading into maps; every wanted column must be there.
func readCSV(csvPath string, want ...string) ([]map[string]string, error) {
	f, err := os.Open(csvPath)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: heading: %w", csvPath, err)
	}
	column := map[string]int{}
	for i, name := range head {
		column[name] = i
	}
	for _, name := range want {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("%s: column %q is missing", csvPath, name)
		}
	}
	var rows []map[string]string
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", csvPath, err)
		}
		row := make(map[string]string, len(column))
		for name, i := range column {
			row[name] = rec[i]
		}
		rows = append(rows, row)
	}
}

// Expect returns the first candidate that is in the books, or nil.
func (l *Ledger) Expect(_ context.Context, seen pipeline.Identified) (*models.Statement, error) {
	for _, no := range seen.Candidates {
		if s, ok := l.statements[no]; ok {
			return s, nil
		}
	}
	return nil, nil //nolint:nilnil // not in the books is an ordinary answer
}
