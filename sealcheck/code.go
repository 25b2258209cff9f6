package sealcheck

import (
	"cmp"
	"math"
	"slices"
)

// arc is the line on which a code of digits stands (the registration number
// along the lower rim of a round or oval seal): equal pitch at one depth.
type arc struct {
	rim    rim
	depth  float64 // pixels below the outline
	height float64 // pixels
	first  float64 // place of the first digit on the rim
	pitch  float64 // pixels between digits
	count  int
}

// digitPart is a small piece that may be a digit.
type digitPart struct{ x, y, angle, depth, side float64 }

// findCode looks along the lower rim for the longest run of small pieces of one
// size, at one depth and equal pitch. Codes print thin and pale, so pieces are
// taken from fainter ink than elsewhere.
func findCode(r *Reference) arc {
	var small []digitPart
	for _, p := range r.rimPieces(digitPale) {
		if s := p.side(); s >= digitLeastMM*workPxMM && s <= digitMostMM*workPxMM {
			x, y := p.centre()
			angle := math.Atan2(float64(r.w-1)/2-x, y-float64(r.h-1)/2) // from the downward axis, clockwise
			small = append(small, digitPart{x, y, angle, r.depthOf(x, y), s})
		}
	}
	slices.SortFunc(small, func(a, b digitPart) int { return cmp.Compare(a.angle, b.angle) })
	var best []digitPart
	for _, seed := range small {
		var run []digitPart
		for _, d := range small {
			if math.Abs(d.depth-seed.depth) > digitBandMM*workPxMM || d.side > 1.5*seed.side || d.side < 0.6*seed.side {
				continue
			}
			if n := len(run); n > 0 && math.Hypot(d.x-run[n-1].x, d.y-run[n-1].y) > digitGapMM*workPxMM {
				if len(run) > len(best) {
					best = run
				}
				run = nil
			}
			run = append(run, d)
		}
		if len(run) > len(best) {
			best = run
		}
	}
	if len(best) < digitsLeast {
		return arc{}
	}
	return continued(r, best, small)
}

// continued follows a run's line and pitch over a gap to pieces farther off: where a specimen
// is dry, more digits may be missing than a run of its own can bridge. Two side by side are
// digits; one alone may be of a character.
func continued(r *Reference, run, small []digitPart) arc {
	code := lattice(r, run)
	for i := 0; i < len(small) && code.count > 0; i++ {
		d := small[i]
		if slices.Contains(run, d) || d.side < 0.6*code.height || !code.holds(r, d.x, d.y, digitsMost) || !code.beside(d, small) {
			continue
		}
		longer := append(slices.Clone(run), d)
		slices.SortFunc(longer, func(a, b digitPart) int { return cmp.Compare(a.angle, b.angle) })
		if c := lattice(r, longer); c.count > code.count && c.count <= digitsMost && c.strays(longer) == code.strays(run) {
			run, code, i = longer, c, -1
		}
	}
	return code
}

// beside reports whether another piece stands one place from d.
func (a arc) beside(d digitPart, small []digitPart) bool {
	at := a.rim.place(d.x, d.y)
	return slices.ContainsFunc(small, func(o digitPart) bool {
		return math.Abs(o.depth-d.depth) <= digitBandMM*workPxMM && math.Abs(math.Abs(a.rim.place(o.x, o.y)-at)/a.pitch-1) <= digitOffPitch
	})
}

// rimPieces are the pieces of ink above a level along the lower rim, without splinters of a ring.
func (r *Reference) rimPieces(level float32) []part {
	on, rings := r.rimInk(level)
	for i, v := range on {
		on[i] = v && r.codeZone(float64(i%r.w), float64(i/r.w))
	}
	labels, parts := partsOf(on, r.w, r.h)
	toRing := distanceTo(rings, r.w, r.h, 2*ringEdgeMM*workPxMM)
	clear := map[int32]bool{}
	for i, l := range labels {
		if toRing.Pix[i] > ringEdgeMM*workPxMM {
			clear[l] = true
		}
	}
	return slices.DeleteFunc(parts, func(p part) bool { return !clear[p.ids[0]] })
}

// rimInk is the ink above a level that is of no ring, and that which is.
func (r *Reference) rimInk(level float32) (on, rings []bool) {
	all := make([]bool, len(r.strokes))
	for i, v := range r.fine.Pix {
		all[i] = v > level
	}
	on, _ = withoutRings(r, all)
	for i := range all {
		all[i] = all[i] && !on[i]
	}
	return on, all
}

// crumbsBeside counts small pieces near the rim that are not on the code's line:
// several of them are a code, or a part of one, that is not legible.
func (r *Reference) crumbsBeside(code arc) int {
	n := 0
	for _, p := range r.rimPieces(crumbPale) {
		x, y := p.centre()
		if s := p.side(); s >= crumbLeastMM*workPxMM && s <= digitMostMM*workPxMM && r.rho(x, y) > crumbRho && !code.holds(r, x, y, 1) {
			n++
		}
	}
	return n
}

// holds reports whether a point lies on the code's line, at most so many places beyond it.
func (a arc) holds(r *Reference, x, y float64, beyond int) bool {
	if a.count == 0 || math.Abs(r.depthOf(x, y)-a.depth) >= a.height/2+digitMarginMM*workPxMM {
		return false
	}
	at := a.rim.place(x, y)
	return at > a.first-float64(beyond)*a.pitch && at < a.first+float64(a.count-1+beyond)*a.pitch
}

// lattice fits the pitch of a run and rejects runs that keep none: pieces of
// characters do not stand at equal distances.
func lattice(r *Reference, run []digitPart) arc {
	a := arc{}
	for _, d := range run {
		a.depth += d.depth / float64(len(run))
		a.height = max(a.height, d.side)
	}
	a.rim = r.rimAt(a.depth)
	at, gaps := make([]float64, len(run)), []float64{}
	for i, d := range run {
		at[i] = a.rim.place(d.x, d.y)
		if i > 0 {
			gaps = append(gaps, at[i]-at[i-1])
		}
	}
	slices.Sort(gaps)
	a.pitch = percentile(gaps, 0.4)
	if a.pitch <= 0 {
		return arc{}
	}
	// Regress where they are on their number.
	var m moments
	number := 0.0
	numbers := make([]float64, len(run))
	for i := range run {
		if i > 0 {
			number += math.Round((at[i] - at[i-1]) / a.pitch)
		}
		numbers[i] = number
		m.add(number, at[i])
	}
	slope := (m.ab - m.a*m.b/m.n) / max(m.aa-m.a*m.a/m.n, 1e-9)
	a.first, a.pitch = m.b/m.n-slope*m.a/m.n, slope
	if a.pitch <= 0 || float64(a.strays(run)) > 0.2*float64(len(run)) {
		return arc{}
	}
	a.count = int(number) + 1
	return a
}

// strays counts pieces that stand on no place of the code.
func (a arc) strays(run []digitPart) int {
	n := 0
	for _, d := range run {
		if k := (a.rim.place(d.x, d.y) - a.first) / a.pitch; math.Abs(k-math.Round(k)) > digitOffPitch {
			n++
		}
	}
	return n
}

// digits gives the glyph of each place along the arc, and of the places beyond
// its ends that are inked like a digit: pieces that touch were no candidates.
func (a arc) digits(r *Reference) []glyph {
	var out []glyph
	var inks []float64
	ink, _ := r.rimInk(crumbPale) // paler than what a run is found by
	for k := range a.count {
		g := a.digit(r, ink, k)
		inks = append(inks, g.inkMM2)
		out = append(out, g)
	}
	if len(out) == 0 {
		return nil
	}
	slices.Sort(inks)
	usual := percentile(inks, 0.5)
	for _, way := range []struct{ from, step int }{{-1, -1}, {a.count, 1}} {
		for k := way.from; len(out) < digitsMost; k += way.step {
			g := a.digit(r, ink, k)
			if g.inkMM2 < 0.3*usual || g.inkMM2 > 2*usual {
				break
			}
			out = append(out, g)
		}
	}
	return out
}

// digit is the glyph at place k; ink is what is of no ring.
func (a arc) digit(r *Reference, ink []bool, k int) glyph {
	reach := a.height/2 + digitMarginMM*workPxMM
	cx, cy, ux, uy := a.rim.point(a.first + float64(k)*a.pitch)
	g := glyph{cx: cx, cy: cy, digit: true, box: upright{ux, uy, a.pitch, a.height}}
	half := math.Ceil(reach + a.pitch/2)
	g.x0, g.y0 = max(int(g.cx-half), 1), max(int(g.cy-half), 1)
	g.w, g.h = min(int(g.cx+half), r.w-2)-g.x0+1, min(int(g.cy+half), r.h-2)-g.y0+1
	inked := 0
	for y := g.y0; y < g.y0+g.h; y++ {
		for x := g.x0; x < g.x0+g.w; x++ {
			dx, dy := float64(x)-g.cx, float64(y)-g.cy
			if along, across := math.Abs(dx*uy-dy*ux), math.Abs(dx*ux+dy*uy); along <= a.pitch/2 && across <= reach {
				g.addPixel(r, x, y)
				if ink[y*r.w+x] {
					inked++
				}
			}
		}
	}
	g.inkMM2 = float64(inked) / (workPxMM * workPxMM)
	return g
}
