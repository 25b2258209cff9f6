package sealcheck

import (
	"cmp"
	"math"
	"slices"

	"heyin/imaging"
	"heyin/models"
)

// darkSeals finds seals in gray or black ink among print: rings by voting for
// their centre, the rest by blobs whose hull is inked. Places of coloured seals
// are left out: the print under them is no seal.
func darkSeals(p *pageInks, coloured []outline) []outline {
	name := "black"
	if p.gray {
		name = "gray"
	}
	t := tint{name: name, w: p.w, h: p.h, on: slices.Clone(p.dark)}
	for _, o := range coloured {
		clearBox(t.on, t.w, t.h, o)
	}
	var found []outline
	for range maxDarkDiscs {
		disc, ok := bestDisc(t.on, t.w, t.h, blob{x1: t.w - 1, y1: t.h - 1}, p.pxmm)
		if !ok || disc.cover < discCover {
			break
		}
		disc.ink = name
		if o := ovalAround(t, disc); o.cover > disc.cover+ovalGain {
			disc = o
		}
		found = append(found, disc)
		clearDisc(t.on, t.w, t.h, disc)
	}
	for _, g := range groups(t.on, t.w, t.h, darkGapMM*p.pxmm, sealMinMM*p.pxmm) {
		if o, ok := hullSeal(g.ink, t, p.pxmm, hullCoverDark, inkInsideDark); ok && !barCode(t, o) && min(o.x1-o.x0, o.y1-o.y0) >= darkMinMM*p.pxmm {
			found = append(found, o)
		}
	}
	return found
}

// ovalAround stretches a ring along its better axis: an upright oval seal votes
// for the ring that touches its long sides.
func ovalAround(t tint, disc outline) outline {
	best := disc
	cx, cy, r := (disc.x0+disc.x1-1)/2, (disc.y0+disc.y1-1)/2, (disc.x1-disc.x0-1)/2
	for deg := 0; deg < 180; deg += 5 {
		for k := 1.16; k <= 1.6; k += 0.02 {
			for _, short := range []float64{0.94, 0.97, 1, 1.03, 1.06} {
				a, b := r*k*short, r*short
				if c := ovalCover(t, cx, cy, a, b, deg); c > best.cover {
					s, c2 := sincosTable[deg].s, sincosTable[deg].c
					hw, hh := math.Hypot(a*c2, b*s), math.Hypot(a*s, b*c2)
					best = outline{x0: cx - hw, y0: cy - hh, x1: cx + hw + 1, y1: cy + hh + 1, shape: models.Oval, ink: disc.ink, cover: c}
				}
			}
		}
	}
	return best
}

// ovalCover is ringCover for an ellipse with half axes a and b, a at deg.
func ovalCover(t tint, cx, cy, a, b float64, deg int) float64 {
	const directions = 120
	n := 0
	s, c := sincosTable[deg].s, sincosTable[deg].c
	for k := range directions {
		u, v := a*sincosTable[k*3].c, b*sincosTable[k*3].s
		x, y := int(math.Round(cx+u*c-v*s)), int(math.Round(cy+u*s+v*c))
		if x >= 0 && y >= 0 && x < t.w && y < t.h && t.on[y*t.w+x] {
			n++
		}
	}
	return float64(n) / directions
}

// maxDarkDiscs bounds the rings taken from one page.
const maxDarkDiscs = 6

func clearBox(on []bool, w, h int, o outline) {
	for y := max(int(o.y0), 0); y < min(int(o.y1), h); y++ {
		for x := max(int(o.x0), 0); x < min(int(o.x1), w); x++ {
			on[y*w+x] = false
		}
	}
}

// clearDisc takes out the ink within a disc and a little around it.
func clearDisc(on []bool, w, h int, o outline) {
	cx, cy, r := (o.x0+o.x1)/2, (o.y0+o.y1)/2, (o.x1-o.x0)/2+2
	for y := max(int(o.y0)-2, 0); y < min(int(o.y1)+3, h); y++ {
		for x := max(int(o.x0)-2, 0); x < min(int(o.x1)+3, w); x++ {
			if math.Hypot(float64(x)+0.5-cx, float64(y)+0.5-cy) <= r {
				on[y*w+x] = false
			}
		}
	}
}

// bestDisc votes for rings: each outer edge of ink votes along its normal for a
// centre, radius by radius. The candidate with most of its ring inked wins;
// cover is the share of 120 directions.
func bestDisc(on []bool, w, h int, in blob, pxmm float64) (outline, bool) {
	edges := edgeNormals(withoutSpecks(on, w, h, in, discSpeckMM*pxmm), w, h, in)
	if len(edges) < discEdges {
		return outline{}, false
	}
	rMin, rMax := discMinMM/2*pxmm, discMaxMM/2*pxmm
	rMax = min(rMax, float64(max(in.w(), in.h()))*0.75)
	thick := thickened(on, w, h, in)
	var best outline
	for _, c := range ringCandidates(edges, in, rMin, rMax) {
		if d := ringAt(on, thick, w, h, c.x, c.y, max(rMin, c.r-4), min(rMax, c.r+5)); d.cover > best.cover {
			best = d
		}
	}
	return best, best.cover > 0
}

// ringCandidate is a ring some edges voted for.
type ringCandidate struct{ x, y, r, score float64 }

// ringCandidates votes in a plane of 2-pixel cells for each radius, and keeps
// the best centres over all radii by votes per length of ring.
func ringCandidates(edges []edge, in blob, rMin, rMax float64) []ringCandidate {
	const cell = 2
	x0, y0 := in.x0-int(rMax/2), in.y0-int(rMax/2)
	votes := imaging.NewPlane((in.w()+int(rMax))/cell+1, (in.h()+int(rMax))/cell+1)
	var all []ringCandidate
	for r := rMin; r <= rMax; r += cell {
		clear(votes.Pix)
		for _, e := range edges {
			x, y := (int(e.x-e.nx*r)-x0)/cell, (int(e.y-e.ny*r)-y0)/cell
			if x > 0 && y > 0 && x < votes.W && y < votes.H {
				votes.Pix[y*votes.W+x]++
			}
		}
		smooth := blurred(votes, 1)
		for range 2 {
			top := 0
			for i, v := range smooth.Pix {
				if v > smooth.Pix[top] {
					top = i
				}
			}
			cx, cy := top%votes.W, top/votes.W
			all = append(all, ringCandidate{float64(cx*cell + x0 + 1), float64(cy*cell + y0 + 1), r, float64(smooth.Pix[top]) / r})
			for yy := max(cy-3, 0); yy <= min(cy+3, votes.H-1); yy++ {
				for xx := max(cx-3, 0); xx <= min(cx+3, votes.W-1); xx++ {
					smooth.Pix[yy*votes.W+xx] = 0
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b ringCandidate) int { return cmp.Compare(b.score, a.score) })
	return all[:min(len(all), discPeaks)]
}

// thickened grows ink by a pixel, within reach of a blob: a ring is seldom an
// exact circle.
func thickened(on []bool, w, h int, in blob) []bool {
	out := make([]bool, len(on))
	for y := max(in.y0, 1); y <= min(in.y1, h-2); y++ {
		for x := max(in.x0, 1); x <= min(in.x1, w-2); x++ {
			i := y*w + x
			out[i] = on[i] || on[i-1] || on[i+1] || on[i-w] || on[i+w]
		}
	}
	return out
}

// edge is a boundary pixel of ink with its outward normal.
type edge struct{ x, y, nx, ny float64 }

// withoutSpecks drops sets of ink smaller than least pixels both ways, and bars:
// print and the seal's own characters only blur the vote.
func withoutSpecks(on []bool, w, h int, in blob, least float64) []bool {
	part := make([]bool, len(on))
	for y := in.y0; y <= in.y1; y++ {
		copy(part[y*w+in.x0:y*w+in.x1+1], on[y*w+in.x0:y*w+in.x1+1])
	}
	const bar = 4 // pixels: the bars of a code and pieces of table rules are thinner
	labels, blobs := components(part, w, h)
	for i, l := range labels {
		if l > 0 && (float64(max(blobs[l-1].w(), blobs[l-1].h())) < least || min(blobs[l-1].w(), blobs[l-1].h()) <= bar) {
			part[i] = false
		}
	}
	return part
}

func edgeNormals(on []bool, w, h int, in blob) []edge {
	at := func(x, y int) float64 {
		if on[y*w+x] {
			return 1
		}
		return 0
	}
	var edges []edge
	for y := max(in.y0, 2); y <= min(in.y1, h-3); y++ {
		for x := max(in.x0, 2); x <= min(in.x1, w-3); x++ {
			if !on[y*w+x] || (on[y*w+x-1] && on[y*w+x+1] && on[(y-1)*w+x] && on[(y+1)*w+x]) {
				continue
			}
			var gx, gy float64
			for d := -2; d <= 2; d++ {
				k := float64(3 - max(d, -d))
				gx += k * (at(x+2, y+d) + at(x+1, y+d) - at(x-1, y+d) - at(x-2, y+d))
				gy += k * (at(x+d, y+2) + at(x+d, y+1) - at(x+d, y-1) - at(x+d, y-2))
			}
			if n := math.Hypot(gx, gy); n > 0 {
				edges = append(edges, edge{float64(x), float64(y), -gx / n, -gy / n})
			}
		}
	}
	return edges
}

// ringAt moves the centre up to 4 pixels and finds the outermost radius at which
// the ring is well inked: first coarsely, then by single pixels.
func ringAt(on, thick []bool, w, h int, cx, cy, rMin, rMax float64) outline {
	best := ringNear(on, thick, w, h, cx, cy, 4, 2, rMin, rMax)
	if best.cover == 0 {
		return best
	}
	r := (best.x1 - best.x0 - 1) / 2
	return ringNear(on, thick, w, h, best.x0+r, best.y0+r, 1, 1, max(rMin, r-2), min(rMax, r+3))
}

func ringNear(on, thick []bool, w, h int, cx, cy, reach, step, rMin, rMax float64) outline {
	var best outline
	for dy := -reach; dy <= reach; dy += step {
		for dx := -reach; dx <= reach; dx += step {
			for r := rMin; r <= rMax; r++ {
				c := ringCover(on, thick, w, h, cx+dx, cy+dy, r)
				if c > best.cover+0.02 || (c > best.cover-0.02 && 2*r > best.x1-best.x0) {
					best = outline{x0: cx + dx - r, y0: cy + dy - r, x1: cx + dx + r + 1, y1: cy + dy + r + 1, cover: max(c, best.cover), shape: models.Round}
				}
			}
		}
	}
	return best
}

// ringCover is the share of directions in which the ring of radius r is inked
// within a pixel, with paper 1 and 1.8 mm outside: a bar code is no ring.
func ringCover(on, thick []bool, w, h int, cx, cy, r float64) float64 {
	const directions = 120
	n := 0
	for k := range directions {
		s, c := sincosTable[k*3].s, sincosTable[k*3].c
		x, y := int(math.Round(cx+r*c)), int(math.Round(cy+r*s))
		if x < 0 || y < 0 || x >= w || y >= h || !thick[y*w+x] {
			continue
		}
		if paperAt(on, w, h, cx+(r+4)*c, cy+(r+4)*s) && paperAt(on, w, h, cx+(r+7)*c, cy+(r+7)*s) {
			n++
		}
	}
	return float64(n) / directions
}

// paperAt reports whether the pixel is free of ink; beyond the page is free.
func paperAt(on []bool, w, h int, x, y float64) bool {
	ix, iy := int(math.Round(x)), int(math.Round(y))
	return ix < 0 || iy < 0 || ix >= w || iy >= h || !on[iy*w+ix]
}

type sincos struct{ s, c float64 }

// sincosTable holds whole degrees.
var sincosTable = func() (t [360]sincos) {
	for d := range t {
		t[d].s, t[d].c = math.Sincos(float64(d) * math.Pi / 180)
	}
	return t
}()

// barCode tells a QR code by its finder patterns: an eighth of its rows and of
// its columns cross one, dark and light runs as 1:1:3:1:1.
func barCode(t tint, o outline) bool {
	x0, y0, x1, y1 := max(int(o.x0), 0), max(int(o.y0), 0), min(int(o.x1), t.w), min(int(o.y1), t.h)
	rows, columns := 0, 0
	for y := y0; y < y1; y++ {
		if finderRun(x1-x0, func(k int) bool { return t.on[y*t.w+x0+k] }) {
			rows++
		}
	}
	for x := x0; x < x1; x++ {
		if finderRun(y1-y0, func(k int) bool { return t.on[(y0+k)*t.w+x] }) {
			columns++
		}
	}
	return float64(rows) >= finderShare*float64(y1-y0) && float64(columns) >= finderShare*float64(x1-x0)
}

// finderRun looks for the pattern among n pixels.
func finderRun(n int, on func(k int) bool) bool {
	var runs []int
	for k := range n {
		if k == 0 || on(k) != on(k-1) {
			if k == 0 && !on(k) {
				runs = append(runs, 0) // so that even runs are dark
			}
			runs = append(runs, 0)
		}
		runs[len(runs)-1]++
	}
	for i := 0; i+5 <= len(runs); i += 2 {
		unit := float64(runs[i]+runs[i+1]+runs[i+2]+runs[i+3]+runs[i+4]) / 7
		fits := unit > 1
		for j, want := range []float64{1, 1, 3, 1, 1} {
			fits = fits && math.Abs(float64(runs[i+j])-want*unit) <= 0.5*unit
		}
		if fits {
			return true
		}
	}
	return false
}
