package imaging

import (
	"bytes"
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
	coarseStep = 0.5  // degrees; the fine search reaches half of it
	fineStep   = 0.03 // degrees; a parabola refines it
	fineRange  = 0.3  // degrees around the coarse angle
	fineStride = 3    // fine steps over which a page still is sharper towards its angle
)

// lie gives the quarter turn (0 or 90: geometry knows no more) by which the page
// is turned clockwise, and its skew in degrees, clockwise.
func lie(im *Image) (rotation int, skew float64, err error) {
	gray, err := im.grayAt(fineSide)
	if err != nil {
		return 0, 0, err
	}
	defer gray.Close()
	small, err := gray.shrinkTo(coarseSide)
	if err != nil {
		return 0, 0, err
	}
	defer small.Close()
	rim, err := small.rim()
	if err != nil {
		return 0, 0, err
	}
	coarse, err := small.inkPoints(rim)
	if err != nil {
		return 0, 0, err
	}
	words := coarse.withoutDense()
	_, sharpAlong := words.sharpest(0, maxSkew, coarseStep, 1)
	_, sharpAcross := words.transposed().sharpest(0, maxSkew, coarseStep, 1)
	fine, err := gray.inkPoints(rim)
	if err != nil {
		return 0, 0, err
	}
	if sharpAcross > sharpAlong {
		rotation = 90
		coarse, fine = coarse.transposed(), fine.transposed()
	}
	if len(fine.x) == 0 {
		return 0, 0, nil
	}
	along, _ := coarse.sharpest(0, maxSkew, coarseStep, 1) // bars tell the skew well
	skew, _ = fine.sharpest(along, fineRange, fineStep, fineStride)
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

// withoutDense is the ink outside of tiles mostly covered with it: the bars of a code run across the lines, and
// on a page of few words they outweigh them.
func (p ink) withoutDense() ink {
	const tilesAcross, mostly = 60, 0.5 // 5 mm of A4's 297; print leaves more than half of the paper
	size := max(1, max(p.w, p.h)/tilesAcross)
	wide := p.w/size + 1
	tile := func(i int) int { return int(p.y[i])/size*wide + int(p.x[i])/size }
	points := make([]int, wide*(p.h/size+1))
	for i := range p.x {
		points[tile(i)]++
	}
	out := ink{w: p.w, h: p.h}
	for i := range p.x {
		if float64(points[tile(i)]) <= mostly*float64(size*size) {
			out.x, out.y, out.mass = append(out.x, p.x[i]), append(out.y, p.y[i]), append(out.mass, p.mass[i])
		}
	}
	return out
}

// rim is what the scanner shows beyond the paper's edge, on a picture's own copy
// or a smaller one.
type rim struct {
	w, h int
	on   []bool
}

// rim finds the rim of a gray picture.
func (im *Image) rim() (rim, error) {
	parts, runs, err := im.inkParts()
	if err != nil {
		return rim{}, err
	}
	w, h := im.Width(), im.Height()
	r := rim{w, h, make([]bool, w*h)}
	for _, run := range runs {
		if isFrame(parts[run.Component].Box, w, h) {
			for x := run.X0; x < run.X1; x++ {
				r.on[run.Y*w+x] = true
			}
		}
	}
	return r, nil
}

// inkPoints gives the ink of a gray picture, without the rim.
func (im *Image) inkPoints(without rim) (ink, error) {
	hat, mask, strong, err := im.inkMask()
	if err != nil {
		return ink{}, err
	}
	defer hat.Close()
	defer mask.Close()
	p := ink{w: hat.Width(), h: hat.Height()}
	room := p.w * p.h / 8
	p.x, p.y, p.mass = make([]float32, 0, room), make([]float32, 0, room), make([]float32, 0, room)
	pix, set := hat.View(), mask.View()
	column := make([]int, p.w) // of the rim's copy
	for x := range column {
		column[x] = x * without.w / p.w
	}
	for y := range p.h {
		beyond := without.on[y*without.h/p.h*without.w:]
		row, set := pix[y*p.w:(y+1)*p.w], set[y*p.w:(y+1)*p.w]
		for x := 0; x < p.w; x++ {
			next := bytes.IndexByte(set[x:], 255) // most of a page is paper
			if next < 0 {
				break
			}
			if x += next; !beyond[column[x]] {
				p.x = append(p.x, float32(x))
				p.y = append(p.y, float32(y))
				p.mass = append(p.mass, float32(min(int(row[x]), strong)))
			}
		}
	}
	return p, nil
}

// inkParts gives the pieces of ink of a gray picture, and their runs.
func (im *Image) inkParts() ([]Component, []Run, error) {
	hat, mask, _, err := im.inkMask()
	if err != nil {
		return nil, nil, err
	}
	hat.Close()
	defer mask.Close()
	parts, runs := Connected(mask.View(), mask.Width(), mask.Height(), 255, 0)
	return parts, runs, nil
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
	low, strong := inkLevels(hat.View())
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
	hist := levels(pix)
	const inkShare = 0.02 // even a sparse receipt inks 2 % of its paper
	strong = quantile(hist[:], 1-inkShare/4)
	return max(6, strong/3), strong // 6 gray levels: above JPEG and sensor noise
}

// levels counts the bytes of a picture. Four lists take turns: neighbours are alike, and
// one count waits for the one before.
func levels(pix []byte) (hist [256]int) {
	var parts [4][256]int
	for len(pix) >= len(parts) {
		parts[0][pix[0]]++
		parts[1][pix[1]]++
		parts[2][pix[2]]++
		parts[3][pix[3]]++
		pix = pix[len(parts):]
	}
	for _, v := range pix {
		parts[0][v]++
	}
	for v := range hist {
		hist[v] = parts[0][v] + parts[1][v] + parts[2][v] + parts[3][v]
	}
	return hist
}

// quantile gives the value below which the share q of a histogram lies.
func quantile(hist []int, q float64) int {
	total := 0
	for _, n := range hist {
		total += n
	}
	return quantileOf(hist, total, q)
}

// quantileOf is quantile of a histogram of so many. It looks from the top: most of what
// is asked of a page is near its paper.
func quantileOf(hist []int, total int, q float64) int {
	above := total - int(q*float64(total)) // values from there on
	for v := len(hist) - 1; v >= 0 && total > 0; v-- {
		if above -= hist[v]; above <= 0 {
			return v
		}
	}
	return len(hist) - 1
}

func (p ink) transposed() ink { return ink{w: p.h, h: p.w, x: p.y, y: p.x, mass: p.mass} }

// sharpest tries angles centre ± reach degrees and gives the one whose profile
// is sharpest, refined by a parabola, and that sharpness. Every stride-th is tried, and
// then those beside the best.
func (p ink) sharpest(centre, reach, step float64, stride int) (deg, sharp float64) {
	n := int(math.Round(reach / step))
	scores := make([]float64, 2*n+1)
	best := n
	bins := make([]float32, p.h+2*p.w) // tan 45° would fit; angles are far smaller
	try := func(i int) {
		if i < 0 || i > 2*n || scores[i] > 0 {
			return
		}
		if scores[i] = p.sharpness(centre+float64(i-n)*step, bins); scores[i] > scores[best] {
			best = i
		}
	}
	for i := n % stride; i <= 2*n; i += stride {
		try(i)
	}
	for last := -1; last != best; {
		last = best
		try(best - 1)
		try(last + 1)
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
