package ocr

import "bytes"

// box is a rectangle of layout pixels, half open: x0 ≤ x < x1.
type box struct{ x0, y0, x1, y1 int }

func (b box) w() int { return b.x1 - b.x0 }
func (b box) h() int { return b.y1 - b.y0 }

func (b box) centre() (x, y int) { return (b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2 }

func (b box) contains(x, y int) bool { return x >= b.x0 && x < b.x1 && y >= b.y0 && y < b.y1 }

func (b box) union(o box) box {
	return box{min(b.x0, o.x0), min(b.y0, o.y0), max(b.x1, o.x1), max(b.y1, o.y1)}
}

// overlap is the length shared by the intervals [a0, a1) and [b0, b1), negative
// for a gap.
func overlap(a0, a1, b0, b1 int) int { return min(a1, b1) - max(a0, b0) }

func (b box) overlapX(o box) int { return overlap(b.x0, b.x1, o.x0, o.x1) }
func (b box) overlapY(o box) int { return overlap(b.y0, b.y1, o.y0, o.y1) }

func (b box) grow(by int) box { return box{b.x0 - by, b.y0 - by, b.x1 + by, b.y1 + by} }

// run is a stretch of set pixels in one row: x0 ≤ x < x1.
type run struct {
	y, x0, x1 int
	component int
}

// component is a connected piece of a mask.
type component struct {
	box
	area int
}

// components finds the 8-connected pieces of the pixels that equal want in a mask
// of 0 and 1, with their runs in reading order; run.component indexes the pieces.
func components(mask []uint8, w, h int, want uint8) ([]component, []run) {
	var runs []run
	var parent []int
	find := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	previous := 0 // where the runs of the row above begin
	for y := range h {
		row := mask[y*w : (y+1)*w]
		current := len(runs) // where those of this row begin
		above := previous
		for x := 0; x < w; x++ {
			x0 := x + bytes.IndexByte(row[x:], want)
			if x0 < x {
				break
			}
			if x = x0 + bytes.IndexByte(row[x0:], 1-want); x < x0 {
				x = w
			}
			id := len(runs)
			runs = append(runs, run{y: y, x0: x0, x1: x})
			parent = append(parent, id)
			for above < current && runs[above].x1 < x0 {
				above++
			}
			for k := above; k < current && runs[k].x0 <= x; k++ {
				if a, b := find(k), find(id); a != b {
					parent[max(a, b)] = min(a, b)
				}
			}
		}
		previous = current
	}
	var pieces []component
	number := make([]int, len(runs))
	for i := range runs {
		root := find(i)
		if root == i {
			number[i] = len(pieces)
			pieces = append(pieces, component{box: box{runs[i].x0, runs[i].y, runs[i].x1, runs[i].y + 1}})
		}
		n := number[root]
		runs[i].component = n
		pieces[n].box = pieces[n].union(box{runs[i].x0, runs[i].y, runs[i].x1, runs[i].y + 1})
		pieces[n].area += runs[i].x1 - runs[i].x0
	}
	return pieces, runs
}

// transpose swaps rows and columns of a w×h mask into out.
func transpose(out, mask []uint8, w, h int) {
	const tile = 32 // keeps both sides in cache
	for y0 := 0; y0 < h; y0 += tile {
		for x0 := 0; x0 < w; x0 += tile {
			for y := y0; y < min(y0+tile, h); y++ {
				for x := x0; x < min(x0+tile, w); x++ {
					out[x*h+y] = mask[y*w+x]
				}
			}
		}
	}
}
