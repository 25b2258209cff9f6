package sealcheck

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"heyin/imaging"
)

// circles votes for round outlines: each edge votes along its normal for a
// centre, radius by radius, in a plane of 2-pixel cells. It finds rings of which
// half is missing.
func circles(edges []edge, in blob, pxmm float64) []outline {
	const cell = 2
	rMin, rMax := roundMinMM/2*pxmm, min(roundMaxMM/2*pxmm, float64(max(in.w(), in.h())))
	reach := int(rMax / 2)
	x0, y0 := in.x0-reach, in.y0-reach
	votes := imaging.NewPlane((in.w()+2*reach)/cell+2, (in.h()+2*reach)/cell+2)
	type voted struct {
		outline
		score float64
	}
	var all []voted
	for r := rMin; r <= rMax; r += cell {
		clear(votes.Pix)
		for _, e := range edges {
			nx, ny := dirVector(e.dir)
			x, y := (int(e.x-nx*r)-x0)/cell, (int(e.y-ny*r)-y0)/cell
			if x > 0 && y > 0 && x < votes.W-1 && y < votes.H-1 {
				votes.Pix[y*votes.W+x]++
			}
		}
		for _, p := range peaks(blurred(votes, 1), 2) {
			o := outline{cx: float64(p.x*cell+x0) + 1, cy: float64(p.y*cell+y0) + 1, a: r, b: r}
			all = append(all, voted{o, p.v / r})
		}
	}
	slices.SortStableFunc(all, func(a, b voted) int { return cmp.Compare(b.score, a.score) })
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

// peaks are the n highest places of p, 4 cells apart; p is spoilt.
func peaks(p *imaging.Plane, n int) []peak {
	const apart = 3
	var out []peak
	for range n {
		top := 0
		for i, v := range p.Pix {
			if v > p.Pix[top] {
				top = i
			}
		}
		if p.Pix[top] <= 0 {
			break
		}
		x, y := top%p.W, top/p.W
		out = append(out, peak{x, y, float64(p.Pix[top])})
		for yy := max(y-apart, 0); yy <= min(y+apart, p.H-1); yy++ {
			for xx := max(x-apart, 0); xx <= min(x+apart, p.W-1); xx++ {
				p.Pix[yy*p.W+xx] = 0
			}
		}
	}
	return out
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
	votes := imaging.NewPlane(in.w()/cell+1, in.h()/cell+1)
	type pair struct {
		p    edge
		x, y float64 // centre
	}
	var pairs []pair
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
					m := pair{p, (p.x + q.x) / 2, (p.y + q.y) / 2}
					pairs = append(pairs, m)
					// A long chord sees fewer partners by chance than a short one.
					votes.Pix[(int(m.y)-in.y0)/cell*votes.W+(int(m.x)-in.x0)/cell]++
				}
			}
		}
	}
	dice := rand.New(rand.NewPCG(1, 2)) // fixed: the same bytes give the same seals
	var out []outline
	for _, k := range peaks(blurred(votes, 1), ovalPeaks) {
		cx, cy := float64(k.x*cell+in.x0)+1, float64(k.y*cell+in.y0)+1
		var voters []edge
		for _, m := range pairs {
			if math.Abs(m.x-cx) <= cell*1.5 && math.Abs(m.y-cy) <= cell*1.5 {
				voters = append(voters, m.p)
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
func (l *layer) ellipseThrough(voters []edge, cx, cy, pxmm float64, dice *rand.Rand) (best outline, found bool) {
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
		if f := l.fitOf(o); f.close > least {
			best, least, found = o, f.close, true
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
