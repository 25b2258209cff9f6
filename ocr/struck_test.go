package ocr

import (
	"context"
	"strings"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// Words are crossed out by one straight stroke through them or through some of them; strokes of their characters, an
// underline, a line to write on and a stamp's frame are not that.
func TestLongStroke(t *testing.T) {
	const h, side, gap = 40, 36, 8
	words := box{120, 120, 120 + 4*(side+gap) - gap, 120 + h}
	line := func(p *imaging.Plane, x0, y0, x1, y1 int) {
		for x := x0; x < x1; x++ {
			y := y0 + (y1-y0)*(x-x0)/(x1-x0)
			p.Pix[y*p.W+x], p.Pix[(y+1)*p.W+x] = 1, 1
		}
	}
	draw := func(p *imaging.Plane) {
		for k := range 4 {
			x := words.x0 + k*(side+gap)
			for _, y := range []int{2, 12, 20, 28} { // level strokes, as characters have most
				line(p, x, words.y0+y, x+side, words.y0+y)
			}
			for _, leg := range []int{8, 26} {
				for y := words.y0 + 28; y < words.y1; y++ {
					line(p, x+leg, y, x+leg+4, y)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		x0, y0, x1, y1 int
		struck         bool
	}{
		"level":            {words.x0 - 9, words.y0 + 22, words.x1 + 9, words.y0 + 22, true},
		"aslant":           {words.x0, words.y0 + 32, words.x1, words.y0 + 10, true},
		"first three":      {words.x0 - 9, words.y0 + 24, words.x0 + 3*(side+gap), words.y0 + 24, true},
		"last two":         {words.x0 + 2*(side+gap) - 6, words.y0 + 24, words.x1 + 9, words.y0 + 24, true},
		"last two and on":  {words.x0 + 2*(side+gap) - 6, words.y0 + 24, words.x1 + 110, words.y0 + 24, true},
		"last one and on":  {words.x0 + 3*(side+gap) - 6, words.y0 + 31, words.x1 + 90, words.y0 + 31, true},
		"slanting":         {words.x0 + side, words.y0 + 36, words.x1 - side, words.y0 + 6, true},
		"slanting, short":  {words.x0 + 2, words.y0 + 33, words.x0 + side - 2, words.y0 + 19, false},
		"underline":        {words.x0 - 9, words.y1 - 2, words.x1 + 9, words.y1 - 2, false},
		"line to write on": {words.x0 - 9, words.y0 + 26, words.x1 + 140, words.y0 + 26, false},
		"a character's":    {words.x0, words.y0 + 24, words.x0 + side, words.y0 + 24, false},
		"low":              {words.x0 + 2*(side+gap) - 6, words.y0 + 32, words.x1 + 9, words.y0 + 32, true},
		"none":             {0, 0, 1, 0, false},
	} {
		p := imaging.NewPlane(words.x1+140, words.y1+120)
		draw(p)
		line(p, c.x0, c.y0, c.x1, c.y1)
		where := words
		if strings.HasSuffix(name, " and on") { // the box of words holds what touches them
			where.x1 = c.x1
		}
		if got := longStroke(inkOver(p, clearInk), p.W, where); got != c.struck {
			t.Errorf("%s: %v, want %v", name, got, c.struck)
		}
		line(p, words.x0, words.y0-16, words.x1, words.y0-2) // a frame, aslant
		if got := longStroke(inkOver(p, clearInk), p.W, box{where.x0, where.y0 - 16, where.x1, where.y1}); got != c.struck {
			t.Errorf("%s, framed: %v, want %v", name, got, c.struck)
		}
	}
	worn := imaging.NewPlane(words.x1+140, words.y1+120)
	draw(worn)
	for d := range 6 { // the foot of a frame, of which the sides are lost
		line(worn, words.x0-9, words.y1+4+d, words.x1+9, words.y1+4+d)
	}
	if longStroke(inkOver(worn, clearInk), worn.W, box{words.x0 - 9, words.y0 - 10, words.x1 + 9, words.y1 + 12}) {
		t.Error("a frame's foot, with nothing of the words below it, takes nothing back")
	}
	two := box{words.x0, words.y0, words.x0 + 2*(side+gap) - gap, words.y1}
	p := imaging.NewPlane(words.x1+140, words.y1+120)
	for _, leg := range []int{10, 36, 66} {
		for y := two.y0; y < two.y1; y++ {
			line(p, two.x0+leg, y, two.x0+leg+4, y)
		}
	}
	line(p, two.x0+10, two.y1-12, two.x0+70, two.y0+10)
	if longStroke(inkOver(p, clearInk), p.W, two) {
		t.Error("slanting strokes of two characters that meet take nothing back")
	}
}

// A slash takes words back where it runs from above them to below; strokes of their characters are no longer than they
// are high, or upright.
func TestSlashed(t *testing.T) {
	const h, side, gap = 40, 36, 8
	words := box{120, 120, 120 + 4*(side+gap) - gap, 120 + h}
	middle := words.x0 + words.w()/2
	for name, c := range map[string]struct {
		x0, y0, x1, y1 int
		slashed        bool
	}{
		"slash":             {middle + 20, words.y0 - 10, middle - 20, words.y1 + 10, true},
		"the other way":     {middle - 30, words.y0 - 10, middle + 30, words.y1 + 10, true},
		"across the page":   {middle + 150, 5, middle - 150, words.y1 + 110, true},
		"below only":        {middle + 12, words.y0 + 2, middle - 24, words.y1 + 22, true},
		"a character's":     {middle + 20, words.y0 + 1, middle - 16, words.y1 - 1, false},
		"upright":           {middle + 6, words.y0 - 20, middle - 6, words.y1 + 20, false},
		"beneath the words": {middle + 20, words.y0 + 20, middle - 20, words.y1 + 40, false},
		"none":              {0, 0, 0, 1, false},
	} {
		p := imaging.NewPlane(words.x1+120, words.y1+120)
		for k := range 4 { // level and upright strokes
			for i := range side {
				for _, at := range []int{2, 18, 34} {
					p.Pix[(words.y0+at)*p.W+words.x0+k*(side+gap)+i] = 1
					p.Pix[(words.y0+i+2)*p.W+words.x0+k*(side+gap)+at] = 1
				}
			}
		}
		for y := c.y0; y < c.y1; y++ {
			x := c.x0 + (c.x1-c.x0)*(y-c.y0)/(c.y1-c.y0)
			for d := range 4 {
				p.Pix[y*p.W+x+d] = 1
			}
		}
		if got := slashed(inkOver(p, clearInk), p.W, charactersIn(inkOver(p, clearInk), p.W, words)); got != c.slashed {
			t.Errorf("%s: %v, want %v", name, got, c.slashed)
		}
		if got := slashed(inkOver(p, clearInk), p.W, charactersIn(inkOver(p, clearInk), p.W, words.union(box{c.x1, c.y0, c.x0, c.y1}))); got != c.slashed && c.x1 < c.x0 && c.y1-c.y0 < 2*h {
			t.Errorf("%s, its ends with the words: %v, want %v", name, got, c.slashed)
		}
	}
}

// A slash through a framed stamp is seen also in the stamp's own ink.
func TestSlashThroughFrame(t *testing.T) {
	form := newPen(t, "form_stamped_agree.png")
	form.tint = [3]byte{60, 20, 190} // B, G, R
	form.stroke([2]int{418, 442}, [2]int{370, 489})
	got, err := openReader(t).Read(context.Background(), &imaging.Sheet{Image: form.page(t), DPI: goldenDPI}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Mark.Mark != models.Unclear {
		t.Errorf("%+v", got.Mark)
	}
}

// A pen's stroke on a stamp takes it back, also where it looks like a rule; a rule goes on beside it.
func TestOnStamp(t *testing.T) {
	const least = 10
	stamp, bounds := box{60, 40, 160, 80}, box{1, 1, 219, 119}
	for name, c := range map[string]struct {
		stroke box
		want   bool
	}{
		"stroke":  {box{100, 58, 200, 61}, true},
		"rule":    {box{0, 58, 220, 61}, false},
		"beneath": {box{70, 84, 150, 87}, false},
		"dot":     {box{100, 58, 103, 61}, false},
	} {
		pen := imaging.NewPlane(220, 120)
		for y := c.stroke.y0; y < c.stroke.y1; y++ {
			for x := c.stroke.x0; x < c.stroke.x1; x++ {
				pen.Pix[y*220+x] = 1
			}
		}
		if got := onStamp(pen, bounds, stamp, clearInk, least); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A pen's strokes on a stamp may make it read better in their ink: it stays a stamp.
func TestFormAt(t *testing.T) {
	stamp := evidence{form: formStamped, box: box{10, 10, 110, 40}}
	for where, want := range map[box]string{{8, 12, 115, 42}: formStamped, {10, 60, 110, 90}: formHandwritten} {
		if got := formAt([]evidence{stamp, {form: formHandwritten, box: where}}, where, formHandwritten); got != want {
			t.Errorf("at %v: %s, want %s", where, got, want)
		}
	}
}

// Writing is crossed out by one stroke through all of it, whatever its slope; strokes of
// its characters, the line it stands on and a stroke through a part are not that.
func TestStruck(t *testing.T) {
	const h, side, gap = 40, 36, 8
	where := box{10, 10, 10 + 4*(side+gap) - gap, 10 + h}
	line := func(p *imaging.Plane, x0, y0, x1, y1 int) {
		for x := x0; x < x1; x++ {
			y := y0 + (y1-y0)*(x-x0)/(x1-x0)
			p.Pix[y*p.W+x], p.Pix[(y+1)*p.W+x] = 1, 1
		}
	}
	writing := func() *imaging.Plane {
		p := imaging.NewPlane(where.x1+10, where.y1+10)
		for k := range 4 {
			x := where.x0 + k*(side+gap)
			for _, y := range []int{2, 12, 20, 28, 36} { // level strokes, as characters have most
				line(p, x, where.y0+y, x+side, where.y0+y)
			}
		}
		return p
	}
	for name, c := range map[string]struct {
		x0, y0, x1, y1 int
		struck         bool
	}{
		"level":        {where.x0, where.y0 + 22, where.x1, where.y0 + 22, true},
		"aslant":       {where.x0, where.y0 + 32, where.x1, where.y0 + 8, true},
		"part":         {where.x0, where.y0 + 22, where.x0 + 2*where.w()/3, where.y0 + 22, false},
		"line beneath": {where.x0, where.y1 - 2, where.x1, where.y1 - 2, false},
		"high":         {where.x0, where.y0 + 8, where.x1, where.y0 + 8, true},
		"none":         {0, 0, 1, 0, false},
	} {
		p := writing()
		line(p, c.x0, c.y0, c.x1, c.y1)
		if got := struck(p, where, 1); got != c.struck {
			t.Errorf("%s: %v, want %v", name, got, c.struck)
		}
	}
	framed := writing() // a stamp set at an angle: its frame runs aslant above and below
	line(framed, where.x0, where.y0+3, where.x1, where.y0+10)
	line(framed, where.x0, where.y1-11, where.x1, where.y1-4)
	if struck(framed, where, 1) {
		t.Error("a stamp's frame strikes it out")
	}
}

// Writing that a wavy stroke joins is crossed out; a stamp's frame around it, though it touches a character, and
// a line to write on cross nothing out.
func TestCrossed(t *testing.T) {
	const side, gap = 36, 8
	where := box{60, 60, 60 + 4*(side+gap) - gap, 60 + side}
	for name, c := range map[string]struct {
		draw func(dot func(x, y int))
		want bool
	}{
		"none": {func(func(x, y int)) {}, false},
		"wavy": {func(dot func(x, y int)) {
			for x := where.x0; x < where.x1; x++ {
				dot(x, where.y0+side/2+abs(x%24-12)-6)
			}
		}, true},
		"line that goes on": {func(dot func(x, y int)) {
			for x := 5; x < where.x1+50; x++ {
				dot(x, where.y1-side/4)
			}
		}, false},
		"frame": {func(dot func(x, y int)) {
			f := where.grow(2)
			for x := f.x0; x < f.x1; x++ {
				dot(x, f.y0)
				dot(x, f.y1-1)
			}
			for y := f.y0; y < f.y1; y++ {
				dot(f.x0, y)
				dot(f.x1-1, y)
			}
			dot(where.x0-1, where.y0+side/2) // touches
		}, false},
	} {
		p := imaging.NewPlane(where.x1+60, where.y1+60)
		dot := func(x, y int) {
			for _, at := range [][2]int{{x, y}, {x + 1, y}, {x, y + 1}, {x + 1, y + 1}} {
				p.Pix[at[1]*p.W+at[0]] = 1
			}
		}
		for k := range 4 { // characters: crosses in a square
			x := where.x0 + k*(side+gap)
			for i := range side - 1 {
				dot(x+i, where.y0+side/2)
				dot(x+side/2, where.y0+i)
			}
		}
		c.draw(dot)
		if got := crossed(p, where); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A line of print above an answer stands in a row; a 不 put in stands alone.
func TestInRow(t *testing.T) {
	piece := func(x, y, h int) component { return component{box: box{x, y, x + h, y + h}} }
	line := []component{piece(0, 10, 20), piece(30, 12, 22), piece(60, 9, 18)}
	alone := []component{piece(0, 10, 20), piece(30, 60, 20), piece(60, 12, 60)}
	if !inRow(line, line[0].box) || inRow(alone, alone[0].box) {
		t.Error("a row is three pieces as high beside each other")
	}
}

// TestInOnePiece: loops join the characters that they take back; what touches two of four is writing.
func TestInOnePiece(t *testing.T) {
	const w, h = 300, 80
	words := box{20, 20, 260, 60}
	for name, c := range map[string]struct {
		joined int // characters
		words  box
		want   bool
	}{
		"apart":           {0, words, false},
		"two":             {2, words, false},
		"all":             {4, words, true},
		"a character":     {1, box{20, 20, 60, 60}, false},
		"two of them all": {2, box{20, 20, 125, 60}, true},
	} {
		mask := make([]uint8, w*h)
		for k := range 4 {
			x := 20 + 64*k
			paint(mask, w, h, 38, 41, x, x+45)
			paint(mask, w, h, 20, 60, x+20, x+23)
		}
		paint(mask, w, h, 30, 32, 30, 30+64*c.joined)
		if got := inOnePiece(mask, w, c.words); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
