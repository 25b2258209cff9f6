package sealcheck

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// circles votes for round outlines: each edge votes along its normal for a
// centre, radius by radius, in a plane of 2-pixel cells. It finds rings of which
// half is missing.
func circles(edges []edge, in blob, pxmm float64) []outline {
	const cell = 2
	rMin, rMax := roundMinMM/2*pxmm, min(roundMaxMM/2*pxmm, float64(max(in.w(), in.h())))
	reach := int(rMax / 2)
	x0, y0 := in.x0-reach, in.y0-reach
	b := newBallot((in.w()+2*reach)/cell+2, (in.h()+2*reach)/cell+2)
	type voted struct {
		outline
		score float64
	}
	var all []voted
	for r := rMin; r <= rMax; r += cell {
		clear(b.votes)
		for _, e := range edges {
			nx, ny := dirVector(e.dir)
			x, y := (int(e.x-nx*r)-x0)/cell, (int(e.y-ny*r)-y0)/cell
			if x > 0 && y > 0 && x < b.w-1 && y < b.h-1 {
				b.votes[y*b.w+x]++
			}
		}
		for _, p := range b.peaks(2) {
			o := outline{cx: float64(p.x*cell+x0) + 1, cy: float64(p.y*cell+y0) + 1, a: r, b: r}
			all = append(all, voted{o, p.v / r})
		}
	}
	slices.SortStableFunc(all, func(p, q voted) int { return cmp.Compare(q.score, p.score) })
	var out []outline
	for _, v := range all[:min(len(all), circlePeaks)] {
		out = append(out, v.outline)
	}
	return out
}

type peak struct {
	x, y int
	v    float64
}

// ballot counts votes in cells.
type ballot struct {
	w, h  int
	votes []int32
	sums  []int32 // of 3 × 3 cells
}

func newBallot(w, h int) *ballot {
	return &ballot{w, h, make([]int32, w*h), make([]int32, w*h)}
}

// peaks are the n cells with most votes in and around them, some cells apart.
func (b *ballot) peaks(n int) []peak {
	const apart = 3
	clear(b.sums)
	tops := make([]int32, b.h) // the most of each row
	for y := 1; y < b.h-1; y++ {
		up, at, down := b.votes[(y-1)*b.w:y*b.w], b.votes[y*b.w:(y+1)*b.w], b.votes[(y+1)*b.w:(y+2)*b.w]
		left, mid, here := up[0]+at[0]+down[0], up[1]+2*at[1]+down[1], at[1]
		up, at, down = up[2:], at[2:], down[2:]
		out, top := b.sums[y*b.w+1:][:len(at)], int32(0)
		for x, next := range at {
			right := up[x] + next + down[x]
			out[x] = left + mid + right
			top = max(top, out[x])
			left, mid, here = mid-here, right+next, next
		}
		tops[y] = top
	}
	var out []peak
	for range n {
		most := slices.Max(tops)
		if most <= 0 {
			break
		}
		y := slices.Index(tops, most)
		x := slices.Index(b.sums[y*b.w:(y+1)*b.w], most)
		out = append(out, peak{x, y, float64(most)})
		for yy := max(y-apart, 0); yy <= min(y+apart, b.h-1); yy++ {
			row := b.sums[yy*b.w : (yy+1)*b.w]
			clear(row[max(x-apart, 0) : min(x+apart, b.w-1)+1])
			tops[yy] = slices.Max(row)
		}
	}
	return out
}

// facingPair is an edge, and the middle between it and one that faces away from it.
type facingPair struct {
	x, y, mx, my float32
}

// ovals votes for the centres of symmetric outlines: two edges that face away
// from each other have the centre between them. Ellipses are then put through
// three of a centre's voters at a time.
func (l *layer) ovals(edges []edge, in blob, pxmm float64) []outline {
	const cell = 2
	byDir := make([][]edge, dirs)
	for i, e := range edges {
		if len(edges) <= ovalEdges || i%(len(edges)/ovalEdges+1) == 0 {
			byDir[e.dir] = append(byDir[e.dir], e)
		}
	}
	near, apart := sealMinMM*0.8*pxmm, sealMaxMM*pxmm
	b := newBallot(in.w()/cell+2, in.h()/cell+2)
	pairs := l.pairs[:0]
	for d := range dirs / 2 {
		nx, ny := dirVector(d)
		for _, p := range byDir[d] {
			for off := -2; off <= 2; off++ {
				for _, q := range byDir[(d+dirs/2+off)%dirs] {
					dx, dy := p.x-q.x, p.y-q.y
					along := dx*nx + dy*ny
					if along < near || along > apart || along < ovalLean*math.Hypot(dx, dy) {
						continue
					}
					m := facingPair{float32(p.x), float32(p.y), float32(p.x+q.x) / 2, float32(p.y+q.y) / 2}
					pairs = append(pairs, m)
					b.votes[(int(m.my)-in.y0)/cell*b.w+(int(m.mx)-in.x0)/cell]++
				}
			}
		}
	}
	l.pairs = pairs
	dice := rand.New(rand.NewPCG(1, 2)) // fixed: the same bytes give the same seals
	var out []outline
	var voters []pt
	for _, k := range b.peaks(ovalPeaks) {
		cx, cy := float64(k.x*cell+in.x0)+1, float64(k.y*cell+in.y0)+1
		voters = voters[:0]
		for _, m := range pairs {
			if math.Abs(float64(m.mx)-cx) <= cell*1.5 && math.Abs(float64(m.my)-cy) <= cell*1.5 {
				voters = append(voters, pt{float64(m.x), float64(m.y)})
			}
		}
		if o, ok := l.ellipseThrough(voters, cx, cy, pxmm, dice); ok {
			out = append(out, o)
		}
	}
	return out
}

// ellipseThrough tries ellipses about a centre through three of its voters and
// gives the one with most support.
func (l *layer) ellipseThrough(voters []pt, cx, cy, pxmm float64, dice *rand.Rand) (best outline, found bool) {
	if len(voters) < 12 {
		return best, false
	}
	least := 0.0
	for range ovalTries {
		var m [3][4]float64
		for i := range m {
			v := voters[dice.IntN(len(voters))]
			x, y := v.x-cx, v.y-cy
			m[i] = [4]float64{x * x, 2 * x * y, y * y, 1}
		}
		o, ok := conic(m)
		if !ok || o.a > sealMaxMM/2*pxmm || o.b < ovalMinMM/2*pxmm || o.a/o.b > ovalMost {
			continue
		}
		o.cx, o.cy = cx, cy
		if v := l.closeOf(o, least); v > least {
			best, least, found = o, v, true
		}
	}
	return best, found
}

// conic solves three equations A·x² + B·2xy + C·y² = 1 and gives the ellipse
// about the origin; false when it is none.
func conic(m [3][4]float64) (outline, bool) {
	for i := range 3 {
		p := i
		for j := i + 1; j < 3; j++ {
			if math.Abs(m[j][i]) > math.Abs(m[p][i]) {
				p = j
			}
		}
		m[i], m[p] = m[p], m[i]
		if math.Abs(m[i][i]) < 1e-9 {
			return outline{}, false
		}
		for j := range 3 {
			if j == i {
				continue
			}
			k := m[j][i] / m[i][i]
			for c := i; c < 4; c++ {
				m[j][c] -= k * m[i][c]
			}
		}
	}
	a, b, c := m[0][3]/m[0][0], m[1][3]/m[1][1], m[2][3]/m[2][2]
	mean, root := (a+c)/2, math.Hypot((a-c)/2, b)
	if mean-root <= 0 {
		return outline{}, false
	}
	return outline{a: 1 / math.Sqrt(mean-root), b: 1 / math.Sqrt(mean+root), turn: math.Atan2(2*b, a-c)/2 + math.Pi/2}, true
}
