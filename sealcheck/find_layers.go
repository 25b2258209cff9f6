package sealcheck

import (
	"math"
	"slices"
)

// layer is the ink of one hue, or the gray ink, of a page at findDPI, with the
// edges of its strokes.
type layer struct {
	ink  string // red, purple, blue, black, gray
	dark bool   // gray ink, among which print stands
	w, h int
	on   []bool
	dir  []uint8 // outward normal of an edge pixel, 1 + its turn in steps of dirStep degrees; 0: no edge

	// Kept for their memory.
	walk  []side // of the outline under judgement
	pairs []facingPair
}

// dirStep is the resolution of an edge's direction, in degrees; a mask's edge is
// known to about 10°.
const (
	dirStep = 3
	dirs    = 360 / dirStep
)

// edge is a boundary pixel of ink; dir counts dirStep degrees of its outward
// normal, clockwise from +x.
type edge struct {
	x, y float64
	dir  int
}

func newLayer(ink string, dark bool, on []bool, w, h int) *layer {
	l := &layer{ink: ink, dark: dark, w: w, h: h, on: on, dir: make([]uint8, w*h)}
	for _, e := range edgesOf(on, w, h, blob{x1: w - 1, y1: h - 1}) {
		l.dir[int(e.y)*w+int(e.x)] = uint8(1 + e.dir)
	}
	return l
}

// The slope of ink is taken over 5×5 pixels: along by sides, across by weights.
var (
	edgeSides   = [5]int{-1, -1, 0, 1, 1}
	edgeWeights = [5]int{1, 2, 3, 2, 1}
)

func bit(on bool) int {
	if on {
		return 1
	}
	return 0
}

// edgesOf lists the boundary pixels within a box. Ink that ends at the picture's
// border has no edge there.
func edgesOf(on []bool, w, h int, in blob) []edge {
	var edges []edge
	var near [5]int // rows around a pixel, as indices of on; beyond the border the last counts
	var cols [5]int
	for y := max(in.y0, 0); y <= min(in.y1, h-1); y++ {
		for d := range near {
			near[d] = min(max(y+d-2, 0), h-1) * w
		}
		row, up, down := on[near[2]:near[2]+w], on[near[1]:near[1]+w], on[near[3]:near[3]+w]
		for x := max(in.x0, 0); x <= min(in.x1, w-1); x++ {
			if !row[x] || row[max(x-1, 0)] && row[min(x+1, w-1)] && up[x] && down[x] {
				continue
			}
			for d := range cols {
				cols[d] = min(max(x+d-2, 0), w-1)
			}
			gx, gy := 0, 0
			for j, y := range near {
				a, b, c, d, e := bit(on[y+cols[0]]), bit(on[y+cols[1]]), bit(on[y+cols[2]]), bit(on[y+cols[3]]), bit(on[y+cols[4]])
				gx += edgeWeights[j] * (d + e - a - b)
				gy += edgeSides[j] * (a + 2*b + 3*c + 2*d + e)
			}
			if gx != 0 || gy != 0 {
				edges = append(edges, edge{float64(x), float64(y), dirOf(-float64(gx), -float64(gy))})
			}
		}
	}
	return edges
}

// dirOf is the direction of a vector in steps of dirStep degrees.
func dirOf(x, y float64) int {
	ax, ay := math.Abs(x), math.Abs(y)
	var d int
	if ax >= ay {
		d = slopeDir[int(ay/max(ax, 1e-12)*slopes+0.5)]
	} else {
		d = dirs/4 - slopeDir[int(ax/ay*slopes+0.5)]
	}
	if x < 0 {
		d = dirs/2 - d
	}
	if y < 0 {
		d = -d
	}
	return (d + dirs) % dirs
}

// slopeDir is the direction of slopes from 0 to 1: an arc tangent by table, which
// the search asks for more than for anything else.
const slopes = 512

var slopeDir = func() (t [slopes + 1]int) {
	for i := range t {
		t[i] = int(math.Round(math.Atan(float64(i)/slopes) * 180 / math.Pi / dirStep))
	}
	return t
}()

func dirVector(d int) (x, y float64) {
	t := sincosTable[d*dirStep]
	return t.c, t.s
}

type sincos struct{ s, c float64 }

// sincosTable holds whole degrees.
var sincosTable = func() (t [360]sincos) {
	for d := range t {
		t[d].s, t[d].c = math.Sincos(float64(d) * math.Pi / 180)
	}
	return t
}()

// nearEdge and farEdge are the worth of an edge one and two pixels off.
const nearEdge, farEdge = 0.95, 0.7

// facing is how surely an edge of ink lies at (x, y) and faces direction d: 1 on
// the spot, less up to edgeReach pixels off, 0 for none.
func (l *layer) facing(x, y float64, d int) float64 {
	if l.edgeAt(x, y, d) {
		return 1
	}
	nx, ny := dirVector(d)
	if l.edgeAt(x+nx, y+ny, d) || l.edgeAt(x-nx, y-ny, d) {
		return nearEdge
	}
	nx, ny = 2*nx, 2*ny
	if l.edgeAt(x+nx, y+ny, d) || l.edgeAt(x-nx, y-ny, d) {
		return farEdge
	}
	return 0
}

// edgeAt tells whether the pixel at (x, y) is an edge of ink that faces about d.
func (l *layer) edgeAt(x, y float64, d int) bool {
	px, py := int(x+0.5), int(y+0.5)
	if uint(px) >= uint(l.w) || uint(py) >= uint(l.h) { //nolint:gosec // below 0 is beyond too
		return false
	}
	e := l.dir[py*l.w+px]
	return e > 0 && dirGap(int(e)-1, d) <= edgeTurn/dirStep
}

// dirGap is the angle between two directions, in steps.
func dirGap(a, b int) int {
	g := max(a-b, b-a)
	return min(g, dirs-g)
}

// large is the ink without connected sets smaller than a speck both ways: print
// and a seal's own characters suggest no outline, pieces of its frame do.
func (l *layer) large(pxmm float64) []bool {
	least := speckMM * pxmm
	if l.dark {
		least = printMM * pxmm
	}
	out := slices.Clone(l.on)
	blobs, runs := connected(l.on, l.w, l.h)
	for _, r := range runs {
		if b := blobs[r.Component]; float64(max(b.w(), b.h())) < least {
			clear(out[r.Y*l.w+r.X0 : r.Y*l.w+r.X1])
		}
	}
	return out
}
