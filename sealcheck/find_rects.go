package sealcheck

import (
	"cmp"
	"math"
	"slices"
)

// run is a straight stretch of edges that face one way: at distance off from the
// origin along the facing direction, from lo to hi across it.
type run struct{ off, lo, hi float64 }

func (r run) length() float64 { return r.hi - r.lo }

// rectangles puts together straight runs of edges: two that face away from each
// other and two across.
func (l *layer) rectangles(edges []edge, pxmm float64) []outline {
	byDir := make([][]edge, dirs)
	for _, e := range edges {
		byDir[e.dir] = append(byDir[e.dir], e)
	}
	type rated struct {
		outline
		fit
	}
	var all []rated
	seen := map[[4]int]bool{} // of one turn, in cells of 2 pixels: fitting moves farther
	for d := 0; d < dirs/4; d += rectStep / dirStep {
		var sides [4][]run
		for k := range sides {
			sides[k] = runs(byDir, (d+k*dirs/4)%dirs, pxmm)
		}
		clear(seen)
		for _, o := range boxesOf(sides, d, pxmm) {
			at := [4]int{int(o.cx / 2), int(o.cy / 2), int(o.a / 2), int(o.b / 2)}
			if seen[at] {
				continue
			}
			seen[at] = true
			// Each edge of the support adds farEdge or more to the closeness.
			if l.closeOf(o, farEdge*rectRough) <= farEdge*rectRough {
				continue
			}
			if f := l.fitOf(o); f.support >= rectRough {
				all = append(all, rated{o, f})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b rated) int { return cmp.Compare(b.rank(b.a), a.rank(a.a)) })
	var out []outline
	for _, r := range all {
		near := func(o outline) bool {
			return math.Hypot(o.cx-r.cx, o.cy-r.cy) < 0.1*r.b && math.Abs(o.a-r.a) < 0.1*r.a && math.Abs(o.b-r.b) < 0.1*r.b
		}
		if !slices.ContainsFunc(out, near) {
			if out = append(out, r.outline); len(out) == rectMost {
				break
			}
		}
	}
	return out
}

// runs finds the straight runs of edges that face direction d, give or take
// 12°.
func runs(byDir [][]edge, d int, pxmm float64) []run {
	nx, ny := dirVector(d)
	type at struct{ off, along float64 }
	var points []at
	lowest, highest := math.MaxInt, math.MinInt
	for k := -12 / dirStep; k <= 12/dirStep; k++ {
		for _, e := range byDir[(d+k+dirs)%dirs] {
			p := at{e.x*nx + e.y*ny, -e.x*ny + e.y*nx}
			points = append(points, p)
			i := int(math.Round(p.off))
			lowest, highest = min(lowest, i), max(highest, i)
		}
	}
	gap, least := rectGapMM*pxmm, rectRunMM*pxmm
	if float64(len(points)) < runInked*least {
		return nil
	}
	lines := make([][]float64, highest-lowest+5) // two empty ones at either end
	for _, p := range points {
		i := int(math.Round(p.off)) - lowest + 2
		lines[i] = append(lines[i], p.along)
	}
	var out []run
	var along []float64
	for i := lowest; i <= highest; i++ {
		// Half a step of turn moves the end of a 50 mm side by 2.5 rows: five together.
		along = along[:0]
		for _, line := range lines[i-lowest : i-lowest+5] {
			along = append(along, line...)
		}
		if float64(len(along)) < runInked*least {
			continue
		}
		slices.Sort(along)
		start := 0
		for j := 1; j <= len(along); j++ {
			if j < len(along) && along[j]-along[j-1] <= gap {
				continue
			}
			r := run{float64(i), along[start], along[j-1]}
			if r.length() >= least && float64(j-start) >= runInked*r.length() {
				out = append(out, r)
			}
			start = j
		}
	}
	return thinned(out)
}

// thinned keeps the longest of runs that lie side by side.
func thinned(all []run) []run {
	slices.SortStableFunc(all, func(a, b run) int { return cmp.Compare(b.length(), a.length()) })
	var out []run
	for _, r := range all {
		beside := func(k run) bool {
			return math.Abs(k.off-r.off) <= 3 && min(k.hi, r.hi)-max(k.lo, r.lo) > 0.5*r.length()
		}
		if !slices.ContainsFunc(out, beside) {
			out = append(out, r)
		}
	}
	return out[:min(len(out), rectRuns)]
}

// boxesOf combines runs of the four facings d, d+90°, d+180°, d+270° to
// rectangles of a seal's size. One of the four may be missing: another seal or
// the page's edge covers it.
func boxesOf(sides [4][]run, d int, pxmm float64) []outline {
	least, most := sealMinMM*0.9*pxmm, rectMaxMM*pxmm
	var out []outline
	add := func(turn float64, u0, u1, v0, v1 float64) {
		w, h := u1-u0, v1-v0
		if min(w, h) < least || max(w, h) > most || max(w, h) > rectMostAspect*min(w, h) {
			return
		}
		s, c := math.Sincos(turn)
		u, v := (u0+u1)/2, (v0+v1)/2
		o := outline{cx: u*c - v*s, cy: u*s + v*c, a: w / 2, b: h / 2, turn: turn, angular: true}
		out = append(out, o)
	}
	for k := range 4 {
		// In the frame of facing k: front faces it, back away from it, left and right
		// across. left's off runs along -v... see coordinates below.
		front, right, back, left := sides[k], sides[(k+1)%4], sides[(k+2)%4], sides[(k+3)%4]
		turn := float64(d*dirStep)*math.Pi/180 + float64(k)*math.Pi/2
		// front: u = off, v = along. back: u = -off, v = -along. right: v = off,
		// u = -along. left: v = -off, u = along.
		for _, f := range front {
			for _, r := range right {
				// A corner of front and right, and either back or left to close it; the side
				// without a run follows from the ends of the others.
				if r.off < f.lo+least/2 || r.off > f.lo+most || -r.lo < f.off-2*rectSlackMM*pxmm || -r.hi > f.off-least/2 || r.off-f.hi > rectSlackMM*4*pxmm {
					continue
				}
				for _, l := range left {
					if v0 := -l.off; r.off-v0 >= least && r.off-v0 <= most && l.lo < f.off {
						// Three sides: how deep, the ends of left and right tell.
						add(turn, min(l.lo, -r.hi), f.off, v0, r.off)
						add(turn, max(l.lo, -r.hi), f.off, v0, r.off)
						add(turn, f.off-(r.off-v0), f.off, v0, r.off) // a square, most of whose fourth side is missing
						for _, b := range back {
							if u0 := -b.off; f.off-u0 >= least && u0 < max(l.lo, -r.hi)+least/2 {
								add(turn, u0, f.off, v0, r.off)
							}
						}
					}
				}
				for _, b := range back {
					if u0 := -b.off; f.off-u0 >= least && f.off-u0 <= most && -b.lo > r.off-most && -b.hi < r.off {
						add(turn, u0, f.off, min(f.lo, -b.hi), r.off)
						add(turn, u0, f.off, max(f.lo, -b.hi), r.off)
						add(turn, u0, f.off, r.off-(f.off-u0), r.off)
					}
				}
			}
		}
	}
	return out
}
