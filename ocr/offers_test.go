package ocr

import (
	"context"
	"math"
	"slices"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// pen draws on a golden form, in its pixels: 150 a inch, near enough those of the layout.
type pen struct {
	w, h int
	pix  []byte
	tint [3]byte // B, G, R
}

func newPen(t *testing.T, name string) *pen {
	t.Helper()
	im := loadGolden(t, name)
	return &pen{w: im.Width(), h: im.Height(), pix: slices.Clone(im.View()), tint: [3]byte{130, 40, 30}}
}

// page is the form with what was drawn.
func (p *pen) page(t *testing.T) *imaging.Image {
	t.Helper()
	im, err := imaging.FromPixels(p.w, p.h, 3, p.pix)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(im.Close)
	return im
}

func (p *pen) stroke(points ...[2]int) {
	for i, a := range points[:len(points)-1] {
		b := points[i+1]
		n := 4 * max(abs(b[0]-a[0]), abs(b[1]-a[1]), 1)
		for k := range n + 1 {
			p.dot(a[0]+(b[0]-a[0])*k/n, a[1]+(b[1]-a[1])*k/n)
		}
	}
}

func (p *pen) dot(x, y int) {
	for dy := range 3 {
		for dx := range 3 {
			copy(p.pix[3*((y+dy)*p.w+x+dx):], p.tint[:])
		}
	}
}

func (p *pen) ring(b box) {
	x, y := b.centre()
	for i := range 720 {
		sin, cos := math.Sincos(float64(i) * math.Pi / 360)
		p.dot(x+int(cos*float64(b.w())/2), y+int(sin*float64(b.h())/2))
	}
}

func (p *pen) tick(x, y int) { p.stroke([2]int{x, y}, [2]int{x + 5, y + 8}, [2]int{x + 18, y - 12}) }

func (p *pen) wipe(b box) {
	for y := b.y0; y < b.y1; y++ {
		for x := 3 * b.x0; x < 3*b.x1; x++ {
			p.pix[3*y*p.w+x] = 255 // paper
		}
	}
}

// enlarge prints a part of the page again, half as large again, elsewhere.
func (p *pen) enlarge(b box, x0, y0 int) {
	from := slices.Clone(p.pix)
	for y := range b.h() * 3 / 2 {
		for x := range b.w() * 3 / 2 {
			at := 3 * ((b.y0+y*2/3)*p.w + b.x0 + x*2/3)
			copy(p.pix[3*((y0+y)*p.w+x0+x):][:3], from[at:at+3])
		}
	}
}

// Places on form_blank.png: each answer's box and word.
var (
	goldenBoxes = [2]box{{238, 381, 268, 411}, {458, 381, 488, 411}}
	goldenWords = [2]box{{278, 381, 326, 405}, {499, 381, 547, 405}}
)

// offer replaces the boxes of the form by frames of another kind.
func (p *pen) offer(kind string) {
	print := *p
	print.tint = [3]byte{20, 20, 20}
	for _, b := range goldenBoxes {
		if kind != "boxes" {
			p.wipe(b)
		}
		switch kind {
		case "circles":
			print.ring(b.grow(-3))
		case "brackets":
			print.stroke([2]int{b.x0 + 5, b.y0}, [2]int{b.x0, b.y0}, [2]int{b.x0, b.y1 - 6}, [2]int{b.x0 + 5, b.y1 - 6})
			print.stroke([2]int{b.x1 - 5, b.y0}, [2]int{b.x1, b.y0}, [2]int{b.x1, b.y1 - 6}, [2]int{b.x1 - 5, b.y1 - 6})
		}
	}
}

// TestFaintWord: the box of a word of which the beginning is too faint to be seen is its own, but not
// when a character stands between.
func TestFaintWord(t *testing.T) {
	r := openReader(t)
	form := newPen(t, "form_blank.png")
	form.reprint(box{455, 378, 491, 413}, 446, 378)
	form.wipe(box{482, 378, 494, 413})
	p, err := r.page(context.Background(), form.page(t), goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	for x0, want := range map[int]tickState{509: tickEmpty, 523: tickNoBox} {
		word := goldenWords[1]
		word.x0 = x0
		if got, err := p.boxesBeside(word); err != nil || got.left.tick != want {
			t.Errorf("word from %d: box %+v, %v, want %v", x0, got.left, err, want)
		}
	}
	label := textOf("核对结果")
	label.box = box{440, 378, 482, 413}
	p.texts = append(p.texts, label)
	if got, err := p.boxesBeside(goldenWords[1]); err != nil || got.left.tick != tickNoBox {
		t.Errorf("a character of a label is a box to tick: %+v, %v", got.left, err)
	}
}

// TestOffers: two answers in frames of any kind, or as words alone. What is not understood
// is unclear, and no page here that means 不符 may be read as agree.
func TestOffers(t *testing.T) {
	const agree, differ = 0, 1
	tickIn := func(k int) func(*pen) {
		return func(p *pen) { p.tick(goldenBoxes[k].x0+8, goldenBoxes[k].y0+12) }
	}
	fill := func(k int) func(*pen) {
		return func(p *pen) {
			for y := goldenBoxes[k].y0 + 5; y < goldenBoxes[k].y1-6; y++ {
				p.stroke([2]int{goldenBoxes[k].x0 + 5, y}, [2]int{goldenBoxes[k].x1 - 7, y})
			}
		}
	}
	strike := func(k int) func(*pen) {
		w := goldenWords[k]
		return func(p *pen) { p.stroke([2]int{w.x0 - 8, w.y0 + 13}, [2]int{w.x1 + 6, w.y0 + 10}) }
	}
	ring := func(k int) func(*pen) {
		w := goldenWords[k]
		return func(p *pen) { p.ring(box{w.x0 - 11, w.y0 - 12, w.x1 + 9, w.y1 + 10}) }
	}
	line := func(k int) func(*pen) {
		w := goldenWords[k]
		return func(p *pen) { p.stroke([2]int{w.x0, w.y1 + 3}, [2]int{w.x1, w.y1 + 4}) }
	}
	beside := func(k int) func(*pen) {
		return func(p *pen) { p.tick(goldenWords[k].x1+8, goldenWords[k].y0+14) }
	}
	within := func(k int) func(*pen) { // ends with the word
		w := goldenWords[k]
		return func(p *pen) { p.stroke([2]int{w.x0 + 1, w.y0 + 13}, [2]int{w.x1 - 3, w.y0 + 12}) }
	}
	openRing := func(b box) func(*pen) {
		return func(p *pen) {
			x, y := b.centre()
			for i := 24; i < 700; i++ {
				sin, cos := math.Sincos(float64(i) * math.Pi / 360)
				p.dot(x+int(cos*float64(b.w()/2+11)), y+int(sin*float64(b.h()/2+10)))
			}
		}
	}
	tightRing := func(k int) func(*pen) { // over the edges of its word
		w := goldenWords[k]
		return func(p *pen) { p.ring(box{w.x0 - 4, w.y0 - 4, w.x1 + 2, w.y1 + 2}) }
	}
	amount := func(p *pen) {
		for x := goldenWords[differ].x1 + 24; x < goldenWords[differ].x1+90; x += 12 {
			p.stroke([2]int{x, 383}, [2]int{x + 2, 403})
		}
	}
	no := func(x int) func(*pen) {
		return func(p *pen) {
			y := goldenWords[0].y0 + 5
			p.stroke([2]int{x, y}, [2]int{x + 7, y})
			p.stroke([2]int{x + 4, y}, [2]int{x, y + 8})
			p.stroke([2]int{x + 4, y + 2}, [2]int{x + 4, y + 12})
		}
	}
	wornJoined := func(p *pen) {
		p.wipe(box{262, 386, 270, 402})
		p.stroke([2]int{244, 392}, [2]int{254, 406}, [2]int{318, 366})
	}
	over := func(x int) func(*pen) { return func(p *pen) { p.tick(x, 393); p.tick(x-2, 391) } }
	r := openReader(t)
	for _, c := range []struct {
		name, kind string
		marks      []func(*pen)
		want       models.Mark
	}{
		{"none", "circles", nil, models.Blank},
		{"first", "circles", []func(*pen){tickIn(agree)}, models.Agree},
		{"second", "circles", []func(*pen){tickIn(differ)}, models.Differ},
		{"both", "circles", []func(*pen){tickIn(agree), tickIn(differ)}, models.Unclear},
		{"filled", "circles", []func(*pen){fill(agree)}, models.Agree},
		{"none", "brackets", nil, models.Blank},
		{"first", "brackets", []func(*pen){tickIn(agree)}, models.Agree},
		{"second", "brackets", []func(*pen){tickIn(differ)}, models.Differ},
		{"both", "brackets", []func(*pen){tickIn(agree), tickIn(differ)}, models.Unclear},
		{"ticked and crossed out", "brackets", []func(*pen){tickIn(agree), strike(agree)}, models.Unclear},
		{"filled", "boxes", []func(*pen){fill(agree)}, models.Agree},
		{"second filled", "boxes", []func(*pen){fill(differ)}, models.Differ},
		{"filled, the other ticked", "boxes", []func(*pen){fill(agree), tickIn(differ)}, models.Unclear},
		{"filled, no other offered", "boxes", []func(*pen){fill(agree), func(p *pen) { p.wipe(goldenBoxes[differ]); p.wipe(goldenWords[differ]) }}, models.Unclear},
		{"none", "words", nil, models.Blank},
		{"ring", "words", []func(*pen){ring(agree)}, models.Agree},
		{"ring around the second", "words", []func(*pen){ring(differ)}, models.Differ},
		{"ring, and the other ticked", "words", []func(*pen){ring(agree), beside(differ)}, models.Unclear},
		{"line beneath", "words", []func(*pen){line(agree)}, models.Agree},
		{"tick beside", "words", []func(*pen){beside(agree)}, models.Agree},
		{"tick beside the second", "words", []func(*pen){beside(differ)}, models.Differ},
		{"second crossed out, which is known by its print", "words", []func(*pen){strike(differ)}, models.Agree},
		{"first crossed out, which is known by its print", "words", []func(*pen){strike(agree)}, models.Differ},
		{"a ring that does not close", "words", []func(*pen){openRing(goldenWords[agree])}, models.Agree},
		{"a ring, a 不 within it", "words", []func(*pen){openRing(box{goldenWords[agree].x0 - 6, 381, goldenWords[agree].x1, 405}), no(goldenWords[agree].x0 - 11)}, models.Unclear},
		{"line beneath, a 不 before", "words", []func(*pen){line(agree), no(goldenWords[agree].x0 - 14)}, models.Unclear},
		{"a ring around word and box", "boxes", []func(*pen){openRing(goldenWords[agree].union(goldenBoxes[agree]))}, models.Agree},
		{"a ring around word and box, the second's", "boxes", []func(*pen){openRing(goldenWords[differ].union(goldenBoxes[differ]))}, models.Differ},
		{"a wide ring around word and box", "boxes", []func(*pen){openRing(box{goldenBoxes[differ].x0 - 2, 374, goldenWords[differ].x1 + 2, 417})}, models.Differ},
		{"ticked, a low stroke through its word", "boxes", []func(*pen){tickIn(agree), func(p *pen) {
			w := goldenWords[agree]
			p.stroke([2]int{w.x0 + 3, w.y0 + 15}, [2]int{w.x1 - 5, w.y0 + 16})
		}}, models.Unclear},
		{"ticked, a stroke in its word", "boxes", []func(*pen){tickIn(agree), func(p *pen) {
			w := goldenWords[agree]
			p.stroke([2]int{w.x0 + 24, w.y0 + 18}, [2]int{w.x0 + 42, w.y0 + 6})
		}}, models.Unclear},
		{"a ring, a fold between the words", "words", []func(*pen){ring(agree), func(p *pen) {
			for x := range 2 {
				for y := 300; y < 500; y++ {
					copy(p.pix[3*(y*p.w+400+x):], []byte{150, 150, 150})
				}
			}
		}}, models.Agree},
		{"a ring around word and circle", "circles", []func(*pen){openRing(goldenWords[agree].union(goldenBoxes[agree]))}, models.Agree},
		{"ticked, its word struck out", "boxes", []func(*pen){tickIn(agree), within(agree)}, models.Unclear},
		{"ticked, its word crossed", "boxes", []func(*pen){tickIn(agree), func(p *pen) {
			w := goldenWords[agree]
			p.stroke([2]int{w.x0 + 22, w.y0}, [2]int{w.x1 - 3, w.y1})
			p.stroke([2]int{w.x0 + 22, w.y1}, [2]int{w.x1 - 3, w.y0})
		}}, models.Unclear},
		{"ticked, written over the other", "boxes", []func(*pen){tickIn(agree), func(p *pen) {
			w := goldenWords[differ]
			p.stroke([2]int{w.x0 + 26, w.y0 - 2}, [2]int{w.x1 - 2, w.y1 + 2})
			p.stroke([2]int{w.x0 + 40, w.y0 + 2}, [2]int{w.x0 + 30, w.y1 + 2})
		}}, models.Unclear},
		{"tick between", "words", []func(*pen){over(405)}, models.Unclear},
		{"tick that hides 不", "words", []func(*pen){over(503), over(506), over(500)}, models.Unclear},
		{"ticked", "boxes", []func(*pen){tickIn(agree)}, models.Agree},
		{"a worn box, which its tick joins to its word", "boxes", []func(*pen){wornJoined}, models.Agree},
		{"ticked, a 不 put above", "boxes", []func(*pen){tickIn(agree), func(p *pen) {
			p.stroke([2]int{294, 363}, [2]int{310, 363})
			p.stroke([2]int{302, 363}, [2]int{294, 374})
			p.stroke([2]int{302, 366}, [2]int{302, 376})
		}}, models.Unclear},
		{"a dot", "boxes", []func(*pen){func(p *pen) { p.stroke([2]int{250, 394}, [2]int{256, 396}) }}, models.Unclear},
		{"a stroke across", "boxes", []func(*pen){func(p *pen) { p.stroke([2]int{222, 372}, [2]int{252, 396}, [2]int{310, 470}) }}, models.Unclear},
		{"ticked, no other offered", "boxes", []func(*pen){tickIn(agree), func(p *pen) { p.wipe(goldenBoxes[differ]); p.wipe(goldenWords[differ]) }}, models.Unclear},
		{"tick around the middle", "circles", []func(*pen){func(p *pen) { p.stroke([2]int{240, 396}, [2]int{256, 410}, [2]int{276, 368}) }}, models.Agree},
		{"filled, and crossed out", "boxes", []func(*pen){fill(agree), func(p *pen) {
			p.stroke([2]int{228, 371}, [2]int{278, 421})
			p.stroke([2]int{278, 371}, [2]int{228, 421})
		}}, models.Unclear},
		{"ticked, and a cross beside", "brackets", []func(*pen){tickIn(agree), func(p *pen) {
			p.stroke([2]int{250, 382}, [2]int{276, 408})
			p.stroke([2]int{276, 382}, [2]int{250, 408})
		}}, models.Unclear},
		{"ticked, a small 不 that the tick touches", "boxes", []func(*pen){tickIn(agree), no(226), func(p *pen) { p.stroke([2]int{233, 390}, [2]int{248, 393}) }}, models.Unclear},
		{"ticked, 不符 written behind the word", "boxes", []func(*pen){tickIn(agree), func(p *pen) {
			p.reprint(goldenWords[differ], goldenWords[agree].x1+24, goldenWords[agree].y0)
		}}, models.Unclear},
		{"ticked, strokes before the second's box", "boxes", []func(*pen){tickIn(agree), func(p *pen) {
			for _, x := range []int{400, 418, 436} {
				p.stroke([2]int{x, 384}, [2]int{x + 6, 408})
				p.stroke([2]int{x - 4, 394}, [2]int{x + 10, 392})
			}
		}}, models.Unclear},
		{"a tight ring", "words", []func(*pen){tightRing(agree)}, models.Agree},
		{"a tight ring around the second", "words", []func(*pen){tightRing(differ)}, models.Differ},
		{"two marks of a pen", "words", []func(*pen){tightRing(agree), line(differ)}, models.Unclear},
		{"a tight ring, scribbled in", "words", []func(*pen){tightRing(agree), over(296), over(304), over(312)}, models.Unclear},
		{"line beneath the second, an amount behind", "words", []func(*pen){line(differ), amount}, models.Differ},
		{"first crossed out in black, an amount behind the second", "words", []func(*pen){func(p *pen) { p.tint = [3]byte{20, 20, 20} }, strike(agree), amount}, models.Differ},
		{"a tight ring, an amount behind the second", "words", []func(*pen){tightRing(agree), amount}, models.Unclear},
		{"second wiped out", "words", []func(*pen){func(p *pen) { p.wipe(goldenWords[differ]) }}, models.Unclear},
		{"printed larger in brackets, alone", "brackets", []func(*pen){func(p *pen) {
			p.wipe(goldenBoxes[agree])
			p.wipe(goldenWords[agree])
			p.enlarge(box{452, 375, 552, 412}, 250, 420)
			p.wipe(box{452, 375, 552, 412})
		}}, models.Unclear},
	} {
		t.Run(c.kind+", "+c.name, func(t *testing.T) {
			p := newPen(t, "form_blank.png")
			p.offer(c.kind)
			for _, m := range c.marks {
				m(p)
			}
			got, err := r.Read(context.Background(), &imaging.Sheet{Image: p.page(t), DPI: goldenDPI}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got.Mark.Mark != c.want {
				t.Errorf("mark %+v, want %s", got.Mark, c.want)
			}
		})
	}
}

// judgeDrawn judges words and strokes drawn on the mask.
func judgeDrawn(v *offers) {
	v.pieces, v.runs = components(v.mask, v.w, v.h, 1)
	high := int(v.high)
	v.tighten()
	for k, b := range v.word {
		v.reach[k] = box{b.x0 - 3*high, b.y0 - high, b.x1 + 3*high, b.y1 + high}
	}
	v.judgeWords()
}

// TestWordsMarked: which of two words is chosen, agree first, by what is drawn at them.
func TestWordsMarked(t *testing.T) {
	const h, high, gap = 200, 30, 4
	words := [2]box{{100, 80, 100 + 4*(high+gap) - gap, 80 + high}, {400, 80, 400 + 4*(high+gap) - gap, 80 + high}}
	empty, set, doubt := tickEmpty, tickSet, tickDoubtful
	left := func(k int, y0, y1 int) [4]int { return [4]int{words[k].x0 - 8, y0, words[k].x1 + 8, y1} }
	for name, c := range map[string]struct {
		lines [][4]int
		want  [2]tickState
	}{
		"none":              {nil, [2]tickState{empty, empty}},
		"second struck out": {[][4]int{left(1, 94, 98)}, [2]tickState{set, empty}},
		"first struck out":  {[][4]int{left(0, 96, 92)}, [2]tickState{empty, set}},
		"both struck out":   {[][4]int{left(0, 94, 98), left(1, 94, 98)}, [2]tickState{doubt, doubt}},
		"crossed by two": {[][4]int{
			{words[0].x0 + 2, 84, words[0].x1 - 4, 102},
			{words[0].x0 + 2, 102, words[0].x1 - 4, 84},
		}, [2]tickState{doubt, doubt}},
		"aslant, as a tick":              {[][4]int{left(1, 118, 70)}, [2]tickState{doubt, doubt}},
		"level, with the hook of a tick": {[][4]int{left(1, 96, 94), {words[1].x0 - 12, 78, words[1].x0 - 8, 96}}, [2]tickState{doubt, doubt}},
		"a ring around both, the first's box read as its end": {[][4]int{
			{85, 68, 565, 68}, {85, 122, 565, 122}, {85, 68, 85, 122}, {565, 68, 565, 122}, {words[0].x1 + 15, 68, words[0].x1 + 15, 122},
		}, [2]tickState{doubt, doubt}},
		"rule through one": {[][4]int{{300, 95, 650, 95}}, [2]tickState{doubt, doubt}},
		"line beneath":     {[][4]int{left(0, 118, 120)}, [2]tickState{set, empty}},
		"a cross beside":   {[][4]int{{250, 80, 275, 110}, {250, 110, 275, 80}}, [2]tickState{doubt, doubt}},
		"a tick beside":    {[][4]int{{245, 95, 252, 110}, {252, 110, 272, 75}}, [2]tickState{set, empty}},
		"a tick between":   {[][4]int{{305, 95, 312, 110}, {312, 110, 332, 75}}, [2]tickState{doubt, doubt}},
	} {
		v := &offers{w: 700, h: h, mask: make([]uint8, 700*h), word: words, chars: [2]int{4, 4}, high: high, perMM: 8}
		for _, w := range words { // characters: frames with a stroke
			for k := range 4 {
				x := w.x0 + k*(high+gap)
				for i := range high {
					for _, at := range [][2]int{{x + i, w.y0}, {x + i, w.y1 - 1}, {x, w.y0 + i}, {x + high - 1, w.y0 + i}, {x + i, w.y0 + 20}} {
						v.mask[at[1]*v.w+at[0]] = 1
					}
				}
			}
		}
		for _, l := range c.lines {
			for i := range 400 {
				x, y := l[0]+(l[2]-l[0])*i/400, l[1]+(l[3]-l[1])*i/400
				for d := range 3 {
					v.mask[(y+d)*v.w+x], v.mask[(y+d)*v.w+x+1] = 1, 1
				}
			}
		}
		if judgeDrawn(v); v.tick != c.want {
			t.Errorf("%s: %v, want %v", name, v.tick, c.want)
		}
	}
}

// TestWritingLine: a rule that goes on beside a stamp is a line to write on and strikes
// nothing out; one as long as the stamp may.
func TestWritingLine(t *testing.T) {
	stamp := box{100, 100, 200, 140}
	for name, c := range map[string]struct {
		rule box
		want bool
	}{
		"goes on":            {box{60, 130, 400, 131}, true},
		"as long":            {box{95, 130, 205, 131}, false},
		"through the middle": {box{60, 118, 400, 119}, false},
		"upright beside it":  {box{58, 60, 62, 180}, false},
	} {
		p := &page{ink: &ink{w: 500, h: 200}, rules: &ruling{mask: make([]uint8, 500*200)}}
		for y := c.rule.y0; y < c.rule.y1; y++ {
			for x := c.rule.x0; x < c.rule.x1; x++ {
				p.rules.mask[y*500+x] = 1
			}
		}
		if _, got := p.writingLine(stamp); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestFormPrintedInBlue: its labels are no writing, so a page without an answer is blank.
func TestFormPrintedInBlue(t *testing.T) {
	p := newPen(t, "form_blank.png")
	for k := range goldenBoxes {
		p.wipe(goldenBoxes[k])
		p.wipe(goldenWords[k])
	}
	for i := 3 * 370 * p.w; i < len(p.pix); i += 3 { // the value above is no label
		for c, least := range []byte{160, 70, 40} { // B, G, R
			p.pix[i+c] = max(p.pix[i+c], least)
		}
	}
	if got := readGolden(t, p.page(t)); got.Mark.Mark != models.Blank {
		t.Errorf("mark %+v, want blank", got.Mark)
	}
}

// TestVioletWords: black enough to be taken for print, but of another ink, and as high.
func TestVioletWords(t *testing.T) {
	p := newPen(t, "form_blank.png")
	p.wipe(goldenBoxes[0])
	p.wipe(goldenBoxes[1])
	p.wipe(goldenWords[1])
	w := goldenWords[0]
	for y := w.y0 - 3; y < w.y1+3; y++ {
		for x := w.x0; x < w.x1; x++ {
			if i := 3 * (y*p.w + x); p.pix[i] < 200 {
				copy(p.pix[i:], []byte{110, 30, 110})
			}
		}
	}
	if got := readGolden(t, p.page(t)); got.Mark.Mark != models.Agree {
		t.Errorf("mark %+v, want agree", got.Mark)
	}
}

// TestOffersPrintedOtherwise: answers in a cell, with numbers, in brackets whose ends are short,
// circles worn thin; a tick that leaves the middle of its circle free; a flat tick strikes nothing out.
func TestOffersPrintedOtherwise(t *testing.T) {
	print := func(p *pen) *pen { q := *p; q.tint = [3]byte{20, 20, 20}; return &q }
	r := openReader(t)
	for name, c := range map[string]struct {
		kind  string
		marks func(*pen)
		want  models.Mark
	}{
		"a tick around the middle of its circle": {"circles", func(p *pen) {
			b := goldenBoxes[0]
			p.stroke([2]int{b.x0 - 4, b.y0 + 12}, [2]int{b.x0 + 8, b.y1 + 4}, [2]int{b.x1 + 10, b.y0 - 16})
		}, models.Agree},
		"a rule beneath that goes on": {"words", func(p *pen) {
			print(p).stroke([2]int{60, 412}, [2]int{900, 412})
		}, models.Blank},
		"a flat tick across 不符": {"words", func(p *pen) {
			w := goldenWords[1]
			p.stroke([2]int{w.x0 - 10, w.y0 + 12}, [2]int{w.x0 - 5, w.y0 + 20}, [2]int{w.x1 + 8, w.y0 + 8})
		}, models.Unclear},
	} {
		p := newPen(t, "form_blank.png")
		p.offer(c.kind)
		c.marks(p)
		got, err := r.Read(t.Context(), &imaging.Sheet{Image: p.page(t), DPI: goldenDPI}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.Mark.Mark != c.want {
			t.Errorf("%s: mark %+v, want %s", name, got.Mark, c.want)
		}
	}
}

// TestSlashBetweenAnswers: a slash as wide as a character is part of neither word, and what marks a word may end on it.
func TestSlashBetweenAnswers(t *testing.T) {
	w := goldenWords[0]
	other := box{w.x1 + 30, w.y0, w.x1 + 30 + goldenWords[1].w(), w.y1}
	for name, c := range map[string]struct {
		tint  [3]byte
		marks func(*pen)
		want  models.Mark
	}{
		"no mark":            {[3]byte{130, 40, 30}, func(*pen) {}, models.Blank},
		"line beneath":       {[3]byte{130, 40, 30}, func(p *pen) { p.stroke([2]int{w.x0, w.y1 + 4}, [2]int{w.x1, w.y1 + 4}) }, models.Agree},
		"line, black":        {[3]byte{20, 20, 20}, func(p *pen) { p.stroke([2]int{w.x0, w.y1 + 4}, [2]int{w.x1, w.y1 + 4}) }, models.Agree},
		"crossed out":        {[3]byte{130, 40, 30}, func(p *pen) { p.stroke([2]int{other.x0 - 8, 393}, [2]int{other.x1 + 6, 393}) }, models.Agree},
		"crossed out, black": {[3]byte{20, 20, 20}, func(p *pen) { p.stroke([2]int{other.x0 - 9, 393}, [2]int{other.x1 + 6, 393}) }, models.Agree},
		"first crossed out":  {[3]byte{130, 40, 30}, func(p *pen) { p.stroke([2]int{w.x0 - 6, 393}, [2]int{w.x1 + 8, 393}) }, models.Differ},
	} {
		p := newPen(t, "form_blank.png")
		p.offer("words")
		p.reprint(goldenWords[1], other.x0, other.y0)
		p.wipe(goldenWords[1])
		print := *p
		print.tint = [3]byte{20, 20, 20}
		print.stroke([2]int{w.x1 + 3, w.y1}, [2]int{other.x0 - 6, w.y0})
		p.tint = c.tint
		c.marks(p)
		if got := readGolden(t, p.page(t)); got.Mark.Mark != c.want {
			t.Errorf("%s: %+v, want %s", name, got.Mark, c.want)
		}
	}
}

// TestWornRing: a thin circle broken in places is a frame to tick all the same.
func TestWornRing(t *testing.T) {
	const w, h = 100, 60
	v := &offers{w: w, h: h, mask: make([]uint8, w*h), high: 24, perMM: 8}
	for i := range 720 {
		if (i+12)%360 < 24 {
			continue // worn left and right: above and below are no brackets
		}
		sin, cos := math.Sincos(float64(i) * math.Pi / 360)
		v.mask[(30+int(14*sin))*w+50+int(14*cos)] = 1
	}
	v.pieces, v.runs = components(v.mask, w, h, 1)
	if v.cleanFrames(); len(v.pieces) != 2 || len(v.clean) != 1 {
		t.Errorf("of a circle in %d pieces %d frames are seen, want 1 of 2", len(v.pieces), len(v.clean))
	}
}

// TestBracketOpens: brackets are told by how far their ends reach, a straight stroke and a
// character's are none.
func TestBracketOpens(t *testing.T) {
	for name, c := range map[string]struct {
		top, middle int // the ends reach from the first column to here, the middle from here on
		from        int
		want        int
	}{
		"[": {6, 2, 0, 1}, "]": {6, 6, 4, -1}, "l": {2, 2, 0, 0}, "I": {6, 4, 2, 0},
	} {
		const h = 24
		v := &offers{w: 10, h: h, mask: make([]uint8, 10*h)}
		for y := range h {
			from, to := c.from, c.middle
			if y < 2 || y >= h-2 {
				from, to = 0, c.top
			}
			for x := from; x < to; x++ {
				v.mask[y*v.w+x] = 1
			}
		}
		v.pieces, v.runs = components(v.mask, v.w, v.h, 1)
		if got := v.opens(0); got != c.want {
			t.Errorf("%s opens %d, want %d", name, got, c.want)
		}
	}
}

// TestPrintedBeside: numbers, the slash between two answers and what is asked of who differs are
// print; a figure at one of them only is not known to be.
func TestPrintedBeside(t *testing.T) {
	for name, c := range map[string]struct {
		first, second string // of the second, when not empty, the text is its own
		gone          [][2]int
	}{
		"numbered":       {"1.相符", "2.不符", [][2]int{{0, 10}, {0, 40}}},
		"a figure alone": {"1.相符", "不符", nil},
		"slash":          {"相符/不符", "", [][2]int{{22, 10}}},
		"reason":         {"相符", "不符,原因:", [][2]int{{30, 40}}},
		"a figure given": {"相符", "不符,12", nil},
	} {
		p := &page{ink: &ink{w: 200, h: 80, perMM: 6, scale: 1}}
		texts := []*text{textOf(c.first)}
		texts[0].y1 = 12
		if c.second != "" {
			texts = append(texts, textAt(c.second, 0, 34))
		}
		var options []option
		for _, o := range texts {
			options = append(options, o.options()...)
		}
		v := &offers{w: 200, h: 80, mask: make([]uint8, 200*80), cut: &patch{}}
		for i := range v.mask { // glyphs with paper between them
			if i%10 < 8 && i/200%34 < 12 {
				v.mask[i] = 1
			}
		}
		before := slices.Clone(v.mask)
		v.clearBeside(p, options[0], options[1])
		clear := 0
		for _, at := range c.gone {
			if !v.inked(at[0]+2, at[1]) {
				clear++
			}
		}
		whole := slices.Equal(v.mask, before)
		if clear != len(c.gone) || whole != (len(c.gone) == 0) {
			t.Errorf("%s: %d of %d places are taken out, nothing: %v", name, clear, len(c.gone), whole)
		}
	}
}

// TestTwoLines: answers one above the other that a tick joins are no writing on one line.
func TestTwoLines(t *testing.T) {
	where := box{0, 0, 120, 70}
	draw := func(bars ...box) *imaging.Plane {
		pl := imaging.NewPlane(where.x1, where.y1)
		for _, b := range bars {
			for y := b.y0; y < b.y1; y++ {
				for x := b.x0; x < b.x1; x++ {
					pl.Pix[y*pl.W+x] = 1
				}
			}
		}
		return pl
	}
	tick := box{100, 0, 104, 70}
	for name, c := range map[string]struct {
		pl   *imaging.Plane
		want bool
	}{
		"two lines and a tick": {draw(box{0, 4, 80, 26}, box{0, 44, 80, 66}, tick), true},
		"one line":             {draw(box{0, 10, 100, 60}, tick), false},
		"framed":               {draw(box{0, 0, 120, 4}, box{10, 20, 110, 50}, box{0, 66, 120, 70}), false},
	} {
		if got := twoLines(c.pl, where, 1); got != c.want {
			t.Errorf("%s: two lines %v, want %v", name, got, c.want)
		}
	}
}

// TestBoxBeyondThePage: where a word's box would lie off the page, nobody knows that it is empty.
func TestBoxBeyondThePage(t *testing.T) {
	p, err := openReader(t).page(t.Context(), loadGolden(t, "form_blank.png"), goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	known := option{word: box{400, 4, 450, 24}, frame: box{370, 4, 390, 24}}
	for x, want := range map[int]bool{200: true, 8: false} {
		if clear, err := p.clearBeside(option{word: box{x, 4, x + 50, 24}}, known); err != nil || clear != want {
			t.Errorf("a word at %d: its box is empty: %v, want %v (%v)", x, clear, want, err)
		}
	}
}

// TestPartner: the answer beside a known one is read at its place where its piece reads as nothing.
func TestPartner(t *testing.T) {
	r, ctx := openReader(t), t.Context()
	p, err := r.page(ctx, loadGolden(t, "form_blank.png"), goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	word := func(k int) *text {
		b, s := goldenWords[k], float64(p.ink.w)/float64(loadGolden(t, "form_blank.png").Width())
		at := func(x int) int { return int(float64(x) * s) }
		return &text{line: line{box: box{at(b.x0), at(b.y0), at(b.x1), at(b.y1)}, cell: -1}, extent: wholeRead}
	}
	agree, differ := word(0), word(1)
	known := option{agree: true, text: agree, word: agree.box}
	for name, c := range map[string]struct {
		texts []*text
		want  bool
	}{
		"beside": {[]*text{agree, differ}, true},
		"alone":  {[]*text{agree}, false},
		"twice":  {[]*text{agree, word(0)}, false},
	} {
		p.texts = c.texts
		if got, err := r.partner(ctx, p, known); err != nil || (got.text == differ) != c.want || !c.want && got.text != nil {
			t.Errorf("%s: partner %+v, %v; want one: %v", name, got, err, c.want)
		}
	}
}

// TestWordAt: a 不 that is hidden stands on the side of the word away from its box.
func TestWordAt(t *testing.T) {
	for name, c := range map[string]struct{ known, frame, want box }{
		"box before": {box{10, 0, 30, 20}, box{200, 100, 220, 120}, box{230, 100, 290, 120}},
		"box behind": {box{90, 0, 110, 20}, box{290, 0, 310, 20}, box{220, 0, 280, 20}},
	} {
		if got := (option{word: box{40, 0, 80, 20}, frame: c.known}).wordAt(c.frame); got != c.want {
			t.Errorf("%s: the word is sought in %v, want %v", name, got, c.want)
		}
	}
}

// TestNoAnswerTwice: where the known box says what the other one reads, neither can be told.
func TestNoAnswerTwice(t *testing.T) {
	r, ctx := openReader(t), t.Context()
	form := loadGolden(t, "form_blank.png")
	p, err := r.page(ctx, form, goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	at := func(b box) box {
		s := float64(p.ink.w) / float64(form.Width())
		return box{int(float64(b.x0) * s), int(float64(b.y0) * s), int(float64(b.x1) * s), int(float64(b.y1) * s)}
	}
	for known, want := range map[bool]int{false: 1, true: 0} { // the first box is of 相符
		o := option{agree: known, word: at(goldenWords[1]), frame: at(goldenBoxes[1]), tick: tickEmpty}
		found, err := r.hiddenOptions(ctx, p, []option{o})
		if err != nil || len(found) != want {
			t.Errorf("beside an answer of agree %v, %d more are found, want %d: %+v %v", known, len(found), want, found, err)
		}
	}
}

// TestRisingStrokeStrikesNothingOut: the arm of a flat tick across 不符 is no stroke through it.
func TestRisingStrokeStrikesNothingOut(t *testing.T) {
	const w, h = 120, 40
	word := box{30, 8, 90, 32}
	for rise, want := range map[int]bool{0: true, 2: true, 9: false} { // pixels over 80
		v := &offers{w: w, h: h, mask: make([]uint8, w*h), high: 24}
		for x := 20; x < 100; x++ {
			y := 24 - rise*(x-20)/80
			v.mask[y*w+x], v.mask[(y+1)*w+x] = 1, 1
		}
		v.pieces, v.runs = components(v.mask, w, h, 1)
		if got := v.struck(word); got != want {
			t.Errorf("a stroke that rises by %d pixels strikes the word out: %v", rise, got)
		}
	}
}
