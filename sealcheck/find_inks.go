package sealcheck

import (
	"math"
	"slices"

	"heyin/imaging"
)

// pageInks is a page at findDPI, separated by ink.
type pageInks struct {
	w, h    int
	pxmm    float64 // working pixels a millimetre
	toSheet float64 // sheet pixels a working pixel
	tints   []tint  // coloured inks
	dark    []bool  // gray and black ink, table rules removed; coloured ink too on a gray page
	gray    bool    // nothing on the page has colour
}

// tint is the ink of one range of hues.
type tint struct {
	name string
	w, h int
	on   []bool
}

// Hue ranges, by which channel absorbs least and most. Seals in red pads run
// from orange to magenta; blue and purple are apart so that a blue signature
// across a red seal does not join it.
const (
	tintRed = iota
	tintPurple
	tintBlue
	tintCount
)

var tintNames = [tintCount]string{"red", "purple", "blue"}

// inksOf scales the page down, levels its paper and splits its inks.
func inksOf(im *imaging.Image, dpi float64) (*pageInks, error) {
	k := findDPI / dpi
	w, h := max(1, int(math.Round(float64(im.Width())*k))), max(1, int(math.Round(float64(im.Height())*k)))
	small, err := im.Resize(w, h)
	if err != nil {
		return nil, err
	}
	defer small.Close()
	p := &pageInks{w: w, h: h, pxmm: findDPI / 25.4, toSheet: float64(im.Width()) / float64(w)}
	d := small.Density()
	for _, c := range d {
		subtractPaper(c, int(paperTileMM*p.pxmm))
	}
	if len(d) == 1 {
		d = []*imaging.Plane{d[0], d[0], d[0]}
	}
	p.split(d[0].Pix, d[1].Pix, d[2].Pix)
	return p, nil
}

func (p *pageInks) split(b, g, r []float32) {
	n := p.w * p.h
	chroma := imaging.NewPlane(p.w, p.h)
	density := imaging.NewPlane(p.w, p.h)
	for i := range n {
		lo, hi := min(b[i], g[i], r[i]), max(b[i], g[i], r[i])
		chroma.Pix[i] = hi - lo
		density.Pix[i] = (b[i] + g[i] + r[i]) / 3
	}
	strong := quantile(chroma.Pix, strongColour)
	colourAt := max(chromaFloor, chromaShare*strong)
	p.gray = strong < chromaFloor
	p.tints = make([]tint, tintCount)
	for t := range p.tints {
		p.tints[t] = tint{name: tintNames[t], w: p.w, h: p.h, on: make([]bool, n)}
	}
	black := quantile(density.Pix, strongDark)
	darkAt := max(darkFloor, darkShare*black)
	p.dark = make([]bool, n)
	for i := range n {
		if chroma.Pix[i] >= colourAt && !p.gray {
			p.tints[hueOf(b[i], g[i], r[i])].on[i] = true
		} else if density.Pix[i] >= darkAt && chroma.Pix[i] < 0.4*density.Pix[i] {
			p.dark[i] = true
		}
	}
	p.dark = withoutRules(p.dark, p.w, p.h, p.pxmm)
}

// hueOf names the range of an ink's absorption.
func hueOf(b, g, r float32) int {
	lo := min(b, g, r)
	hi := max(b, g, r) - lo
	switch {
	case r-lo < 0.55*hi:
		return tintRed
	case g >= r && b-lo < 0.75*hi:
		return tintPurple
	default:
		return tintBlue
	}
}

// subtractPaper takes the paper's density off p: the low quantile of each tile,
// smoothed and interpolated. What comes out below zero is paper.
func subtractPaper(p *imaging.Plane, tile int) {
	tile = max(tile, 4)
	tw, th := (p.W+tile-1)/tile, (p.H+tile-1)/tile
	grid := imaging.NewPlane(tw, th)
	var vals []float32
	for ty := range th {
		for tx := range tw {
			vals = vals[:0]
			for y := ty * tile; y < min((ty+1)*tile, p.H); y++ {
				vals = append(vals, p.Pix[y*p.W+tx*tile:y*p.W+min((tx+1)*tile, p.W)]...)
			}
			grid.Pix[ty*tw+tx] = quantile(vals, paperQuantile)
		}
	}
	grid = medianOf3(grid)
	for y := range p.H {
		gy := min(max((float64(y)+0.5)/float64(tile)-0.5, 0), float64(th-1))
		for x := range p.W {
			gx := min(max((float64(x)+0.5)/float64(tile)-0.5, 0), float64(tw-1))
			i := y*p.W + x
			p.Pix[i] = max(0, p.Pix[i]-bilinear(grid, gx, gy))
		}
	}
}

// medianOf3 is the 3×3 median, borders repeated: a tile inside a solid seal does
// not pass for paper.
func medianOf3(p *imaging.Plane) *imaging.Plane {
	out := imaging.NewPlane(p.W, p.H)
	var v [9]float32
	for y := range p.H {
		for x := range p.W {
			for k := range 9 {
				sx, sy := min(max(x+k%3-1, 0), p.W-1), min(max(y+k/3-1, 0), p.H-1)
				v[k] = p.Pix[sy*p.W+sx]
			}
			slices.Sort(v[:])
			out.Pix[y*p.W+x] = v[4]
		}
	}
	return out
}

// quantile gives the q-quantile of v, 0 for none; v is not changed. Large sets
// are counted in bins of 1/400 of their range.
func quantile(v []float32, q float64) float32 {
	if len(v) == 0 {
		return 0
	}
	lo, hi := v[0], v[0]
	for _, x := range v {
		lo, hi = min(lo, x), max(hi, x)
	}
	if hi <= lo {
		return lo
	}
	var bins [400]int
	k := float32(len(bins)) / (hi - lo)
	for _, x := range v {
		bins[min(int((x-lo)*k), len(bins)-1)]++
	}
	want := int(q * float64(len(v)-1))
	for i, n := range bins {
		if want -= n; want < 0 {
			return lo + (float32(i)+0.5)/k
		}
	}
	return hi
}

// withoutRules clears straight horizontal and vertical runs of ruleLengthMM
// that are thin: table rules. Runs may waver by one pixel, as skewed rules do.
func withoutRules(mask []bool, w, h int, pxmm float64) []bool {
	out := slices.Clone(mask)
	long, thick := int(ruleLengthMM*pxmm), int(math.Ceil(ruleWidthMM*pxmm))
	clearRuns(mask, out, w, h, long, thick, func(i, j int) int { return i*w + j })
	clearRuns(mask, out, h, w, long, thick, func(i, j int) int { return j*w + i })
	return out
}

// clearRuns looks along j for runs of band ink (lines i-1..i+1 together) and
// clears thin ones; at(i, j) addresses the pixel.
func clearRuns(mask, out []bool, length, lines, long, thick int, at func(i, j int) int) {
	inked := func(i, j int) bool {
		for k := max(i-1, 0); k <= min(i+1, lines-1); k++ {
			if mask[at(k, j)] {
				return true
			}
		}
		return false
	}
	for i := range lines {
		start := -1
		for j := 0; j <= length; j++ {
			if j < length && inked(i, j) {
				if start < 0 {
					start = j
				}
				continue
			}
			if start >= 0 && j-start >= long {
				for x := start; x < j; x++ {
					if lo, hi := strokeAcross(mask, i, x, lines, at); hi-lo <= thick {
						for k := lo; k < hi; k++ {
							out[at(k, x)] = false
						}
					}
				}
			}
			start = -1
		}
	}
}

// strokeAcross is the extent of ink across line i at position j, from lo to before hi.
func strokeAcross(mask []bool, i, j, lines int, at func(i, j int) int) (lo, hi int) {
	lo, hi = i, i
	for lo > 0 && mask[at(lo-1, j)] {
		lo--
	}
	for hi < lines && mask[at(hi, j)] {
		hi++
	}
	return lo, hi
}
