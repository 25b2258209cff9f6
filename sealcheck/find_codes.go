package sealcheck

import (
	"math"
	"slices"
)

// finder is a place where dark and light runs go 1:1:3:1:1 along the row and
// along the column: a finder pattern of a QR code, or by chance a character.
type finder struct{ x, y, module float64 }

// clearCodes takes QR codes out of a mask: three finder patterns of one size at
// the corners of a square. A code has the frame and the density of a name seal.
func clearCodes(on []bool, w, h int) {
	all := finders(on, w, h)
	for i, a := range all {
		for j, b := range all {
			for k, c := range all {
				if i == j || i == k || j >= k {
					continue
				}
				// a is the corner between b and c.
				bx, by, cx, cy := b.x-a.x, b.y-a.y, c.x-a.x, c.y-a.y
				side, other := math.Hypot(bx, by), math.Hypot(cx, cy)
				m := (a.module + b.module + c.module) / 3
				if math.Abs(side-other) > 0.08*side || math.Abs(bx*cx+by*cy) > 0.1*side*other || side < 12*m || side > 60*m {
					continue
				}
				// Finder centres lie 3.5 modules within the code.
				code := outline{cx: (b.x + c.x) / 2, cy: (b.y + c.y) / 2, a: side/2 + 5*m, b: side/2 + 5*m, turn: math.Atan2(by, bx), angular: true}
				x0, y0, x1, y1 := code.bounds()
				inCode := code.within(0)
				for y := max(int(y0), 0); y <= min(int(y1), h-1); y++ {
					for x := max(int(x0), 0); x <= min(int(x1), w-1); x++ {
						on[y*w+x] = on[y*w+x] && !inCode(float64(x), float64(y))
					}
				}
			}
		}
	}
}

// maxFinders bounds the places tried; a page has three or six, and a few
// characters like 回.
const maxFinders = 24

func finders(on []bool, w, h int) []finder {
	var out []finder
	column := make([]bool, h)
	for y := range h {
		for _, f := range finderRuns(on[y*w : (y+1)*w]) {
			x := int(f.x)
			for k := range h {
				column[k] = on[k*w+x]
			}
			for _, g := range finderRuns(column) {
				if math.Abs(g.x-float64(y)) <= g.module && math.Abs(g.module-f.module) <= 0.4*f.module {
					at := finder{f.x, g.x, (f.module + g.module) / 2}
					if !slices.ContainsFunc(out, func(k finder) bool { return math.Hypot(k.x-at.x, k.y-at.y) < 3*at.module }) {
						out = append(out, at)
					}
				}
			}
			if len(out) >= maxFinders {
				return out
			}
		}
	}
	return out
}

// finderRuns gives the middles, as x, and modules of the patterns along a line.
func finderRuns(line []bool) []finder {
	var out []finder
	var runs [5]int // lengths of the last five runs, the latest last
	n := 0
	for k := 0; k <= len(line); k++ {
		if k > 0 && k < len(line) && line[k] == line[k-1] {
			n++
			continue
		}
		if k > 0 && line[k-1] { // a dark run ends
			copy(runs[:], runs[1:])
			runs[4] = n
			unit := float64(runs[0]+runs[1]+runs[2]+runs[3]+runs[4]) / 7
			fits := unit >= 1.2 && runs[0] > 0
			for j, want := range [...]float64{1, 1, 3, 1, 1} {
				fits = fits && math.Abs(float64(runs[j])-want*unit) <= 0.5*unit+0.5
			}
			if fits {
				out = append(out, finder{x: float64(k) - 3.5*unit, module: unit})
			}
		} else {
			copy(runs[:], runs[1:])
			runs[4] = n
		}
		n = 1
	}
	return out
}

// clearBars takes bar codes out of a mask: tiles full of edges that all face along
// one line. A frame has few edges in a tile, characters face all ways.
func clearBars(on []bool, w, h int, pxmm float64) {
	tile := int(barTileMM * pxmm)
	edges := edgesOf(on, w, h, blob{x1: w - 1, y1: h - 1})
	step := tile / 2
	tw, th := w/step+1, h/step+1
	faces := make([][dirs / 2]int, tw*th) // of the edges in a quarter of a tile
	for _, e := range edges {
		faces[int(e.y)/step*tw+int(e.x)/step][e.dir%(dirs/2)]++
	}
	for ty := range th - 1 {
		for tx := range tw - 1 {
			var sum [dirs / 2]int
			n := 0
			for _, q := range [4]int{ty*tw + tx, ty*tw + tx + 1, (ty+1)*tw + tx, (ty+1)*tw + tx + 1} {
				for d, k := range faces[q] {
					sum[d] += k
					n += k
				}
			}
			if float64(n) < barEdges*float64(tile*tile) || float64(facingOneWay(sum)) < barsShare*float64(n) {
				continue
			}
			for y := max(ty*step-step, 0); y < min(ty*step+tile+step, h); y++ {
				for x := max(tx*step-step, 0); x < min(tx*step+tile+step, w); x++ {
					on[y*w+x] = false
				}
			}
		}
	}
}

// facingOneWay counts the edges within 15° of the commonest line.
func facingOneWay(faces [dirs / 2]int) int {
	const reach = 15 / dirStep
	most := 0
	for d := range faces {
		sum := 0
		for k := -reach; k <= reach; k++ {
			sum += faces[(d+k+dirs/2)%(dirs/2)]
		}
		most = max(most, sum)
	}
	return most
}
