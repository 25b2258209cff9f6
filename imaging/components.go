package imaging

import (
	"errors"

	"gocv.io/x/gocv"

	"heyin/models"
)

// Component is a set of connected pixels (8 neighbours) of a mask.
type Component struct {
	Box  models.Box
	Area int // pixels
}

// Components finds the connected sets of non-zero pixels of a one-channel
// picture. The second result numbers the pixels, row by row: 0 is background,
// n is component n-1. It borrows the picture. It goes by runs of pixels, which is
// several times faster on a page than OpenCV's way, pixel by pixel.
func (im *Image) Components() ([]Component, []int32, error) {
	if im.Channels() != 1 {
		return nil, nil, errors.New("imaging: components are found in one-channel pictures only")
	}
	w, h, pix := im.Width(), im.Height(), im.View()
	runs := runsOf(pix, w, h)
	var all []Component
	labels := make([]int32, w*h)
	number := make([]int32, len(runs)) // of the set that begins with the run
	for i, r := range runs {
		root := rootOf(runs, i)
		if root == i {
			all = append(all, Component{Box: models.Box{X: r.x0, Y: r.y, W: r.x1 - r.x0, H: 1}})
			number[i] = int32(len(all)) //nolint:gosec // fewer than pixels
		}
		c := &all[number[root]-1]
		c.Box = union(c.Box, models.Box{X: r.x0, Y: r.y, W: r.x1 - r.x0, H: 1})
		c.Area += r.x1 - r.x0
		line := labels[r.y*w+r.x0 : r.y*w+r.x1]
		for k := range line {
			line[k] = number[root]
		}
	}
	return all, labels, nil
}

// run is a stretch of non-zero pixels in a row, x0 ≤ x < x1; parent is an earlier run
// of its set, or itself.
type run struct{ y, x0, x1, parent int }

// runsOf lists the runs of a mask in reading order, those that touch joined.
func runsOf(pix []byte, w, h int) []run {
	var runs []run
	above := 0 // the first run of the row above that may touch
	for y := range h {
		row, first := pix[y*w:(y+1)*w], len(runs)
		for x := 0; x < w; x++ {
			if row[x] == 0 {
				continue
			}
			x0 := x
			for x < w && row[x] != 0 {
				x++
			}
			id := len(runs)
			runs = append(runs, run{y, x0, x, id})
			for above < first && runs[above].x1 < x0 {
				above++
			}
			for k := above; k < first && runs[k].x0 <= x; k++ {
				if a, b := rootOf(runs, k), rootOf(runs, id); a != b {
					runs[max(a, b)].parent = min(a, b)
				}
			}
		}
		above = first
	}
	return runs
}

func rootOf(runs []run, i int) int {
	for runs[i].parent != i {
		runs[i].parent = runs[runs[i].parent].parent
		i = runs[i].parent
	}
	return i
}

// threshold gives a mask that is 255 where the picture is above t, else 0.
func (im *Image) threshold(t float32) (*Image, error) {
	dst := gocv.NewMat()
	gocv.Threshold(im.mat, &dst, t, 255, gocv.ThresholdBinary)
	return own(dst, gocv.LastExceptionError())
}
