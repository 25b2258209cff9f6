package imaging

import (
	"errors"
	"unsafe"

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
// n is component n-1. It borrows the picture.
func (im *Image) Components() ([]Component, []int32, error) {
	if im.Channels() != 1 {
		return nil, nil, errors.New("imaging: components are found in one-channel pictures only")
	}
	labels, stats, centres := gocv.NewMat(), gocv.NewMat(), gocv.NewMat()
	defer labels.Close()
	defer stats.Close()
	defer centres.Close()
	n := gocv.ConnectedComponentsWithStats(im.mat, &labels, &stats, &centres)
	if err := gocv.LastExceptionError(); err != nil {
		return nil, nil, err
	}
	all := make([]Component, 0, max(0, n-1))
	for i := 1; i < n; i++ {
		at := func(stat gocv.ConnectedComponentsTypes) int { return int(stats.GetIntAt(i, int(stat))) }
		all = append(all, Component{
			Box:  models.Box{X: at(gocv.CC_STAT_LEFT), Y: at(gocv.CC_STAT_TOP), W: at(gocv.CC_STAT_WIDTH), H: at(gocv.CC_STAT_HEIGHT)},
			Area: at(gocv.CC_STAT_AREA),
		})
	}
	raw := labels.ToBytes()
	// The bytes are OpenCV's own int32: read as such, not copied once more.
	return all, unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(raw))), len(raw)/4), nil //nolint:gosec // Go aligns large slices to 8
}

// threshold gives a mask that is 255 where the picture is above t, else 0.
func (im *Image) threshold(t float32) (*Image, error) {
	dst := gocv.NewMat()
	gocv.Threshold(im.mat, &dst, t, 255, gocv.ThresholdBinary)
	return own(dst, gocv.LastExceptionError())
}
