package ocr

import (
	"slices"
	"strings"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// TestOpposite: what an answer shares with those opposite to it, and with no other.
func TestOpposite(t *testing.T) {
	for word, want := range map[string][]shared{
		"核对相符": {{2, 2, 5}, {2, 1, 4}}, // 核对不相符, 核对不符
		"不一致":  {{0, 2, 2}},            // 一致
		"余额有误": {{2, 1, 4}},            // 余额无误
		"收到":   nil,
	} {
		if got := opposite(word); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", word, got, want)
		}
	}
}

// printed draws two words of the golden form's print: what they share, the second's first character another.
func printed() *offers {
	const h, high, pitch = 120, 30, 32
	v := &offers{w: 600, h: h, mask: make([]uint8, 600*h), high: high, perMM: 8, chars: [2]int{2, 2}, said: [2]string{"相符", "不符"}}
	v.word = [2]box{{60, 40, 60 + pitch + high, 40 + high}, {360, 40, 360 + pitch + high, 40 + high}}
	for k, w := range v.word {
		for i := range high {
			for _, at := range [][2]int{{w.x0 + i, w.y0 + 14*k}, {w.x0 + 14*(1-k), w.y0 + i}, {w.x0 + pitch + i, w.y0 + 3}, {w.x0 + pitch + i, w.y0 + high - 1}, {w.x0 + pitch + 8, w.y0 + i}, {w.x0 + pitch + i, w.y0 + (i+20)%high}} {
				for d := range 2 {
					v.mask[at[1]*v.w+at[0]+d] = 1
				}
			}
		}
	}
	return v
}

func (v *offers) drawLine(x0, y0, x1, y1 int) {
	for i := range 400 {
		x, y := x0+(x1-x0)*i/400, y0+(y1-y0)*i/400
		for d := range 3 {
			v.mask[(y+d)*v.w+x] = 1
		}
	}
}

// TestTouched: strokes on an answer whose print is known take it back; those beside it do not.
func TestTouched(t *testing.T) {
	for name, c := range map[string]struct {
		line [4]int
		want bool
	}{
		"none":             {[4]int{0, 0, 1, 0}, false},
		"beneath":          {[4]int{55, 74, 125, 76}, false},
		"level through it": {[4]int{58, 54, 126, 55}, true},
		"aslant":           {[4]int{58, 70, 126, 42}, true},
		"in one character": {[4]int{93, 42, 120, 68}, true},
		"a cross in the character that is not shared": {[4]int{60, 40, 89, 69}, true},
	} {
		v := printed()
		v.drawLine(c.line[0], c.line[1], c.line[2], c.line[3])
		if strings.HasPrefix(name, "a cross") {
			v.drawLine(c.line[2], c.line[1], c.line[0], c.line[3])
		}
		if got := v.touched(0, false); got != c.want {
			p, ok := v.findPrint(1, v.said[1], []box{v.word[0]})
			t.Errorf("%s: touched %v, want %v (print %v, %+v, more than it %.2f)", name, got, c.want, ok, p.at, v.extra(p))
		}
	}
}

// TestFindPrint: a word is found where its print is, though the place given is another, and nowhere else.
func TestFindPrint(t *testing.T) {
	v := printed()
	v.drawLine(50, 36, 130, 36) // of a ring
	near := box{85, 45, 150, 75}
	if p, ok := v.findPrint(1, "不符", []box{near}); !ok || p.at != v.word[0] || p.chars != 2 {
		t.Errorf("found %v at %v, want %v", ok, p.at, v.word[0])
	}
	v.clear(v.word[0])
	if p, ok := v.findPrint(1, "不符", []box{near}); ok {
		t.Errorf("found at %v, where nothing is printed", p.at)
	}
}

// TestClearFolds: an upright line through all of the view is none of the customer's, but through a word it may be.
func TestClearFolds(t *testing.T) {
	for x, want := range map[int]uint8{250: 0, 70: 1} {
		v := printed()
		for y := range v.h {
			v.mask[y*v.w+x+y/40] = 1
		}
		if v.clearFolds(); v.mask[5*v.w+x] != want {
			t.Errorf("line at %d: ink %d, want %d", x, v.mask[5*v.w+x], want)
		}
	}
}

// spread moves the glyphs of a piece from the n-th on to x.
func spread(t *text, n, x int) *text {
	for i := n; i < len(t.glyphs); i++ {
		t.glyphs[i].x0, t.glyphs[i].x1 = float64(x+16*(i-n)), float64(x+16*(i-n)+4)
	}
	t.x1 = x + 16*(len(t.glyphs)-n)
	return t
}

// TestGoesOnBeside: a tick read together with what is written behind it.
func TestGoesOnBeside(t *testing.T) {
	o := option{text: textAt("核对无误", 0, 0), word: box{0, 0, 48, 12}, frame: box{60, 0, 72, 12}}
	for name, c := range map[string]struct {
		text *text
		want bool
	}{
		"written behind":         {textAt("M不能了", 60, 0), true},
		"the tick":               {textAt("VV", 60, 0), false},
		"an explanation":         {textAt("请注明原因", 60, 0), false},
		"on another line":        {textAt("M不能了", 60, 30), false},
		"the other answer":       {spread(textAt("(V)不卅卅", 60, 0), 3, 132), false},
		"words before the other": {spread(textAt("M不不不不不卅卅", 60, 0), 6, 132), true},
	} {
		c.text.x1 = max(c.text.x1, c.text.x0+len(c.text.glyphs)*14)
		if got := c.text.goesOnBeside(o, option{word: box{130, 0, 180, 12}}); got != c.want {
			t.Errorf("%s (%v): %v, want %v", name, c.text.box, got, c.want)
		}
	}
}

// TestCrossedThrough: two strokes from corner to corner of a character, which no character of an answer has.
func TestCrossedThrough(t *testing.T) {
	const side, gap = 36, 8
	words := box{120, 120, 120 + 4*(side+gap) - gap, 120 + side}
	for name, c := range map[string]struct {
		lines [][4]int
		want  bool
	}{
		"none":                     {nil, false},
		"one stroke":               {[][4]int{{164, 120, 200, 156}}, false},
		"cross":                    {[][4]int{{164, 120, 200, 156}, {200, 120, 164, 156}}, true},
		"cross of two":             {[][4]int{{150, 118, 220, 158}, {220, 118, 150, 158}}, true},
		"bowed cross":              {[][4]int{{164, 120, 184, 137}, {184, 137, 200, 156}, {200, 120, 180, 137}, {180, 137, 164, 156}}, true},
		"strokes that do not meet": {[][4]int{{164, 120, 180, 136}, {185, 141, 200, 156}, {200, 120, 164, 156}}, false},
		"half of a character":      {[][4]int{{164, 120, 182, 156}, {182, 120, 164, 156}}, false},
		"beside the words":         {[][4]int{{320, 120, 356, 156}, {356, 120, 320, 156}}, false},
	} {
		p := imaging.NewPlane(words.x1+120, words.y1+120)
		for k := range 4 { // level and upright strokes
			for i := range side {
				for _, at := range []int{2, 18, 34} {
					p.Pix[(words.y0+at)*p.W+words.x0+k*(side+gap)+i] = 1
					p.Pix[(words.y0+i)*p.W+words.x0+k*(side+gap)+at] = 1
				}
			}
		}
		for _, l := range c.lines {
			for i := range 400 {
				x, y := l[0]+(l[2]-l[0])*i/400, l[1]+(l[3]-l[1])*i/400
				for d := range 3 {
					p.Pix[(y+d-1)*p.W+x] = 1
				}
			}
		}
		if got := crossedThrough(inkOver(p, clearInk), p.W, words); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestSmallBoxInWriting: a square lower than half of a word beside it, 口 of a written 额, is no box to tick.
func TestSmallBoxInWriting(t *testing.T) {
	p, err := openReader(t).page(t.Context(), newPen(t, "form_blank.png").page(t), goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	for high, want := range map[int]tickState{24: tickEmpty, 70: tickNoBox} {
		word := goldenWords[0]
		word.y0, word.y1 = 396-high/2, 396+high/2
		if got, err := p.boxesBeside(word); err != nil || got.left.tick != want {
			t.Errorf("beside a word %d high: box %+v, %v, want %v", high, got.left, err, want)
		}
	}
}

// TestAnswerBesideALostRule: where the cell behind the label was not found, the place of the answer is the paper there.
func TestAnswerBesideALostRule(t *testing.T) {
	label := textAt("核对结果", 20, 10)
	label.cell = 0
	own := box{10, 0, 90, 40}
	p := &page{ink: &ink{w: 1240, h: 400, perMM: layoutDPI / mmPerInch}, rules: &ruling{cells: []cell{{own}}}}
	if zone := p.resultZone(label.hits(), nil); !inZone(box{200, 5, 300, 35}, zone) || inZone(box{200, 60, 300, 90}, zone) {
		t.Errorf("place of the answer %v", zone)
	}
}

// TestBalanceFarBelow: a balance farther below its account than others may be another account's.
func TestBalanceFarBelow(t *testing.T) {
	p := &page{ink: &ink{w: 900, h: 900, perMM: layoutDPI / mmPerInch}, rules: &ruling{}}
	for i, below := range []int{30, 110, 31} {
		y := 200 * i
		p.texts = append(p.texts, textAt("账号", 0, y), textAt("6222021234567890", 40, y), textAt("余额", 0, y+below), textAt("12.00", 40, y+below))
	}
	rows, err := (&Reader{}).formRows(t.Context(), p, p.findHits())
	if err != nil || len(rows) != 3 || rows[0].doubt || !rows[1].doubt || rows[2].doubt {
		t.Errorf("rows %+v, %v; want the second alone of three doubted", rows, err)
	}
}

// TestPaperNear: a value begins behind the paper between it and its label, not at the last stroke of 额.
func TestPaperNear(t *testing.T) {
	line := box{0, 0, 300, 20}
	black := imaging.NewPlane(300, 20)
	draw := func(x0, x1 int) {
		for y := 2; y < 18; y++ {
			for x := x0; x < x1; x++ {
				black.Pix[y*black.W+x] = 1
			}
		}
	}
	draw(60, 70) // two parts of a character
	draw(73, 80)
	draw(88, 96) // figures
	draw(98, 106)
	p := &page{ink: &ink{w: 300, h: 20, inks: inks{black: black}}}
	for _, x := range []int{76, 80, 84, 90} {
		if got := p.paperNear(x, 92, line); got != 88 {
			t.Errorf("from %d: the value begins at %d, want 88", x, got)
		}
	}
	for x := 86; x < 93; x++ { // a sign instead of the first figure, a pixel high
		for y := range black.H {
			black.Pix[y*black.W+x] = 0
		}
		black.Pix[10*black.W+x] = 1
	}
	if got := p.paperNear(84, 90, line); got != 86 {
		t.Errorf("the value begins at %d, behind its sign at 86", got)
	}
}

// TestInPensColour: a form printed in blue is, a black one is not.
func TestInPensColour(t *testing.T) {
	r := openReader(t)
	for _, blue := range []bool{true, false} {
		form := newPen(t, "form_blank.png")
		for i := 0; blue && i < len(form.pix); i += 3 {
			for c, least := range []byte{190, 90, 50} { // B, G, R
				form.pix[i+c] = max(form.pix[i+c], least)
			}
		}
		p, err := r.page(t.Context(), form.page(t), goldenDPI)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.readLabels(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if got := p.inPensColour(p.findHits()); got != blue {
			t.Errorf("printed in blue %v: in a pen's colour %v", blue, got)
		}
	}
}

// TestWordsWithASlash: two answers printed close together, with a slash between.
func TestWordsWithASlash(t *testing.T) {
	words := [2]box{goldenWords[0], {352, 381, 400, 405}}
	ring := func(k int) func(*pen) {
		return func(p *pen) { p.ring(words[k].grow(9)) }
	}
	for name, c := range map[string]struct {
		mark func(*pen)
		want models.Mark
	}{
		"first ringed":          {ring(0), models.Agree},
		"second struck out":     {func(p *pen) { p.stroke([2]int{350, 394}, [2]int{398, 392}) }, models.Agree},
		"ticked above":          {func(p *pen) { p.tick(296, 374) }, models.Agree},
		"first ringed and lost": {func(p *pen) { ring(0)(p); p.stroke([2]int{276, 394}, [2]int{325, 392}) }, models.Unclear},
		"none":                  {func(*pen) {}, models.Blank},
	} {
		p := newPen(t, "form_blank.png")
		p.offer("words")
		p.reprint(goldenWords[1].grow(2), words[1].x0-2, words[1].y0-2)
		p.wipe(goldenWords[1].grow(2))
		print := *p
		print.tint = [3]byte{20, 20, 20}
		print.stroke([2]int{345, 380}, [2]int{333, 404})
		c.mark(p)
		if got := readGolden(t, p.page(t)); got.Mark.Mark != c.want {
			t.Errorf("%s: mark %+v, want %s", name, got.Mark, c.want)
		}
	}
}

// TestBalanceRightBehindItsLabel: with no colon and hardly any paper between, the last stroke of 额 is no 1.
func TestBalanceRightBehindItsLabel(t *testing.T) {
	for x := 125; x <= 131; x++ {
		p := newPen(t, "form_blank.png")
		p.reprint(box{68, 178, 104, 200}, 60, 440)
		p.reprint(box{69, 214, 224, 231}, 98, 443)
		p.reprint(box{823, 178, 889, 200}, 60, 480)
		p.reprint(box{1074, 214, 1172, 231}, x, 483)
		p.wipe(box{0, 160, 1240, 280})
		got := readGolden(t, p.page(t))
		if len(got.Accounts) != 1 || got.Accounts[0].AccountNo.Value != "6222021234567890123" || got.Accounts[0].Balance.Value != "1234567.89" || !got.Accounts[0].Balance.Agreed {
			t.Errorf("balance at %d: accounts %+v", x, got.Accounts)
		}
	}
}
