package ocr

import (
	"math"
	"slices"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// boxed are two words with squares before them, and what is drawn at the first.
func boxed(lines ...[4]int) (v *offers, drawn []bool, frames [2]box) {
	v = &offers{w: 460, h: 160, mask: make([]uint8, 460*160), high: 30, perMM: 8}
	for k, x := range []int{80, 280} {
		b := box{x, 60, x + 33, 93}
		frames[k], v.word[k] = b, box{x + 40, 60, x + 100, 90}
		for _, l := range [][4]int{{b.x0, b.y0, b.x1, b.y0}, {b.x0, b.y1 - 3, b.x1, b.y1 - 3}, {b.x0, b.y0, b.x0, b.y1 - 3}, {b.x1 - 3, b.y0, b.x1 - 3, b.y1 - 3}} {
			v.drawLine(l[0], l[1], l[2], l[3])
		}
	}
	for _, l := range lines {
		v.drawLine(l[0], l[1], l[2], l[3])
	}
	v.pieces, v.runs = components(v.mask, v.w, v.h, 1)
	own := touching(v.pieces, v.runs, frames[0])
	drawn = make([]bool, len(v.mask))
	for _, r := range v.runs {
		for x := r.X0; own[r.Component] && x < r.X1; x++ {
			drawn[r.Y*v.w+x] = true
		}
	}
	return v, drawn, frames
}

// TestTangled: a tick has two strokes side by side, and beside its frame one.
func TestTangled(t *testing.T) {
	tick := [][4]int{{86, 74, 96, 84}, {96, 84, 126, 44}}
	for name, c := range map[string]struct {
		more [][4]int
		want bool
	}{
		"a tick":                                  {nil, false},
		"a tick from outside":                     {[][4]int{{70, 66, 86, 74}}, false},
		"a cross over it":                         {[][4]int{{70, 50, 120, 104}, {120, 50, 70, 104}}, true},
		"a small 不 before it":                     {[][4]int{{62, 70, 78, 70}, {70, 70, 62, 80}, {70, 70, 70, 84}, {78, 70, 90, 76}}, true},
		"apart beneath it":                        {[][4]int{{90, 100, 94, 110}}, false},
		"two strokes beside it":                   {[][4]int{{86, 74, 74, 100}, {74, 100, 58, 86}}, true},
		"an arm as flat as wide across the frame": {[][4]int{{92, 70, 96, 80}, {98, 86, 150, 69}, {98, 83, 150, 66}, {98, 80, 150, 63}, {98, 77, 150, 60}}, false},
	} {
		v, drawn, frames := boxed(append(tick, c.more...)...)
		if got := v.tangled(drawn, frames[0], frames[1]); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestFrameBetweenWords is the nearer one's, and neither's where it stands half way.
func TestFrameBetweenWords(t *testing.T) {
	for x, want := range map[int][2]bool{230: {false, true}, 170: {true, false}, 200: {true, true}} {
		v := &offers{high: 30, clean: []emptyFrame{{box: box{x, 40, x + 30, 70}}}}
		v.word = [2]box{{100, 40, 160, 70}, {270, 40, 330, 70}}
		if _, got := v.ownFrames(); got != want {
			t.Errorf("frame at %d: %v, want %v", x, got, want)
		}
	}
}

// TestPenOnAnotherPrint: a pen is told from the print of a form that is blue or red, and what it marks is read.
func TestPenOnAnotherPrint(t *testing.T) {
	w := goldenWords[0]
	for name, c := range map[string]struct {
		print func(b, g, r byte) (byte, byte, byte)
		pen   [3]byte
	}{
		"blue pen, red print":   {func(b, g, r byte) (byte, byte, byte) { return b, g, 180 + r/4 }, [3]byte{130, 40, 30}},
		"black pen, blue print": {func(b, g, r byte) (byte, byte, byte) { return 150 + b/5*2, 60 + g/4*3, r }, [3]byte{30, 30, 30}},
	} {
		p := newPen(t, "form_blank.png")
		p.offer("words")
		for i := 0; i < len(p.pix); i += 3 {
			p.pix[i], p.pix[i+1], p.pix[i+2] = c.print(p.pix[i], p.pix[i+1], p.pix[i+2])
		}
		p.tint = c.pen
		p.ring(box{w.x0 - 4, w.y0 - 4, w.x1 + 2, w.y1 + 2})
		if got := readGolden(t, p.page(t)); got.Mark.Mark != models.Agree {
			t.Errorf("%s: %+v, want agree", name, got.Mark)
		}
	}
}

// TestPenIn: ink of another colour than the print is a pen's, print beside it and redder ink are not.
func TestPenIn(t *testing.T) {
	const w, h = 60, 40
	black, blue, red := [3]float32{1, 0, 0}, [3]float32{0.4, 0, 0.6}, [3]float32{0.3, 0.7, 0} // black, warm, cool
	cut := &patch{inks: inks{black: imaging.NewPlane(w, h), warm: imaging.NewPlane(w, h), cool: imaging.NewPlane(w, h), total: imaging.NewPlane(w, h)}}
	mask := make([]uint8, w*h)
	for x, ink := range map[int][3]float32{5: black, 20: blue, 24: {0.85, 0, 0.15}, 40: red} {
		for y := range h {
			for d := range 3 {
				i := y*w + x + d
				cut.black.Pix[i], cut.warm.Pix[i], cut.cool.Pix[i], cut.total.Pix[i], mask[i] = ink[0], ink[1], ink[2], 1, 1
			}
		}
	}
	p := &page{ink: &ink{perMM: 8, scale: 1}, print: hue{0, 1}, printLeast: hueApart}
	pen, n := p.penIn(cut, mask)
	for x, want := range map[int]uint8{6: 0, 21: 1, 25: 0, 41: 0} {
		if pen[20*w+x] != want {
			t.Errorf("column %d: %d, want %d", x, pen[20*w+x], want)
		}
	}
	if n != 3*h {
		t.Errorf("%d pixels of a pen, want %d", n, 3*h)
	}
}

// TestOffersMore: a reading without a pen's ink is taken over for answers it adds, and never for a 不 it lacks.
func TestOffersMore(t *testing.T) {
	for _, c := range []struct {
		clean, before string
		want          bool
	}{
		{"相符/不符", "相符", true},
		{"相符", "", true},
		{"核对相符", "对相符", true},
		{"相符", "不符", false},
		{"相符", "(相符", false},
		{"", "相符", false},
	} {
		if got := textOf(c.clean).offersMore(textOf(c.before)); got != c.want {
			t.Errorf("%q for %q: %v, want %v", c.clean, c.before, got, c.want)
		}
	}
}

// TestLabelEnds: what is written close behind a label, or on its last character, is no part of its print.
func TestLabelEnds(t *testing.T) {
	label := textOf("核对结果")
	end := label.x1
	label.x1 += 40 // with what touches it
	if got := label.hits()[0].printed(); got.x1 < end-4 || got.x1 > end+8 {
		t.Errorf("label ends at %d, want about %d", got.x1, end)
	}
}

// penned are two answers as printed, and of a pen what is drawn.
func penned(draw func(v *offers)) *offers {
	v := &offers{w: 600, h: 160, mask: make([]uint8, 600*160), high: 30, perMM: 8}
	v.word = [2]box{{120, 60, 182, 90}, {360, 60, 422, 90}}
	for k, b := range v.word {
		v.reach[k] = box{b.x0 - 90, b.y0 - 27, b.x1 + 90, b.y1 + 27}
	}
	draw(v)
	return v
}

func (v *offers) drawOval(b box) {
	x, y := b.centre()
	for i := range 720 {
		sin, cos := math.Sincos(float64(i) * math.Pi / 360)
		for d := range 3 {
			v.mask[(y+d+int(sin*float64(b.h())/2))*v.w+x+int(cos*float64(b.w())/2)] = 1
		}
	}
}

// TestPenMark: what a pen's stroke does to a word.
func TestPenMark(t *testing.T) {
	for name, c := range map[string]struct {
		draw           func(v *offers)
		chosen, struck bool
	}{
		"ring":                   {func(v *offers) { v.drawOval(box{108, 48, 194, 102}) }, true, false},
		"ring with room for a 不": {func(v *offers) { v.drawOval(box{76, 48, 194, 102}) }, false, false},
		"ring, scribbled in": {func(v *offers) {
			v.drawOval(box{108, 48, 194, 102})
			v.drawLine(125, 65, 175, 85)
			v.drawLine(175, 65, 125, 85)
		}, false, false},
		"ring, a 不 before the word": {func(v *offers) { v.drawOval(box{96, 48, 194, 102}); v.drawLine(112, 62, 112, 88) }, false, false},
		"half a ring":               {func(v *offers) { v.drawOval(box{108, 48, 194, 102}); v.clear(box{150, 0, 300, 160}) }, false, false},
		"line through":              {func(v *offers) { v.drawLine(112, 74, 190, 76) }, false, true},
		"line beneath":              {func(v *offers) { v.drawLine(118, 94, 184, 95) }, true, false},
		"tick beside":               {func(v *offers) { v.drawLine(188, 74, 196, 86); v.drawLine(196, 86, 216, 54) }, true, false},
		"tick, and more beside it": {func(v *offers) {
			v.drawLine(188, 74, 196, 86)
			v.drawLine(196, 86, 216, 54)
			v.drawLine(190, 60, 194, 80)
		}, false, false},
		"cross beside":         {func(v *offers) { v.drawLine(188, 60, 214, 88); v.drawLine(214, 60, 188, 88) }, false, false},
		"tick across the word": {func(v *offers) { v.drawLine(130, 70, 140, 86); v.drawLine(140, 86, 176, 50) }, false, false},
	} {
		v := penned(c.draw)
		pieces := v.drawn()
		if len(pieces) != 1 {
			t.Fatalf("%s: strokes %v, want one", name, pieces)
		}
		if chosen, struck := v.penMark(pieces[0], 0, v.word[0]); chosen != c.chosen || struck != c.struck {
			t.Errorf("%s: chosen %v, struck %v; want %v, %v", name, chosen, struck, c.chosen, c.struck)
		}
	}
}

// TestDrawn: what is thinner than a pen's stroke and short is the edge of print.
func TestDrawn(t *testing.T) {
	v := penned(func(v *offers) {
		paint(v.mask, v.w, v.h, 64, 76, 130, 132)
		paint(v.mask, v.w, v.h, 100, 102, 120, 182)
	})
	if got := v.drawn(); len(got) != 1 || got[0] != (box{120, 100, 182, 102}) {
		t.Errorf("drawn: %v, want the long line alone", got)
	}
}

// TestPenElsewhere: beside a ticked answer a pen may draw a line through the other, and nothing else.
func TestPenElsewhere(t *testing.T) {
	tick := func(v *offers) { v.drawLine(90, 74, 98, 86); v.drawLine(98, 86, 118, 54) }
	for name, c := range map[string]struct {
		draw func(v *offers)
		want bool
	}{
		"nothing":                  {func(*offers) {}, false},
		"a line through the other": {func(v *offers) { v.drawLine(352, 74, 430, 75) }, false},
		"the same, cut by print":   {func(v *offers) { v.drawLine(330, 74, 348, 75); v.drawLine(360, 74, 430, 75) }, false},
		"words before the other":   {func(v *offers) { v.drawLine(300, 62, 350, 64); v.drawLine(320, 62, 330, 88) }, true},
		"a line beneath the other": {func(v *offers) { v.drawLine(358, 96, 424, 97) }, true},
		"a dot":                    {func(v *offers) { v.drawLine(320, 70, 324, 72) }, false},
		"short edges of print":     {func(v *offers) { v.drawLine(352, 74, 364, 76); v.drawLine(372, 74, 386, 76) }, false},
		"the edge of print":        {func(v *offers) { paint(v.mask, v.w, v.h, 62, 64, 300, 340) }, false},
	} {
		v := penned(func(v *offers) { tick(v); c.draw(v) })
		v.pen = v.mask
		if got := v.penElsewhere(box{86, 60, 116, 90}); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestPrintAlike: what stands at both answers alike is print, though a ring may have taken a part of it.
func TestPrintAlike(t *testing.T) {
	v := &offers{high: 30}
	v.word = [2]box{{120, 60, 182, 90}, {360, 60, 450, 90}}
	alike := [2][]box{{{100, 60, 108, 90}, {190, 60, 198, 84}, {206, 62, 216, 80}}, {{340, 60, 348, 90}, {458, 60, 466, 90}}}
	if got := v.unlike(alike); !slices.Equal(got, []box{{206, 62, 216, 80}}) {
		t.Errorf("not alike: %v, want what stands at the first alone", got)
	}
}

func TestPartOfSlash(t *testing.T) {
	v := &offers{high: 30}
	v.word = [2]box{{20, 60, 82, 90}, {360, 60, 450, 90}}
	for b, want := range map[box]bool{{100, 60, 110, 80}: true, {80, 60, 90, 80}: false, {100, 60, 140, 80}: false, {100, 92, 110, 99}: false} {
		if got := v.partOfSlash(b); got != want {
			t.Errorf("%v: %v, want %v", b, got, want)
		}
	}
}

// TestJudgePen: a ring around a word and brackets that stand at both words; what stands at one alone leaves it to others.
func TestJudgePen(t *testing.T) {
	for name, c := range map[string]struct {
		ring  box
		at    []int // where strokes are printed behind the words
		slash int   // width of what is left of a slash between them
		want  bool
	}{
		"brackets at both":          {box{104, 40, 236, 110}, []int{190, 214, 430, 454}, 0, true},
		"strokes at the second":     {box{104, 40, 236, 110}, []int{430, 454}, 0, false},
		"room for more":             {box{104, 40, 236, 110}, nil, 0, false},
		"a ring":                    {box{108, 44, 198, 106}, nil, 0, true},
		"a ring, a part of a slash": {box{108, 44, 198, 106}, nil, 14, true},
		"a ring, a stroke":          {box{108, 44, 198, 106}, nil, 40, false},
	} {
		v := penned(func(v *offers) {
			v.drawOval(c.ring)
			v.pen = slices.Clone(v.mask)
			clear(v.mask)
			for _, b := range v.word {
				v.drawLine(b.x0, b.y0, b.x1, b.y0)
				v.drawLine(b.x0, b.y1-3, b.x1, b.y1-3)
			}
			for _, x := range c.at {
				v.drawLine(x, 62, x, 88)
			}
			if c.slash > 0 {
				v.drawLine(214, 88, 214+c.slash, 70)
			}
		})
		v.whole = [2]bool{true, true}
		if got := v.judgePen(); got != c.want || got && (v.tick != [2]tickState{tickSet, tickEmpty}) {
			t.Errorf("%s: %v, %v", name, got, v.tick)
		}
	}
}

// TestSlashIsNoCharacter: a slash as wide as one, read between two words, is no part of either.
func TestSlashIsNoCharacter(t *testing.T) {
	v := &offers{w: 300, h: 60, mask: make([]uint8, 300*60), high: 20, slashed: true}
	for i := range 20 {
		v.mask[(39-i)*v.w+145+i] = 1
		v.mask[25*v.w+100+i], v.mask[25*v.w+122+i] = 1, 1
	}
	v.pieces = []component{{box: box{100, 20, 120, 40}}, {box: box{122, 20, 142, 40}}, {box: box{145, 20, 165, 40}}}
	if got, whole := v.tight(box{127, 20, 169, 40}, box{}, 2); !whole || got != (box{100, 20, 142, 40}) {
		t.Errorf("word %v %v", got, whole)
	}
}
