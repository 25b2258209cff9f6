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
type digitPart struct{ angle, radius, side float64 }

// findCode looks along the lower rim for the longest run of small pieces of one
// size, at one radius and equal pitch. Codes print thin and pale, so pieces are
// taken from fainter ink than elsewhere.
func findCode(r *Reference) arc {
	var small []digitPart
	for _, p := range r.rimPieces(digitPale) {
		if s := p.side(); s >= digitLeastMM*workPxMM && s <= digitMostMM*workPxMM {
			angle, radius := r.polar(p.centre())
			small = append(small, digitPart{angle, radius, s})
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
		return arc{}
	}
	return lattice(best)
}

// rimPieces are the pieces of ink above a level along the lower rim.
func (r *Reference) rimPieces(level float32) []part {
	on := make([]bool, len(r.strokes))
	for i, v := range r.fine.Pix {
		on[i] = v > level
	}
	on, _ = withoutRings(r, on)
	for i, v := range on {
		on[i] = v && r.codeZone(float64(i%r.w), float64(i/r.w))
	}
	_, parts := partsOf(on, r.w, r.h)
	return parts
}

// crumbsBeside counts small pieces near the rim that are not on the code's line:
// several of them are a code, or a part of one, that is not legible.
func (r *Reference) crumbsBeside(code arc) int {
	n := 0
	for _, p := range r.rimPieces(crumbPale) {
		x, y := p.centre()
		if s := p.side(); s >= crumbLeastMM*workPxMM && s <= digitMostMM*workPxMM && r.rho(x, y) > crumbRho && !code.holds(r, x, y) {
			n++
		}
	}
	return n
}

// polar gives a point's place around the centre: the angle from the downward
// axis, clockwise, so that a code along the bottom is not split; and the radius.
func (r *Reference) polar(x, y float64) (angle, radius float64) {
	x, y = x-float64(r.w-1)/2, y-float64(r.h-1)/2
	return math.Atan2(-x, y), math.Hypot(x, y)
}

// holds reports whether a point lies on the code's line.
func (a arc) holds(r *Reference, x, y float64) bool {
	angle, radius := r.polar(x, y)
	return a.count > 0 && math.Abs(radius-a.radius) < a.height/2+digitMarginMM*workPxMM &&
		angle > a.first-a.pitch && angle < a.first+float64(a.count)*a.pitch
}

// lattice fits the pitch of a run and rejects runs that keep none: pieces of
// characters do not stand at equal distances.
func lattice(run []digitPart) arc {
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
		return arc{}
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
	off := 0
	for i, d := range run {
		if math.Abs(d.angle-a.first-places[i]*a.pitch) > digitOffPitch*a.pitch {
			off++
		}
	}
	if float64(off) > 0.2*float64(len(run)) || a.pitch <= 0 {
		return arc{}
	}
	a.count = int(place) + 1
	return a
}

// digits gives the glyph of each place along the arc, and of the places beyond
// its ends that are inked like a digit: pieces that touch were no candidates.
func (a arc) digits(r *Reference) []glyph {
	var out []glyph
	var inks []float64
	for k := range a.count {
		g := a.digit(r, k)
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
			g := a.digit(r, k)
			if g.inkMM2 < 0.3*usual || g.inkMM2 > 2*usual {
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
	g := glyph{cx: cx + a.radius*ux, cy: cy + a.radius*uy, digit: true}
	half := math.Ceil(reach + a.pitch*a.radius/2)
	g.x0, g.y0 = max(int(g.cx-half), 1), max(int(g.cy-half), 1)
	g.w, g.h = min(int(g.cx+half), r.w-2)-g.x0+1, min(int(g.cy+half), r.h-2)-g.y0+1
	ink := 0
	for y := g.y0; y < g.y0+g.h; y++ {
		for x := g.x0; x < g.x0+g.w; x++ {
			dx, dy := float64(x)-g.cx, float64(y)-g.cy
			if along, across := math.Abs(dx*uy-dy*ux), math.Abs(dx*ux+dy*uy); along <= a.pitch*a.radius/2 && across <= reach {
				g.addPixel(r, x, y)
				if r.fine.Pix[y*r.w+x] > digitPale {
					ink++
				}
			}
		}
	}
	g.inkMM2 = float64(ink) / (workPxMM * workPxMM)
	return g
}
