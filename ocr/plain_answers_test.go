package ocr

import (
	"slices"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// TestFigureBeforeComma: a figure that was not read, between a label and the comma behind it, belongs to the value.
func TestFigureBeforeComma(t *testing.T) {
	line := textAt("余额,131.00", 0, 0) // characters 10 pixels apart; the comma at 40
	line.glyphs[2].x0, line.glyphs[2].x1 = 40, 44
	for i := 3; i < len(line.glyphs); i++ {
		line.glyphs[i].x0, line.glyphs[i].x1 = float64(20+10*i), float64(24+10*i)
	}
	line.x1 = 130
	for name, c := range map[string]struct {
		print [2]int // columns
		want  int    // the glyph behind which the value begins
	}{
		"nothing":       {[2]int{0, 0}, 2},
		"a 2":           {[2]int{27, 35}, 1},
		"the edge of 额": {[2]int{16, 19}, 2},
	} {
		black := imaging.NewPlane(140, 12)
		for y := 1; y < 11; y++ {
			for x := c.print[0]; x < c.print[1]; x++ {
				black.Pix[y*black.W+x] = 1
			}
		}
		p := &page{ink: &ink{w: 140, h: 12, perMM: 5, scale: 1, inks: inks{black: black}}, rules: &ruling{}}
		if got := p.lastBefore(line.hits()[0]); got != c.want {
			t.Errorf("%s: the value begins behind glyph %d, want %d", name, got, c.want)
		}
		at, ok := p.valueOf(line.hits()[0], func(*text) float64 { return 1 })
		if !ok || c.want == 1 && at.at.x0 > c.print[0] || c.want == 2 && at.at.x0 < 40 {
			t.Errorf("%s: the value stands at %v", name, at.at)
		}
	}
}

// TestPartOfCharacter: 口 of the last character of an answer, or of the one before, is no box of either.
func TestPartOfCharacter(t *testing.T) {
	line := textOf("核对无误/核对有误")
	line.x1 += 4 // where characters stand is read roughly
	words := line.options()
	if len(words) != 2 {
		t.Fatal(words)
	}
	for name, c := range map[string]struct {
		frame box
		want  bool
	}{
		"within the first":  {box{30, 3, 38, 11}, true},
		"within the second": {box{86, 3, 93, 11}, true},
		"as high as print":  {box{86, 0, 94, 12}, false},
		"behind the piece":  {box{98, 3, 106, 11}, false},
		"on another line":   {box{30, 23, 38, 31}, false},
	} {
		if got := slices.ContainsFunc(words, func(o option) bool { return o.hasPart(c.frame) }); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestCodeOfWornSeal: below a ring of which the foot is lost, figures are the seal's code, not an amount of the customer's.
func TestCodeOfWornSeal(t *testing.T) {
	p := &page{seals: []box{{100, 100, 300, 260}, {600, 100, 700, 300}}}
	for at, want := range map[box]bool{
		{160, 270, 240, 285}: true, {160, 320, 240, 335}: false, {320, 200, 400, 215}: false,
		{720, 180, 790, 195}: true, {820, 180, 890, 195}: false,
	} {
		if got := p.codeOfSeal(at); got != want {
			t.Errorf("%v: %v, want %v", at, got, want)
		}
	}
}

// TestCrossedAlone: a cross that both words show in one place is print; one that stands at a word alone is the customer's.
func TestCrossedAlone(t *testing.T) {
	cross := func(v *offers, b box) {
		v.drawLine(b.x0, b.y0-2, b.x0+29, b.y1)
		v.drawLine(b.x0+29, b.y0-2, b.x0, b.y1)
	}
	v := printed()
	cross(v, v.word[0])
	if !v.crossedAlone(v.word[0], v.word[1]) {
		t.Error("a cross in one word is print")
	}
	second := v.word[1]
	second.x0 += 32 // its second character
	cross(v, second)
	if !v.crossedAlone(v.word[0], v.word[1]) {
		t.Error("a cross in the other word, in another place, makes it print")
	}
	cross(v, v.word[1])
	if v.crossedAlone(v.word[0], v.word[1]) {
		t.Error("a cross in both words is not print")
	}
}

// TestPenRing: a ring around an answer and its box, both of which it cuts, and nothing else.
func TestPenRing(t *testing.T) {
	ring := func(v *offers) { v.drawOval(box{76, 42, 192, 108}) }
	for name, c := range map[string]struct {
		draw func(v *offers)
		want bool
	}{
		"ring": {ring, true},
		"ring, a 不 in it": {func(v *offers) {
			ring(v)
			v.drawLine(130, 62, 130, 88)
			v.drawLine(122, 66, 146, 66)
			v.drawLine(138, 66, 146, 84)
		}, false},
		"ring, more beside":        {func(v *offers) { ring(v); v.drawLine(210, 62, 240, 64); v.drawLine(225, 62, 226, 88) }, false},
		"ring, a cross in the box": {func(v *offers) { ring(v); v.drawLine(84, 44, 116, 104); v.drawLine(116, 44, 84, 104) }, false},
		"ring of the other":        {func(v *offers) { v.drawOval(box{316, 42, 432, 108}) }, false},
		"tick in the box":          {func(v *offers) { v.drawLine(88, 74, 96, 86); v.drawLine(96, 86, 116, 54) }, false},
		"tick, not the ring":       {func(v *offers) { v.drawLine(188, 74, 196, 86); v.drawLine(196, 86, 216, 54) }, false},
	} {
		v := penned(func(v *offers) {
			c.draw(v)
			v.pen = slices.Clone(v.mask)
			clear(v.mask)
			for k, b := range v.word {
				v.drawLine(b.x0, b.y0, b.x1, b.y0)
				v.drawLine(b.x0, b.y1-3, b.x1, b.y1-3)
				f := box{b.x0 - 36, 60, b.x0 - 6, 90}
				for _, l := range [][4]int{{f.x0, f.y0, f.x1, f.y0}, {f.x0, f.y1 - 3, f.x1, f.y1 - 3}} {
					v.drawLine(l[0], l[1], l[2], l[3])
				}
				for x := range 3 {
					paint(v.mask, v.w, v.h, f.y0, f.y1, f.x0+x, f.x0+x+1)
					paint(v.mask, v.w, v.h, f.y0, f.y1, f.x1-x-1, f.x1-x)
				}
				v.beside[k] = f
			}
		})
		v.pieces, v.runs = components(v.mask, v.w, v.h, 1)
		v.cleanFrames()
		v.whole = [2]bool{true, true}
		if got := v.penRing(); got != c.want {
			t.Errorf("%s: %v, want %v (%v)", name, got, c.want, v.tick)
		}
	}
}

// TestInTwoInks: what another pen has drawn on an answer takes it back; one pen's ink is never quite even.
func TestInTwoInks(t *testing.T) {
	blue, black := [3]byte{150, 60, 40}, [3]byte{30, 30, 30}
	answer := box{600, 480, 700, 520}
	for name, c := range map[string]struct {
		first, second [3]byte
		strokes       [][2]int
		want          bool
	}{
		"one pen":        {blue, blue, [][2]int{{610, 522}, {640, 476}, {670, 522}}, false},
		"black on blue":  {blue, black, [][2]int{{640, 522}, {665, 476}}, true},
		"blue on black":  {black, blue, [][2]int{{640, 522}, {665, 476}}, true},
		"a line beneath": {blue, black, [][2]int{{590, 517}, {720, 517}}, false},
	} {
		form := newPen(t, "form_blank.png")
		form.tint = c.first
		for x := answer.x0; x < answer.x1-20; x += 24 {
			for _, y := range []int{4, 16, 32} {
				form.stroke([2]int{x, answer.y0 + y}, [2]int{x + 18, answer.y0 + y})
			}
			form.stroke([2]int{x + 9, answer.y0 + 2}, [2]int{x + 9, answer.y1 - 6})
		}
		form.tint = c.second
		form.stroke(c.strokes...)
		p, err := openReader(t).page(t.Context(), form.page(t), goldenDPI)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.inTwoInks(answer); err != nil || got != c.want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
}

// TestRestOfWord: of an answer that a ring has cut, and of which its end alone was read, the rest is found by the print of the other.
func TestRestOfWord(t *testing.T) {
	const high, pitch = 30, 32
	for name, c := range map[string]struct {
		lost bool // what stands before 相符
		want box
	}{
		"余额相符": {false, box{60, 40, 60 + 3*pitch + high, 70}},
		"相符":   {true, box{60 + 2*pitch, 40, 60 + 3*pitch + high, 70}},
	} {
		v := &offers{w: 700, h: 120, mask: make([]uint8, 700*120), high: high, perMM: 8, chars: [2]int{2, 4}, said: [2]string{"相符", "余额不符"}}
		for k, x := range []int{60, 400} {
			for i, strokes := range [][][4]int{
				{{0, 4, 29, 4}, {14, 0, 14, 27}}, // of each character a pattern of its own
				{{0, 12, 29, 12}, {4, 0, 4, 27}, {26, 0, 26, 27}},
				{{0, 10 * k, 29, 10 * k}, {8 + 12*k, 0, 8 + 12*k, 27}},
				{{0, 3, 29, 3}, {0, 27, 29, 27}, {8, 0, 8, 27}},
			} {
				for _, l := range strokes {
					v.drawLine(x+i*pitch+l[0], 40+l[1], x+i*pitch+l[2], 40+l[3])
				}
			}
		}
		if c.lost {
			v.clear(box{50, 0, 60 + 2*pitch - 1, 120})
		}
		v.word = [2]box{{60 + 2*pitch, 40, 60 + 3*pitch + high, 70}, {400, 40, 400 + 3*pitch + high, 70}}
		v.pieces, v.runs = components(v.mask, v.w, v.h, 1)
		v.tighten()
		if got := v.word[0]; !v.whole[0] || abs(got.x0-c.want.x0) > 2 || abs(got.x1-c.want.x1) > 3 {
			t.Errorf("%s: %v, whole %v; want %v", name, got, v.whole, c.want)
		}
	}
}

// TestViewKeepsItsWord: a word misread in its piece is no print to take out of the view; a label is, with the pen's ink on it.
func TestViewKeepsItsWord(t *testing.T) {
	r, form := openReader(t), newPen(t, "form_blank.png")
	read := func() *page {
		p, err := r.page(t.Context(), form.page(t), goldenDPI)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.ensure(t.Context(), p, wholeRead, p.texts...); err != nil {
			t.Fatal(err)
		}
		return p
	}
	hits := read().findHits()
	label := textAt("核对结果", 186, 381)
	w, other := goldenWords[0], goldenWords[1]
	form.stroke([2]int{w.x0, w.y1 + 8}, [2]int{w.x1, w.y1 + 8})
	form.stroke([2]int{200, 383}, [2]int{208, 392})
	p := read()
	if err := p.findPrintHue(hits); err != nil {
		t.Fatal(err)
	}
	misread := textAt("三核对准径", w.x0, w.y0)
	misread.box = w
	p.texts = append(p.texts, misread, label)
	v, err := p.viewOffers(&option{agree: true, text: textAt("相符", w.x0, w.y0), word: w, chars: 2}, &option{text: textAt("不符", other.x0, other.y0), word: other, chars: 2}, true)
	if err != nil || v == nil || v.pen == nil {
		t.Fatal("no view, or no pen in it", err)
	}
	if v.share(v.cut.inner(p.ink, w)) < 0.05 {
		t.Error("the word was taken out")
	}
	o := *v
	o.mask = v.pen
	if o.share(v.cut.inner(p.ink, label.box)) > 0 || o.share(box{0, 0, v.w, v.h}) == 0 {
		t.Error("of the pen's ink not that on the label alone was taken out")
	}
}

// TestSignatureIsNoObjection: a name behind its label may be misread as 未; the same elsewhere says something.
func TestSignatureIsNoObjection(t *testing.T) {
	hits := (&page{texts: []*text{textAt("经办人", 500, 300), textAt("备注", 100, 300)}}).findHits()
	p := &page{}
	for b, want := range map[box]bool{
		{540, 296, 600, 316}: true,
		{700, 296, 760, 316}: false, // too far
		{540, 340, 600, 360}: false, // below
		{124, 296, 184, 316}: false, // a remark
	} {
		if got := p.isSignature(b, hits); got != want {
			t.Errorf("%v: %v, want %v", b, got, want)
		}
	}
}

// TestPaleEdgeOfSeal: where print is pale, the edge of a seal counts as ink; it is the seal's all the same, black beside it is not.
func TestPaleEdgeOfSeal(t *testing.T) {
	const w, h = 60, 20
	cut := &patch{inks: inks{warm: imaging.NewPlane(w, h), total: imaging.NewPlane(w, h)}}
	mask := make([]uint8, w*h)
	for x, ink := range map[int][2]float32{5: {0.6, 0.7}, 10: {0.08, 0.2}, 15: {0.02, 0.2}, 50: {0.08, 0.2}} { // red, all
		i := 10*w + x
		cut.warm.Pix[i], cut.total.Pix[i], mask[i] = ink[0], ink[1], 1
	}
	p := &page{ink: &ink{scale: 1}, seals: []box{{0, 0, 40, 20}}}
	p.clearSeals(cut, mask)
	for x, want := range map[int]uint8{5: 0, 10: 0, 15: 1, 50: 1} {
		if mask[10*w+x] != want {
			t.Errorf("column %d: %d, want %d", x, mask[10*w+x], want)
		}
	}
}

// TestLineOfWords: a ticked word is taller than the other, and what a stroke has left of one is lower.
func TestLineOfWords(t *testing.T) {
	read := &option{text: textAt("相符", 0, 100), word: box{0, 100, 48, 122}, end: 2}
	ticked := &option{text: textAt("不符", 100, 90), word: box{100, 90, 148, 122}, end: 2}
	rest := &option{text: textAt("小村", 100, 114), word: box{100, 114, 148, 122}}
	if got := lineOf(read, ticked); got != read.word {
		t.Errorf("%v, want the lower of two words read", got)
	}
	lower := &option{text: textAt("小村", 100, 106), word: box{100, 106, 148, 122}}
	if got := lineOf(read, lower); got != lower.word {
		t.Errorf("%v, want the lower, which is a word's height", got)
	}
	for _, got := range []box{lineOf(read, rest), lineOf(rest, read)} {
		if got != read.word {
			t.Errorf("%v, want the line of the word read", got)
		}
	}
}

// TestGapBetween a box and its word, on either side.
func TestGapBetween(t *testing.T) {
	word := box{100, 50, 160, 80}
	for frame, want := range map[box]box{{60, 48, 90, 78}: {90, 50, 100, 80}, {170, 48, 200, 78}: {160, 50, 170, 80}} {
		if got := gapBetween(frame, word); got != want {
			t.Errorf("%v: %v, want %v", frame, got, want)
		}
	}
	v := &offers{word: [2]box{word, {300, 50, 390, 80}}} // 相符 and 不相符
	for other, want := range map[box]box{{260, 48, 290, 78}: {90, 50, 100, 80}, {400, 48, 430, 78}: {160, 50, 170, 80}} {
		if got := v.gapAs(other); got != want {
			t.Errorf("as %v: %v, want %v", other, got, want)
		}
	}
}

// TestInRing: a ring around a box and its word chooses them, though it touches neither; what stands in it as well takes the answer back.
func TestInRing(t *testing.T) {
	b, w := goldenBoxes[0], goldenWords[0]
	for name, c := range map[string]struct {
		strokes [][][2]int
		want    models.Mark
	}{
		"ring":                      {nil, models.Agree},
		"a cross between them":      {[][][2]int{{{b.x1 - 6, b.y0 - 6}, {w.x0 + 8, b.y1 + 4}}, {{w.x0 + 8, b.y0 - 6}, {b.x1 - 6, b.y1 + 4}}}, models.Unclear},
		"a 不 between them":          {[][][2]int{{{b.x1 - 2, b.y0 + 4}, {w.x0 + 2, b.y0 + 4}}, {{b.x1 + 5, b.y0 + 4}, {b.x1 - 2, b.y0 + 16}}, {{b.x1 + 5, b.y0 + 6}, {b.x1 + 5, b.y0 + 24}}}, models.Unclear},
		"a 不 before them":           {[][][2]int{{{b.x0 - 12, b.y0 + 8}, {b.x0 - 3, b.y0 + 8}}, {{b.x0 - 7, b.y0 + 8}, {b.x0 - 7, b.y0 + 24}}}, models.Unclear},
		"a line between them":       {[][][2]int{{{b.x1 + 5, b.y0 - 13}, {b.x1 + 5, b.y1 + 9}}}, models.Unclear},
		"a dash before the box":     {[][][2]int{{{b.x0 - 9, b.y0 + 10}, {b.x0 + 1, b.y0 + 10}}}, models.Unclear},
		"a stroke through the word": {[][][2]int{{{w.x0 - 2, w.y0 + 12}, {w.x1 + 2, w.y0 + 13}}}, models.Unclear},
	} {
		form := newPen(t, "form_blank.png")
		form.tint = [3]byte{30, 30, 30}
		form.ring(box{b.x0 - 18, b.y0 - 14, w.x1 + 14, b.y1 + 10})
		for _, s := range c.strokes {
			form.stroke(s...)
		}
		if got := readGolden(t, form.page(t)).Mark.Mark; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestHueOfOtherLabels: the label of the answer, on which something is written in another ink, does not say what colour the print has.
func TestHueOfOtherLabels(t *testing.T) {
	form := newPen(t, "form_blank.png")
	for i := 0; i < len(form.pix); i += 3 { // printed in blue
		form.pix[i], form.pix[i+1] = 150+form.pix[i]/5*2, 60+form.pix[i+1]/4*3
	}
	r := openReader(t)
	read := func() (*page, []hit) {
		p, err := r.page(t.Context(), form.page(t), goldenDPI)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.ensure(t.Context(), p, wholeRead, p.texts...); err != nil {
			t.Fatal(err)
		}
		return p, p.findHits()
	}
	p, hits := read()
	if err := p.findPrintHue(hits); err != nil || p.printLeast == 0 {
		t.Fatal(err, p.printLeast)
	}
	want := p.print
	label := hits[slices.IndexFunc(hits, func(h hit) bool { return h.role == roleResult })].labelBox()
	form.tint = [3]byte{30, 30, 30}
	for y := label.y0 + 4; y < label.y1-4; y += 7 {
		form.stroke([2]int{label.x1 - label.w()/4, y}, [2]int{label.x1 - 4, y})
	}
	p, _ = read()
	if err := p.findPrintHue(hits); err != nil || p.print.apart(want) > hueBeyond || p.printLeast == 0 {
		t.Errorf("print %v, least %.2f, %v; want about %v", p.print, p.printLeast, err, want)
	}
}
