package ocr

import (
	"math"
	"testing"

	"heyin/imaging"
)

// TestRingTouchesItsWord: a ring counts though it touches characters or does not quite close, unless
// something else is drawn at either word.
func TestRingTouchesItsWord(t *testing.T) {
	const w, h, high, gap = 700, 200, 30, 5
	wide := 4*(high+gap) - gap
	words := [2]box{{100, 80, 100 + wide, 80 + high}, {400, 80, 400 + wide + high + gap, 80 + high}}
	doubt := [2]tickState{tickDoubtful, tickDoubtful}
	agree, differ := [2]tickState{tickSet, tickEmpty}, [2]tickState{tickEmpty, tickSet}
	type ring struct {
		word, x, y int     // half axes beyond the word's
		turns      float64 // 1 closes it
	}
	for name, c := range map[string]struct {
		rings []ring
		extra []box
		want  [2]tickState
		read  int // characters of the first word, fewer than it has
		high  int // of the line, with a ring in it
	}{
		"touching above and below":      {[]ring{{0, 30, 3, 1}}, nil, agree, 4, high},
		"of the other":                  {[]ring{{1, 20, 7, 1}}, nil, differ, 4, high},
		"not quite closed":              {[]ring{{0, 30, 3, .975}}, nil, agree, 4, high},
		"open":                          {[]ring{{0, 30, 6, .7}}, nil, doubt, 4, high},
		"of both":                       {[]ring{{0, 30, 6, 1}, {1, 30, 6, 1}}, nil, doubt, 4, high},
		"with a stroke through it":      {[]ring{{0, 30, 6, 1}}, []box{{60, 94, 280, 97}}, doubt, 4, high},
		"a character more within":       {[]ring{{0, 60, 9, 1}}, []box{{68, 82, 94, 85}, {80, 82, 83, 110}, {68, 100, 94, 103}}, doubt, 4, high},
		"a stroke at the other":         {[]ring{{0, 30, 6, 1}}, []box{{370, 85, 390, 88}}, doubt, 4, high},
		"the other struck out":          {[]ring{{0, 30, 6, 1}}, []box{{390, 94, 560, 97}}, doubt, 4, high},
		"through which not all is read": {[]ring{{0, 30, 6, 1}}, nil, agree, 3, high},
		"on a line as high as it":       {[]ring{{0, 30, 14, 1}}, nil, agree, 4, 58},
	} {
		v := &offers{w: w, h: h, mask: make([]uint8, w*h), word: words, chars: [2]int{c.read, 5}, high: float64(c.high), perMM: 8}
		for k := range v.word {
			v.word[k].y0, v.word[k].y1 = 95-c.high/2, 95+c.high/2
		}
		bars := append([]box{{200 + wide/2 + 43, 82, 200 + wide/2 + 46, 108}}, c.extra...) // a slash between them
		for i, b := range words {
			for k := range 4 + i { // characters open on one side, the second word has a 不 more
				x := b.x0 + k*(high+gap)
				bars = append(bars, box{x, b.y0, x + 3, b.y1}, box{x, b.y0, x + high, b.y0 + 3}, box{x, b.y0 + 14, x + high, b.y0 + 17}, box{x, b.y1 - 3, x + high, b.y1})
			}
		}
		for _, b := range bars {
			for y := b.y0; y < b.y1; y++ {
				for x := b.x0; x < b.x1; x++ {
					v.mask[y*w+x] = 1
				}
			}
		}
		for _, r := range c.rings {
			b := words[r.word]
			for i := range 4000 {
				s, cos := math.Sincos(math.Pi + 2*math.Pi*r.turns*float64(i)/4000)
				x, y := float64(b.x0+b.x1)/2+cos*float64(b.w()/2+r.x), float64(b.y0+b.y1)/2+s*float64(b.h()/2+r.y)
				for d := range 16 {
					v.mask[(int(y)+d/4)*w+int(x)+d%4] = 1
				}
			}
		}
		if judgeDrawn(v); v.tick != c.want {
			t.Errorf("%s: %v, want %v", name, v.tick, c.want)
		}
	}
}

// TestUnframed: a stamp's frame is taken off and the stamp laid level; strokes and lines to write on are no frame.
func TestUnframed(t *testing.T) {
	type line struct{ x0, y0, x1, y1 float64 }
	frame := []line{{0, 0, 300, 0}, {0, 90, 300, 90}, {0, 0, 0, 90}, {300, 0, 300, 90}}
	for name, c := range map[string]struct {
		turn  float64
		lines []line
		empty int
		want  bool
	}{
		"level":                {0, frame, 0, true},
		"askew":                {4, frame, 0, true},
		"far askew":            {12, frame, 0, true},
		"one end missing":      {-3, frame[:3], 0, true},
		"only above and below": {0, frame[:2], 0, false},
		"no frame":             {0, nil, 0, false},
		"a line to write on":   {0, frame[1:2], 0, false},
		"empty":                {0, frame, 1, false},
		"a stroke across":      {0, []line{{0, 45, 300, 45}}, 0, false},
	} {
		pl := imaging.NewPlane(400, 200)
		sin, cos := math.Sincos(c.turn * math.Pi / 180)
		draw := func(l line) {
			for i := range 1200 {
				u := float64(i) / 1200
				x, y := l.x0+u*(l.x1-l.x0)-150, l.y0+u*(l.y1-l.y0)-45
				for d := range 9 {
					pl.Pix[(int(100+sin*x+cos*y)+d/3)*pl.W+int(200+cos*x-sin*y)+d%3] = 1
				}
			}
		}
		for k := range 4 * (1 - c.empty) { // characters: crosses
			x := float64(30 + 62*k)
			draw(line{x, 45, x + 50, 45})
			draw(line{x + 25, 20, x + 25, 70})
		}
		for _, l := range c.lines {
			draw(l)
		}
		_, where, ok := unframed(pl, 1, 11.8)
		if ok != c.want {
			t.Errorf("%s: a frame %v, want %v", name, ok, c.want)
			continue
		}
		if !ok {
			continue
		}
		if abs(where.w()-239) > 8 || abs(where.h()-53) > 6 {
			t.Errorf("%s: within the frame stand %d × %d pixels of ink, want 239 × 53", name, where.w(), where.h())
		}
	}
}

// TestCrossedWithin: within a stamp's frame also a line beneath the words is a stroke; its characters are none.
func TestCrossedWithin(t *testing.T) {
	const w, h = 300, 90
	words := box{20, 20, 280, 70}
	for name, c := range map[string]struct {
		stroke box
		want   bool
	}{
		"none":          {box{}, false},
		"through half":  {box{150, 44, 299, 48}, true},
		"beneath":       {box{0, 74, 300, 78}, true},
		"of one":        {box{20, 44, 70, 48}, false},
		"far below all": {box{0, 86, 300, 89}, false},
	} {
		inside := imaging.NewPlane(w, h)
		draw := func(b box) {
			for y := b.y0; y < b.y1; y++ {
				for x := b.x0; x < b.x1; x++ {
					inside.Pix[y*w+x] = 1
				}
			}
		}
		for k := range 4 { // characters: crosses
			x := 20 + 70*k
			draw(box{x, 44, x + 50, 47})
			draw(box{x + 23, 20, x + 27, 70})
		}
		draw(c.stroke)
		if got := crossedWithin(inside, words, 1); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestWithFrames: the upper line of a stamp's frame, taken for a line of writing, goes with the stamp.
func TestWithFrames(t *testing.T) {
	stamp, top, note := box{100, 60, 200, 100}, box{99, 50, 200, 60}, box{100, 10, 180, 40}
	got := withFrames([]box{top, stamp, note}, 3)
	if len(got) != 2 || got[0] != (box{99, 50, 200, 100}) || got[1] != note {
		t.Errorf("%v", got)
	}
	if got = withFrames([]box{{120, 50, 160, 60}, stamp}, 3); len(got) != 2 {
		t.Errorf("a short line was taken for a frame's: %v", got)
	}
}

// TestWrittenBeside: on a line where both answers have their box a third one, though written larger, is the customer's.
func TestWrittenBeside(t *testing.T) {
	agree := option{agree: true, word: box{100, 100, 140, 120}, tick: tickEmpty}
	differ := option{word: box{200, 100, 260, 120}, tick: tickEmpty}
	own := option{agree: true, word: box{300, 92, 370, 130}}
	if !writtenBeside([]option{agree, differ, own}, own) || writtenBeside([]option{agree, own}, own) {
		t.Error("both answers offered with a box make a third the customer's")
	}
	own.word = box{300, 130, 370, 168}
	if writtenBeside([]option{agree, differ, own}, own) {
		t.Error("what stands on another line is not beside")
	}
}
