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

// edgeKernel differentiates along a row.
var edgeKernel = [5][5]int{{-1, -1, 0, 1, 1}, {-2, -2, 0, 2, 2}, {-3, -3, 0, 3, 3}, {-2, -2, 0, 2, 2}, {-1, -1, 0, 1, 1}}

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
				for i, x := range cols {
					if on[y+x] {
						gx += edgeKernel[j][i]
						gy += edgeKernel[i][j]
					}
				}
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

// farEdge is the worth of an edge two pixels off, the least of all.
const farEdge = 0.7

// facing is how surely an edge of ink lies at (x, y) and faces direction d: 1 on
// the spot, less up to edgeReach pixels off, 0 for none.
func (l *layer) facing(x, y float64, d int) float64 {
	nx, ny := dirVector(d)
	for _, step := range [...]struct{ off, worth float64 }{{0, 1}, {1, 0.95}, {-1, 0.95}, {2, farEdge}, {-2, farEdge}} {
		px, py := int(x+step.off*nx+0.5), int(y+step.off*ny+0.5)
		if px < 0 || py < 0 || px >= l.w || py >= l.h {
			continue
		}
		if e := l.dir[py*l.w+px]; e > 0 && dirGap(int(e)-1, d) <= edgeTurn/dirStep {
			return step.worth
		}
	}
	return 0
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
	labels, blobs := components(l.on, l.w, l.h)
	for i, k := range labels {
		if k > 0 && float64(max(blobs[k-1].w(), blobs[k-1].h())) < least {
			out[i] = false
		}
	}
	return out
}
