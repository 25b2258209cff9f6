package reconcile

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// check compares every statement with the books.
func (p *statementsPlan) check(ctx context.Context, tx pgx.Tx, report *Report) error {
	ids, same, err := knownCustomers(ctx, tx, p.customers)
	if err != nil {
		return err
	}
	p.same = same
	if _, err := checkAccounts(ctx, tx, report, p.accounts); err != nil {
		return err
	}
	issued, err := p.issued(ctx, tx)
	if err != nil {
		return err
	}
	closed, err := closedPeriods(ctx, tx)
	if err != nil {
		return err
	}
	rules, err := p.sealRules(ctx, tx)
	if err != nil {
		return err
	}
	kinds, err := specimenKinds(ctx, tx, ids)
	if err != nil {
		return err
	}
	ruled := map[string]*statementRow{}
	for i := range p.rows {
		row := &p.rows[i]
		row.compare(report, issued[row.no], closed)
		row.checkRule(report, rules[row.customer], kinds[row.customer])
		if row.rule != nil {
			if first := ruled[row.customer]; first != nil && !reflect.DeepEqual(first.rule, row.rule) {
				report.wrong(row.line, "seal_rule", "customer %s has another rule on line %d", row.customer, first.line)
			} else if first != nil {
				row.ruleSet = true // entered once
			}
			ruled[row.customer] = row
		}
		if row.issued && row.ruleSet && same[row.customer] {
			report.Unchanged++
		} else {
			report.Added++
		}
	}
	return nil
}

// onBooks is a statement as it was issued.
type onBooks struct {
	customer string
	cutOff   time.Time
	lines    []models.StatementLine
}

// issued loads the statements of the file that are on the books.
func (p *statementsPlan) issued(ctx context.Context, tx pgx.Tx) (map[string]*onBooks, error) {
	numbers := make([]string, len(p.rows))
	for i, row := range p.rows {
		numbers[i] = row.no
	}
	rows, err := tx.Query(ctx, `SELECT s.no, c.no, p.cut_off, l.account_no, l.currency::text, l.balance::text
  FROM statements s JOIN customers c ON c.id = s.customer_id JOIN periods p ON p.id = s.period_id JOIN statement_lines l ON l.statement_id = s.id
 WHERE s.no = ANY($1) ORDER BY s.id, l.line_no`, numbers)
	if err != nil {
		return nil, fmt.Errorf("statements: %w", err)
	}
	found := map[string]*onBooks{}
	var no, owner, accountNo, currency, balance string
	var cutOff time.Time
	_, err = pgx.ForEachRow(rows, []any{&no, &owner, &cutOff, &accountNo, &currency, &balance}, func() error {
		amount, err := models.ParseAmount(balance)
		if err != nil {
			return fmt.Errorf("statement %s on the books: %w", no, err)
		}
		if found[no] == nil {
			found[no] = &onBooks{customer: owner, cutOff: cutOff}
		}
		found[no].lines = append(found[no].lines, models.StatementLine{AccountNo: accountNo, Currency: currency, Balance: amount})
		return nil
	})
	return found, err
}

// compare reports a number issued before with other content, and a new statement
// for a closed period.
func (row *statementRow) compare(report *Report, was *onBooks, closed map[string]bool) {
	switch {
	case was == nil && closed[day(row.cutOff)]:
		report.wrong(row.line, "cut_off", "the period of %s is closed", day(row.cutOff))
	case was == nil:
	case was.customer != row.customer || !was.cutOff.Equal(row.cutOff) || !sameLines(was.lines, row.lines):
		report.wrong(row.line, "statement_no", "%s was issued before with other content; a corrected statement needs a number of its own", row.no)
	default:
		row.issued = true
	}
}

func sameLines(a, b []models.StatementLine) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].AccountNo != b[i].AccountNo || a[i].Currency != b[i].Currency || !a[i].Balance.Equal(b[i].Balance) {
			return false
		}
	}
	return true
}

func closedPeriods(ctx context.Context, tx pgx.Tx) (map[string]bool, error) {
	rows, err := tx.Query(ctx, `SELECT cut_off FROM periods WHERE state = 'closed' AND branch_id IS NULL`)
	if err != nil {
		return nil, fmt.Errorf("periods: %w", err)
	}
	closed := map[string]bool{}
	var cutOff time.Time
	_, err = pgx.ForEachRow(rows, []any{&cutOff}, func() error {
		closed[day(cutOff)] = true
		return nil
	})
	return closed, err
}

// ruleOnBooks is a seal rule with its first day.
type ruleOnBooks struct {
	from time.Time
	rule models.SealRule
}

// sealRules loads the latest rule of every customer in the file.
func (p *statementsPlan) sealRules(ctx context.Context, tx pgx.Tx) (map[string]*ruleOnBooks, error) {
	numbers := make([]string, 0, len(p.customers))
	for no := range p.customers {
		numbers = append(numbers, no)
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT ON (c.id) c.no, u.valid_from, u.rule
  FROM seal_rules u JOIN customers c ON c.id = u.customer_id WHERE c.no = ANY($1) ORDER BY c.id, u.valid_from DESC`, numbers)
	if err != nil {
		return nil, fmt.Errorf("seal rules: %w", err)
	}
	defer rows.Close()
	latest := map[string]*ruleOnBooks{}
	for rows.Next() {
		var no string
		var r ruleOnBooks // fresh a row: JSON would fill into the one before
		if err := rows.Scan(&no, &r.from, &r.rule); err != nil {
			return nil, fmt.Errorf("seal rules: %w", err)
		}
		latest[no] = &r
	}
	return latest, rows.Err()
}

// specimenKinds tells which specimens each customer has in force.
func specimenKinds(ctx context.Context, tx pgx.Tx, ids map[string]int64) (map[string]map[string]models.SealKind, error) {
	numbers := make([]string, 0, len(ids))
	for no := range ids {
		numbers = append(numbers, no)
	}
	rows, err := tx.Query(ctx, `SELECT c.no, p.ref, p.kind FROM specimens p JOIN customers c ON c.id = p.customer_id
 WHERE c.no = ANY($1) AND p.valid_to IS NULL`, numbers)
	if err != nil {
		return nil, fmt.Errorf("specimens: %w", err)
	}
	kinds := map[string]map[string]models.SealKind{}
	var no, ref, kind string
	_, err = pgx.ForEachRow(rows, []any{&no, &ref, &kind}, func() error {
		if kinds[no] == nil {
			kinds[no] = map[string]models.SealKind{}
		}
		kinds[no][ref] = models.SealKind(kind)
		return nil
	})
	return kinds, err
}

// checkRule validates a rule and compares it with the one on the books.
func (row *statementRow) checkRule(report *Report, was *ruleOnBooks, kinds map[string]models.SealKind) {
	if row.rule == nil {
		if row.ruleSet = was != nil; !row.ruleSet {
			report.wrong(row.line, "seal_rule", "customer %s has none on the books; give one", row.customer)
		}
		return
	}
	if err := row.rule.Validate(kinds); err != nil {
		report.wrong(row.line, "seal_rule", "%v", err)
		return
	}
	switch {
	case was == nil:
	case reflect.DeepEqual(was.rule, *row.rule) && !was.from.After(row.cutOff):
		row.ruleSet = true
	case was.from.After(row.cutOff):
		report.wrong(row.line, "seal_rule", "customer %s has a rule from %s, after this cut-off date", row.customer, day(was.from))
	}
}

// enter writes what is new.
func (p *statementsPlan) enter(ctx context.Context, tx pgx.Tx) ([]storage.Event, error) {
	var b pgx.Batch
	enterCustomers(&b, p.customers)
	enterAccounts(&b, p.accounts)
	for _, row := range p.rows {
		if row.rule != nil && !row.ruleSet {
			row.enterRule(&b)
		}
		if row.issued {
			continue
		}
		b.Queue(`INSERT INTO periods (cut_off) VALUES ($1::date) ON CONFLICT (branch_id, cut_off) DO NOTHING`, day(row.cutOff))
		b.Queue(`INSERT INTO statements (no, customer_id, period_id)
SELECT $1, c.id, p.id FROM customers c, periods p WHERE c.no = $2 AND p.cut_off = $3::date AND p.branch_id IS NULL`, row.no, row.customer, day(row.cutOff))
		for i, l := range row.lines {
			b.Queue(`INSERT INTO statement_lines (statement_id, line_no, account_no, currency, balance)
SELECT id, $2, $3, $4, $5::numeric FROM statements WHERE no = $1`, row.no, i+1, l.AccountNo, l.Currency, l.Balance.String())
		}
	}
	return nil, send(ctx, tx, &b)
}

// enterRule sets the rule from the cut-off date; the one before ends there.
func (row *statementRow) enterRule(b *pgx.Batch) {
	const owner = `(SELECT id FROM customers WHERE no = $1)`
	b.Queue(`DELETE FROM seal_rules WHERE customer_id = `+owner+` AND valid_from = $2::date`, row.customer, day(row.cutOff))
	b.Queue(`UPDATE seal_rules SET valid_to = $2::date WHERE customer_id = `+owner+` AND valid_from < $2::date AND coalesce(valid_to > $2::date, true)`,
		row.customer, day(row.cutOff))
	b.Queue(`INSERT INTO seal_rules (customer_id, rule, valid_from) VALUES (`+owner+`, $3, $2::date)`, row.customer, day(row.cutOff), row.rule)
}

// day is a date as Postgres takes it.
func day(t time.Time) string { return t.Format(time.DateOnly) }
