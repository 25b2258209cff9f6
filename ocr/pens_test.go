package ocr

import (
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
		"a tick":                 {nil, false},
		"a tick from outside":    {[][4]int{{70, 66, 86, 74}}, false},
		"a cross over it":        {[][4]int{{70, 50, 120, 104}, {120, 50, 70, 104}}, true},
		"a small 不 before it":    {[][4]int{{62, 70, 78, 70}, {70, 70, 62, 80}, {70, 70, 70, 84}, {78, 70, 90, 76}}, true},
		"two strokes beneath it": {[][4]int{{90, 100, 94, 110}}, false},
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
