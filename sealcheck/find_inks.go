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
	small, err := im.Resize(w, h) // not Reduce: by halves, thin frames of cards come out unevenly
	if err != nil {
		return nil, err
	}
	defer small.Close()
	p := &pageInks{w: w, h: h, pxmm: findDPI / 25.4, toSheet: float64(im.Width()) / float64(w)}
	p.split(inkedOn(small, int(paperTileMM*p.pxmm)))
	return p, nil
}

// inkedPixel is a pixel with ink enough for one of the layers: its density above the
// paper's.
type inkedPixel struct {
	at      int // index on the page
	b, g, r float32
}

func (k inkedPixel) chroma() float32  { return max(k.b, k.g, k.r) - min(k.b, k.g, k.r) }
func (k inkedPixel) density() float32 { return (k.b + k.g + k.r) / 3 }

// split makes a layer of each hue that is frequent on the page, and one of gray
// ink; on a page without colour that is all ink.
func (p *pageInks) split(ink []inkedPixel) {
	n := p.w * p.h
	strong := topQuantile(ink, n, strongColour, inkedPixel.chroma)
	gray := strong < chromaFloor
	colourAt := max(chromaFloor, chromaShare*strong)
	darkAt := max(darkFloor, darkShare*topQuantile(ink, n, strongDark, inkedPixel.density))
	dark := make([]bool, n)
	var coloured []inkedPixel
	for _, k := range ink {
		chroma, density := k.chroma(), k.density()
		if !gray && chroma >= colourAt && chroma >= pureShare*density {
			coloured = append(coloured, k)
		} else {
			dark[k.at] = density >= darkAt
		}
	}
	p.splitHues(coloured)
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
func (p *pageInks) splitHues(coloured []inkedPixel) {
	var weight [hueBins]float64
	bin := make([]int8, len(coloured))
	for i, c := range coloured {
		k := hueBin(c.b, c.g, c.r)
		bin[i] = int8(k)
		weight[k] += float64(c.chroma())
	}
	nearest, modes := nearestModes(weight)
	inks := make([]ink, len(modes))
	for i, c := range coloured {
		inks[nearest[bin[i]]].add(c.b, c.g, c.r)
	}
	on := make([][]bool, len(inks))
	for m := range inks {
		inks[m].settle()
		on[m] = make([]bool, p.w*p.h)
	}
	for i, c := range coloured {
		first := nearest[bin[i]]
		on[first][c.at] = true
		if second := alsoThere(inks, first, [3]float64{float64(c.b), float64(c.g), float64(c.r)}); second >= 0 {
			on[second][c.at] = true
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
	case r-lo < 0.3*hi && b-lo >= 0.3*hi: // violet absorbs green alone
		return "red"
	case g >= r && b-lo < 0.75*hi:
		return "purple"
	default:
		return "blue"
	}
}

// inkedOn lists the pixels of a picture whose ink reaches a layer's floor in some
// channel; the rest, most of a page, is paper and in no mask.
func inkedOn(im *imaging.Image, tile int) []inkedPixel {
	const floor = min(chromaFloor, darkFloor)
	w, h, n, pix := im.Width(), im.Height(), im.Channels(), im.View()
	paper := paperOf(pix, w, h, n, max(tile, 4))
	ground := make([][]float32, n)
	for c := range ground {
		ground[c] = make([]float32, w)
	}
	out := make([]inkedPixel, 0, w*h/8)
	for y := range h {
		for c := range ground {
			paper[c].row(y, ground[c])
		}
		line := pix[y*w*n : (y+1)*w*n]
		blue, green, red := ground[0], ground[n/2], ground[n-1] // of gray all the same
		for x := range w {
			p := line[x*n : (x+1)*n]
			b, g, r := imaging.DensityOf(p[0])-blue[x], imaging.DensityOf(p[n/2])-green[x], imaging.DensityOf(p[n-1])-red[x]
			if b >= floor || g >= floor || r >= floor {
				out = append(out, inkedPixel{y*w + x, max(0, b), max(0, g), max(0, r)})
			}
		}
	}
	return out
}

// paperGrid is the density of bare paper by tiles.
type paperGrid struct {
	*imaging.Plane
	tile int
	left []int     // of each column of pixels: the tile before it,
	part []float32 // and how far it lies towards the next
}

// paperOf takes the low quantile of the density in each tile, smoothed, for each
// channel.
func paperOf(pix []byte, w, h, n, tile int) []paperGrid {
	grids := make([]paperGrid, n)
	left, part := make([]int, w), make([]float32, w)
	for x := range left {
		left[x], part[x] = betweenTiles(x, tile, (w+tile-1)/tile)
	}
	for c := range grids {
		grids[c] = paperGrid{imaging.NewPlane((w+tile-1)/tile, (h+tile-1)/tile), tile, left, part}
	}
	for i := range grids[0].Pix {
		x0, y0 := i%grids[0].W*tile, i/grids[0].W*tile
		x1, y1 := min(x0+tile, w), min(y0+tile, h)
		var levels [3][256]int
		for y := y0; y < y1; y++ {
			line := pix[(y*w+x0)*n : (y*w+x1)*n]
			for k := 0; k < len(line); k += n {
				for c, v := range line[k : k+n] {
					levels[c][v]++
				}
			}
		}
		for c := range grids {
			need, level := int(paperQuantile*float64((x1-x0)*(y1-y0)-1)), 255
			for need -= levels[c][level]; need >= 0; need -= levels[c][level] {
				level--
			}
			grids[c].Pix[i] = imaging.DensityOf(byte(level))
		}
	}
	for c := range grids {
		grids[c].Plane = medianOf3(grids[c].Plane)
	}
	return grids
}

// betweenTiles says between which of n tiles pixel v lies: i and the next, part of
// the way.
func betweenTiles(v, tile, n int) (i int, part float32) {
	f := min(max((float64(v)+0.5)/float64(tile)-0.5, 0), float64(n-1))
	i = min(int(f), max(n-2, 0))
	return i, float32(f - float64(i))
}

// row interpolates the paper of a row of pixels into out.
func (g paperGrid) row(y int, out []float32) {
	j, down := betweenTiles(y, g.tile, g.H)
	line := slices.Clone(g.Pix[j*g.W : (j+1)*g.W])
	for i, v := range g.Pix[min(j+1, g.H-1)*g.W:][:g.W] {
		line[i] += down * (v - line[i])
	}
	line = append(line, line[g.W-1])
	for x := range out {
		i := g.left[x]
		out[x] = line[i] + g.part[x]*(line[i+1]-line[i])
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

// topQuantile is the q-quantile of a value over n pixels of which only the inked
// are given; 0 when it lies among the others.
func topQuantile(ink []inkedPixel, n int, q float64, value func(inkedPixel) float32) float32 {
	const bins, most = 1024, 2.5 // density; an 8-bit scan states 2.4
	var count [bins]int
	for _, k := range ink {
		count[min(int(value(k)*(bins/most)), bins-1)]++
	}
	above := n - 1 - int(q*float64(n-1)) // pixels beyond it
	for i := bins - 1; i >= 0; i-- {
		if above -= count[i]; above < 0 {
			return (float32(i) + 0.5) * (most / bins)
		}
	}
	return 0
}

// quantile gives the q-quantile of v, 0 for none; v is not changed. Large sets
// are counted in bins of 1/400 of their range.
func quantile(v []float32, q float64) float32 { return quantiles(v, q)[0] }

// quantiles are several of them, counted once.
func quantiles(v []float32, qs ...float64) []float32 {
	out := make([]float32, len(qs))
	if len(v) == 0 {
		return out
	}
	lo, hi := v[0], v[0]
	for _, x := range v {
		if x < lo {
			lo = x
		} else if x > hi {
			hi = x
		}
	}
	const bins = 400
	var count [4][bins]int // in turn: paper is even, and a count waits for its own last step
	k := bins / (hi - lo)
	if hi > lo {
		for i, x := range v {
			count[i&3][min(int((x-lo)*k), bins-1)]++
		}
	}
	for n, q := range qs {
		out[n] = hi
		want := int(q * float64(len(v)-1))
		for i := range bins {
			if want -= count[0][i] + count[1][i] + count[2][i] + count[3][i]; want < 0 {
				out[n] = lo + (float32(i)+0.5)/k
				break
			}
		}
	}
	return out
}

// clearLid takes out what the scanner's dark lid shows beyond a skewed page or a
// turned corner: ink solid along the border over long pixels, and all it joins.
func clearLid(on []bool, w, h, long int) {
	along := func(n int, at func(k int) int) {
		run := 0
		for k := range n {
			if run++; !on[at(k)] {
				run = 0
			}
			if run >= long {
				clearPiece(on, w, h, at(k))
				run = 0
			}
		}
	}
	along(w, func(k int) int { return k })
	along(w, func(k int) int { return (h-1)*w + k })
	along(h, func(k int) int { return k * w })
	along(h, func(k int) int { return k*w + w - 1 })
}

// clearPiece clears the connected set of a set pixel.
func clearPiece(on []bool, w, h, at int) {
	on[at] = false
	for stack := []int{at}; len(stack) > 0; {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		x, y := i%w, i/w
		for ny := max(y-1, 0); ny <= min(y+1, h-1); ny++ {
			for nx := max(x-1, 0); nx <= min(x+1, w-1); nx++ {
				if j := ny*w + nx; on[j] {
					on[j] = false
					stack = append(stack, j)
				}
			}
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
		// A long run covers a multiple of its least length: the rest is not looked at.
		for j := long - 1; j < length; j += long {
			if !inked(i, j) {
				continue
			}
			from, to := j, j+1
			for from > 0 && inked(i, from-1) {
				from--
			}
			for to < length && inked(i, to) {
				to++
			}
			for j+long < to {
				j += long
			}
			if to-from < long {
				continue
			}
			for x := from; x < to; x++ {
				if lo, hi := strokeAcross(mask, i, x, lines, at); hi-lo <= thick {
					for k := lo; k < hi; k++ {
						out[at(k, x)] = false
					}
				}
			}
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
