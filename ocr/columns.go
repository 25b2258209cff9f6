package ocr

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// tableColumn is a column of a ruled table.
type tableColumn struct {
	box   // its cell of the heading
	role  role
	label string // empty when it is known by its values alone
	at    box    // of the label
	group string // the words above the label and its neighbours', if any
	torn  bool   // the label may be the rest of another
}

// tableUnder tells what the columns under the cells of a heading hold, by their labels or,
// where none is read, by the first value; ok is false without accounts or balances.
func (r *Reader) tableUnder(ctx context.Context, p *page, cells []int, hits []hit) (t ruledTable, ok bool, err error) {
	var columns, silent []tableColumn
	for _, c := range cells {
		labelled, err := r.labelledColumns(ctx, p, c, hits)
		if err != nil {
			return t, false, err
		}
		group := p.wordsIn(p.groupOf(c, cells))
		for i := range labelled {
			labelled[i].group = group
		}
		columns = append(columns, labelled...)
		cell := p.rules.cells[c].box
		if t.heads = append(t.heads, cell); len(labelled) == 0 {
			silent = append(silent, tableColumn{box: cell, group: group})
		}
	}
	for _, c := range silent {
		if c.role, err = r.columnHolds(ctx, p, c.box); err != nil {
			return t, false, err
		}
		words := p.wordsIn(c.box)
		if c.role == roleNone || c.role == roleBalance && namesCustomer(words) {
			continue
		}
		if c.role == roleBalance && strings.Contains(words, "行") && strings.Contains(c.group, "额") {
			c.label = words
		}
		columns = append(columns, c)
	}
	columns = firstTable(columns)
	var hasAccount, hasBalance bool
	t.account, hasAccount = firstColumn(columns, roleAccount)
	t.currency, _ = firstColumn(columns, roleCurrency)
	t.balance, t.doubt, hasBalance = balanceColumn(columns)
	for _, c := range columns {
		t.heads = append(t.heads, c.box)
	}
	return t, hasAccount && hasBalance, nil
}

// firstTable leaves out, of two tables that stand side by side, the second: it begins where the
// label of the accounts comes again. The columns come back from left to right.
func firstTable(columns []tableColumn) []tableColumn {
	slices.SortStableFunc(columns, func(a, b tableColumn) int { return cmp.Compare(a.x0, b.x0) })
	isAccount := func(c tableColumn) bool { return c.role == roleAccount && c.label != "" }
	first := slices.IndexFunc(columns, isAccount)
	for i := first + 1; first >= 0 && i < len(columns); i++ {
		if isAccount(columns[i]) && columns[i].label == columns[first].label {
			return columns[:i]
		}
	}
	return columns
}

// firstColumn is the first column of a role, of those with a label if there are any.
func firstColumn(columns []tableColumn, want role) (box, bool) {
	for _, labelled := range []bool{true, false} {
		i := slices.IndexFunc(columns, func(c tableColumn) bool { return c.role == want && (c.label != "") == labelled })
		if i >= 0 {
			return columns[i].box, true
		}
	}
	return box{}, false
}

// balanceColumn is the column of the bank's balances: of several the one with a label, then
// one that is not grouped as the customer's, then the one that names the bank, then the one
// with more than 余额, which may be the rest of another label. In doubt it is the first.
func balanceColumn(columns []tableColumn) (found box, doubt, ok bool) {
	left := slices.DeleteFunc(slices.Clone(columns), func(c tableColumn) bool { return c.role != roleBalance })
	if len(left) == 0 {
		return box{}, false, false
	}
	for _, better := range []func(tableColumn) bool{
		func(c tableColumn) bool { return c.label != "" },
		func(c tableColumn) bool { return !namesCustomer(c.group) },
		func(c tableColumn) bool { return strings.Contains(c.group+c.label, "行") },
		func(c tableColumn) bool { return len([]rune(c.label)) > len([]rune("余额")) },
	} {
		if slices.ContainsFunc(left, better) {
			left = slices.DeleteFunc(left, func(c tableColumn) bool { return !better(c) })
		}
	}
	return left[0].box, len(left) > 1 || left[0].torn, true
}

// namesCustomer reports whether words say that an amount is the customer's own, to be
// filled in by him.
func namesCustomer(words string) bool {
	return containsAny(words, []string{"企业", "单位", "公司", "客户", "贵"})
}

// labelledColumns lists the columns that the labels in a cell of a heading head: several
// when the rule between them is lost.
func (r *Reader) labelledColumns(ctx context.Context, p *page, c int, hits []hit) ([]tableColumn, error) {
	cell := p.rules.cells[c].box
	var found []tableColumn
	add := func(h hit) {
		if !h.hasDigits() {
			name := string(h.text.runes()[h.from:h.end])
			found = append(found, tableColumn{box: p.columnUnder(cell, h.labelBox()), role: h.role, label: name, at: h.labelBox(), torn: p.torn(h)})
		}
	}
	for _, h := range hits {
		if h.text.cell == c {
			add(h)
		}
	}
	if len(found) > 0 {
		return pastRowNumbers(found), nil
	}
	for _, t := range p.textsIn(cell) {
		if t.hasHan() && t.extent == wholeRead && t.confidence >= sureWords {
			continue
		}
		if err := r.readTall(ctx, p, t); err != nil {
			return nil, err
		}
		for _, h := range t.hits() {
			add(h)
		}
	}
	return pastRowNumbers(found), nil
}

// pastRowNumbers lets the columns of a heading cell, of which the rules between are lost, begin
// behind the numbers of the rows, which are no wider than their label: read together with
// such a number an account would be contested.
func pastRowNumbers(columns []tableColumn) []tableColumn {
	for _, numbers := range columns {
		if numbers.label != "序号" {
			continue
		}
		for i := range columns {
			if c := &columns[i]; c.at.x0 >= numbers.at.x1 {
				c.x0 = max(c.x0, numbers.at.x1)
			}
		}
	}
	return columns
}

// sureWords is the confidence from which words of a heading are not read again.
const sureWords = 0.9

// torn reports whether print that is no word of its own stands beside a label on its line,
// as where a seal hides the other half: 余额 may be the rest of 上期余额.
func (p *page) torn(h hit) bool {
	label := h.labelBox()
	return slices.ContainsFunc(p.texts, func(t *text) bool {
		apart := max(t.x0-label.x1, label.x0-t.x1)
		return t != h.text && (t.cell < 0 || t.cell == h.text.cell) && 2*t.overlapY(label) >= min(t.h(), label.h()) &&
			apart <= label.h() && len(t.hits()) == 0 && countDigits(t.glyphs) == 0 && currency(t.String()) == "" && !strings.HasPrefix(t.String(), "(")
	})
}

// columnHolds tells by the first value what a column holds whose label is hidden, by a
// seal perhaps.
func (r *Reader) columnHolds(ctx context.Context, p *page, cell box) (role, error) {
	below := p.cellsBelow(cell)
	if len(below) == 0 {
		return roleNone, nil
	}
	for _, t := range p.textsIn(below[0]) {
		if err := r.ensure(ctx, p, wholeRead, t); err != nil {
			return roleNone, err
		}
		switch {
		case looksLikeAccount(t) >= looksRight:
			return roleAccount, nil
		case maybeAmount(t):
			return roleBalance, nil
		case currency(t.String()) != "":
			return roleCurrency, nil
		}
	}
	return roleNone, nil
}

// wordsIn is what has been read in a box.
func (p *page) wordsIn(b box) string {
	words := ""
	for _, t := range p.textsIn(b) {
		words += t.String()
	}
	return words
}

// headingCells are the cells of a line of heading cells, by index, those of the second line
// for one that heads several.
func (p *page) headingCells(columns []int) []int {
	var out []int
	for _, c := range columns {
		var parts []int
		for i := range p.rules.cells {
			if p.groupOf(i, columns) == p.rules.cells[c].box {
				parts = append(parts, i)
			}
		}
		if len(parts) == 0 {
			parts = []int{c}
		}
		out = append(out, parts...)
	}
	return out
}

// groupOf is the cell of a heading that heads c and others, empty without one: it lies above
// c, is wider, and beside the two some cell of the heading is as high as both.
func (p *page) groupOf(c int, columns []int) box {
	near := func(a, b int) bool { return abs(a-b) <= p.ink.px(2*cellInsetMM) }
	part := p.rules.cells[c].box
	for _, g := range p.rules.cells {
		above := near(g.y1, part.y0) && g.x0 <= part.x0+p.ink.px(cellInsetMM) && g.x1 >= part.x1-p.ink.px(cellInsetMM) && g.w() > part.w()*5/4
		if above && slices.ContainsFunc(columns, func(i int) bool { o := p.rules.cells[i]; return near(o.y0, g.y0) && near(o.y1, part.y1) }) {
			return g.box
		}
	}
	return box{}
}
