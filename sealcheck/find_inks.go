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
	layers  []*layer
}

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

// split makes a layer of each hue that is frequent on the page, and one of gray
// ink; on a page without colour that is all ink.
func (p *pageInks) split(b, g, r []float32) {
	n := p.w * p.h
	chroma, density := make([]float32, n), make([]float32, n)
	for i := range n {
		chroma[i] = max(b[i], g[i], r[i]) - min(b[i], g[i], r[i])
		density[i] = (b[i] + g[i] + r[i]) / 3
	}
	strong := quantile(chroma, strongColour)
	gray := strong < chromaFloor
	colourAt := max(chromaFloor, chromaShare*strong)
	coloured := func(i int) bool { return !gray && chroma[i] >= colourAt && chroma[i] >= pureShare*density[i] }
	if !gray {
		p.splitHues(b, g, r, chroma, coloured)
	}
	darkAt := max(darkFloor, darkShare*quantile(density, strongDark))
	dark := make([]bool, n)
	for i := range n {
		dark[i] = density[i] >= darkAt && !coloured(i)
	}
	name := "black"
	if gray {
		name = "gray"
	}
	dark = withoutRules(withoutBars(dark, p.w, p.h, p.pxmm), p.w, p.h, p.pxmm)
	clearLid(dark, p.w, p.h, int(lidMM*p.pxmm))
	clearCodes(dark, p.w, p.h)
	clearBars(dark, p.w, p.h, p.pxmm)
	p.layers = append(p.layers, newLayer(name, true, dark, p.w, p.h))
}

// splitHues gives each coloured pixel to the nearest of the page's frequent
// hues: two seals from one pad stay together, a blue signature across a red seal
// does not join it, and no seal falls between fixed ranges.
func (p *pageInks) splitHues(b, g, r, chroma []float32, coloured func(int) bool) {
	var weight [hueBins]float64
	bin := make([]int8, len(chroma))
	for i := range chroma {
		bin[i] = -1
		if coloured(i) {
			k := hueBin(b[i], g[i], r[i])
			bin[i] = int8(k)
			weight[k] += float64(chroma[i])
		}
	}
	nearest, modes := nearestModes(weight)
	inks := make([]ink, len(modes))
	for i, k := range bin {
		if k >= 0 {
			inks[nearest[k]].add(b[i], g[i], r[i])
		}
	}
	on := make([][]bool, len(inks))
	for m := range inks {
		inks[m].settle()
		on[m] = make([]bool, len(chroma))
	}
	for i, k := range bin {
		if k < 0 {
			continue
		}
		first := nearest[k]
		on[first][i] = true
		if second := alsoThere(inks, first, [3]float64{float64(b[i]), float64(g[i]), float64(r[i])}); second >= 0 {
			on[second][i] = true
		}
	}
	for m := range inks {
		p.layers = append(p.layers, newLayer(inks[m].name(), false, withoutBars(on[m], p.w, p.h, p.pxmm), p.w, p.h))
	}
}

// ink is the mean density of the pixels of one hue: B, G, R.
type ink struct {
	d [3]float64
	n float64
}

func (k *ink) add(b, g, r float32) {
	k.d[0], k.d[1], k.d[2], k.n = k.d[0]+float64(b), k.d[1]+float64(g), k.d[2]+float64(r), k.n+1
}

func (k *ink) settle() {
	for c := range k.d {
		k.d[c] /= max(k.n, 1)
	}
}

// alsoThere gives the ink that lies under or over the first at a pixel, -1 for
// none. Densities add, so the pixel must be explained by both together.
func alsoThere(inks []ink, first int, d [3]float64) int {
	dot := func(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }
	p := inks[first].d
	pp, pd := dot(p, p), dot(p, d)
	best, gain := -1, bothGain*(dot(d, d)-pd*pd/max(pp, 1e-9)) // what the first alone leaves unexplained
	for m := range inks {
		if m == first {
			continue
		}
		q := inks[m].d
		qq, pq, qd := dot(q, q), dot(p, q), dot(q, d)
		det := pp*qq - pq*pq
		if det < 1e-6 {
			continue
		}
		x, y := (pd*qq-qd*pq)/det, (qd*pp-pd*pq)/det
		if rest := dot(d, d) - x*pd - y*qd; x >= bothLeast && y >= bothLeast && rest < gain {
			best, gain = m, rest
		}
	}
	return best
}

// hueBins divide the circle of hues.
const hueBins = 36

// hueBin is the angle of a density in the plane across the gray axis.
func hueBin(b, g, r float32) int {
	x, y := float64(2*b-g-r), math.Sqrt(3)*float64(g-r)
	return int((math.Atan2(y, x)/(2*math.Pi)+0.5)*hueBins) % hueBins
}

// nearestModes finds the frequent hues, hueApart bins from each other, and for
// every bin the index of the nearest.
func nearestModes(weight [hueBins]float64) (nearest [hueBins]int, modes []int) {
	var smooth [hueBins]float64
	total := 0.0
	for k := range smooth {
		smooth[k] = weight[k] + 0.7*(weight[(k+1)%hueBins]+weight[(k+hueBins-1)%hueBins])
		total += weight[k]
	}
	gap := func(a, b int) int {
		d := (a - b + hueBins) % hueBins
		return min(d, hueBins-d)
	}
	for range maxHues {
		best := -1
		for k := range smooth {
			if smooth[k] > 0 && smooth[k] > hueLeast*total && (best < 0 || smooth[k] > smooth[best]) &&
				!slices.ContainsFunc(modes, func(m int) bool { return gap(m, k) < hueApart }) {
				best = k
			}
		}
		if best < 0 {
			break
		}
		modes = append(modes, best)
	}
	for k := range nearest {
		for i, m := range modes {
			if gap(k, m) < gap(k, modes[nearest[k]]) {
				nearest[k] = i
			}
		}
	}
	return nearest, modes
}

// name tells an ink by what it absorbs.
func (k ink) name() string {
	b, g, r := k.d[0], k.d[1], k.d[2]
	lo := min(b, g, r)
	hi := max(b, g, r) - lo
	switch {
	case r-lo < 0.3*hi:
		return "red"
	case g >= r && b-lo < 0.75*hi:
		return "purple"
	default:
		return "blue"
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

// clearLid takes out what the scanner's dark lid shows beyond a skewed page or a
// turned corner: ink solid along the border over long pixels, and all it joins.
func clearLid(on []bool, w, h, long int) {
	labels, blobs := components(on, w, h)
	lid := make([]bool, len(blobs)+1)
	along := func(n int, at func(k int) int) {
		run := 0
		for k := range n {
			l := labels[at(k)]
			if run++; l == 0 {
				run = 0
			}
			if run >= long {
				lid[l] = true
			}
		}
	}
	along(w, func(k int) int { return k })
	along(w, func(k int) int { return (h-1)*w + k })
	along(h, func(k int) int { return k * w })
	along(h, func(k int) int { return k*w + w - 1 })
	for i, l := range labels {
		if lid[l] {
			on[i] = false
		}
	}
}

// withoutBars clears straight horizontal and vertical lines longer than any
// seal's side.
func withoutBars(mask []bool, w, h int, pxmm float64) []bool {
	return withoutRuns(mask, w, h, int(barLengthMM*pxmm), int(math.Ceil(barWidthMM*pxmm)))
}

// withoutRules clears the thin lines of tables: among print a seal's frame is
// thicker.
func withoutRules(mask []bool, w, h int, pxmm float64) []bool {
	return withoutRuns(mask, w, h, int(ruleLengthMM*pxmm), int(math.Ceil(ruleWidthMM*pxmm)))
}

// withoutRuns clears runs of at least long pixels and at most thick. Runs may
// waver by one pixel, as skewed lines do.
func withoutRuns(mask []bool, w, h, long, thick int) []bool {
	out := slices.Clone(mask)
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
