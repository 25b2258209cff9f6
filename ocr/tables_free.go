package ocr

import (
	"cmp"
	"slices"
)

// freeRows reads a table without vertical rules: pieces that look like account
// numbers below the heading, each with the amount of its row nearest to the
// balance heading.
func (p *page) freeRows(t heading) []row {
	head := t.account.labelBox()
	bottom := head.y1
	var accounts []*text
	for _, c := range p.texts {
		// An amount of which the point has not been read yet looks like an account number.
		amount := t.balance.text != t.account.text && c.overlapX(t.balance.labelBox()) > c.overlapX(head)
		if c.y0 >= head.y1-2 && !amount && looksLikeAccount(c) >= looksRight {
			accounts = append(accounts, c)
		}
	}
	slices.SortFunc(accounts, func(a, b *text) int { return cmp.Compare(a.y0, b.y0) })
	var rows []row
	for _, a := range accounts {
		if a.y0-bottom > p.ink.px(freeRowGapMM) {
			break
		}
		b := p.nearestOnRow(a, t.balance.labelBox(), func(o *text) bool { return looksLikeAmount(o) >= looksRight })
		if b == nil {
			continue
		}
		w := row{account: p.freePlace(a.box), balance: p.freePlace(b.box)}
		if t.currency != nil {
			column := t.currency.labelBox()
			if m := p.nearestOnRow(a, column, func(o *text) bool { return currency(o.String()) != "" }); m != nil {
				w.currency = m.String()
			} else if m := p.nearestOnRow(a, column, func(o *text) bool { return o != b && o.overlapX(column) > 0 }); m != nil {
				w.currencyAt = m.box.grow(p.ink.px(cellInsetMM + valueReachMM))
			}
		}
		rows = append(rows, w)
		bottom = a.y1
	}
	return rows
}

// freePlace is the place of a value with paper on both sides, as far as the
// nearest words.
func (p *page) freePlace(b box) place {
	at := b.grow(p.ink.px(valueReachMM))
	reach := valueReachHeights * b.h()
	limit := box{at.x0 - reach, at.y0, at.x1 + reach, at.y1}
	for _, t := range p.texts {
		if t.overlapY(b)*2 < min(t.h(), b.h()) || !t.hasHan() {
			continue
		}
		if t.x1 <= b.x0 {
			limit.x0 = max(limit.x0, t.x1)
		}
		if t.x0 >= b.x1 {
			limit.x1 = min(limit.x1, t.x0)
		}
	}
	at.x0, at.x1 = max(at.x0, limit.x0), min(at.x1, limit.x1)
	return place{at, limit}
}

// valueReachHeights is how far a value may go on beyond where its text was
// found, in heights, when no rule ends it.
const valueReachHeights = 3

// columnRows is freeRows for a table whose account heading cannot be read: any
// piece that looks like an account number, with an amount below the balance
// heading on its row.
func (p *page) columnRows(hits []hit) []row {
	for _, h := range hits {
		if h.role != roleBalance || h.hasDigits() {
			continue
		}
		if rows := p.freeRows(heading{account: h, balance: h}); len(rows) > 0 {
			return rows
		}
	}
	return nil
}

// plainRows is freeRows for a table of which no heading can be read, white on dark
// perhaps: a piece that looks like an account number with the one amount on its row. Of
// several amounts nothing says which is the balance.
func (p *page) plainRows() []row {
	var rows []row
	for _, a := range p.texts {
		if looksLikeAccount(a) < looksRight || len(a.hits()) > 0 {
			continue
		}
		var amounts []*text
		for _, o := range p.texts {
			if o != a && float64(o.overlapY(a.box)) >= sameRow*float64(min(o.h(), a.h())) && looksLikeAmount(o) >= looksRight {
				amounts = append(amounts, o)
			}
		}
		if len(amounts) != 1 {
			continue
		}
		at := a.box.grow(p.ink.px(valueReachMM)) // and no farther: beyond a lost heading rules may be lost too, and read as 1
		w := row{account: place{at, at}, balance: p.freePlace(amounts[0].box)}
		anywhere := box{0, a.y0, p.ink.w, a.y1}
		if m := p.nearestOnRow(a, anywhere, func(o *text) bool { return o != amounts[0] && currency(o.String()) != "" }); m != nil {
			w.currency = m.String()
		}
		rows = append(rows, w)
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.account.at.y0, b.account.at.y0) })
	return rows
}

// nearestOnRow finds the piece in the row of a that lies nearest to the column
// of heading.
func (p *page) nearestOnRow(a *text, heading box, fits func(*text) bool) *text {
	var best *text
	for _, o := range p.texts {
		if o == a || float64(o.overlapY(a.box)) < sameRow*float64(min(o.h(), a.h())) || !fits(o) {
			continue
		}
		if best == nil || o.overlapX(heading) > best.overlapX(heading) {
			best = o
		}
	}
	return best
}
