package sim

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"os"
	"path/filepath"

	"heyin/reconcile/slip"
)

// Flaw is what is wrong with the scan of a sound receipt. The names are those of
// the findings imaging makes, apart from Sound and WrongSide.
type Flaw string

// Flaws.
const (
	Sound      Flaw = "sound"
	Blurred    Flaw = "blur"
	TooFaint   Flaw = "low_contrast"
	Dark       Flaw = "dark"
	Empty      Flaw = "blank"
	WrongSide  Flaw = "wrong_side" // only what shows through the paper
	Clipped    Flaw = "clipped"
	Coarse     Flaw = "low_resolution"
	Askew      Flaw = "skew"
	Colourless Flaw = "gray"
	Shadowed   Flaw = "shadow"
	Stained    Flaw = "stain"
	LostCorner Flaw = "corner"
	TwoSheets  Flaw = "overlap"
)

// Flaws lists them, Sound first.
func Flaws() []Flaw {
	return []Flaw{Sound, Blurred, TooFaint, Dark, Empty, WrongSide, Clipped, Coarse, Askew, Colourless, Shadowed, Stained, LostCorner, TwoSheets}
}

// FlawedScan is one scan of the set, by the name of its file.
type FlawedScan struct {
	File string
	Flaw Flaw
}

// Flawed writes scans of agreeing receipts to dir, so many with each flaw. Sound
// ones may be folded, punched or faded: that is no reason to scan again.
func (st *Studio) Flawed(ctx context.Context, dir string, seed uint64, each int) ([]FlawedScan, error) {
	p := NewPeriod(seed, 0)
	for range each {
		p.add(Agreeing)
	}
	places, err := st.print(filepath.Join(dir, PrintedFile), p)
	if err != nil {
		return nil, err
	}
	kinds := Flaws()
	scans := make([]FlawedScan, each*len(kinds))
	return scans, inParallel(each, func(i int) error {
		pg := p.Files[i].Pages[0]
		img, err := st.soundScan(ctx, dir, p, pg, places)
		if err != nil {
			return err
		}
		for k, flaw := range kinds {
			s := FlawedScan{fmt.Sprintf("%s-%03d.jpg", flaw, i), flaw}
			out, dpi := flawed(newDice(seed, "flaw", i, k), clone(img), pg.DPI, flaw)
			data, err := encodeJPEG(out, 85, dpi, false)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, s.File), data, 0o644); err != nil {
				return fmt.Errorf("sim: %w", err)
			}
			scans[i*len(kinds)+k] = s
		}
		return nil
	})
}

// soundScan scans a page until nothing is wrong with it that counts as a flaw.
func (st *Studio) soundScan(ctx context.Context, dir string, p *Period, pg Page, places []slip.Places) (*image.RGBA, error) {
	for try := 0; ; try++ {
		s, err := st.scanPage(ctx, dir, p, pg, places, newDice(pg.seed, "sound", try).Uint64())
		if err != nil {
			return nil, err
		}
		sound := true
		for _, d := range s.truth.Defects {
			sound = sound && (d == "fold" || d == "punch" || d == "faded")
		}
		if sound {
			return s.img, nil
		}
	}
}

func clone(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	copy(out.Pix, img.Pix)
	return out
}

// flawed spoils a scan; it may change its resolution.
func flawed(d dice, img *image.RGBA, dpi float64, flaw Flaw) (*image.RGBA, float64) {
	w, px := img.Rect.Dx(), dpi/25.4
	levels := func(f func(v float32, x, y, c int) float32) {
		for i := range img.Pix {
			if i%4 != 3 {
				p := i / 4
				img.Pix[i] = clamp8(f(float32(img.Pix[i]), p%w, p/w, i%4))
			}
		}
	}
	noise := newGrain(d, 1.5)
	switch flaw {
	case Blurred:
		return blurRGBA(img, d.between(0.24, 0.36)*px), dpi
	case TooFaint:
		share := float32(d.between(0.05, 0.085))
		levels(func(v float32, x, y, _ int) float32 { return 240 - (255-v)*share + noise.v[(x*7+y*131)&grainMask] })
	case Dark:
		share := float32(d.between(0.15, 0.3))
		levels(func(v float32, _, _, _ int) float32 { return v * share })
	case Empty:
		levels(func(_ float32, x, y, _ int) float32 { return 247 + noise.v[(x*7+y*131)&grainMask] })
	case WrongSide:
		soft := blurRGBA(img, 0.12*px)
		share := float32(d.between(0.02, 0.06))
		levels(func(_ float32, x, y, c int) float32 {
			through := float32(soft.Pix[y*soft.Stride+(w-1-x)*4+c])
			return 248 - (255-through)*share + noise.v[(x*7+y*131)&grainMask]
		})
	case Clipped:
		return shifted(img, int(d.between(0.2, 0.3)*float64(w))), dpi
	case Coarse:
		low := d.between(90, 130)
		return shrunk(img, low/dpi), math.Round(low)
	case Askew:
		turned, _ := scan(d, img, Scan{SkewDeg: d.sign() * d.between(6.2, 9)})
		return turned, dpi
	case Colourless:
		for i := 0; i < len(img.Pix); i += 4 {
			g := clamp8(0.3*float32(img.Pix[i]) + 0.59*float32(img.Pix[i+1]) + 0.11*float32(img.Pix[i+2]))
			img.Pix[i], img.Pix[i+1], img.Pix[i+2] = g, g, g
		}
	case Shadowed:
		depth, reach, right := d.between(0.3, 0.5), d.between(0.2, 0.4)*float64(w), d.chance(0.5)
		levels(func(v float32, x, _, _ int) float32 {
			from := float64(x)
			if right {
				from = float64(w - 1 - x)
			}
			return v * float32(1-depth*math.Max(0, 1-from/reach))
		})
	case Stained:
		stain(d, img, px)
	case LostCorner:
		foldCornerBy(img, int(d.between(12, 24)*px), d.chance(0.5), d.chance(0.5), pick(d, []uint8{28, 240}))
	case TwoSheets:
		overlap(d, img, px)
	}
	return img, dpi
}

// shifted moves a page to the left by n pixels, as a feeder that grips it late.
func shifted(img *image.RGBA, n int) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	draw.Draw(out, out.Rect, image.NewUniform(color.RGBA{246, 246, 246, 255}), image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, img, image.Pt(n, 0), draw.Src)
	return out
}

// shrunk scales by averaging.
func shrunk(img *image.RGBA, f float64) *image.RGBA {
	w, h := int(float64(img.Rect.Dx())*f), int(float64(img.Rect.Dy())*f)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			x0, x1 := int(float64(x)/f), int(float64(x+1)/f)
			y0, y1 := int(float64(y)/f), int(float64(y+1)/f)
			var sum [4]int
			n := 0
			for v := y0; v < max(y1, y0+1); v++ {
				for u := x0; u < max(x1, x0+1); u++ {
					for c, p := range img.Pix[img.PixOffset(u, v) : img.PixOffset(u, v)+4] {
						sum[c] += int(p)
					}
					n++
				}
			}
			for c := range sum {
				out.Pix[out.PixOffset(x, y)+c] = uint8(sum[c] / n)
			}
		}
	}
	return out
}

// stain spills coffee: a pale patch of ragged outline with a darker rim.
func stain(d dice, img *image.RGBA, px float64) {
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	cx, cy, r := d.between(0.2, 0.8)*w, d.between(0.2, 0.8)*h, d.between(16, 30)*px
	wave, phase := float64(3+d.IntN(4)), d.between(0, 6)
	pale, rim := d.between(0.07, 0.14), d.between(0.2, 0.35)
	for y := max(0, int(cy-1.3*r)); y < min(int(h), int(cy+1.3*r)); y++ {
		for x := max(0, int(cx-1.3*r)); x < min(int(w), int(cx+1.3*r)); x++ {
			dx, dy := float64(x)-cx, float64(y)-cy
			edge := r * (1 + 0.07*math.Sin(wave*math.Atan2(dy, dx)+phase))
			in := (edge - math.Hypot(dx, dy)) / px // mm inside
			if in < 0 {
				continue
			}
			strength := pale + rim*math.Exp(-in*in/1.5)
			q := img.Pix[img.PixOffset(x, y):]
			for c, takes := range [3]float64{0.35, 0.6, 1} {
				q[c] = clamp8(float32(q[c]) * float32(1-strength*takes))
			}
		}
	}
}

// overlap lays another sheet over the page, askew, its print half covered too.
func overlap(d dice, img *image.RGBA, px float64) {
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	sin, cos := math.Sincos(d.sign() * d.between(2.2, 8) * math.Pi / 180)
	at := d.between(0.3, 0.65) * h // of its upper edge, at the middle of the page
	under := clone(img)
	for y := range int(h) {
		for x := range int(w) {
			dx, dy := float64(x)-w/2, float64(y)-at
			in := (dy*cos - dx*sin) / px // mm below the edge
			q := img.Pix[img.PixOffset(x, y):]
			switch {
			case in >= 0: // the other sheet shows what this one has further up
				u, v := clampInt(int(dx*cos+dy*sin+w/2), int(w)), clampInt(int(in*px), int(h))
				copy(q[:3], under.Pix[under.PixOffset(u, v):])
			case in > -2.5: // and throws a shadow on this one
				f := float32(1 - 0.28*math.Exp(in*1.4))
				for c := range 3 {
					q[c] = clamp8(float32(q[c]) * f)
				}
			}
		}
	}
}

func clampInt(v, n int) int { return min(max(v, 0), n-1) }
