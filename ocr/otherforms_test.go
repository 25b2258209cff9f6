package ocr

import (
	"context"
	"slices"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// recoloured is a golden form whose pixels change chooses.
func recoloured(t *testing.T, name string, change func(blue, green, red byte) (byte, byte, byte)) *imaging.Image {
	t.Helper()
	im := loadGolden(t, name)
	pix := slices.Clone(im.View())
	for i := 0; i < len(pix); i += 3 {
		pix[i], pix[i+1], pix[i+2] = change(pix[i], pix[i+1], pix[i+2])
	}
	out, err := imaging.FromPixels(im.Width(), im.Height(), 3, pix)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Close)
	return out
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
	}{{"", 5, true}, {",", 6, true}, {"1,472.08", 5, false}, {"对账单编号:", 6, false}, {"1", 2, false}} {
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
	for text, want := range map[string]string{"人民币1,234.56元.": "1234.56", "RMB(1,234.56)元": "-1234.56"} {
		if got := plainAmountText(text); got != want {
			t.Errorf("plainAmountText(%s) = %q, want %s", text, got, want)
		}
	}
}

func TestAmountWithItsCurrency(t *testing.T) {
	for text, right := range map[string]bool{
		"人民币1,234.56元": true, "RMB(456,818.26)": true, "¥12.00元.": true, "1,234.56": true,
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
	for i, words := range [][]string{{"6222021234567890", "美元", "1,234.56"}, {"6222021234567891", "12.00", "13.00"}} {
		for k, w := range words {
			x := textOf(w)
			x.y0, x.y1 = 40*i, 40*i+12
			x.x0, x.x1 = x.x0+300*k, x.x1+300*k
			p.texts = append(p.texts, x)
		}
	}
	rows := p.plainRows()
	if len(rows) != 1 || rows[0].currency != "美元" || rows[0].account.at.y0 > 0 || rows[0].balance.at.x0 < 590 {
		t.Errorf("rows %+v, want the first account with its amount", rows)
	}
}

// TestAmountIsNoAccount: an amount read as far as before its point has the look of a
// number; in the column of balances it is none.
func TestAmountIsNoAccount(t *testing.T) {
	place := func(s string, x, y int) *text {
		t := textOf(s)
		t.box = box{x, y, x + t.w(), y + t.h()}
		for i := range t.glyphs {
			t.glyphs[i].x0, t.glyphs[i].x1 = t.glyphs[i].x0+float64(x), t.glyphs[i].x1+float64(x)
		}
		return t
	}
	account, balance := place("账号", 100, 0), place("余额", 500, 0)
	p := &page{ink: &ink{w: 900, perMM: layoutDPI / mmPerInch}, texts: []*text{
		account, balance, place("6222021234567890", 60, 40), place("12.00", 500, 40),
		place("1044034829", 450, 80), place("1234.00", 700, 80),
	}}
	rows := p.freeRows(heading{account: account.hits()[0], balance: balance.hits()[0]})
	if len(rows) != 1 {
		t.Errorf("%d rows, want one: %+v", len(rows), rows)
	}
}

// TestPlainRowReachesNoRule: a rule beside the number is read as a 1.
func TestPlainRowReachesNoRule(t *testing.T) {
	account, amount := textOf("6222021234567890"), textOf("12.00")
	account.x0, account.x1 = 60, 220
	amount.x0, amount.x1 = 300, 350
	p := &page{ink: &ink{w: 900, perMM: layoutDPI / mmPerInch}, texts: []*text{account, amount}}
	if rows := p.plainRows(); len(rows) != 1 || rows[0].account.limit.x0 < 50 {
		t.Errorf("rows %+v, want one that ends beside the number", rows)
	}
}
