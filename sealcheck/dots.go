package sealcheck

import (
	"math"

	"heyin/imaging"
)

// dots says how much a picture looks printed in dots rather than stamped. A stamp
// leaves an even film of one ink; a colour printer can only mix dots of its own
// inks. A laser's stand on a regular screen, which scans as one sharp pair of peaks
// at right angles in the spectrum (at low resolutions at other frequencies, but as
// sharp). An ink jet's drops scatter over strokes and over the paper as well, whose
// tone was scanned and printed with the seal.
type dots struct {
	screen float64 // height of the weaker peak of the pair above the spectrum around it
	drops  float64 // from 1 on both paper and strokes are grained as by drops
}

// dotsOf looks at the middle of the picture as scanned, for at workPxMM its dots
// would be gone; p is that picture at workPxMM. The error is OpenCV's.
func dotsOf(im *imaging.Image, dpi float64, p *inked) (dots, error) {
	s, deep := splitDots(im, p)
	px := dpi / 25.4
	s.level(dotMM * px)
	strokes, err := peaksOf(s, partStroke)
	if err != nil {
		return dots{}, err
	}
	d := dots{screen: screenOf(strokes, nil)}
	if d.screen > screenPaired {
		paper, err := peaksOf(s, partPaper)
		if err != nil {
			return dots{}, err
		}
		d.screen = screenOf(strokes, paper)
	}
	specks := make([]float32, 0, len(s.on))
	var grain squares
	for i, v := range s.value.Pix {
		switch {
		case s.on[i] == partPaper:
			specks = append(specks, v)
		case deep[i]:
			grain.add(v)
		}
	}
	if least := dotLeastMM2 * px * px; float64(len(specks)) > least && float64(grain.n) > least/10 {
		ends := quantiles(specks, 0.02, 0.98)
		uneven := -float64(ends[0] + ends[1])
		d.drops = min(uneven/dropSpecks, grain.deviation()/dropGrain)
	}
	return d, nil
}

// The parts of a picture: neither is what print hides, and the edges of strokes.
const (
	partNone = iota
	partStroke
	partPaper
)

// dotParts is a square piece of a scan with its parts told apart.
type dotParts struct {
	side   int
	value  *imaging.Plane // gray levels; 0 on neither
	on     []uint8
	weight []float32 // falls to 0 towards the edges of strokes, whose regular shapes have peaks too
}

// splitDots cuts out the middle of the scan and tells what is inside of strokes,
// far enough from their edges for grain, and what is clean paper.
func splitDots(im *imaging.Image, p *inked) (s dotParts, deep []bool) {
	s.side = screenLargest
	for s.side > screenSmallest && max(im.Width(), im.Height()) <= s.side/2 {
		s.side /= 2
	}
	n := s.side
	s.value, s.on, s.weight, deep = imaging.NewPlane(n, n), make([]uint8, n*n), make([]float32, n*n), make([]bool, n*n)

	off, soiled := make([]bool, p.w*p.h), make([]bool, p.w*p.h)
	for i, v := range p.ink.Pix {
		off[i] = v < dotInk || !p.known[i]
		soiled[i] = v > dotPaper || !p.known[i]
	}
	const more = 1 // pixel than is asked for
	within, beyond := distanceTo(off, p.w, p.h, dotDeepMM*workPxMM+more), distanceTo(soiled, p.w, p.h, dotPaperMM*workPxMM+more)

	channels, lightest := im.Channels(), 0 // in dark channels dots drown
	for c := range channels {
		if p.hue[c] < p.hue[lightest] {
			lightest = c
		}
	}
	width, height := im.Width(), im.Height()
	w, h := min(width, n), min(height, n)
	x0, y0 := (width-w)/2, (height-h)/2
	kx, ky := float64(p.w)/float64(width), float64(p.h)/float64(height)
	pix := im.View()
	columns := make([]int, w) // of p
	for x := range w {
		columns[x] = min(int((float64(x+x0)+0.5)*kx), p.w-1)
	}
	for y := range h {
		row := min(int((float64(y+y0)+0.5)*ky), p.h-1) * p.w
		for x := range w {
			i, j := y*n+x, row+columns[x]
			bgr := pix[((y+y0)*width+x+x0)*channels:][:channels]
			switch in := within.Pix[j] * (1 / workPxMM); {
			case in > 0:
				s.on[i], s.weight[i], s.value.Pix[i] = partStroke, min(in/dotDeepMM, 1), float32(bgr[lightest])
				deep[i] = in >= dotDeepMM
			case beyond.Pix[j] > dotPaperMM*workPxMM:
				var sum float32
				for _, v := range bgr {
					sum += float32(v)
				}
				s.on[i], s.weight[i], s.value.Pix[i] = partPaper, 1, sum/float32(channels)
			}
		}
	}
	return s, deep
}

// level takes from each pixel the mean of those around it, sigma in pixels.
// Strokes and paper lie too far apart to mix.
func (s *dotParts) level(sigma float64) {
	on := imaging.NewPlane(s.side, s.side)
	for i, part := range s.on {
		if part != partNone {
			on.Pix[i] = 1
		}
	}
	mean, share := blurred(s.value, sigma), blurred(on, sigma)
	for i, part := range s.on {
		if part != partNone {
			s.value.Pix[i] -= mean.Pix[i] / max(share.Pix[i], 1e-3)
		}
	}
}

// squares are summed for a root mean square.
type squares struct {
	n   int
	sum float64
}

func (s *squares) add(v float32) { s.n, s.sum = s.n+1, s.sum+float64(v)*float64(v) }

func (s *squares) deviation() float64 { return math.Sqrt(s.sum / float64(max(s.n, 1))) }

// peaksOf gives how high each place of one part's power spectrum, three frequencies
// wide, stands above the mean around it; 0 where strokes and the blocks of JPEG have
// peaks of their own: at low frequencies, along the axes, and at multiples of an eighth.
func peaksOf(s dotParts, part uint8) (*imaging.Plane, error) {
	n := s.side
	var of squares
	for i, v := range s.value.Pix {
		if s.on[i] == part {
			of.add(v)
		}
	}
	most := float32(dotCut * of.deviation())
	even := imaging.NewPlane(n, n)
	for i, v := range s.value.Pix {
		if s.on[i] == part {
			even.Pix[i] = min(max(v, -most), most) * s.weight[i]
		}
	}
	power, err := even.Power()
	if err != nil {
		return nil, err
	}
	peak, ground := boxMean(power, 1), boxMean(power, screenGround)
	const inner, outer = 9.0, (2*screenGround + 1) * (2*screenGround + 1)
	axis, eighth := make([]bool, n), make([]bool, n)
	for k := range n {
		axis[k] = (k+screenNear)%(n/2) <= 2*screenNear
		eighth[k] = (k+screenNear)%(n/8) <= 2*screenNear
	}
	least := int(screenLeast * float64(n) * screenLeast * float64(n))
	for y := range n {
		for x := range n {
			i, fx, fy := y*n+x, x-n/2, y-n/2
			if axis[x] || axis[y] || fx*fx+fy*fy < least || eighth[x] && eighth[y] {
				peak.Pix[i] = 0
				continue
			}
			around := (ground.Pix[i]*outer - peak.Pix[i]*inner) / (outer - inner)
			peak.Pix[i] /= max(around, 1e-6)
		}
	}
	return peak, nil
}

// boxMean is the mean over 2r+1 pixels both ways.
func boxMean(p *imaging.Plane, r int) *imaging.Plane {
	tmp, out := imaging.NewPlane(p.W, p.H), imaging.NewPlane(p.W, p.H)
	boxRows(tmp, p, r)
	boxColumns(out, tmp, r)
	return out
}

// screenOf is the height of the strongest pair of peaks at right angles in the
// strokes. A pair that stands in the paper's dots too, if given, counts double.
func screenOf(strokes, paper *imaging.Plane) float64 {
	n := strokes.W
	half := strokes.Pix[:n*n/2] // the other mirrors it
	var best float32
	for i, peak := range half {
		if peak <= best/2 || paper == nil && peak <= best {
			continue // no pair with this one could be higher
		}
		pair := pairAt(strokes, i%n, i/n)
		best = max(best, pair)
		if paper != nil {
			best = max(best, min(2*pair, pairAt(paper, i%n, i/n)))
		}
	}
	return float64(best)
}

// pairAt is the weaker of a peak and the highest near the place at right angles
// to it, where a square screen has another.
func pairAt(p *imaging.Plane, x, y int) float32 {
	n := p.W
	var other float32
	for dy := -screenNear; dy <= screenNear; dy++ {
		for dx := -screenNear; dx <= screenNear; dx++ {
			other = max(other, p.Pix[(x+dy)%n*n+(2*n-y+dx)%n])
		}
	}
	return min(p.Pix[y*n+x], other)
}
