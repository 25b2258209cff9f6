package imaging

import (
	"cmp"
	"errors"
	"image"
	"slices"

	"gocv.io/x/gocv"

	"heyin/models"
)

// A bar code changes between dark and light more densely than anything else on
// a page. Blocks are looked for where the local mean of the gradient across the
// page is high, on a copy whose longer side is blockSide: 100 dpi on A4.
const (
	blockSide = 1200
	blockMean = 15 // pixels of the copy over which the mean is taken: 4 mm
	// blockShare is the least local mean of the gradient, as part of the page's
	// range from ink to paper. Text lines with their gaps stay below 0.1; codes
	// lie at 0.15 to 0.35.
	blockShare = 0.11
	blockPad   = 12 // pixels of the copy around a block: the quiet zone, 3 mm
	// The smallest code: QR of 21 modules of 0.25 mm, bars 4 mm high.
	leastBlockW, leastBlockH = 20, 15
	// maxBlocks bounds the time spent on pages that look like codes all over.
	maxBlocks = 8
)

// block is where a code may be. Its weight is the mean gradient times the shorter
// side: a word is dense but low, a seal large but loose.
type block struct {
	box    models.Box
	weight float64
}

// codeBlocks finds where codes may be, likeliest first.
func (im *Image) codeBlocks() ([]models.Box, error) {
	small, err := im.grayAt(blockSide)
	if err != nil {
		return nil, err
	}
	defer small.Close()
	gradient := gocv.NewMat()
	defer gradient.Close()
	mean := gocv.NewMat()
	dense, err := own(mean, errors.Join(
		gocv.Sobel(small.mat, &gradient, gocv.MatTypeCV16S, 1, 0, 1, 1, 0, gocv.BorderDefault),
		gocv.ConvertScaleAbs(gradient, &mean, 1, 0),
		gocv.Blur(mean, &mean, image.Pt(blockMean, blockMean)),
	))
	if err != nil {
		return nil, err
	}
	defer dense.Close()
	mask, err := dense.threshold(float32(blockShare * small.inkRange()))
	if err != nil {
		return nil, err
	}
	defer mask.Close()
	parts, runs := Connected(mask.View(), mask.Width(), mask.Height(), 255, 0)
	return im.asBlocks(parts, meanOf(dense, parts, runs), float64(im.reduction(blockSide))), nil
}

// meanOf gives each component's mean gradient.
func meanOf(dense *Image, parts []Component, runs []Run) []float64 {
	mean, pix, w := make([]float64, len(parts)), dense.View(), dense.Width()
	for _, r := range runs {
		sum := 0
		for _, v := range pix[r.Y*w+r.X0 : r.Y*w+r.X1] {
			sum += int(v)
		}
		mean[r.Component] += float64(sum)
	}
	for i, c := range parts {
		mean[i] /= float64(c.Area)
	}
	return mean
}

// asBlocks keeps the components that are compact and large enough, likeliest
// first, as boxes of the full picture; f is its scale against the copy.
func (im *Image) asBlocks(parts []Component, dense []float64, f float64) []models.Box {
	var blocks []block
	for i, c := range parts {
		const compact = 0.5 // codes fill their box; text and tables straggle
		if c.Box.W < leastBlockW || c.Box.H < leastBlockH || float64(c.Area) < compact*float64(c.Box.W*c.Box.H) {
			continue
		}
		scale := func(v int) int { return int(float64(v)*f + 0.5) }
		blocks = append(blocks, block{weight: dense[i] * float64(min(c.Box.W, c.Box.H)), box: im.Clip(models.Box{
			X: scale(c.Box.X - blockPad), Y: scale(c.Box.Y - blockPad),
			W: scale(c.Box.W + 2*blockPad), H: scale(c.Box.H + 2*blockPad),
		})})
	}
	slices.SortFunc(blocks, func(a, b block) int { return cmp.Compare(b.weight, a.weight) })
	boxes := make([]models.Box, 0, maxBlocks)
	for _, b := range blocks[:min(maxBlocks, len(blocks))] {
		boxes = append(boxes, b.box)
	}
	return boxes
}

// inkRange is the distance, in gray levels, from full ink to paper: between the
// darkest half per cent and the median, for a gray picture.
func (im *Image) inkRange() float64 {
	hist := levels(im.View())
	const darkest, paper = 0.005, 0.5
	return max(1, float64(quantile(hist[:], paper)-quantile(hist[:], darkest)))
}
