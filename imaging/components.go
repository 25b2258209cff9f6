package imaging

import (
	"bytes"

	"gocv.io/x/gocv"

	"heyin/models"
)

// Component is a set of connected pixels (8 neighbours) of a mask.
type Component struct {
	Box  models.Box
	Area int // pixels
}

// Run is a stretch of a component's pixels in one row: X0 ≤ x < X1.
type Run struct {
	Y, X0, X1 int
	Component int
}

// Connected finds the connected sets of the pixels that are on in a w×h mask whose
// others are all off, in the order of their first pixel, and their runs in reading order.
// It goes by runs, which is several times faster on a page than OpenCV's way, pixel by pixel.
func Connected(mask []uint8, w, h int, on, off uint8) ([]Component, []Run) {
	room := countRuns(mask, w, h, on, off)
	runs := make([]Run, 0, room)
	parent := make([]int, 0, room) // of each run: an earlier one of its set, or itself
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	above := 0 // the first run of the row above that may touch
	for y := range h {
		row, first := mask[y*w:(y+1)*w], len(runs)
		for x := 0; x < w; x++ {
			x0 := x + bytes.IndexByte(row[x:], on)
			if x0 < x {
				break
			}
			if x = x0 + bytes.IndexByte(row[x0:], off); x < x0 {
				x = w
			}
			id := len(runs)
			runs, parent = append(runs, Run{Y: y, X0: x0, X1: x}), append(parent, id)
			for above < first && runs[above].X1 < x0 {
				above++
			}
			for k := above; k < first && runs[k].X0 <= x; k++ {
				if a, b := root(k), root(id); a != b {
					parent[max(a, b)] = min(a, b)
				}
			}
		}
		above = first
	}
	var all []Component
	for i := range runs {
		r := &runs[i]
		part := models.Box{X: r.X0, Y: r.Y, W: r.X1 - r.X0, H: 1}
		if k := root(i); k == i {
			r.Component = len(all)
			all = append(all, Component{Box: part})
		} else {
			r.Component = runs[k].Component
		}
		c := &all[r.Component]
		c.Box, c.Area = union(c.Box, part), c.Area+part.W
	}
	return all, runs
}

// countRuns estimates the number of runs from every eighth row: lists that grow step by
// step leave several times their size behind.
func countRuns(mask []uint8, w, h int, on, off uint8) int {
	const stride = 8
	n := 0
	for y := stride / 2; y < h; y += stride {
		row := mask[y*w : (y+1)*w]
		for x := 0; x < w; n++ {
			next := bytes.IndexByte(row[x:], on)
			if next < 0 {
				break
			}
			x += next
			if next = bytes.IndexByte(row[x:], off); next < 0 {
				n++
				break
			}
			x += next
		}
	}
	return n * (stride + 1)
}

// Numbered gives the pixels of a w×h mask, row by row: 0 is background, n is
// component n-1.
func Numbered(runs []Run, w, h int) []int32 {
	labels := make([]int32, w*h)
	for _, r := range runs {
		line := labels[r.Y*w+r.X0 : r.Y*w+r.X1]
		for k := range line {
			line[k] = int32(r.Component + 1) //nolint:gosec // fewer than pixels
		}
	}
	return labels
}

// threshold gives a mask that is 255 where the picture is above t, else 0.
func (im *Image) threshold(t float32) (*Image, error) {
	dst := gocv.NewMat()
	gocv.Threshold(im.mat, &dst, t, 255, gocv.ThresholdBinary)
	return own(dst, gocv.LastExceptionError())
}
