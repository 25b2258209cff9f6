package ocr

import (
	"context"
	"errors"
	"slices"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// recoloured is a golden form whose pixels change chooses.
func recoloured(t *testing.T, name string, change func(blue, green, red byte) (byte, byte, byte)) *imaging.Image {
	t.Helper()
	p := newPen(t, name)
	for i := 0; i < len(p.pix); i += 3 {
		p.pix[i], p.pix[i+1], p.pix[i+2] = change(p.pix[i], p.pix[i+1], p.pix[i+2])
	}
	return p.page(t)
}

func readGolden(t *testing.T, im *imaging.Image) models.Reading {
	t.Helper()
	got, err := openReader(t).Read(context.Background(), &imaging.Sheet{Image: im, DPI: goldenDPI}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestFormPrintedInRed: red print is no stamp. Its 相符 was read as one, and its
// labels not at all.
func TestFormPrintedInRed(t *testing.T) {
	for file, want := range map[string]models.Mark{"form_blank.png": models.Blank, "form_tick_differ.png": models.Differ} {
		im := recoloured(t, file, func(b, g, r byte) (byte, byte, byte) {
			if abs(int(b)-int(r)) > 40 {
				return b, g, r // a pen
			}
			return b, g, 180 + r/4
		})
		got := readGolden(t, im)
		if got.StatementNo.Value != "QY2025-0004417" || len(got.Accounts) != 2 || got.Mark.Mark != want {
			t.Errorf("%s in red: number %q, %d accounts, mark %+v; want %s", file, got.StatementNo.Value, len(got.Accounts), got.Mark, want)
		}
	}
}

// TestRedLabelsInARedFrame: the frame of a table is as a seal's, so what stands in it is no
// piece of warm writing; that it is red shows in the ink.
func TestRedLabelsInARedFrame(t *testing.T) {
	warm := imaging.NewPlane(900, 200)
	p := &page{ink: &ink{w: 900, h: 200, perMM: layoutDPI / mmPerInch, inks: inks{warm: warm}}, warm: []box{}, seals: []box{{0, 0, 800, 200}}}
	p.texts = []*text{textAt("户名", 10, 20), textAt("日期", 10, 80)}
	if p.printedWarm() {
		t.Error("black labels in a red frame are a form printed in red")
	}
	for _, label := range p.texts {
		for y := label.y0; y < label.y1; y++ {
			for x := label.x0; x < label.x1; x += 4 {
				warm.Pix[y*warm.W+x] = 1
			}
		}
	}
	if !p.printedWarm() {
		t.Error("red labels in a red frame are no form printed in red")
	}
}

// TestRedTick: a tick of a red pen counts where it stands alone.
func TestRedTick(t *testing.T) {
	for file, want := range map[string]models.Mark{"form_tick_agree.png": models.Agree, "form_tick_differ.png": models.Differ, "form_both_ticked.png": models.Unclear} {
		im := recoloured(t, file, func(b, g, r byte) (byte, byte, byte) {
			if int(b)-int(r) > 40 {
				return r, g, b
			}
			return b, g, r
		})
		if got := readGolden(t, im); got.Mark.Mark != want {
			t.Errorf("%s ticked in red: mark %+v, want %s", file, got.Mark, want)
		}
	}
}

func TestSparseReading(t *testing.T) {
	for _, c := range []struct {
		read   string
		ratio  float64 // of the strip, in heights of the print
		sparse bool
	}{{"", 5, true}, {",", 6, true}, {"1,472.08", 5, false}, {"473,", 7.4, true}, {"余额余额", 7.4, false}, {"对账单编号:", 6, false}, {"1", 2, false}} {
		if got := textOf(c.read).sparse(c.ratio); got != c.sparse {
			t.Errorf("%q over %.0f heights is sparse: %v", c.read, c.ratio, got)
		}
	}
}

// TestLabelSetWide: the two characters of a label join outside cells too, and swallow
// nothing else.
func TestLabelSetWide(t *testing.T) {
	in := &ink{perMM: layoutDPI / mmPerInch}
	at := func(x0, x1 int) line { return line{box{x0, 100, x1, 118}, -1} }
	first := at(100, 117)
	for name, c := range map[string]struct {
		a, b line
		want bool
	}{
		"two characters":       {first, at(152, 170), true},
		"given from the right": {at(152, 170), first, true},
		"label with its value": {first, at(152, 400), true},
		"too far":              {first, at(190, 208), false},
		"a figure":             {at(100, 109), at(144, 162), false},
		"behind a word":        {at(60, 117), at(152, 170), false},
	} {
		if got := oneLine(in, c.a, c.b); got != c.want {
			t.Errorf("%s: one line is %v, want %v", name, got, c.want)
		}
	}
}

// TestValueKeepsOffItsLabel: of No. before a number the dot and the o read as zeros.
func TestValueKeepsOffItsLabel(t *testing.T) {
	label, number := textOf("No."), textOf("346571900771")
	number.x0, number.x1 = 36, 156
	p := &page{ink: &ink{w: 400, perMM: layoutDPI / mmPerInch}, texts: []*text{label, number}}
	at, ok := p.valueOf(label.hits()[0], looksLikeNumber)
	if !ok || at.at.x0 < label.x1 || at.limit.x0 < label.x1 {
		t.Errorf("the number's place %+v begins before its label ends at %d", at, label.x1)
	}
}

func TestCharacterOfALabelIsNoBox(t *testing.T) {
	p := &page{texts: []*text{textOf("回复意见:□相符")}}
	if !p.inLabel(box{1, 1, 9, 11}) {
		t.Error("回 of 回复意见 is a box to tick")
	}
	if p.inLabel(box{51, 1, 59, 11}) {
		t.Error("the box behind the label is none")
	}
	p.texts = []*text{textOf("口不符,原因:")}
	if p.inLabel(box{1, 1, 9, 11}) || !p.inLabel(box{52, 1, 60, 11}) {
		t.Error("of 口不符,原因 the first is a box to tick, 因 is none")
	}
	p.texts = []*text{textOf("(请在口内打√)")}
	if !p.inLabel(box{31, 1, 39, 11}) {
		t.Error("the box of an explanation is one to tick")
	}
}

func TestFiguresAlone(t *testing.T) {
	a := testAlphabet(testLetters)
	for text, want := range map[string][2]float64{
		"12.34":      {},
		"12.34元":     {0, 5.0 / 6},
		"人民币12.34":   {3.0 / 8, 1},
		"人民币12.34元.": {3.0 / 10, 8.0 / 10},
	} {
		l := spell(a, text, 0.99)
		s := &strip{w: l.steps * stripStride, h: stripHeight}
		got := figuresIn(l, s)
		// spell sets Han and figures alike wide; half a character is near enough.
		near := 0.6 / float64(len([]rune(text)))
		if got[0] < want[0]-near || got[0] > want[0]+near || got[1] < want[1]-near || got[1] > want[1]+near {
			t.Errorf("figures of %s lie at %.2f, want %.2f", text, got, want)
		}
	}
	s := &strip{w: 40, h: stripHeight, pix: slices.Repeat([]float32{-1}, 40*stripHeight)}
	for y := range stripHeight {
		s.pix[y*s.w+25] = 1 // paper
	}
	if got := s.between(0, 0.5); got.w != 25 {
		t.Errorf("cut at column %d, want 25, where there is paper", got.w)
	}
	for text, want := range map[string]string{"人民币1,234.56元.": "1234.56", "RMB(1,234.56)元": "-1234.56",
		"美元1,234.56": "1234.56", "港元1,234.56": "1234.56", "JPY604.44.": "604.44", "604.44,": "604.44", "1,234,567.": ""} {
		if got := plainAmountText(text); got != want {
			t.Errorf("plainAmountText(%s) = %q, want %s", text, got, want)
		}
	}
}

func TestAmountWithItsCurrency(t *testing.T) {
	for text, right := range map[string]bool{
		"人民币1,234.56元": true, "RMB(456,818.26)": true, "¥12.00元.": true, "1,234.56": true,
		"VO.00": true, "Y1,234.56": true, "V": false, "YE00678967": false,
		"账户余额12.34": false, "2025年12月31日": false,
	} {
		if got := looksLikeAmount(textOf(text)) >= looksRight; got != right {
			t.Errorf("%s looks like an amount: %v", text, got)
		}
	}
}

// TestAnswerLine: a seal below the boxes hides no answer, one over them may.
func TestAnswerLine(t *testing.T) {
	label, words := textOf("核对结果"), textOf("相符 不符")
	words.x0, words.x1 = 100, 190
	options := []option{
		{agree: true, text: words, word: box{120, 0, 140, 12}, tick: tickEmpty, frame: box{100, 0, 112, 12}},
		{text: words, word: box{170, 0, 190, 12}, tick: tickEmpty, frame: box{150, 0, 162, 12}},
	}
	p := &page{ink: &ink{w: 1240, perMM: layoutDPI / mmPerInch, inks: inks{warm: imaging.NewPlane(1, 1)}}}
	hits := label.hits()
	core := p.core(p.resultZone(hits, options), hits)
	for name, c := range map[string]struct {
		seal    box
		options []option
		want    bool
	}{
		"below the boxes":       {box{300, 60, 520, 280}, options, false},
		"beside the boxes":      {box{400, 0, 620, 220}, options, false},
		"over the boxes":        {box{100, 0, 320, 220}, options, true},
		"on the label's line":   {box{400, 0, 620, 220}, nil, true},
		"below the line":        {box{400, 60, 620, 280}, nil, false},
		"one box only is known": {box{400, 0, 620, 220}, options[:1], true},
	} {
		p.seals = []box{c.seal}
		if got := p.stampedOver(p.answerLine(core, c.options, hits)); got != c.want {
			t.Errorf("seal %s: the answer may be hidden: %v, want %v", name, got, c.want)
		}
	}
}

// TestPlainRows: without headings an account has the one amount on its row, never one
// of two.
func TestPlainRows(t *testing.T) {
	p := &page{ink: &ink{w: 900, perMM: layoutDPI / mmPerInch}}
	for i, words := range [][]string{{"6222021234567890", "美元", "1,234.56"}, {"6222021234567891", "12.00", "13.00"}, {"6222021234567892", "12.00", "13,,"}} {
		for k, w := range words {
			x := textOf(w)
			x.y0, x.y1 = 40*i, 40*i+12
			x.x0, x.x1 = x.x0+300*k, x.x1+300*k
			p.texts = append(p.texts, x)
		}
	}
	rows, err := (&Reader{}).plainRows(context.Background(), p)
	if err != nil || len(rows) != 1 || rows[0].currency != "美元" || rows[0].account.at.y0 > 0 || rows[0].balance.at.x0 < 590 {
		t.Errorf("rows %+v, want the first account with its amount", rows)
	}
}

// textAt is textOf with its left upper corner at x, y.
func textAt(s string, x, y int) *text {
	t := textOf(s)
	t.box = box{x, y, x + t.w(), y + t.h()}
	for i := range t.glyphs {
		t.glyphs[i].x0, t.glyphs[i].x1 = t.glyphs[i].x0+float64(x), t.glyphs[i].x1+float64(x)
	}
	return t
}

// TestAmountIsNoAccount: an amount read as far as before its point has the look of a
// number; in the column of balances it is none.
func TestAmountIsNoAccount(t *testing.T) {
	account, balance := textAt("账号", 100, 0), textAt("余额", 500, 0)
	p := &page{ink: &ink{w: 900, perMM: layoutDPI / mmPerInch}, texts: []*text{
		account, balance, textAt("6222021234567890", 60, 40), textAt("12.00", 500, 40),
		textAt("1044034829", 450, 80), textAt("1234.00", 700, 80),
	}}
	rows, err := (&Reader{}).freeRows(context.Background(), p, heading{account: account.box, balance: balance.box})
	if err != nil || len(rows) != 1 {
		t.Errorf("%d rows, want one: %+v, %v", len(rows), rows, err)
	}
}

// TestPlainRowReachesNoRule: a rule beside the number is read as a 1.
func TestPlainRowReachesNoRule(t *testing.T) {
	account, amount := textOf("6222021234567890"), textOf("12.00")
	account.x0, account.x1 = 60, 220
	amount.x0, amount.x1 = 300, 350
	p := &page{ink: &ink{w: 900, perMM: layoutDPI / mmPerInch}, texts: []*text{account, amount}}
	if rows, err := (&Reader{}).plainRows(context.Background(), p); err != nil || len(rows) != 1 || rows[0].account.limit.x0 < 50 {
		t.Errorf("rows %+v, want one that ends beside the number", rows)
	}
}

// TestGroupsSetWide: groups of a number are one number, whatever stands before and behind.
func TestGroupsSetWide(t *testing.T) {
	for name, c := range map[string]struct {
		pieces []string
		apart  int
		want   string
	}{
		"groups of four":               {[]string{"6222", "0212", "3456", "7890", "12"}, 20, "622202123456789012"},
		"two found as one":             {[]string{"6222", "02123456", "78"}, 20, "62220212345678"},
		"the row's number before them": {[]string{"1", "6222", "0212", "3456"}, 20, "622202123456"},
		"an amount behind":             {[]string{"6222", "0212", "3456", "12.00"}, 20, "622202123456"},
		"too far":                      {[]string{"6222", "0212", "3456"}, 40, ""},
		"a short one between":          {[]string{"6222", "02", "3456"}, 20, ""},
	} {
		p := &page{ink: &ink{w: 900, perMM: layoutDPI / mmPerInch}}
		x := 0
		for _, s := range c.pieces {
			piece := textAt(s, x, 40)
			p.texts = append(p.texts, piece)
			x = piece.x1 + c.apart
		}
		if err := (&Reader{}).joinGroups(context.Background(), p); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, piece := range p.texts {
			if looksLikeAccount(piece) >= looksRight {
				got = piece.String()
			}
		}
		if got != c.want {
			t.Errorf("%s: read as %q of %d pieces, want %q", name, got, len(p.texts), c.want)
		}
	}
}

// TestRemarkBehindLabel: what stands in brackets behind a label belongs to it, a negative
// amount does not.
func TestRemarkBehindLabel(t *testing.T) {
	for s, want := range map[string]string{
		"余额(小写):1,234.56": "1,234.56", "账户余额(单位:元)12.00": "12.00", "余额(1,234.56)": "(1,234.56)", "余额(元)": "", "余额(元": "(元",
	} {
		h := textOf(s).hits()[0]
		if got := (&text{glyphs: h.text.glyphs[h.valueFrom():h.next]}).String(); got != want {
			t.Errorf("behind the label of %s stands %q, want %q", s, got, want)
		}
	}
}

// TestDirectionOfBalance: the column that says 借 or 贷 is not that of the balances.
func TestDirectionOfBalance(t *testing.T) {
	if hits := textOf("余额方向").hits(); len(hits) != 1 || hits[0].role != roleOther {
		t.Errorf("余额方向 is %+v", hits)
	}
}

// TestLabelFillsItsHead: of a piece whose beginning is a label and a colon the rest must be
// read, to see where its value begins.
func TestLabelFillsItsHead(t *testing.T) {
	for s, want := range map[string]bool{"银行账面余额:": true, "账号": true, "账号:6222": false} {
		x := textOf(s)
		x.extent = headRead
		if got := x.hits()[0].needsRest(); got != want {
			t.Errorf("the rest of %s is needed: %v", s, got)
		}
	}
}

// TestLineOfLabelsAndValues is no heading: the first account of a block would be lost.
func TestLineOfLabelsAndValues(t *testing.T) {
	p := &page{ink: &ink{w: 900, h: 900, perMM: layoutDPI / mmPerInch}, rules: &ruling{}}
	for i, number := range []string{"6222021234567890", "6222021234567891"} {
		y := 60 * i
		p.texts = append(p.texts, textAt("账号", 0, y), textAt(number, 40, y), textAt("余额", 400, y), textAt("12.00", 440, y))
	}
	rows, err := (&Reader{}).tableRows(context.Background(), p, p.findHits())
	if err != nil || len(rows) != 0 {
		t.Errorf("%d rows of a table, want none: %v", len(rows), err)
	}
	if rows, err := (&Reader{}).formRows(context.Background(), p, p.findHits()); err != nil || len(rows) != 2 {
		t.Errorf("%d accounts of labels with their values, want 2: %v", len(rows), err)
	}
}

// TestHeadOfAccount: six heights of a number set wide hold fewer figures than a number has.
func TestHeadOfAccount(t *testing.T) {
	for s, want := range map[string]bool{"3941-109": true, "12345": false, "2025年12": false} {
		x := textOf(s)
		x.extent = headRead
		if got := looksLikeAccount(x) >= looksRight; got != want {
			t.Errorf("%s begins an account number: %v", s, got)
		}
	}
	if looksLikeAccount(textOf("3941-109")) > 0 {
		t.Error("seven figures are an account number")
	}
}

// TestStatedCurrency: a page that names another currency states none for all accounts.
func TestStatedCurrency(t *testing.T) {
	for want, pieces := range map[string][]string{"CNY": {"单位:元", "余额"}, "USD": {"币种:美元"}, "": {"种:人民币", "欧元"}} {
		p := &page{}
		for _, s := range pieces {
			p.texts = append(p.texts, textOf(s))
		}
		if got := p.statedCurrency(); got != want {
			t.Errorf("%q state %q, want %q", pieces, got, want)
		}
	}
}

// TestEdgeOfALabel: the last stroke of a word is no figure.
func TestEdgeOfALabel(t *testing.T) {
	p := &page{ink: &ink{w: 900, perMM: layoutDPI / mmPerInch}, texts: []*text{textAt("余额", 0, 0), textAt("167.85", 30, 0), textAt("元", 95, 0)}}
	at := p.freePlace(p.texts[1].box)
	if edge := p.ink.px(cellInsetMM); at.limit.x0 != 20+edge || at.limit.x1 != 95-edge {
		t.Errorf("the place %+v reaches words from 0 to 20 and from 95", at)
	}
}

// TestFadedAmount: of an account's row the balance is read again before it is given up,
// with a heading and without.
func TestFadedAmount(t *testing.T) {
	r, ctx := openReader(t), context.Background()
	p, err := r.page(ctx, loadGolden(t, "form_blank.png"), goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.readRest(ctx, p); err != nil {
		t.Fatal(err)
	}
	everywhere := box{0, 0, p.ink.w, p.ink.h}
	isAmount := func(o *text) bool { return looksLikeAmount(o) >= looksRight }
	i := slices.IndexFunc(p.texts, func(o *text) bool {
		return looksLikeAccount(o) >= looksRight && p.nearestOnRow(o, everywhere, isAmount) != nil
	})
	account := p.texts[i]
	amount := p.nearestOnRow(account, everywhere, isAmount)
	for _, rough := range []string{"3,.", ""} {
		amount.glyphs = textOf(rough).glyphs
		if got, err := r.amountOnRow(ctx, p, account, amount.box); err != nil || got != amount || !isAmount(got) {
			t.Errorf("%q read again as %v, %v", rough, got, err)
		}
	}
	amount.glyphs = textOf("3,.").glyphs
	if rows, err := r.plainRows(ctx, p); err != nil || len(rows) != 2 {
		t.Errorf("%d rows without a heading, want 2: %v", len(rows), err)
	}
	amount.glyphs = textOf("3,.").glyphs
	labels := []hit{textAt("账号", account.x0-30, account.y0).hits()[0], textAt("余额", amount.x0-30, amount.y0).hits()[0]}
	if rows, err := r.formRows(ctx, p, labels); err != nil || len(rows) != 1 {
		t.Errorf("%d accounts behind labels, want 1: %v", len(rows), err)
	}
}

// TestRowsBeyondTheRules: rows whose rules are lost follow those that have them; the second
// print of the table farther down does not.
func TestRowsBeyondTheRules(t *testing.T) {
	p := &page{ink: &ink{w: 900, h: 900, perMM: layoutDPI / mmPerInch}, rules: &ruling{}}
	for _, y := range []int{50, 90, 130, 400} {
		p.texts = append(p.texts, textAt("6222021234567890", 10, y), textAt("12.00", 400, y))
	}
	table := ruledTable{account: box{0, 0, 300, 40}, balance: box{300, 0, 500, 40}}
	first := row{account: place{limit: box{0, 40, 300, 80}}}
	rows, err := (&Reader{}).rowsBeyond(context.Background(), p, table, []row{first})
	if err != nil || len(rows) != 2 {
		t.Errorf("%d rows follow, want 2: %+v, %v", len(rows), rows, err)
	}
}

// TestAnotherAmountOfTheRow does not stand for a balance that was not recognised.
func TestAnotherAmountOfTheRow(t *testing.T) {
	account, balance, other := textAt("账号", 0, 0), textAt("余额", 300, 0), textAt("可用余额", 500, 0)
	p := &page{ink: &ink{w: 900, perMM: layoutDPI / mmPerInch}, texts: []*text{
		account, balance, other, textAt("6222021234567890", 0, 40), textAt("0.00", 325, 40), textAt("13.00", 500, 40),
		textAt("6222021234567891", 0, 80), textAt("12.00", 500, 80),
	}}
	rows, err := (&Reader{}).freeRows(context.Background(), p, heading{account: account.box, balance: balance.box})
	if err != nil || len(rows) != 1 || rows[0].balance.at.x0 > 330 {
		t.Errorf("rows %+v, %v; want the first, with the amount below the label", rows, err)
	}
}

// TestHeadingInVain: what stands below a heading is read where the rules do not make a table
// of it.
func TestHeadingInVain(t *testing.T) {
	r, ctx := openReader(t), context.Background()
	p, err := r.page(ctx, loadGolden(t, "form_blank.png"), goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.readLabels(ctx, p); err != nil {
		t.Fatal(err)
	}
	for _, h := range p.findHits() {
		if h.role != roleAccount {
			continue
		}
		first := p.textsIn(p.cellsBelow(p.rules.cells[h.text.cell].box)[0])[0]
		for _, o := range p.texts { // of the first row rules are lost too, so it has been read
			if o.overlapY(first.box) > 0 {
				err = errors.Join(err, r.ensure(ctx, p, wholeRead, o))
			}
		}
		p.rules.cells[h.text.cell] = cell{}
		h.text.cell = -1
	}
	if err != nil {
		t.Fatal(err)
	}
	if accounts, err := r.readAccounts(ctx, p, p.findHits()); err != nil || len(accounts) != 2 {
		t.Errorf("%d accounts, want 2: %v", len(accounts), err)
	}
}

// TestSlantingRule: upright pieces are rules when there are several.
func TestSlantingRule(t *testing.T) {
	in := &ink{w: 400, h: 100, perMM: layoutDPI / mmPerInch}
	const figures = 3 // one of them a tall 1
	pieces := []component{{box: box{20, 10, 22, 50}}, {box: box{120, 10, 123, 50}}, {box: box{40, 20, 52, 32}}, {box: box{60, 20, 63, 32}}, {box: box{80, 20, 84, 50}}}
	for n, want := range map[int]int{2: 0, 3: 3} {
		rules := &ruling{mask: make([]uint8, in.w*in.h)}
		all := append(slices.Clone(pieces), component{box: box{220, 10, 222, 50}})[:figures+n]
		got := 0
		for _, taken := range rules.takeUpright(in, all) {
			if taken {
				got++
			}
		}
		if on := rules.mask[30*in.w+21] == 1; got != want || on != (want > 0) {
			t.Errorf("of %d upright pieces %d are rules, erased %v; want %d", n, got, on, want)
		}
	}
}

// TestOwnBalanceIsNoBalance: what the customer fills in is never taken for the bank's.
func TestOwnBalanceIsNoBalance(t *testing.T) {
	for s, want := range map[string]role{
		"贵公司账面余额": roleOther, "贵公司余额": roleOther, "企业方余额": roleOther, "我公司账面余额:": roleOther, "请核对企业期末余额:": roleOther,
		"本行账面余额": roleBalance, "截至12月贵公司在我行账户余额:": roleBalance, "客户号": roleOther, "客户账号": roleAccount,
	} {
		hits := textOf(s).hits()
		if len(hits) == 0 || hits[len(hits)-1].role != want {
			t.Errorf("%s: labels %+v, want role %d", s, hits, want)
		}
	}
}

// TestValueOfAnotherLabel: where the balance is not read, the amount announced by the next
// label does not stand for it.
func TestValueOfAnotherLabel(t *testing.T) {
	for name, own := range map[string][2]int{"below": {0, 30}, "beside": {120, 0}} {
		p := &page{ink: &ink{w: 900, perMM: layoutDPI / mmPerInch}, texts: []*text{textAt("银行账面余额:", 0, 0), textAt("企业余额:", own[0], own[1]), textAt("9,999.99", own[0]+46, own[1])}}
		if at, ok := p.valueOf(p.texts[0].hits()[0], looksLikeAmount); ok {
			t.Errorf("%s: the customer's amount at %v is the balance", name, at.at)
		}
		p.texts[1] = textAt("某某说明", own[0], own[1])
		if _, ok := p.valueOf(p.texts[0].hits()[0], looksLikeAmount); !ok {
			t.Errorf("%s: behind plain words no amount is found", name)
		}
	}
}

// TestAcrossRows: in a table that lies on its side each account has what stands below it.
func TestAcrossRows(t *testing.T) {
	p := &page{ink: &ink{w: 1200, h: 400, perMM: layoutDPI / mmPerInch}, rules: &ruling{}}
	for i, s := range []string{"6222021234567890", "6222021234567891"} {
		p.texts = append(p.texts, textAt(s, 200+300*i, 0), textAt([]string{"人民币", "美元"}[i], 240+300*i, 30), textAt([]string{"1.00", "2.00"}[i], 240+300*i, 60))
	}
	p.texts = append(p.texts, textAt("账号", 0, 0), textAt("币种", 0, 30), textAt("余额", 0, 60))
	rows, err := (&Reader{}).acrossRows(context.Background(), p, p.findHits())
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d accounts, want 2: %v", len(rows), err)
	}
	for i, w := range rows {
		if x := 240 + 300*i; w.balance.at.x0 > x || w.balance.at.x1 < x || currency(w.currency) != []string{"CNY", "USD"}[i] {
			t.Errorf("account %d: balance at %v, currency %q", i, w.balance.at, w.currency)
		}
	}
	p.texts = append(p.texts, textAt("流水号", 400, 0))
	if rows, _ := (&Reader{}).acrossRows(context.Background(), p, p.findHits()); len(rows) != 0 {
		t.Errorf("a number behind another label is an account: %d rows", len(rows))
	}
}

// TestTotalIsNoAccount: of a table whose rows are read by their heading alone, the line of
// totals holds words where the others hold a number, and is no account.
func TestTotalIsNoAccount(t *testing.T) {
	p := newPen(t, "form_blank.png")
	word := box{608, 210, 668, 236}
	p.wipe(box{66, 244, 240, 269})
	for y := word.y0; y < word.y1; y++ { // 人民币 instead of the second number
		copy(p.pix[3*((y+34)*p.w+70):], p.pix[3*(y*p.w+word.x0):3*(y*p.w+word.x1)])
	}
	if got := readGolden(t, p.page(t)); len(got.Accounts) != 1 || got.Accounts[0].Balance.Value != "1234567.89" {
		t.Errorf("accounts %+v, want the first alone", got.Accounts)
	}
}

// TestStrayWithoutRedInk: on a gray scan the print of a seal below the answers is no stray sign.
func TestStrayWithoutRedInk(t *testing.T) {
	p := newPen(t, "form_blank.png")
	p.tint = [3]byte{60, 60, 60}
	for x := 300; x < 380; x += 16 { // as characters
		p.stroke([2]int{x, 442}, [2]int{x + 10, 460}, [2]int{x + 10, 442}, [2]int{x, 460})
	}
	im := p.page(t)
	gray, err := im.Gray()
	if err != nil {
		t.Fatal(err)
	}
	defer gray.Close()
	if got := readGolden(t, gray).Mark.Mark; got != models.Blank {
		t.Errorf("mark %s, want blank", got)
	}
}
