package sealcheck

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// drawnImprint is a seal on a drawn page: sides and place in mm, turn in degrees.
type drawnImprint struct {
	shape      models.SealShape
	ink        [3]byte
	cx, cy     float64
	w, h, turn float64
}

// draw inks the frame and characters of random strokes within, dry specks left
// out.
func (s drawnImprint) draw(p *page, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 3))
	type bar struct{ x, y, w, h float64 }
	var bars []bar
	cell := max(min(s.w, s.h)/4, 2)
	for y := -s.h/2 + cell; y < s.h/2-cell/2; y += cell {
		for x := -s.w/2 + cell; x < s.w/2-cell/2; x += cell {
			for range 3 {
				if r.IntN(2) == 0 {
					bars = append(bars, bar{x + r.Float64()*cell/3, y + r.Float64()*cell/3, cell * 0.35, 0.25})
				} else {
					bars = append(bars, bar{x + r.Float64()*cell/3, y + r.Float64()*cell/3, 0.25, cell * 0.35})
				}
			}
		}
	}
	frame := max(0.5, 0.022*s.w)
	sin, cos := math.Sincos(s.turn * math.Pi / 180)
	angular := s.shape == models.Square || s.shape == models.Rect
	reach := math.Hypot(s.w, s.h)/2 + 1
	speck := func(x, y float64) bool { return math.Sin(x*7.3+float64(seed))*math.Sin(y*6.1) > 0.93 }
	p.fill(s.ink, func(x, y float64) bool {
		x, y = x-s.cx, y-s.cy
		if math.Abs(x) > reach || math.Abs(y) > reach || speck(x, y) {
			return false
		}
		u, v := cos*x+sin*y, -sin*x+cos*y
		in := math.Hypot(u/(s.w/2), v/(s.h/2)) <= 1
		deep := math.Hypot(u/(s.w/2-frame), v/(s.h/2-frame)) <= 1
		if angular {
			in = math.Abs(u) <= s.w/2 && math.Abs(v) <= s.h/2
			deep = math.Abs(u) <= s.w/2-frame && math.Abs(v) <= s.h/2-frame
		}
		if !deep {
			return in
		}
		for _, b := range bars {
			if math.Abs(u-b.x) <= b.w && math.Abs(v-b.y) <= b.h {
				return true
			}
		}
		return false
	})
}

// box is where the imprint lies, in pixels of a w×h page at dpi.
func (s drawnImprint) box(w, h int, dpi float64) models.Box {
	o := outline{cx: s.cx, cy: s.cy, a: s.w / 2, b: s.h / 2, turn: s.turn * math.Pi / 180, angular: s.shape == models.Square || s.shape == models.Rect}
	x0, y0, x1, y1 := o.bounds()
	px := dpi / 25.4
	left, top := max(int(x0*px), 0), max(int(y0*px), 0)
	return models.Box{X: left, Y: top, W: min(int(x1*px), w) - left, H: min(int(y1*px), h) - top}
}

func boxIoU(a, b models.Box) float64 {
	w := max(0, min(a.X+a.W, b.X+b.W)-max(a.X, b.X))
	h := max(0, min(a.Y+a.H, b.Y+b.H)-max(a.Y, b.Y))
	return float64(w*h) / float64(a.W*a.H+b.W*b.H-w*h)
}

// TestFindOnDrawnPages counts over pages of every size, shape, ink, resolution
// and trouble. The floors are what the search reaches; a change may only raise
// them. Real figures are measured on stamped pages (eval).
func TestFindOnDrawnPages(t *testing.T) {
	purple := [3]byte{140, 50, 110}
	round, oval, square, rect := models.Round, models.Oval, models.Square, models.Rect
	pages := []struct {
		name  string
		dpi   float64
		gray  bool
		print bool
		seals []drawnImprint
	}{
		{"usual, 200 dpi", 200, false, true, []drawnImprint{
			{round, redInk, 60, 60, 42, 42, 10}, {square, redInk, 120, 60, 18, 18, -7}, {oval, redInk, 60, 130, 45, 30, 15}, {rect, redInk, 140, 130, 48, 20, 5},
			{round, redInk, 60, 220, 38, 38, 0}, {square, redInk, 130, 220, 22, 22, 20},
		}},
		{"inks, 300 dpi", 300, false, true, []drawnImprint{
			{round, blueInk, 50, 50, 40, 40, 0}, {oval, purple, 120, 60, 40, 28, -20}, {round, blackInk, 50, 130, 40, 40, 0}, {square, blackInk, 120, 130, 20, 20, 12},
			{oval, blackInk, 60, 210, 45, 30, 25}, {rect, blueInk, 140, 210, 46, 18, -9}, {square, purple, 170, 60, 16, 16, 33},
		}},
		{"sizes, 600 dpi", 600, false, false, []drawnImprint{
			{square, redInk, 30, 40, 8, 8, 3}, {square, redInk, 60, 40, 9, 9, 10}, {square, blueInk, 90, 40, 10, 10, 0}, {square, redInk, 120, 40, 11, 11, -12},
			{square, purple, 150, 40, 12, 12, 40}, {round, redInk, 60, 100, 45, 45, 0}, {round, redInk, 130, 100, 30, 30, 0}, {oval, redInk, 60, 170, 50, 35, 0},
			{square, redInk, 150, 170, 25, 25, 45},
		}},
		{"gray, 200 dpi", 200, true, true, []drawnImprint{
			{round, redInk, 60, 60, 42, 42, 0}, {square, redInk, 130, 60, 20, 20, 9}, {oval, blueInk, 60, 150, 45, 30, -30}, {rect, blackInk, 140, 150, 46, 20, 8},
		}},
		{"cut off by the edge, 200 dpi", 200, false, true, []drawnImprint{
			{round, redInk, 12, 80, 42, 42, 0}, {round, blueInk, 120, 8, 40, 40, 0}, {square, redInk, 207, 150, 20, 20, 5}, {oval, redInk, 100, 290, 45, 30, 0},
		}},
		{"overlapping, 300 dpi", 300, false, true, []drawnImprint{
			{round, redInk, 60, 60, 42, 42, 0}, {square, redInk, 86, 66, 18, 18, 14}, {round, redInk, 60, 150, 40, 40, 0}, {round, redInk, 94, 156, 38, 38, 0},
			{round, redInk, 60, 230, 42, 42, 0}, {square, blueInk, 82, 240, 18, 18, -9}, {oval, purple, 150, 60, 40, 30, 0}, {square, purple, 164, 74, 16, 16, 4},
		}},
	}
	hits, wanted, shapes, wrong := 0, 0, 0, 0
	for _, c := range pages {
		p := newPage()
		if c.print {
			for y := 20.0; y < 280; y += 14 {
				p.text(20, y, 150)
			}
			p.fill(blackInk, func(x, y float64) bool {
				return x > 15 && x < 195 && y > 120 && y < 170 && (math.Mod(x, 30) < 0.3 || math.Mod(y, 10) < 0.3)
			})
		}
		for i, s := range c.seals {
			s.draw(p, uint64(i))
		}
		drawn, err := imaging.FromPixels(p.w, p.h, 3, p.pix)
		if err != nil {
			t.Fatal(err)
		}
		im, err := drawn.Resize(int(float64(p.w)*c.dpi/pageDPI), int(float64(p.h)*c.dpi/pageDPI))
		drawn.Close()
		if err == nil && c.gray {
			colour := im
			im, err = colour.Gray()
			colour.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		found, err := Find(context.Background(), &imaging.Sheet{Image: im, DPI: c.dpi})
		if err != nil {
			t.Fatal(err)
		}
		used := make([]bool, len(found))
		for _, s := range c.seals {
			wanted++
			hit := -1
			for j, f := range found {
				if !used[j] && boxIoU(f.Box, s.box(im.Width(), im.Height(), c.dpi)) >= 0.5 {
					hit = j
				}
			}
			if hit < 0 {
				t.Logf("%s: missed %+v", c.name, s)
				continue
			}
			hits++
			used[hit] = true
			if found[hit].Shape == s.shape {
				shapes++
			} else {
				t.Logf("%s: %+v taken for %s", c.name, s, found[hit].Shape)
			}
		}
		for j, f := range found {
			if !used[j] {
				wrong++
				t.Logf("%s: %+v is no seal", c.name, f)
			}
		}
		im.Close()
	}
	t.Logf("found %d of %d, %d of the right shape; %d are none", hits, wanted, shapes, wrong)
	if hits < 38 || shapes < 38 || wrong > 0 {
		t.Errorf("found %d of %d, want 38; %d of the right shape, want 38; %d are no seals, want 0", hits, wanted, shapes, wrong)
	}
}
