package sealcheck

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// segmentMM is a stroke of a drawn seal: a line with round ends, in mm from the
// seal's centre, y down.
type segmentMM struct{ x0, y0, x1, y1, width float64 }

// drawnSeal is a seal of a ring and characters of random strokes.
type drawnSeal struct {
	ringMM     float64 // radius
	groundMM   float64 // side of a square ground that characters are cut out of in white; 0: there is none
	flat       float64 // of an oval: what its height lacks of its width, as a share
	characters [][]segmentMM
}

// newDrawnSeal cuts a round seal whose characters depend on the seed only.
func newDrawnSeal(seed uint64) *drawnSeal {
	s := &drawnSeal{ringMM: 19}
	for k := range 11 {
		turn := (float64(k) - 5) * 20 * math.Pi / 180
		s.characters = append(s.characters, placed(newCharacter(seed*100+uint64(k)), 14.5*math.Sin(turn), -14.5*math.Cos(turn), turn))
	}
	for k := range 4 {
		s.characters = append(s.characters, placed(newCharacter(seed*100+50+uint64(k)), (float64(k)-1.5)*4.6, 7, 0))
	}
	return s
}

// newCharacter draws seven strokes in a 4 mm square, mostly along its sides as
// characters have them.
func newCharacter(seed uint64) []segmentMM {
	r := rand.New(rand.NewPCG(seed, 7))
	var c []segmentMM
	for k := range 7 {
		a, b := r.Float64()*3.4-1.7, r.Float64()*1.6-1.7
		l := 1.4 + r.Float64()*2
		switch k % 3 {
		case 0:
			c = append(c, segmentMM{b, a, min(b+l, 1.7), a, 0.4})
		case 1:
			c = append(c, segmentMM{a, b, a, min(b+l, 1.7), 0.4})
		default:
			c = append(c, segmentMM{a, b, -a, min(b+l, 1.7), 0.4})
		}
	}
	return c
}

// placed turns a character clockwise and moves it.
func placed(c []segmentMM, x, y, turn float64) []segmentMM {
	s, co := math.Sincos(turn)
	out := make([]segmentMM, len(c))
	for i, g := range c {
		out[i] = segmentMM{co*g.x0 - s*g.y0 + x, s*g.x0 + co*g.y0 + y, co*g.x1 - s*g.y1 + x, s*g.x1 + co*g.y1 + y, g.width}
	}
	return out
}

// stamping says how a seal is stamped and scanned.
type stamping struct {
	dpi      float64
	turnDeg  float64 // clockwise
	scale    float64
	gain     float64 // 1 = full ink
	fatter   float64 // mm added to every stroke
	noise    uint64  // seed
	hidden   bool    // print across it
	density  [3]float64
	pageMM   float64
	offsetMM [2]float64
}

func carefully(dpi float64) stamping {
	return stamping{dpi: dpi, scale: 1, gain: 1, noise: 1, density: [3]float64{0.75, 0.9, 0.12}, pageMM: 46}
}

// stamp draws the seal on white paper.
func (d *drawnSeal) stamp(tb testing.TB, s stamping) *imaging.Image {
	tb.Helper()
	n := int(s.pageMM / 25.4 * s.dpi)
	px := 25.4 / s.dpi
	ink := make([]float64, n*n)
	sin, cos := math.Sincos(s.turnDeg * math.Pi / 180)
	place := func(x, y float64) (float64, float64) {
		return (cos*x-sin*y)*s.scale + s.pageMM/2 + s.offsetMM[0], (sin*x+cos*y)*s.scale + s.pageMM/2 + s.offsetMM[1]
	}
	lay := func(x0, y0, x1, y1 float64, dist func(x, y float64) float64) {
		for y := max(int(y0/px), 0); y <= min(int(y1/px)+1, n-1); y++ {
			for x := max(int(x0/px), 0); x <= min(int(x1/px)+1, n-1); x++ {
				v := min(max(0.5-dist(float64(x)*px, float64(y)*px)/px, 0), 1)
				ink[y*n+x] = max(ink[y*n+x], v)
			}
		}
	}
	cx, cy := place(0, 0)
	lay(0, 0, s.pageMM, s.pageMM, func(x, y float64) float64 {
		// of an oval, turned back, nearly the distance from its line
		x, y = (cos*(x-cx)+sin*(y-cy))/s.scale, (cos*(y-cy)-sin*(x-cx))/s.scale/(1-d.flat)
		return math.Abs(math.Hypot(x, y)-d.ringMM)*(1-d.flat*math.Abs(y)/max(math.Hypot(x, y), 1e-9)) - 0.5 - s.fatter/2
	})
	for _, c := range d.characters {
		for _, g := range c {
			x0, y0 := place(g.x0, g.y0)
			x1, y1 := place(g.x1, g.y1)
			lay(min(x0, x1)-1, min(y0, y1)-1, max(x0, x1)+1, max(y0, y1)+1, func(x, y float64) float64 {
				return toSegment(x, y, x0, y0, x1, y1) - (g.width+s.fatter)/2
			})
		}
	}
	if d.groundMM > 0 {
		for i := range ink {
			x, y := float64(i%n)*px-cx, float64(i/n)*px-cy
			edge := max(math.Abs(cos*x+sin*y), math.Abs(cos*y-sin*x))/s.scale - d.groundMM/2
			ink[i] = min(max(0.5-edge/px, 0), 1) * (1 - ink[i])
		}
	}
	return s.develop(tb, ink, n)
}

func toSegment(x, y, x0, y0, x1, y1 float64) float64 {
	dx, dy := x1-x0, y1-y0
	t := min(max(((x-x0)*dx+(y-y0)*dy)/max(dx*dx+dy*dy, 1e-9), 0), 1)
	return math.Hypot(x-x0-t*dx, y-y0-t*dy)
}

// develop turns ink into pixels by Beer-Lambert, with a little noise.
func (s stamping) develop(tb testing.TB, ink []float64, n int) *imaging.Image {
	tb.Helper()
	r := rand.New(rand.NewPCG(s.noise, 11))
	pix := make([]byte, 0, n*n*3)
	for i, v := range ink {
		black := 0.0
		if y := i / n; s.hidden && (y/(n/24))%2 == 0 {
			black = 1.2
		}
		grain := 1 + 0.08*r.NormFloat64()
		for c := range 3 {
			d := v*s.gain*s.density[c]*grain + black
			pix = append(pix, byte(min(max(248*math.Pow(10, -d)+1.5*r.NormFloat64(), 0), 255)))
		}
	}
	im, err := imaging.FromPixels(n, n, 3, pix)
	if err != nil {
		tb.Fatal(err)
	}
	return im
}

// reference prepares the seal's specimen as scanned at 300 dpi.
func (d *drawnSeal) reference(tb testing.TB) *Reference {
	tb.Helper()
	im := d.stamp(tb, carefully(300))
	defer im.Close()
	png, err := im.PNG()
	if err != nil {
		tb.Fatal(err)
	}
	r, err := NewReference(models.Specimen{Ref: "a", DPI: 300, Image: png})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// verify compares one stamping of d with r.
func (d *drawnSeal) verify(tb testing.TB, r *Reference, s stamping) models.Verification {
	tb.Helper()
	im := d.stamp(tb, s)
	defer im.Close()
	v, err := r.Verify(context.Background(), im, s.dpi, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}
