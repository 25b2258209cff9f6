package ocr

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// freeRows reads a table without vertical rules: pieces that look like account
// numbers below the heading, each with the amount of its row nearest to the
// balance heading.
func (r *Reader) freeRows(ctx context.Context, p *page, t heading) ([]row, error) {
	head := t.account
	bottom := head.y1
	var accounts []*text
	for _, c := range p.texts {
		// An amount of which the point has not been read yet looks like an account number.
		amount := t.balance != head && c.overlapX(t.balance) > c.overlapX(head)
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
		b, err := r.amountOnRow(ctx, p, a, t.balance)
		if err != nil {
			return nil, err
		}
		if b == nil || p.underAnother(b.box, t.balance) {
			continue
		}
		w := row{account: p.freePlace(a.box), balance: p.freePlace(b.box), doubt: t.doubt}
		if column := t.currency; column != (box{}) {
			if m := p.nearestOnRow(a, column, func(o *text) bool { return currency(o.String()) != "" }); m != nil {
				w.currency = m.String()
			} else if m := p.nearestOnRow(a, column, func(o *text) bool { return o != b && o.overlapX(column) > 0 }); m != nil {
				w.currencyAt = m.box.grow(p.ink.px(cellInsetMM + valueReachMM))
			}
		}
		rows = append(rows, w)
		bottom = a.y1
	}
	return rows, nil
}

// amountOnRow finds the amount in the row of an account that lies nearest to the column of
// balances. What the first, rough reading shows as less than an amount is read at full
// height: another amount of the row must not stand for it.
func (r *Reader) amountOnRow(ctx context.Context, p *page, a *text, column box) (*text, error) {
	b := p.nearestOnRow(a, column, func(o *text) bool {
		return maybeAmount(o) || o.overlapX(column) > 0 && countDigits(o.glyphs) >= headingDigits
	})
	if b == nil { // perhaps nothing of it was read
		b = p.nearestOnRow(a, column, func(o *text) bool { return o.overlapX(column) > 0 && !o.hasHan() })
	}
	if b == nil || looksLikeAmount(b) >= looksRight {
		return b, nil
	}
	if err := r.readTall(ctx, p, b); err != nil {
		return nil, err
	}
	if looksLikeAmount(b) >= looksRight || b.overlapX(column) > 0 && countDigits(b.glyphs) >= headingDigits {
		return b, nil
	}
	return nil, nil
}

// maybeAmount reports whether a piece is an amount or reads like the remains of one.
func maybeAmount(t *text) bool {
	return looksLikeAmount(t) >= looksRight || !t.hasHan() && countDigits(t.glyphs) > 0 && strings.ContainsAny(t.String(), ",.")
}

// underAnother reports whether a piece stands below another word of the line of a label,
// and not below the label.
func (p *page) underAnother(b, label box) bool {
	return b.overlapX(label) <= 0 && slices.ContainsFunc(p.texts, func(t *text) bool {
		return 2*t.overlapY(label) >= min(t.h(), label.h()) && t.overlapX(label) <= 0 && t.overlapX(b) > 0
	})
}

// freePlace is the place of a value with paper on both sides, as far as the
// nearest words: the edge of one is read as a 1.
func (p *page) freePlace(b box) place {
	at := b.grow(p.ink.px(valueReachMM))
	reach, edge := valueReachHeights*b.h(), p.ink.px(cellInsetMM)
	limit := box{at.x0 - reach, at.y0, at.x1 + reach, at.y1}
	for _, t := range p.texts {
		if t.overlapY(b)*2 < min(t.h(), b.h()) || !t.hasHan() {
			continue
		}
		if t.x1 <= b.x0 {
			limit.x0 = max(limit.x0, min(t.x1+edge, b.x0))
		}
		if t.x0 >= b.x1 {
			limit.x1 = min(limit.x1, max(t.x0-edge, b.x1))
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
func (r *Reader) columnRows(ctx context.Context, p *page, hits []hit) ([]row, error) {
	for _, h := range hits {
		if h.role != roleBalance || h.hasDigits() {
			continue
		}
		t := heading{account: h.labelBox(), balance: h.labelBox(), doubt: p.torn(h)}
		if money, ok := bestOnRow(hits, h, roleCurrency); ok {
			t.currency = money.labelBox()
		}
		if rows, err := r.freeRows(ctx, p, t); err != nil || len(rows) > 0 {
			return rows, err
		}
	}
	return nil, nil
}

// plainRows is freeRows for a table of which no heading can be read, white on dark
// perhaps: a piece that looks like an account number with the one amount on its row. Of
// several amounts nothing says which is the balance; where none was recognised, it is looked
// for below or above those of the other rows.
func (r *Reader) plainRows(ctx context.Context, p *page) ([]row, error) {
	var rows []row
	var without []*text
	var numbers, balances box // their columns, as far as rows were found
	add := func(a, amount *text) {
		w := row{account: p.closePlace(a.box), balance: p.freePlace(amount.box)}
		anywhere := box{0, a.y0, p.ink.w, a.y1}
		if m := p.nearestOnRow(a, anywhere, func(o *text) bool { return o != amount && currency(o.String()) != "" }); m != nil {
			w.currency = m.String()
		}
		if len(rows) == 0 {
			numbers, balances = a.box, amount.box
		}
		numbers, balances = numbers.union(a.box), balances.union(amount.box)
		rows = append(rows, w)
	}
	for _, a := range p.texts {
		if looksLikeAccount(a) < looksRight || len(a.hits()) > 0 {
			continue
		}
		var amounts []*text // or what may be one
		for _, o := range p.texts {
			if o != a && float64(o.overlapY(a.box)) >= sameRow*float64(min(o.h(), a.h())) && maybeAmount(o) {
				amounts = append(amounts, o)
			}
		}
		if len(amounts) == 1 && looksLikeAmount(amounts[0]) < looksRight {
			if err := r.readTall(ctx, p, amounts[0]); err != nil {
				return nil, err
			}
		}
		switch {
		case len(amounts) == 1 && looksLikeAmount(amounts[0]) >= looksRight:
			add(a, amounts[0])
		case len(amounts) <= 1:
			without = append(without, a)
		}
	}
	for _, a := range without {
		if len(rows) == 0 || a.overlapX(numbers) <= 0 || -a.overlapY(numbers) > p.ink.px(freeRowGapMM) {
			continue
		}
		b, err := r.amountOnRow(ctx, p, a, balances)
		if err != nil {
			return nil, err
		}
		if b != nil {
			add(a, b)
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.account.at.y0, b.account.at.y0) })
	return rows, nil
}

// joinGroups makes one piece of the groups of a number that are set too far apart to be
// found as one: pieces of as many figures each, or of several groups, but for the last. The
// number of a row is shorter than any group.
func (r *Reader) joinGroups(ctx context.Context, p *page) error {
	var free []*text
	for _, t := range p.texts {
		if t.cell < 0 {
			free = append(free, t)
		}
	}
	slices.SortStableFunc(free, func(a, b *text) int { return cmp.Compare(a.x0, b.x0) })
	joined := map[*text]bool{}
	for i, t := range free {
		size := len(t.glyphs)
		if joined[t] || size < minGroup || size > maxGroup || !t.figures() {
			continue
		}
		number := &text{line: t.line, glyphs: slices.Clone(t.glyphs)}
		var parts []*text
		for _, o := range free[i+1:] {
			if joined[o] || o.x0 < number.x1 || 2*o.overlapY(t.box) < t.h() {
				continue
			}
			if o.x0-number.x1 > groupGap*t.h() || !o.figures() || len(number.glyphs)%size > 0 {
				break
			}
			if err := r.ensure(ctx, p, wholeRead, o); err != nil {
				return err
			}
			if !o.figures() {
				break
			}
			parts = append(parts, o)
			number.box, number.glyphs = number.union(o.box), append(number.glyphs, o.glyphs...)
		}
		if len(parts) > 0 && looksLikeAccount(number) >= looksRight {
			t.box, t.glyphs = number.box, number.glyphs
			for _, o := range parts {
				joined[o] = true
			}
		}
	}
	p.texts = slices.DeleteFunc(p.texts, func(t *text) bool { return joined[t] })
	return nil
}

// figures reports whether nothing but figures has been read of a piece, or nothing yet.
func (t *text) figures() bool { return countDigits(t.glyphs) == len(t.glyphs) }

// Figures of a group of an account number, and how many heights of the print may lie
// between two.
const (
	minGroup, maxGroup = 3, 6
	groupGap           = 2
)

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

// acrossRows finds the accounts of a table that lies on its side: several numbers stand
// right of the label, and what belongs to each stands below it, on the lines of the other
// labels.
func (r *Reader) acrossRows(ctx context.Context, p *page, hits []hit) ([]row, error) {
	for _, h := range hits {
		if h.role != roleAccount || h.hasValue() {
			continue
		}
		label := h.labelBox()
		var numbers []*text
		for _, t := range p.textsBeside(label) {
			if looksLikeAccount(t) >= looksRight {
				numbers = append(numbers, t)
			}
		}
		below := func(want role) (hit, bool) { // the first, in the column of labels
			i := slices.IndexFunc(hits, func(o hit) bool {
				b := o.labelBox()
				return o.role == want && !o.hasValue() && b.overlapX(label) > 0 && b.y0 >= label.y1 && b.y0-label.y1 <= p.ink.px(2*freeRowGapMM)
			})
			if i < 0 {
				return hit{}, false
			}
			return hits[i], true
		}
		balance, ok := below(roleBalance)
		if len(numbers) < 2 || !ok {
			continue
		}
		var rows []row
		for _, a := range numbers {
			w := row{account: p.closePlace(a.box), doubt: p.torn(balance)}
			under := func(h hit) *text {
				for _, t := range p.textsBeside(h.labelBox()) {
					if t.overlapX(a.box) > 0 {
						return t
					}
				}
				return nil
			}
			b := under(balance)
			if b == nil {
				continue
			}
			if w.balance = p.closePlace(b.box); looksLikeAmount(b) < looksRight {
				if err := r.readTall(ctx, p, b); err != nil {
					return nil, err
				}
			}
			if money, ok := below(roleCurrency); ok {
				if m := under(money); m != nil {
					w.currency = m.String()
				}
			}
			rows = append(rows, w)
		}
		if len(rows) > 1 {
			return rows, nil
		}
	}
	return nil, nil
}

// textsBeside lists the pieces right of a label on its line, from left to right, none when
// another label stands among them.
func (p *page) textsBeside(label box) []*text {
	var beside []*text
	for _, t := range p.texts {
		if t.x0 < label.x1 || 2*t.overlapY(label) < min(t.h(), label.h()) {
			continue
		}
		if len(t.hits()) > 0 {
			return nil
		}
		beside = append(beside, t)
	}
	slices.SortFunc(beside, func(a, b *text) int { return cmp.Compare(a.x0, b.x0) })
	return beside
}

// closePlace is the place of a value that reaches no farther than its print: beyond it rules
// may be lost, and read as 1.
func (p *page) closePlace(b box) place {
	at := b.grow(p.ink.px(valueReachMM))
	return place{at, at}
}
