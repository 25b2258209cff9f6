package ocr

import (
	"context"
	"slices"
	"strings"

	"heyin/models"
)

// accountLine is a row with its values, as read by the first reader.
type accountLine struct {
	row
	account, balance *value
}

// readAccounts reads every account of the page. A page may carry the list
// twice, above and below a cut. The last copy, the slip, is read first; the
// others are called as witnesses where its two readers leave a doubt.
func (r *Reader) readAccounts(ctx context.Context, p *page, hits []hit) ([]models.AccountReading, error) {
	if err := r.joinGroups(ctx, p); err != nil {
		return nil, err
	}
	rows, err := r.tableRows(ctx, p, hits)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		if rows, err = r.acrossRows(ctx, p, hits); err != nil {
			return nil, err
		}
	}
	if len(rows) == 0 {
		if rows, err = r.formRows(ctx, p, hits); err != nil {
			return nil, err
		}
	}
	if len(rows) == 0 {
		if err := r.readRest(ctx, p); err != nil {
			return nil, err
		}
		hits = p.findHits()
		if rows, err = r.formRows(ctx, p, hits); err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			if rows, err = r.columnRows(ctx, p, hits); err != nil {
				return nil, err
			}
		}
		if len(rows) == 0 {
			if rows, err = r.plainRows(ctx, p); err != nil {
				return nil, err
			}
		}
	}
	copies := splitCopies(rows)
	if copies != nil {
		slip, err := r.readLines(ctx, p, copies[len(copies)-1], true)
		if err != nil {
			return nil, err
		}
		out, err := r.voteLines(ctx, p, slip)
		if err != nil || allAgreed(out) {
			return out, err
		}
	}
	single := len(rows) > 0 && rows[0].group == rows[len(rows)-1].group
	lines, err := r.readLines(ctx, p, rows, single)
	if err != nil {
		return nil, err
	}
	return r.voteLines(ctx, p, lines)
}

// splitCopies gives the rows of each copy, or nil when there is one copy or
// their lengths differ.
func splitCopies(rows []row) [][]row {
	var copies [][]row
	for _, w := range rows {
		if len(copies) == 0 || w.group != copies[len(copies)-1][0].group {
			copies = append(copies, nil)
		}
		copies[len(copies)-1] = append(copies[len(copies)-1], w)
	}
	for _, c := range copies {
		if len(copies) < 2 || len(c) != len(copies[0]) {
			return nil
		}
	}
	return copies
}

func allAgreed(accounts []models.AccountReading) bool {
	for _, a := range accounts {
		if !a.AccountNo.Agreed || !a.Balance.Agreed || a.Currency == "" {
			return false
		}
	}
	return len(accounts) > 0
}

// readLines reads the values of rows, quick as readValue has it; rows that hold
// none are left out.
func (r *Reader) readLines(ctx context.Context, p *page, rows []row, quick bool) ([]accountLine, error) {
	lines := make([]accountLine, 0, len(rows))
	for _, w := range rows {
		account, err := r.readValue(ctx, p, w.account, &kindAccount, quick)
		if err != nil {
			return nil, err
		}
		balance, err := r.readValue(ctx, p, w.balance, &kindAmount, quick)
		if err != nil {
			return nil, err
		}
		if account.confidence() < hopeless {
			if err := r.ensure(ctx, p, wholeRead, p.textsIn(w.account.at)...); err != nil {
				return nil, err
			}
			if balance.confidence() < hopeless || p.isTotal(w.account.at) {
				continue
			}
		}
		if w.currencyAt != (box{}) {
			var known bool
			if w.currency, known = p.currencies[w.currencyAt]; !known {
				if w.currency, err = r.cellCurrency(ctx, p, w.currencyAt); err != nil {
					return nil, err
				}
				p.currencies[w.currencyAt] = w.currency
			}
		}
		account.contested, balance.contested = account.contested || w.mixed, balance.contested || w.mixed
		lines = append(lines, accountLine{w, account, balance})
	}
	return lines, nil
}

// hopeless is the confidence below which a reading is of something else.
const hopeless = 0.02

// isTotal reports whether the place of an account number holds words instead,
// as in a line of totals.
func (p *page) isTotal(b box) bool {
	for _, t := range p.textsIn(b) {
		if len(t.glyphs) > 0 && countDigits(t.glyphs) == 0 {
			return true
		}
	}
	return false
}

// voteLines votes on each account.
func (r *Reader) voteLines(ctx context.Context, p *page, lines []accountLine) ([]models.AccountReading, error) {
	var out []models.AccountReading
	accounts := matchCopies(lines)
	var words capitals
	if len(accounts) == 1 { // of several, nothing says whose amount it is
		var err error
		if words, err = r.readCapitals(ctx, p); err != nil {
			return nil, err
		}
	}
	for _, copies := range accounts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		reading, err := r.voteAccount(ctx, p, copies, words)
		if err != nil {
			return nil, err
		}
		out = append(out, reading)
	}
	return out, nil
}

// maxCopyErrors is by how many characters two readings of one account number
// may differ.
const maxCopyErrors = 2

// matchCopies brings together the lines that print the same account.
func matchCopies(lines []accountLine) [][]accountLine {
	var out [][]accountLine
next:
	for _, l := range lines {
		for i, copies := range out {
			if l.group != copies[0].group && len(copies) == groupsOf(copies) && sameAccount(copies[0], l) {
				out[i] = append(copies, l)
				continue next
			}
		}
		out = append(out, []accountLine{l})
	}
	return out
}

func groupsOf(lines []accountLine) int {
	seen := map[int]bool{}
	for _, l := range lines {
		seen[l.group] = true
	}
	return len(seen)
}

// sameAccount: numbers equal, or nearly so with equal balances.
func sameAccount(a, b accountLine) bool {
	if a.account.plain == b.account.plain {
		return true
	}
	d := distance([]rune(a.account.plain), []rune(b.account.plain))
	return d <= maxCopyErrors && a.balance.plain == b.balance.plain
}

// voteAccount votes on one account, printed once or more; words are amounts in
// words that can be no other's.
func (r *Reader) voteAccount(ctx context.Context, p *page, copies []accountLine, words capitals) (models.AccountReading, error) {
	var accounts, balances []*value
	money, column := "", false
	for _, c := range copies {
		column = column || c.currencyAt != (box{}) || c.currency != ""
		accounts, balances = append(accounts, c.account), append(balances, c.balance)
		if money == "" {
			money = currency(c.currency)
		}
	}
	account, err := r.voteCopies(ctx, accounts)
	if err != nil {
		return models.AccountReading{}, err
	}
	balance, err := r.voteCopies(ctx, balances, words.amounts...)
	if err != nil {
		return models.AccountReading{}, err
	}
	if sure := func(l accountLine) bool { return !l.doubt }; !slices.ContainsFunc(copies, sure) && !slices.Contains(words.amounts, balance.Value) {
		balance.Agreed = false
	}
	if money == "" {
		for _, b := range balances {
			if money = currency(b.word.text); money != "" {
				break
			}
		}
	}
	if money == "" {
		money = words.currency
	}
	if money == "" && !column {
		money = p.statedCurrency()
	}
	return models.AccountReading{AccountNo: account, Currency: money, Balance: balance}, nil
}

// doubtfulCopy is the confidence below which a copy's differing reading does
// not contradict another.
const doubtfulCopy = 0.5

// voteCopies votes on a field printed in several places: two equal readings
// agree; readings that differ, both credible, agree never. words are further
// prints of the field in another form, all of them credible.
func (r *Reader) voteCopies(ctx context.Context, values []*value, words ...string) (models.Voted, error) {
	best := values[0]
	for _, v := range values[1:] {
		if v.confidence() > best.confidence() {
			best = v
		}
	}
	var others []string
	contradicted := false
	for _, v := range values {
		if v == best || v.plain == "" {
			continue
		}
		others = append(others, v.plain)
		if v.plain != best.plain && v.confidence() >= doubtfulCopy {
			contradicted = true
		}
	}
	for _, w := range words {
		others = append(others, w)
		contradicted = contradicted || w != best.plain
	}
	vote, err := r.vote(ctx, best, others...)
	vote.Agreed = vote.Agreed && !contradicted
	return vote, err
}

// statedCurrency is the currency a line such as 单位：人民币元 states for the
// whole page, "" when none is or the page names several.
func (p *page) statedCurrency() string {
	stated, named := "", map[string]bool{}
	for _, t := range p.texts {
		s := t.String()
		c := currency(s)
		// A currency alone stands for its own line.
		if (strings.Contains(s, "币") || strings.Contains(s, "单位:")) && strings.ContainsAny(s, ":单位") {
			if c == "" && strings.HasSuffix(strings.TrimRight(s, ")"), ":元") {
				c = "CNY"
			}
			if c != "" {
				stated = c
			}
		}
		if c != "" {
			named[c] = true
		}
	}
	if len(named) > 1 {
		return ""
	}
	return stated
}
