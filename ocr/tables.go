package ocr

import (
	"cmp"
	"context"
	"slices"
	"unicode"
)

// place is where a value was found, and how far it may reach: the threshold that
// finds text loses faint ends.
type place struct{ at, limit box }

// row is one account as laid out on the page: where its number and its balance
// stand, and what stands in the currency column.
type row struct {
	account, balance place
	currency         string
	currencyAt       box  // where the currency stands, when it is still to be read
	group            int  // rows of one table, or of one block of lines
	mixed            bool // two accounts may stand in it: neither value can be vouched for
	doubt            bool // the balance may be an amount of another kind
}

// Geometry of tables.
const (
	sameColumn   = 0.7  // share of the narrower width that cells of a column share
	sameRow      = 0.5  // share of the lower height that cells of a row share
	rowGapMM     = 4.0  // ruled rows follow each other within
	freeRowGapMM = 16.0 // rows without rules follow each other within
	cellInsetMM  = 0.5  // paper beside a rule
	valueReachMM = 0.7  // print may reach beyond its box: strokes lost to the threshold
)

// tableRows finds the accounts of all tables with a heading row.
func (r *Reader) tableRows(ctx context.Context, p *page, hits []hit) ([]row, error) {
	var rows []row
	group := 0
	add := func(found []row) {
		for _, w := range found {
			w.group = group
			rows = append(rows, w)
		}
		if len(found) > 0 {
			group++
		}
	}
	ruled, err := r.ruledTables(ctx, p, hits)
	if err != nil {
		return nil, err
	}
	for _, t := range ruled {
		found, err := r.ruledRows(ctx, p, t)
		if err != nil {
			return nil, err
		}
		more, err := r.rowsBeyond(ctx, p, t, found)
		if err != nil {
			return nil, err
		}
		add(append(found, more...))
	}
	if len(rows) > 0 {
		return rows, nil
	}
	var body []*text // left unread for its heading, of which rules were lost
	for _, t := range p.texts {
		if t.cell >= 0 && t.extent == unread {
			body = append(body, t)
		}
	}
	if err := r.ensureLabels(ctx, p, body...); err != nil {
		return nil, err
	}
	for _, account := range hits {
		if account.role != roleAccount || account.hasDigits() || p.valueOnRow(account.labelBox()) {
			continue
		}
		balance, ok := bestOnRow(hits, account, roleBalance)
		if !ok {
			continue
		}
		t := heading{account: account.labelBox(), balance: balance.labelBox(), doubt: p.torn(balance)}
		if money, ok := bestOnRow(hits, account, roleCurrency); ok {
			t.currency = money.labelBox()
		}
		found, err := r.freeRows(ctx, p, t)
		if err != nil {
			return nil, err
		}
		add(found)
	}
	return rows, nil
}

// heading is the row of labels above the values of a table without rules.
type heading struct {
	account, balance box
	currency         box  // empty when there is no such column
	doubt            bool // the balances may be amounts of another kind
}

// ruledTable is a ruled table by the cells of its heading.
type ruledTable struct {
	account, balance box
	currency         box   // empty when there is no such column
	heads            []box // of all columns
	doubt            bool  // the balances may be amounts of another kind
}

// ruledTables finds the heading rows of ruled tables. A column whose label is
// hidden, by a seal perhaps, is known by what stands below it.
func (r *Reader) ruledTables(ctx context.Context, p *page, hits []hit) ([]ruledTable, error) {
	var tables []ruledTable
	seen := map[int]bool{}
	for _, h := range hits {
		if h.text.cell < 0 || seen[h.text.cell] || h.role != roleAccount && h.role != roleBalance {
			continue
		}
		columns := p.cellsAcross(h.labelBox())
		if len(columns) < 2 || p.valueOnRow(h.labelBox()) {
			continue
		}
		cells := p.headingCells(columns)
		for _, c := range append(columns, cells...) {
			seen[c] = true
		}
		t, ok, err := r.tableUnder(ctx, p, cells, hits)
		if err != nil {
			return nil, err
		}
		if ok {
			tables = append(tables, t)
		}
	}
	return tables, nil
}

// valueOnRow reports whether an account number or an amount stands on a line of labels:
// then they head that line, not columns.
func (p *page) valueOnRow(line box) bool {
	return slices.ContainsFunc(p.texts, func(t *text) bool {
		return float64(t.overlapY(line)) >= sameRow*float64(min(t.h(), line.h())) && max(looksLikeAccount(t), looksLikeAmount(t)) >= looksRight
	})
}

// cellsAcross lists the cells that the middle of a line of print runs through, by
// index: a cell joined to the one below it counts.
func (p *page) cellsAcross(line box) []int {
	var row []int
	_, y := line.centre()
	for i, c := range p.rules.cells {
		if c.y0 <= y && y < c.y1 {
			row = append(row, i)
		}
	}
	return row
}

// cellsInRow lists the cells beside c, and c, by index.
func (p *page) cellsInRow(c box) []int {
	var row []int
	for i, o := range p.rules.cells {
		if float64(o.overlapY(c)) >= sameRow*float64(max(o.h(), c.h())) {
			row = append(row, i)
		}
	}
	return row
}

// columnUnder is the heading cell as wide as the column of a label in it: as the
// cell that follows below the label, where that is narrower.
func (p *page) columnUnder(heading, label box) box {
	column := heading
	x, _ := label.centre()
	for _, c := range p.rules.cells {
		follows := c.y0 >= label.y1 && c.y0-heading.y1 <= p.ink.px(rowGapMM)
		if follows && c.x0 <= x && x < c.x1 && c.w() >= label.w() && c.w() < column.w() {
			column.x0, column.x1 = c.x0, c.x1
		}
	}
	return column
}

// bestOnRow finds a heading of the role beside the given one. Of several
// balances the one that names the bank wins, else the first.
func bestOnRow(hits []hit, beside hit, want role) (hit, bool) {
	var found hit
	ok := false
	for _, h := range hits {
		if h.role != want || h.hasDigits() || h.text == beside.text && h.from == beside.from {
			continue
		}
		a, b := beside.labelBox(), h.labelBox()
		if float64(a.overlapY(b)) < sameRow*float64(min(a.h(), b.h())) {
			continue
		}
		if !ok || namesBank(h) && !namesBank(found) {
			found, ok = h, true
		}
	}
	return found, ok
}

func namesBank(h hit) bool {
	return slices.Contains(h.text.runes()[h.from:h.end], '行') || slices.Contains(h.text.runes()[h.from:h.end], '账')
}

// hasDigits reports whether a figure follows the label: then it heads a line,
// not a column.
func (h hit) hasDigits() bool {
	for _, g := range h.text.glyphs[min(h.valueFrom(), h.next):h.next] {
		if unicode.IsDigit(g.char) {
			return true
		}
	}
	return false
}

// ruledRows walks down the rows below the heading. A value is looked for where its
// column meets the row: a cell may be joined to another where a rule is lost.
func (r *Reader) ruledRows(ctx context.Context, p *page, t ruledTable) ([]row, error) {
	var rows []row
	for _, band := range p.rowsBelow(t) {
		c, b := meet(t.account, band), meet(t.balance, band)
		if p.holdsLabel(c) {
			break
		}
		if !p.hasInk(c) && !p.hasInk(b) {
			continue
		}
		w := row{}
		var err error
		if w.account, err = r.valuePlace(ctx, p, c, looksLikeAccount); err != nil {
			return nil, err
		}
		if w.balance, err = r.valuePlace(ctx, p, b, looksLikeAmount); err != nil {
			return nil, err
		}
		w.mixed, w.doubt = p.several(c, looksLikeAccount) || p.several(b, looksLikeAmount), t.doubt
		if t.currency != (box{}) {
			w.currencyAt = meet(t.currency, band)
		}
		rows = append(rows, w)
	}
	return rows, nil
}

// rowsBeyond finds the rows of a ruled table that follow the last one found by its rules:
// where those are lost, no account may go with them.
func (r *Reader) rowsBeyond(ctx context.Context, p *page, t ruledTable, found []row) ([]row, error) {
	if len(found) == 0 {
		return nil, nil
	}
	var out []row
	for bottom := found[len(found)-1].account.limit.y1; ; bottom = out[len(out)-1].account.at.y1 {
		var next []*text
		for _, o := range p.texts {
			inColumn := o.overlapX(t.account) > 0 || o.overlapX(t.balance) > 0 || o.overlapX(t.currency) > 0
			if inColumn && o.extent == unread && o.y0 >= bottom && o.y0-bottom <= p.ink.px(freeRowGapMM) {
				next = append(next, o)
			}
		}
		if err := r.ensureLabels(ctx, p, next...); err != nil {
			return nil, err
		}
		column := func(b box) box { return box{b.x0, b.y0, b.x1, max(b.y1, bottom)} }
		below := heading{account: column(t.account), balance: column(t.balance), doubt: t.doubt}
		if t.currency != (box{}) {
			below.currency = column(t.currency)
		}
		rows, err := r.freeRows(ctx, p, below)
		if err != nil {
			return nil, err
		}
		rows = slices.DeleteFunc(rows, func(w row) bool {
			return w.account.at.overlapX(t.account) <= 0 || w.balance.at.overlapX(t.balance) <= 0
		})
		if out = append(out, rows...); len(rows) == 0 {
			return out, nil
		}
	}
}

// several reports whether more than one value of a kind stands in a box.
func (p *page) several(b box, looks func(*text) float64) bool {
	n := 0
	for _, t := range p.textsIn(b) {
		if looks(t) >= looksRight {
			n++
		}
	}
	return n > 1
}

// meet is where a column, given by its heading, meets a row.
func meet(heading, row box) box { return box{heading.x0, row.y0, heading.x1, row.y1} }

// rowsBelow lists the rows under a heading, top down, while they follow one
// another: the lowest cells of any column are the rows.
func (p *page) rowsBelow(t ruledTable) []box {
	bottom := t.heads[0].y1
	for _, h := range t.heads {
		bottom = min(bottom, h.y1)
	}
	var cells, rows []box
	for _, c := range p.rules.cells {
		if c.y0 >= bottom-2 && slices.ContainsFunc(t.heads, func(h box) bool { return sharesColumn(c.box, h) }) {
			cells = append(cells, c.box)
		}
	}
	slices.SortStableFunc(cells, func(a, b box) int { return cmp.Compare(a.h(), b.h()) })
	for _, c := range cells {
		if !slices.ContainsFunc(rows, func(o box) bool { return float64(o.overlapY(c)) >= sameRow*float64(o.h()) }) {
			rows = append(rows, c)
		}
	}
	slices.SortFunc(rows, func(a, b box) int { return cmp.Compare(a.y0, b.y0) })
	for i, c := range rows {
		if c.y0-bottom > p.ink.px(rowGapMM) {
			rows = rows[:i]
			break
		}
		bottom = c.y1
	}
	var out []box
	for _, c := range rows {
		out = append(out, p.splitRow(t, c)...)
	}
	return out
}

// splitRow parts a row that holds a line of print for each of several accounts,
// the rules between them lost: as many in the column of numbers as of balances.
func (p *page) splitRow(t ruledTable, c box) []box {
	numbers, amounts := p.linesIn(meet(t.account, c)), p.linesIn(meet(t.balance, c))
	if len(numbers) < 2 || len(numbers) != len(amounts) {
		return []box{c}
	}
	var out []box
	top := c.y0
	for i := range numbers {
		bottom := c.y1
		if i+1 < len(numbers) {
			bottom = (max(numbers[i].y1, amounts[i].y1) + min(numbers[i+1].y0, amounts[i+1].y0)) / 2
		}
		out = append(out, box{c.x0, top, c.x1, bottom})
		top = bottom
	}
	return out
}

// linesIn lists the lines of print in a box, top down.
func (p *page) linesIn(b box) []box {
	var lines []box
	for _, t := range p.textsIn(b) {
		i := slices.IndexFunc(lines, func(l box) bool { return 2*l.overlapY(t.box) > min(l.h(), t.h()) })
		if i < 0 {
			lines = append(lines, t.box)
		} else {
			lines[i] = lines[i].union(t.box)
		}
	}
	slices.SortFunc(lines, func(a, b box) int { return cmp.Compare(a.y0, b.y0) })
	return lines
}

// cellsBelow lists the cells of a column under its heading, top down, while
// they follow one another.
func (p *page) cellsBelow(top box) []box {
	var below []box
	for _, c := range p.rules.cells {
		if c.y0 >= top.y1-2 && sharesColumn(c.box, top) {
			below = append(below, c.box)
		}
	}
	slices.SortFunc(below, func(a, b box) int { return cmp.Compare(a.y0, b.y0) })
	bottom := top.y1
	for i, c := range below {
		if c.y0-bottom > p.ink.px(rowGapMM) {
			return below[:i]
		}
		bottom = c.y1
	}
	return below
}

func sharesColumn(a, b box) bool {
	shared := float64(a.overlapX(b))
	return shared >= sameColumn*float64(max(a.w(), b.w()))
}

// textsIn lists the pieces whose centre lies in b, from left to right.
func (p *page) textsIn(b box) []*text {
	var in []*text
	for _, t := range p.texts {
		if x, y := t.centre(); b.contains(x, y) {
			in = append(in, t)
		}
	}
	slices.SortFunc(in, func(a, b *text) int { return cmpReading(a.box, b.box) })
	return in
}

// emptyShare is the share of a cell's pixels that dirt may cover.
const emptyShare = 0.003

// hasInk reports whether anything stands in a cell, be it too faint to be found
// as text: a row must not be lost.
func (p *page) hasInk(c box) bool {
	return inkShareIn(p.ink.black, c.grow(-p.ink.px(cellInsetMM)), minInk) > emptyShare
}

// cellCurrency reads the currency that stands in a cell.
func (r *Reader) cellCurrency(ctx context.Context, p *page, c box) (string, error) {
	inside := c.grow(-p.ink.px(cellInsetMM))
	cut, err := p.cutPrint(inside)
	if err != nil {
		return "", err
	}
	where := cut.inner(p.ink, inside)
	if texts := p.textsIn(c); len(texts) == 1 {
		line := cut.inner(p.ink, texts[0].box.grow(p.ink.px(lineMarginMM)))
		where.y0, where.y1 = line.y0, line.y1
	}
	s := tightStrip(cut.black, where)
	if s == nil {
		return "", nil
	}
	for _, view := range []*strip{s.lowered(), s} {
		l, err := r.first.one(ctx, view)
		if err != nil {
			return "", err
		}
		if iso := readCurrency(l); iso != "" {
			return iso, nil
		}
	}
	return "", nil
}

// holdsLabel reports whether a cell is a heading itself.
func (p *page) holdsLabel(b box) bool {
	for _, t := range p.textsIn(b) {
		for _, h := range t.hits() {
			if h.from == 0 {
				return true
			}
		}
	}
	return false
}

// valuePlace narrows a cell to its piece of text, of several to the one that looks
// like the value; a cell without any is taken whole.
func (r *Reader) valuePlace(ctx context.Context, p *page, c box, looks func(*text) float64) (place, error) {
	inside := c.grow(-p.ink.px(cellInsetMM))
	texts := p.textsIn(c)
	if len(texts) == 0 {
		return place{inside, inside}, nil
	}
	best := texts[0]
	if len(texts) > 1 {
		if err := r.ensure(ctx, p, wholeRead, texts...); err != nil {
			return place{}, err
		}
	}
	for _, t := range texts {
		if looks(t) > looks(best) {
			best = t
		}
	}
	b := best.box.grow(p.ink.px(valueReachMM))
	return place{box{max(b.x0, inside.x0), max(b.y0, inside.y0), min(b.x1, inside.x1), min(b.y1, inside.y1)}, inside}, nil
}
