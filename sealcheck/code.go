package sealcheck

import (
	"cmp"
	"math"
	"slices"
)

// arc is the line on which a code of digits stands (the registration number
// along the lower rim of a round seal): equal pitch at one radius.
type arc struct {
	radius float64 // pixels from the specimen's centre
	height float64 // pixels
	first  float64 // angle of the first digit, radians
	pitch  float64 // angle between digits
	count  int
}

// digitPart is a small piece that may be a digit, by place around the centre.
type digitPart struct {
	index         int
	angle, radius float64
	side          float64
}

// findCode looks for the longest run of small pieces of one size, at one radius
// and equal pitch. It returns the pieces that belong to it.
func findCode(r *Reference, parts []part) (arc, map[int]bool) {
	var small []digitPart
	cx, cy := float64(r.w-1)/2, float64(r.h-1)/2
	for i, p := range parts {
		if s := p.side(); s >= digitLeastMM*workPxMM && s <= digitMostMM*workPxMM {
			x, y := (p.lo[0]+p.hi[0])/2-cx, (p.lo[4]+p.hi[4])/2-cy
			// Angles run from the top, so that a code along the bottom is not split.
			small = append(small, digitPart{i, math.Atan2(-x, y), math.Hypot(x, y), s})
		}
	}
	slices.SortFunc(small, func(a, b digitPart) int { return cmp.Compare(a.angle, b.angle) })
	var best []digitPart
	for _, seed := range small {
		var run []digitPart
		for _, d := range small {
			if math.Abs(d.radius-seed.radius) > digitBandMM*workPxMM || d.side > 1.5*seed.side || d.side < 0.6*seed.side {
				continue
			}
			if n := len(run); n > 0 && (d.angle-run[n-1].angle)*d.radius > digitGapMM*workPxMM {
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
		return arc{}, nil
	}
	return lattice(best)
}

// lattice fits the pitch of a run and rejects runs that keep none: pieces of
// characters do not stand at equal distances.
func lattice(run []digitPart) (arc, map[int]bool) {
	var gaps []float64
	a := arc{}
	for i, d := range run {
		a.radius += d.radius / float64(len(run))
		a.height = max(a.height, d.side)
		if i > 0 {
			gaps = append(gaps, d.angle-run[i-1].angle)
		}
	}
	slices.Sort(gaps)
	a.pitch = percentile(gaps, 0.4)
	if a.pitch <= 0 {
		return arc{}, nil
	}
	// Regress angle on place along the lattice.
	var m moments
	place := 0.0
	places := make([]float64, len(run))
	for i, d := range run {
		if i > 0 {
			place += math.Round((d.angle - run[i-1].angle) / a.pitch)
		}
		places[i] = place
		m.add(place, d.angle)
	}
	slope := (m.ab - m.a*m.b/m.n) / max(m.aa-m.a*m.a/m.n, 1e-9)
	a.first, a.pitch = m.b/m.n-slope*m.a/m.n, slope
	own := map[int]bool{}
	off := 0
	for i, d := range run {
		own[d.index] = true
		if math.Abs(d.angle-a.first-places[i]*a.pitch) > digitOffPitch*a.pitch {
			off++
		}
	}
	if float64(off) > 0.2*float64(len(run)) || a.pitch <= 0 {
		return arc{}, nil
	}
	a.count = int(place) + 1
	return a, own
}

// digits gives the glyph of each place along the arc, and of the places beyond
// its ends that are inked like a digit: pieces that touch were no candidates.
func (a arc) digits(r *Reference) []glyph {
	var out []glyph
	least := math.Inf(1)
	for k := range a.count {
		g := a.digit(r, k)
		least = min(least, g.inkMM2)
		out = append(out, g)
	}
	for _, way := range []struct{ from, step int }{{-1, -1}, {a.count, 1}} {
		for k := way.from; len(out) < digitsMost; k += way.step {
			g := a.digit(r, k)
			if g.inkMM2 < 0.6*least || g.inkMM2 > digitMostInk {
				break
			}
			out = append(out, g)
		}
	}
	return out
}

// digit is the glyph at place k.
func (a arc) digit(r *Reference, k int) glyph {
	cx, cy := float64(r.w-1)/2, float64(r.h-1)/2
	reach := a.height/2 + digitMarginMM*workPxMM
	s, c := math.Sincos(a.first + float64(k)*a.pitch)
	// The angle is taken from the downward axis, clockwise positive.
	ux, uy := -s, c
	g := glyph{cx: cx + a.radius*ux, cy: cy + a.radius*uy, sizeMM: a.height / workPxMM, digit: true}
	half := math.Ceil(reach + a.pitch*a.radius/2)
	g.x0, g.y0 = max(int(g.cx-half), 1), max(int(g.cy-half), 1)
	g.w, g.h = min(int(g.cx+half), r.w-2)-g.x0+1, min(int(g.cy+half), r.h-2)-g.y0+1
	ink := 0
	for y := g.y0; y < g.y0+g.h; y++ {
		for x := g.x0; x < g.x0+g.w; x++ {
			dx, dy := float64(x)-g.cx, float64(y)-g.cy
			if along, across := math.Abs(dx*uy-dy*ux), math.Abs(dx*ux+dy*uy); along <= a.pitch*a.radius/2 && across <= reach {
				g.addPixel(r, x, y)
				if r.strokes[y*r.w+x] {
					ink++
				}
			}
		}
	}
	g.inkMM2 = float64(ink) / (workPxMM * workPxMM)
	return g
}
