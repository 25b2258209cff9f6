package imaging

import (
	"math"

	"heyin/models"
)

// Straight edges that are no print: of a corner turned over or torn off, and of
// another sheet. Print is laid even before, so its edges run along the picture
// and in strokes of many directions; an edge of paper is long, straight and, when
// it is not this sheet's own, askew.
const (
	leastSlope           = 4.0 // gray levels a pixel: a shadow of 15 levels over two pixels
	sheetSlant           = 2.0 // degrees to the print from which an edge is another sheet's
	mostSlant            = 12.0
	slantStep            = 0.5
	sheetRun             = 0.4  // of the page that such an edge crosses in one run,
	sheetRunMM           = 85.0 // and the least of it
	rimShare             = 0.04 // of the side: this sheet's own edges
	runGap               = 6    // pixels that a stroke of print may take out of a run
	runSeen              = 0.75 // of a run
	cornerMM             = 32.0 // of the zone looked at for a lost corner
	leastCreaseMM        = 7.0
	leastCornerMM        = 4.0  // from the corner to the crease
	cornerSeen           = 0.45 // of the crease
	alongNormal          = 0.97 // cosine: gradients within 14° of a crease's normal
	creaseFrom           = 25   // degrees
	creaseTo, creaseStep = 65, 2.5
)

// slope is a place where the gray level changes, with its gradient.
type slope struct{ x, y, gx, gy float64 }

// spot is a place of such a change along one direction.
type spot struct{ x, y float64 }

// slopes lists the changes of a small gray picture.
func (im *Image) slopes() []slope {
	w, h, pix := im.Width(), im.Height(), im.View()
	out := make([]slope, 0, w*h/8)
	for y := 1; y < h-1 && w > 1; y++ {
		up, at, down := pix[(y-1)*w:y*w], pix[y*w:(y+1)*w], pix[(y+1)*w:(y+2)*w]
		// a, b and c are the columns left of x, at x and right of it, from the top.
		a0, a1, a2, b0, b1, b2 := int(up[0]), int(at[0]), int(down[0]), int(up[1]), int(at[1]), int(down[1])
		for x := 1; x < w-1; x++ {
			c0, c1, c2 := int(up[x+1]), int(at[x+1]), int(down[x+1])
			gx, gy := 2*c1+c0+c2-2*a1-a0-a2, 2*b2+a2+c2-2*b0-a0-c0
			if gx*gx+gy*gy >= 8*8*leastSlope*leastSlope {
				out = append(out, slope{float64(x), float64(y), float64(gx) / 8, float64(gy) / 8})
			}
			a0, a1, a2, b0, b1, b2 = b0, b1, b2, c0, c1, c2
		}
	}
	return out
}

// lostCorner looks for a crease across one corner of a picture of w×h pixels:
// right and bottom choose which; px is pixels a millimetre. size is the distance
// from the corner to the crease, in pixels.
func lostCorner(all []slope, w, h int, right, bottom bool, px float64) (size float64, ok bool) {
	zone := cornerMM * px
	var near []slope // seen from the corner
	for _, s := range all {
		if right {
			s.x, s.gx = float64(w-1)-s.x, -s.gx
		}
		if bottom {
			s.y, s.gy = float64(h-1)-s.y, -s.gy
		}
		// Of the same sign: the level changes along the diagonal.
		if s.x+s.y < zone && s.gx*s.gy > 0 {
			near = append(near, s)
		}
	}
	best := 0.0
	for deg := float64(creaseFrom); deg <= creaseTo; deg += creaseStep {
		sin, cos := math.Sincos(deg * math.Pi / 180)
		var turned []spot // x along the crease, y away from the corner
		for _, s := range near {
			if math.Abs(s.gx*cos+s.gy*sin) >= alongNormal*math.Hypot(s.gx, s.gy) {
				turned = append(turned, spot{x: s.y*cos - s.x*sin + zone, y: s.x*cos + s.y*sin})
			}
		}
		for r := leastCornerMM * px; r < zone; r++ {
			from, to := longestRun(turned, int(2*zone), 0, r)
			length := r / (sin * cos)
			if share := float64(to-from) / length; share >= cornerSeen && float64(to-from) >= leastCreaseMM*px && share > best {
				best, size, ok = share, r, true
			}
		}
	}
	return size, ok
}

// otherSheet looks for the edge of another sheet across a picture of w×h pixels,
// px of them a millimetre: the box of its longest run. With upright it runs down the page, else across.
func otherSheet(all []slope, w, h int, upright bool, px float64) (box models.Box, ok bool) {
	if upright {
		w, h = h, w
	}
	var darker, lighter []spot // by the side to which the level changes: a rule has both
	rim := rimShare * float64(h)
	for _, s := range all {
		if upright {
			s = slope{s.y, s.x, s.gy, s.gx}
		}
		switch {
		case s.y < rim || s.y > float64(h)-rim || math.Abs(s.gy) < 3*math.Abs(s.gx): // mostSlant, and noise
		case s.gy > 0:
			lighter = append(lighter, spot{s.x, s.y})
		default:
			darker = append(darker, spot{s.x, s.y})
		}
	}
	need := int(max(sheetRun*float64(w), sheetRunMM*px))
	counts := make([]int, h+2*w)
	for deg := sheetSlant; deg <= mostSlant; deg += slantStep {
		for _, tan := range []float64{math.Tan(deg * math.Pi / 180), -math.Tan(deg * math.Pi / 180)} {
			for _, near := range [][]spot{darker, lighter} {
				clear(counts)
				for _, s := range near {
					counts[int(s.y-tan*s.x)+w]++
				}
				for r, n := range counts {
					if n < need/2 {
						continue
					}
					from, to := longestRun(near, w, tan, float64(r-w)+0.5)
					if to-from < need {
						continue
					}
					y0, y1 := tan*float64(from)+float64(r-w), tan*float64(to)+float64(r-w)
					box = models.Box{X: from, Y: int(min(y0, y1)), W: to - from, H: int(math.Abs(y1-y0)) + 2}
					if upright {
						box.X, box.Y, box.W, box.H = box.Y, box.X, box.H, box.W
					}
					return box, true
				}
			}
		}
	}
	return box, false
}

// longestRun gives the columns of the longest stretch of an edge along
// y = tan·x + r that is seen but for small gaps.
func longestRun(near []spot, w int, tan, r float64) (from, to int) {
	seen := make([]bool, w)
	for _, s := range near {
		if d := s.y - tan*s.x - r; d > -1.25 && d < 1.25 {
			seen[int(s.x)] = true
		}
	}
	start, last, n := -1, -1, 0
	for x, on := range seen {
		if !on {
			continue
		}
		if start < 0 || x-last > runGap {
			start, n = x, 0
		}
		last, n = x, n+1
		if last-start > to-from && float64(n) >= runSeen*float64(last-start+1) {
			from, to = start, last
		}
	}
	return from, to
}
