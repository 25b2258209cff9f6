package ocr

import (
	"fmt"
	"math"
	"slices"

	"heyin/imaging"
	"heyin/models"
)

// strip is a line of text as the recogniser wants it: values -1 (ink) to 1
// (paper).
type strip struct {
	w, h int // h is stripHeight or lowStrip
	pix  []float32
}

// columns is the strip's width as the recogniser takes it: in whole strides.
func (s *strip) columns() int { return (s.w + stripStride - 1) / stripStride * stripStride }

// patch is a piece of the sheet at full resolution as densities of ink.
type patch struct {
	box models.Box // sheet pixels
	inks
}

// cut takes the patch of a sheet box, with every ink; it holds until the next cut.
// ratio is how much of a coloured ink is taken out of the print below it.
func (in *ink) cut(sheet *imaging.Image, b models.Box, ratio float32) (*patch, error) {
	return in.cutInks(sheet, b, ratio, every)
}

// cutInks is cut with some of the inks.
func (in *ink) cutInks(sheet *imaging.Image, b models.Box, ratio float32, want wanted) (*patch, error) {
	b = sheet.Clip(b)
	im, err := sheet.Crop(b)
	if err != nil {
		return nil, fmt.Errorf("ocr: cut a line: %w", err)
	}
	defer im.Close()
	r := rasterOf(im)
	c := &patch{box: b, inks: in.paper.separate(r, float64(b.X)/in.scale, float64(b.Y)/in.scale, in.scale, ratio, in.patch, want)}
	in.patch.black = c.black
	if want == every {
		in.patch = c.inks
	}
	return c, nil
}

// inkLevel is a density that most strokes of the plane reach, at least floor.
func inkLevel(p *imaging.Plane, floor float32) float32 {
	return inkLevelIn(p, box{0, 0, p.W, p.H}, floor)
}

// inkLevelIn is inkLevel for the part b of a plane.
func inkLevelIn(p *imaging.Plane, b box, floor float32) float32 {
	const bins, perUnit = 128, 60
	var hist [bins]int32
	x0, x1 := max(0, b.x0), min(p.W, b.x1)
	for y := max(0, b.y0); y < min(p.H, b.y1) && x0 < x1; y++ {
		for _, v := range p.Pix[y*p.W+x0 : y*p.W+x1] {
			if v > floor {
				hist[min(bins-1, int(v*perUnit))]++
			}
		}
	}
	return max(float32(quantile(hist[:], 0.85))/perUnit, floor*2)
}

// trim is the tight box of the ink of a plane within b: rows and columns with
// more ink than dirt, or an empty box. Only ink above level counts.
func trim(p *imaging.Plane, b box, level float32) box {
	b = box{max(0, b.x0), max(0, b.y0), min(p.W, b.x1), min(p.H, b.y1)}
	if b.w() <= 0 || b.h() <= 0 {
		return box{}
	}
	rows, cols := make([]int, b.h()), make([]int, b.w())
	for y := b.y0; y < b.y1; y++ {
		for x := b.x0; x < b.x1; x++ {
			if p.Pix[y*p.W+x] > level {
				rows[y-b.y0]++
				cols[x-b.x0]++
			}
		}
	}
	inked := func(n int) bool { return n > 1 }
	y0, y1 := slices.IndexFunc(rows, inked), lastIndex(rows, inked)
	x0, x1 := slices.IndexFunc(cols, inked), lastIndex(cols, inked)
	if y0 < 0 || x0 < 0 {
		return box{}
	}
	return box{b.x0 + x0, b.y0 + y0, b.x0 + x1 + 1, b.y0 + y1 + 1}
}

func lastIndex(s []int, ok func(int) bool) int {
	for i := len(s) - 1; i >= 0; i-- {
		if ok(s[i]) {
			return i
		}
	}
	return -1
}

// stripMargin is the paper left above and below the print, as share of its height.
const stripMargin = 0.12

// newStrip scales the part b of a plane, with a margin, to the recogniser's
// height; ink of density level or more is black.
func newStrip(p *imaging.Plane, b box, level float32) *strip {
	return stripWithin(p, withMargin(b), level, stripHeight, 1)
}

// newLowStrip is newStrip of the lower height, its width narrowed by a factor.
func newLowStrip(p *imaging.Plane, b box, level float32, squeeze float64) *strip {
	return stripWithin(p, withMargin(b), level, lowStrip, squeeze)
}

func withMargin(b box) box { return b.grow(int(math.Ceil(stripMargin * float64(b.h())))) }

// stripWithin scales the part b of a plane to a strip of h rows.
func stripWithin(p *imaging.Plane, b box, level float32, h int, squeeze float64) *strip {
	scale := squeeze * float64(h) / float64(max(1, b.h()))
	w := min(max(int(math.Round(float64(b.w())*scale)), stripStride), maxStripWidth)
	s := &strip{w: w, h: h, pix: resample(p, b, w, h, 1)}
	for i, v := range s.pix {
		s.pix[i] = 1 - 2*min(1, v/level)
	}
	return s
}

// shrink scales the strip to another height, in proportion; softens is the
// least support of the filter. The result is no input for the recogniser.
func (s *strip) shrink(height int, softens float64) *strip {
	return s.scaled(s.w*height/s.h, height, softens)
}

func (s *strip) scaled(w, h int, softens float64) *strip {
	w = max(1, w)
	return &strip{w: w, h: h, pix: resample(&imaging.Plane{W: s.w, H: s.h, Pix: s.pix}, box{0, 0, s.w, s.h}, w, h, softens)}
}

// resample scales the part b of a plane, which may reach beyond it, to w×h samples.
func resample(p *imaging.Plane, b box, w, h int, softens float64) []float32 {
	across, down := newKernel(b.w(), w, softens), newKernel(b.h(), h, softens)
	line := make([]float32, b.w())
	rows := make([]float32, b.h()*w)
	x0, x1 := max(0, b.x0), min(p.W, b.x1)
	for y := range b.h() {
		sy := b.y0 + y
		if sy < 0 || sy >= p.H || x0 >= x1 {
			continue // nothing lies beyond
		}
		copy(line[x0-b.x0:], p.Pix[sy*p.W+x0:sy*p.W+x1])
		row := rows[y*w : (y+1)*w]
		for x, weights := range across.weights {
			sum := float32(0)
			from := line[across.first[x]:]
			from = from[:len(weights)]
			for k, weight := range weights {
				sum += weight * from[k]
			}
			row[x] = sum
		}
	}
	out := make([]float32, h*w)
	for y := range h {
		for k, weight := range down.weights[y] {
			from := rows[(down.first[y]+k)*w:]
			for x, v := range from[:w] {
				out[y*w+x] += weight * v
			}
		}
	}
	return out
}

// lowered is the strip at the lower height, a quarter wider than in proportion: each
// figure then spans two columns of the recogniser and more.
func (s *strip) lowered() *strip {
	return s.scaled(int(float64(s.w*lowStrip/s.h)*lowStretch), lowStrip, 1)
}

// lowStretch widens a low strip of a value.
const lowStretch = 1.25

// between is the part of the strip between two shares of its width, cut where the print
// leaves paper nearby.
func (s *strip) between(from, to float64) *strip {
	x0, x1 := s.paperNear(from), s.paperNear(to)
	if x1-x0 < stripStride {
		return s
	}
	out := &strip{w: x1 - x0, h: s.h, pix: make([]float32, 0, (x1-x0)*s.h)}
	for y := range s.h {
		out.pix = append(out.pix, s.pix[y*s.w+x0:y*s.w+x1]...)
	}
	return out
}

// paperNear is the column with least ink within a third of the strip's height of a share
// of its width, the nearest of several; the ends stay.
func (s *strip) paperNear(share float64) int {
	at := int(share * float64(s.w))
	if share <= 0 || share >= 1 {
		return min(max(at, 0), s.w)
	}
	best, least := at, math.Inf(1)
	for x := max(0, at-s.h/3); x < min(s.w, at+s.h/3); x++ {
		ink := 0.0
		for y := range s.h {
			ink += float64(1-s.pix[y*s.w+x]) / 2
		}
		if ink += 1e-3 * float64(abs(x-at)); ink < least {
			best, least = x, ink
		}
	}
	return best
}

// stretched is the strip with more contrast: faint ink gone, half ink full.
func (s *strip) stretched() *strip {
	const gone, full = 0.25, 0.75 // of full ink
	out := &strip{w: s.w, h: s.h, pix: make([]float32, len(s.pix))}
	for i, v := range s.pix {
		ink := ((1-v)/2 - gone) / (full - gone)
		out.pix[i] = 1 - 2*min(max(ink, 0), 1)
	}
	return out
}

// turned is the strip upside down.
func (s *strip) turned() *strip {
	pix := slices.Clone(s.pix)
	slices.Reverse(pix)
	return &strip{w: s.w, h: s.h, pix: pix}
}

// head is the first w columns.
func (s *strip) head(w int) *strip {
	if s.w <= w {
		return s
	}
	out := &strip{w: w, h: s.h, pix: make([]float32, s.h*w)}
	for y := range s.h {
		copy(out.pix[y*w:(y+1)*w], s.pix[y*s.w:])
	}
	return out
}

// gray gives the strip as 8-bit pixels, paper 255.
func (s *strip) gray() []byte {
	out := make([]byte, len(s.pix))
	for i, v := range s.pix {
		out[i] = byte(min(max((v+1)*127.5, 0), 255))
	}
	return out
}

// kernel holds, for each target sample, the source samples that make it, with
// weights that sum to 1: a triangle as wide as the reduction, at least softens.
type kernel struct {
	first   []int
	weights [][]float32
}

func newKernel(from, to int, softens float64) kernel {
	k := kernel{first: make([]int, to), weights: make([][]float32, to)}
	ratio := float64(from) / float64(to)
	support := max(ratio, softens)
	for i := range to {
		centre := (float64(i) + 0.5) * ratio
		lo, hi := max(0, int(centre-support)), min(from, int(math.Ceil(centre+support)))
		lo, hi = min(lo, from-1), max(hi, lo+1)
		weights := make([]float32, hi-lo)
		sum := float32(0)
		for j := range weights {
			weights[j] = float32(max(0, 1-math.Abs(float64(lo+j)+0.5-centre)/support))
			sum += weights[j]
		}
		if sum == 0 {
			weights[0], sum = 1, 1
		}
		for j := range weights {
			weights[j] /= sum
		}
		k.first[i], k.weights[i] = lo, weights
	}
	return k
}
