package reconcile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"heyin/models"
	"heyin/storage"
)

// statementRecord is a line of a statements file.
type statementRecord struct {
	StatementNo string `json:"statement_no"`
	Customer    struct {
		No   string `json:"no"`
		Name string `json:"name"`
	} `json:"customer"`
	CutOff   string `json:"cut_off"` // 2025-12-31
	Branch   string `json:"branch"`  // code
	Accounts []struct {
		AccountNo string `json:"account_no"`
		Currency  string `json:"currency"`
		Balance   string `json:"balance"` // plain decimal in quotes: JSON numbers lose cents
	} `json:"accounts"`
	// One of these, or neither when the rule on the books stays. RequiredSeals is
	// the short form of a rule that all must match.
	SealRule      *models.SealRule `json:"seal_rule"`
	RequiredSeals []string         `json:"required_seals"`
}

// statementRow is a checked record.
type statementRow struct {
	line     int
	no       string
	customer string
	cutOff   time.Time
	lines    []models.StatementLine
	rule     *models.SealRule
	issued   bool // on the books already, the same
	ruleSet  bool // the rule on the books is this one
}

// statementsPlan is a parsed statements file.
type statementsPlan struct {
	rows      []statementRow
	customers map[string]customer
	accounts  map[accountKey]account
	same      map[string]bool // customers whose name and branch are as on the books
}

// maxLineBytes bounds one record: some thousand accounts.
const maxLineBytes = 1 << 20

// ImportStatements takes issued statements from a JSONL file, one a line:
//
//	{"statement_no":"202512-00480167","customer":{"no":"K100014","name":"…"},"cut_off":"2025-12-31","branch":"0659",
//	 "accounts":[{"account_no":"6206…","currency":"CNY","balance":"47505.31"}],"seal_rule":{"all":[{"seal":"finance"},{"seal":"personal"}]}}
//
// Customers, accounts and the period are made as needed. A seal rule holds from
// the cut-off date and may only name specimens on file. A statement is issued
// once: the same number with other content is an error. The fault import_invalid
// comes with Report.Errors.
func ImportStatements(ctx context.Context, store *storage.Store, r io.Reader, opts Options) (Report, error) {
	report := Report{Kind: "statements"}
	file, err := readFile(r)
	if err != nil {
		return report, err
	}
	p := &statementsPlan{customers: map[string]customer{}, accounts: map[accountKey]account{}}
	twice := firstSeen{}
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(file, byteOrderMark)))
	lines.Buffer(nil, maxLineBytes)
	line := 0
	for lines.Scan() {
		line++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		report.Rows++
		rec, err := parseStatement(lines.Bytes())
		if err != nil {
			report.wrong(line, "", "no statement record: %v", err)
			continue
		}
		if !twice.again(&report, line, "statement_no", rec.StatementNo) {
			p.take(line, rec, &report)
		}
	}
	if err := lines.Err(); err != nil {
		report.wrong(line+1, "", "%v; a record may have %d KB", err, maxLineBytes>>10)
	}
	return report, run(ctx, store, opts, &report, file, p, func() error { return nil })
}

func parseStatement(line []byte) (rec statementRecord, err error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&rec); err != nil {
		return rec, err
	}
	if dec.More() {
		return rec, errors.New("more than one value on the line")
	}
	return rec, nil
}

// take checks the fields of a record and keeps it.
func (p *statementsPlan) take(line int, rec statementRecord, report *Report) {
	before := len(report.Errors)
	report.wantForm(line, "statement_no", rec.StatementNo, anyName, "1 to 64 characters without spaces")
	report.wantCustomer(customer{rec.Customer.No, rec.Customer.Name, rec.Branch, line}, p.customers)
	row := statementRow{line: line, no: rec.StatementNo, customer: rec.Customer.No, cutOff: report.wantDate(line, "cut_off", rec.CutOff)}
	if len(rec.Accounts) == 0 {
		report.wrong(line, "accounts", "a statement has at least one")
	}
	twice := firstSeen{}
	for i, a := range rec.Accounts {
		field := fmt.Sprintf("accounts[%d]", i)
		twice.again(report, line, field, a.AccountNo, a.Currency)
		report.wantAccount(account{no: a.AccountNo, currency: a.Currency, customer: rec.Customer.No, line: line}, p.accounts)
		amount, err := models.ParseAmount(a.Balance)
		if err != nil || !amount.Fits() {
			report.wrong(line, field+".balance", "%q: want a decimal with two places and at most 18 digits before them", a.Balance)
		}
		row.lines = append(row.lines, models.StatementLine{AccountNo: a.AccountNo, Currency: a.Currency, Balance: amount})
	}
	switch {
	case rec.SealRule != nil && len(rec.RequiredSeals) > 0:
		report.wrong(line, "seal_rule", "give it or required_seals, not both")
	case rec.SealRule != nil:
		row.rule = rec.SealRule
	case len(rec.RequiredSeals) > 0:
		row.rule = &models.SealRule{}
		for _, ref := range rec.RequiredSeals {
			row.rule.All = append(row.rule.All, models.SealRule{Seal: ref})
		}
	}
	if len(report.Errors) == before {
		p.rows = append(p.rows, row)
	}
}
