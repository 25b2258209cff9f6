package imaging

import (
	"image"
	"math"

	"gocv.io/x/gocv"

	"heyin/models"
)

// How a page lies is read off the ink: text lines and rules run along the page,
// so at the right angle the ink falls into few rows. For each direction the ink
// is projected under a range of angles; the sharpest profile wins.
const (
	coarseSide = 900  // longer side, pixels, of the picture for turn and coarse skew: 75 dpi on A4
	fineSide   = 1800 // for the fine skew: 150 dpi on A4, 0.02° is half a pixel across
	maxSkew    = 10.0 // degrees; a feeder holds paper to 5°, a hand on the glass to 10°
	coarseStep = 0.25 // degrees
	fineStep   = 0.03 // degrees; a parabola refines it
	fineRange  = 0.3  // degrees around the coarse angle
)

// lie gives the quarter turn (0 or 90: geometry knows no more) by which the page
// is turned clockwise, and its skew in degrees, clockwise.
func lie(im *Image) (rotation int, skew float64, err error) {
	full, err := im.Gray()
	if err != nil {
		return 0, 0, err
	}
	defer full.Close()
	gray, err := full.shrinkTo(fineSide)
	if err != nil {
		return 0, 0, err
	}
	defer gray.Close()
	coarse, err := gray.inkPoints(coarseSide)
	if err != nil {
		return 0, 0, err
	}
	along, sharpAlong := coarse.sharpest(0, maxSkew, coarseStep)
	turned := coarse.transposed()
	across, sharpAcross := turned.sharpest(0, maxSkew, coarseStep)
	fine, err := gray.inkPoints(fineSide)
	if err != nil {
		return 0, 0, err
	}
	if sharpAcross > sharpAlong {
		rotation, along = 90, across
		fine = fine.transposed()
	}
	if len(fine.x) == 0 {
		return 0, 0, nil
	}
	skew, _ = fine.sharpest(along, fineRange, fineStep)
	if rotation == 90 {
		skew = -skew // transposing mirrors the page
	}
	return rotation, skew, nil
}

// ink holds the dark points of a picture, smaller than paper shadows and stains.
type ink struct {
	w, h int
	x, y []float32
	mass []float32
}

// inkPoints gives the ink of a copy whose longer side is about side pixels.
// What the scanner shows beyond the paper's edge is left out. im is gray.
func (im *Image) inkPoints(side int) (ink, error) {
	small, err := im.shrinkTo(side)
	if err != nil {
		return ink{}, err
	}
	defer small.Close()
	hat, mask, strong, err := small.inkMask()
	if err != nil {
		return ink{}, err
	}
	defer hat.Close()
	defer mask.Close()
	parts, part, err := mask.Components()
	if err != nil {
		return ink{}, err
	}
	p := ink{w: hat.Width(), h: hat.Height()}
	frame := make([]bool, len(parts))
	for i, c := range parts {
		frame[i] = isFrame(c.Box, p.w, p.h)
	}
	for i, v := range hat.view() {
		if part[i] != 0 && !frame[part[i]-1] {
			p.x = append(p.x, float32(i%p.w))
			p.y = append(p.y, float32(i/p.w))
			p.mass = append(p.mass, float32(min(int(v), strong)))
		}
	}
	return p, nil
}

// inkParts gives the pieces of ink of a gray picture, as Components does, and the
// picture's size.
func (im *Image) inkParts() (parts []Component, part []int32, w, h int, err error) {
	hat, mask, _, err := im.inkMask()
	if err != nil {
		return nil, nil, 0, 0, err
	}
	hat.Close()
	defer mask.Close()
	parts, part, err = mask.Components()
	return parts, part, im.Width(), im.Height(), err
}

// inkMask marks what is darker than its surroundings of about 4 mm, so neither
// shadows nor stains: the black top hat, its mask, and the value of full ink.
func (im *Image) inkMask() (hat, mask *Image, strong int, err error) {
	k := max(3, max(im.Width(), im.Height())/75|1) // 4 mm of A4's 297
	kernel := gocv.GetStructuringElement(gocv.MorphRect, image.Pt(k, k))
	defer kernel.Close()
	dst := gocv.NewMat()
	if hat, err = own(dst, gocv.MorphologyEx(im.mat, &dst, gocv.MorphBlackhat, kernel)); err != nil {
		return nil, nil, 0, err
	}
	low, strong := inkLevels(hat.view())
	if mask, err = hat.threshold(float32(low - 1)); err != nil {
		hat.Close()
		return nil, nil, 0, err
	}
	return hat, mask, strong, nil
}

// isFrame tells the dark rim of a scan of w×h from print: it touches the
// picture's edge and runs along a good part of it.
func isFrame(b models.Box, w, h int) bool {
	const rim, long = 0.006, 0.1 // parts of the side: 2 mm and 3 cm of A4
	mx, my := int(rim*float64(w)), int(rim*float64(h))
	touches := b.X <= mx || b.Y <= my || b.X+b.W >= w-mx || b.Y+b.H >= h-my
	return touches && (float64(b.W) > long*float64(w) || float64(b.H) > long*float64(h))
}

// inkLevels gives the least top-hat value that stands out of the noise, and the
// value of full ink: a cap that keeps thick black areas from outweighing text.
func inkLevels(pix []byte) (low, strong int) {
	var hist [256]int
	for _, v := range pix {
		hist[v]++
	}
	const inkShare = 0.02 // even a sparse receipt inks 2 % of its paper
	strong = quantile(hist[:], 1-inkShare/4)
	return max(6, strong/3), strong // 6 gray levels: above JPEG and sensor noise
}

// quantile gives the value below which the share q of a histogram lies.
func quantile(hist []int, q float64) int {
	total := 0
	for _, n := range hist {
		total += n
	}
	need := int(q * float64(total))
	for v, n := range hist {
		if need -= n; need < 0 {
			return v
		}
	}
	return len(hist) - 1
}

func (p ink) transposed() ink { return ink{w: p.h, h: p.w, x: p.y, y: p.x, mass: p.mass} }

// sharpest tries angles centre ± reach degrees and gives the one whose profile
// is sharpest, refined by a parabola, and that sharpness.
func (p ink) sharpest(centre, reach, step float64) (deg, sharp float64) {
	n := int(math.Round(reach / step))
	scores := make([]float64, 2*n+1)
	best := 0
	bins := make([]float32, p.h+2*p.w) // tan 45° would fit; angles are far smaller
	for i := range scores {
		scores[i] = p.sharpness(centre+float64(i-n)*step, bins)
		if scores[i] > scores[best] {
			best = i
		}
	}
	deg = centre + float64(best-n)*step
	if best > 0 && best < 2*n {
		a, b, c := scores[best-1], scores[best], scores[best+1]
		if d := a - 2*b + c; d < 0 {
			deg += step * (a - c) / (2 * d)
		}
	}
	return deg, scores[best]
}

// sharpness is the energy of the steps between neighbouring rows, when rows are
// laid deg clockwise from the horizontal. Each point is shared between the two
// rows it lies between, else whole pixels would draw the angle to 0.
func (p ink) sharpness(deg float64, bins []float32) float64 {
	clear(bins)
	slope := float32(math.Tan(deg * math.Pi / 180))
	off := float32(p.w)
	for i, x := range p.x {
		at := p.y[i] - slope*x + off
		row := int(at)
		part := (at - float32(row)) * p.mass[i]
		bins[row] += p.mass[i] - part
		bins[row+1] += part
	}
	var e float64
	for i := 1; i < len(bins); i++ {
		d := float64(bins[i] - bins[i-1])
		e += d * d
	}
	return e
}
