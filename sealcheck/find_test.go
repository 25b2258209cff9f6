package sealcheck

import (
	"context"
	"math"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// page is a white sheet to draw on, 150 dpi.
type page struct {
	w, h int
	pix  []byte
}

const pageDPI = 150.0

func newPage() *page {
	p := &page{w: 1240, h: 1754} // A4
	p.pix = make([]byte, p.w*p.h*3)
	for i := range p.pix {
		p.pix[i] = 250
	}
	return p
}

// fill inks, in BGR, every point in mm for which in is true.
func (p *page) fill(bgr [3]byte, in func(x, y float64) bool) {
	for y := range p.h {
		for x := range p.w {
			if in(float64(x)*25.4/pageDPI, float64(y)*25.4/pageDPI) {
				copy(p.pix[(y*p.w+x)*3:], bgr[:])
			}
		}
	}
}

// ring draws a round seal with blocks for characters.
func (p *page) ring(bgr [3]byte, cx, cy, r float64) {
	p.fill(bgr, func(x, y float64) bool {
		d := math.Hypot(x-cx, y-cy)
		if math.Abs(d-r) < 0.5 {
			return true
		}
		a := math.Atan2(y-cy, x-cx) * 180 / math.Pi
		return math.Abs(d-0.75*r) < 1.8 && math.Mod(a+360, 22) < 12 && a < 150 && math.Mod(d, 1) < 0.6
	})
}

// frame draws a square personal seal turned by deg.
func (p *page) frame(bgr [3]byte, cx, cy, side, deg float64) {
	s, c := math.Sincos(deg * math.Pi / 180)
	p.fill(bgr, func(x, y float64) bool {
		u, v := math.Abs(c*(x-cx)+s*(y-cy)), math.Abs(-s*(x-cx)+c*(y-cy))
		edge := max(u, v)
		return edge < side/2 && (edge > side/2-1 || math.Mod(u, 2.5) > 1.5 && v > 1)
	})
}

// text draws a line of small black marks.
func (p *page) text(x0, y0, length float64) {
	p.fill([3]byte{30, 30, 30}, func(x, y float64) bool {
		return x > x0 && x < x0+length && y > y0 && y < y0+3 && math.Mod(x-x0, 4) < 3 && (math.Mod(x, 1) < 0.3 || math.Mod(y, 1.1) < 0.3)
	})
}

func (p *page) find(t *testing.T) []models.Imprint {
	t.Helper()
	im, err := imaging.FromPixels(p.w, p.h, 3, p.pix)
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	got, err := Find(context.Background(), &imaging.Sheet{Image: im, DPI: pageDPI})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

var (
	redInk   = [3]byte{60, 50, 210}
	blueInk  = [3]byte{190, 70, 60}
	blackInk = [3]byte{40, 40, 40}
)

func TestFindSealsAmongPrint(t *testing.T) {
	p := newPage()
	for y := 20.0; y < 280; y += 12 {
		p.text(20, y, 150)
	}
	p.ring(redInk, 60, 100, 20)
	p.frame(redInk, 120, 104, 18, 12)
	p.ring(blackInk, 150, 40, 19)
	p.ring(blueInk, 60, 200, 21)
	// A phrase stamp: a framed line, no seal.
	p.fill(redInk, func(x, y float64) bool {
		dx, dy := math.Abs(x-140), math.Abs(y-160)
		return dx < 14 && dy < 4.5 && (dx > 13.5 || dy > 4 || math.Mod(x, 6) > 2 && math.Mod(y, 1.5) < 0.8)
	})
	want := []struct {
		x, y, size float64
		shape      models.SealShape
		ink        string
	}{{150, 40, 39, models.Round, "black"}, {60, 100, 41, models.Round, "red"}, {120, 104, 21.3, models.Square, "red"}, {60, 200, 43, models.Round, "blue"}}
	got := p.find(t)
	if len(got) != len(want) {
		t.Fatalf("found %d imprints: %+v", len(got), got)
	}
	for i, w := range want {
		g := got[i]
		cx, cy := (float64(g.Box.X)+float64(g.Box.W)/2)*25.4/pageDPI, (float64(g.Box.Y)+float64(g.Box.H)/2)*25.4/pageDPI
		if math.Hypot(cx-w.x, cy-w.y) > 1 || math.Abs(float64(g.Box.W)*25.4/pageDPI-w.size) > 1.5 || g.Shape != w.shape || g.Ink != w.ink {
			t.Errorf("imprint %d is %+v at (%.1f, %.1f) mm, want %+v", i, g, cx, cy, w)
		}
	}
}

func TestFindNothingOnOrdinaryPages(t *testing.T) {
	blank := newPage()
	form := newPage()
	for y := 20.0; y < 280; y += 9 {
		form.text(20, y, 160)
	}
	form.fill(blackInk, func(x, y float64) bool {
		return x > 15 && x < 195 && y > 60 && y < 120 && (math.Mod(x, 30) < 0.3 || math.Mod(y, 10) < 0.3)
	})
	for name, p := range map[string]*page{"blank": blank, "form": form} {
		if got := p.find(t); len(got) != 0 {
			t.Errorf("%s: found %+v", name, got)
		}
	}
}

func TestFindTakesAnyPicture(t *testing.T) {
	for name, im := range map[string]*imaging.Image{
		"one pixel": uniform(t, 1, 1, 3, 0, 0, 255),
		"all red":   uniform(t, 900, 900, 3, 0, 0, 255),
		"all black": uniform(t, 900, 900, 1, 0),
	} {
		if _, err := Find(context.Background(), &imaging.Sheet{Image: im, DPI: 0}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		im.Close()
	}
}

func TestLikesTellsSealsApart(t *testing.T) {
	bank, client := newDrawnSeal(1), newDrawnSeal(2)
	ref := bank.reference(t)
	for name, tc := range map[string]struct {
		seal *drawnSeal
		want bool
	}{"the bank's": {bank, true}, "another": {client, false}} {
		s := carefully(300)
		s.turnDeg = 12
		im := tc.seal.stamp(t, s)
		got, err := ref.Likes(context.Background(), &imaging.Sheet{Image: im, DPI: 300}, models.Imprint{Box: im.Bounds()})
		im.Close()
		if err != nil || got != tc.want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, tc.want)
		}
	}
}

// A rectangle over characters of a seal and bare paper beyond it is a part of the
// seal; with a frame of its own there it is a second one.
func TestPartOfASealIsNoSeal(t *testing.T) {
	for name, frame := range map[string]bool{"bare paper": false, "a frame": true} {
		l := &layer{w: 100, h: 110, on: make([]bool, 100*110)}
		for y := range l.h {
			for x := range l.w {
				seal := x >= 10 && x < 80 && y >= 10 && y < 80
				own := frame && x >= 20 && x < 72 && y >= 50 && y < 92 && (x < 24 || x >= 68 || y >= 88)
				l.on[y*l.w+x] = own || seal && (x+y)%3 == 0
			}
		}
		seal := candidate{outline: outline{cx: 45, cy: 45, a: 35, b: 35, angular: true}, layer: l}
		part := candidate{outline: outline{cx: 46, cy: 71, a: 26, b: 21, angular: true}, layer: l}
		if part.same(seal) == frame {
			t.Errorf("with %s beyond the seal: taken for a part %v", name, !frame)
		}
	}
}

// TestRingAroundAWord: an oval lower than any oval seal is a pen's; small round and square seals stay.
func TestRingAroundAWord(t *testing.T) {
	const pxmm = 8.0
	for name, c := range map[string]struct {
		long, short float64 // mm
		angular     bool
		want        bool
	}{
		"a ring around 相符":  {17, 8, false, false},
		"an oval seal":      {40, 28, false, true},
		"a small oval seal": {20, 14, false, true},
		"a round seal":      {10, 9.5, false, true},
		"a name seal":       {18, 9, true, true},
	} {
		o := candidate{outline: outline{a: c.long / 2 * pxmm, b: c.short / 2 * pxmm, angular: c.angular}}
		if got := o.sized(pxmm); got != c.want {
			t.Errorf("%s has a seal's size: %v", name, got)
		}
	}
}
