package sealcheck

import (
	"math"
	"math/rand/v2"
	"testing"

	"heyin/imaging"
)

// scattered sets about a share of w×h pixels.
func scattered(w, h int, share float64, seed uint64) []bool {
	by, on := rand.New(rand.NewPCG(seed, 0)), make([]bool, w*h)
	for i := range on {
		on[i] = by.Float64() < share
	}
	return on
}

// Distances are those of the nearest pixel of all, up to the limit, whole or not.
func TestDistanceTo(t *testing.T) {
	const w, h = 37, 29
	for _, limit := range []float32{4.5, 12} {
		for _, share := range []float64{0, 0.003, 0.02, 0.3, 1} {
			mask := scattered(w, h, share, 1)
			got := distanceTo(mask, w, h, limit)
			for i := range mask {
				want := float64(limit)
				for j, on := range mask {
					if on {
						want = min(want, math.Hypot(float64(i%w-j%w), float64(i/w-j/w)))
					}
				}
				if math.Abs(float64(got.Pix[i])-want) > 1e-5 {
					t.Fatalf("limit %g, %g set: (%d, %d) is %g away, want %g", limit, share, i%w, i/w, got.Pix[i], want)
				}
			}
		}
	}
}

// What print reaches is what lies no farther from it than its halo.
func TestAwayFromPrint(t *testing.T) {
	const w, h = 41, 23
	print := scattered(w, h, 0.02, 2)
	print[0], print[len(print)-1] = true, true
	known := (&inked{w: w, h: h}).awayFrom(print)
	for i, d := range distanceTo(print, w, h, 4).Pix {
		if known[i] != (d > printHaloMM*workPxMM) {
			t.Errorf("(%d, %d), %g pixels from print: known %v", i%w, i/w, d, known[i])
		}
	}
}

// A small blur is the Gaussian, whatever its number of weights, with the border repeated.
func TestBlurIsGaussian(t *testing.T) {
	const w, h = 17, 11
	p := imaging.NewPlane(w, h)
	for i, on := range scattered(w, h, 0.3, 3) {
		if on {
			p.Pix[i] = 1
		}
	}
	for _, sigma := range []float64{0.3, 0.6, 0.7, 1.2, 1.5, 1.9} {
		r, got := int(math.Ceil(3*sigma)), blurred(p, sigma)
		for i := range p.Pix {
			var sum, all float64
			for dy := -r; dy <= r; dy++ {
				for dx := -r; dx <= r; dx++ {
					k := math.Exp(-float64(dx*dx+dy*dy) / (2 * sigma * sigma))
					x, y := min(max(i%w+dx, 0), w-1), min(max(i/w+dy, 0), h-1)
					sum, all = sum+k*float64(p.Pix[y*w+x]), all+k
				}
			}
			if math.Abs(float64(got.Pix[i])-sum/all) > 1e-5 {
				t.Fatalf("sigma %g: %g at (%d, %d), want %g", sigma, got.Pix[i], i%w, i/w, sum/all)
			}
		}
	}
}

// Ink between pixels is known where all four around are.
func TestQuads(t *testing.T) {
	const w, h = 19, 13
	known := scattered(w, h, 0.8, 4)
	q, p := quadsOf(known, w, h), imaging.NewPlane(w, h)
	for i := range known {
		x, y := i%w, i/w
		want := x+1 < w && y+1 < h && known[i] && known[i+1] && known[i+w] && known[i+w+1]
		if _, got := sample2(p, q, float64(x)+0.3, float64(y)+0.6); got != want {
			t.Errorf("between (%d, %d) and the next: known %v, want %v", x, y, got, want)
		}
	}
}

// A field along a row is the quadratic itself, cut off at its cap.
func TestFieldAlongRows(t *testing.T) {
	f := field{unit: 200, x: [6]float64{0.1, 0.5, -0.3, 0.7, -0.2, 0.4}, y: [6]float64{-0.2, 0.3, 0.6, -0.4, 0.9, -0.8}}
	capped := 0
	for x := -260.0; x <= 260; x += 20 {
		for y := -260.0; y <= 260; y += 20 {
			var wx, wy float64
			for k, b := range basis(x/f.unit, y/f.unit) {
				wx, wy = wx+f.x[k]*b, wy+f.y[k]*b
			}
			if n := math.Hypot(wx, wy); n > fieldCapMM*workPxMM {
				wx, wy = wx*fieldCapMM*workPxMM/n, wy*fieldCapMM*workPxMM/n
				capped++
			}
			if dx, dy := f.at(x, y); math.Hypot(dx-wx, dy-wy) > 1e-9 {
				t.Fatalf("(%g, %g) moves by (%g, %g), want (%g, %g)", x, y, dx, dy, wx, wy)
			}
		}
	}
	if capped == 0 {
		t.Error("no place is moved as far as the cap: the test shows nothing of it")
	}
}
