package sealcheck

import (
	"math"
	"slices"

	"heyin/imaging"
	"heyin/models"
)

// Constants of prints. A change here changes models.PrintMethod.
const (
	cellMM        = 0.5   // side of a cell: above the screen of a printer (0.17 mm) and the error of registration, below patches of ink
	cellStroke    = 0.2   // least share of a cell within strokes
	cellKnown     = 0.6   // least share of that seen on the imprint
	cellEdgeMM    = 0.03  // strokes without their very edge, where registration shows
	cellDeepMM    = 0.4   // distance from the edge beyond which a stroke inks evenly
	cellNearMM    = 0.3   // reach within which neighbouring strokes
	cellWideMM    = 0.8   // and solid areas draw ink
	denseBlurMM   = 0.08  // of the ink before it is read: the noise of a scan
	patternMM     = 2.0   // wider unevenness is the hand, which is much the same every time
	patternClip   = 2.5   // robust deviations: one dry spot must not make the print
	printEven     = 0.055 // of full ink, robust deviation: cards have 0.08 and more, imprints to 0.37. A seal drawn quite evenly leaves 0.04, most of it design, which in evener ink would make the likeness
	printCells    = 80    // fewer cells tell no stamping from another; an 11 mm name seal has 150
	printCorr     = 0.6   // of ink with the specimen: below it the seal is not the one, or not registered
	robustPerSD   = 0.674 // median of absolute deviations to the standard deviation (normal)
	covariates    = 12    // what the design and the pressing explain of a cell's ink
	covariateHold = 1e-3  // ridge: a seal without solid areas leaves some undetermined
)

// cells are the places where a print is taken, and what the seal's design alone
// lets one expect there.
type cells struct {
	w, h int // of the grid
	at   []cell
}

type cell struct {
	place  int   // in the grid
	pixels []int // of the specimen, within strokes
	design [covariates]float64
}

// newCells lists the cells that hold strokes.
func newCells(r *Reference) cells {
	side := int(cellMM * workPxMM)
	c := cells{w: (r.w + side - 1) / side, h: (r.h + side - 1) / side}
	ink := imaging.NewPlane(r.w, r.h)
	for i, on := range r.strokes {
		if on {
			ink.Pix[i] = 1
		}
	}
	near, wide := blurred(ink, cellNearMM*workPxMM), blurred(ink, cellWideMM*workPxMM)
	for place := range c.w * c.h {
		one := cell{place: place}
		x0, y0 := place%c.w*side, place/c.w*side
		for y := y0; y < min(y0+side, r.h); y++ {
			for x := x0; x < min(x0+side, r.w); x++ {
				i := y*r.w + x
				if r.sdf.Pix[i] > -cellEdgeMM {
					continue
				}
				one.pixels = append(one.pixels, i)
				deep := math.Min(-float64(r.sdf.Pix[i]), cellDeepMM)
				n, v := float64(near.Pix[i]), float64(wide.Pix[i])
				px, py := 2*float64(x)/float64(r.w)-1, 2*float64(y)/float64(r.h)-1
				for k, f := range [covariates]float64{1, deep, deep * deep, n, n * n, v, v * v, px, py, px * px, px * py, py * py} {
					one.design[k] += f
				}
			}
		}
		if n := float64(len(one.pixels)); n >= cellStroke*float64(side*side) {
			for k := range one.design {
				one.design[k] /= n
			}
			c.at = append(c.at, one)
		}
	}
	return c
}

// figureOwn says how alike the imprint is to the very stamping that was scanned
// as the specimen: 1 the same, near 0 for another one.
const figureOwn = "specimen_likeness"

// takePrint adds the print of an imprint that is registered well enough, and how
// near it comes to the specimen's own.
func (r *Reference) takePrint(v *models.Verification, f findings) {
	if f.rest.corr < printCorr {
		return
	}
	dense := view{fine: blurred(f.ink.dense, denseBlurMM*workPxMM), known: f.ink.between}
	laid, to, row := r.laid(), newPlacer(f.at, f.bend), -1
	for _, c := range r.cells.at {
		for _, i := range c.pixels {
			if y := i / r.w; y != row {
				row = y
				to.row(y)
			}
			laid.ink.Pix[i], laid.known[i] = dense.fineAt(to.at(i % r.w))
		}
	}
	if v.Print = r.printOf(laid.ink, laid.known); v.Print.Whole() && r.own.Whole() {
		v.SubScores[figureOwn] = models.Likeness(v.Print.Apart(r.own))
	}
}

// ownPrint is the print of the specimen itself, faint places included: they tell
// it best from a later stamping.
func (r *Reference) ownPrint(p *inked) models.Print {
	smooth := blurred(p.dense, denseBlurMM*workPxMM)
	dense, known := imaging.NewPlane(r.w, r.h), make([]bool, r.w*r.h)
	for i := range known {
		x, y := i%r.w+r.x0, i/r.w+r.y0
		if x < 0 || y < 0 || x >= p.w || y >= p.h {
			continue
		}
		dense.Pix[i], known[i] = smooth.Pix[y*p.w+x], p.known[y*p.w+x]
	}
	return r.printOf(dense, known)
}

// printOf describes one stamping by the unevenness of its ink within the strokes:
// what is left when all that the design and the hand explain is taken out. dense
// is ink on the specimen's pixels, not cut off at full.
func (r *Reference) printOf(dense *imaging.Plane, known []bool) models.Print {
	left, weight := r.cells.unevenness(dense, known)
	if left == nil {
		return nil
	}
	// Signs of sums with random signs: they differ between two prints in a share
	// that tells the correlation.
	var sums [models.PrintBits]float32
	for i, c := range r.cells.at {
		v := left[i] * weight[i]
		if v == 0 {
			continue
		}
		for word := range models.PrintBits / 64 {
			minus := ^scramble(uint64(c.place)<<8 | uint64(word))
			row := sums[word*64 : word*64+64]
			for k := range row { // without a branch, which nothing could foretell
				row[k] += math.Float32frombits(math.Float32bits(v) ^ uint32(minus&1)<<31)
				minus >>= 1
			}
		}
	}
	p := make(models.Print, models.PrintBits/8)
	for k, s := range sums {
		if s > 0 {
			p[k/8] |= 1 << (k % 8)
		}
	}
	return p
}

// scramble is the finaliser of splitmix64 (Steele et al. 2014): the same signs on
// every machine and for ever.
func scramble(x uint64) uint64 {
	x = (x + 1) * 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unevenness gives each cell's ink against what is expected there, in robust
// deviations, and the share of it that is seen; nil when too few cells are, or the
// ink is too even.
func (c cells) unevenness(dense *imaging.Plane, known []bool) (left, weight []float32) {
	left, weight = make([]float32, len(c.at)), make([]float32, len(c.at))
	seen := 0
	var h [covariates][covariates + 1]float64
	for i, one := range c.at {
		var sum, n float64
		for _, p := range one.pixels {
			if known[p] {
				sum += float64(dense.Pix[p])
				n++
			}
		}
		if n < cellKnown*float64(len(one.pixels)) {
			continue
		}
		seen++
		left[i], weight[i] = float32(sum/n), float32(n/(cellMM*workPxMM*cellMM*workPxMM))
		for a := range covariates {
			for b := range covariates {
				h[a][b] += n * one.design[a] * one.design[b]
			}
			h[a][covariates] += n * one.design[a] * sum / n
		}
	}
	if seen < printCells {
		return nil, nil
	}
	for a := range covariates {
		h[a][a] += covariateHold
	}
	expected := eliminate(h)
	for i, one := range c.at {
		if weight[i] > 0 {
			for k, f := range one.design {
				left[i] -= float32(expected[k] * f)
			}
		}
	}
	c.keepFine(left, weight)
	sd := robustSD(left, weight)
	if sd < printEven {
		return nil, nil
	}
	for i, v := range left {
		left[i] = min(max(v/sd, -patternClip), patternClip)
	}
	return left, weight
}

// keepFine takes out what varies over more than patternMM.
func (c cells) keepFine(left, weight []float32) {
	sum, n := imaging.NewPlane(c.w, c.h), imaging.NewPlane(c.w, c.h)
	for i, one := range c.at {
		sum.Pix[one.place], n.Pix[one.place] = left[i]*weight[i], weight[i]
	}
	sum, n = blurred(sum, patternMM/cellMM), blurred(n, patternMM/cellMM)
	for i, one := range c.at {
		if weight[i] > 0 {
			left[i] -= sum.Pix[one.place] / max(n.Pix[one.place], 1e-6)
		}
	}
}

// robustSD is the deviation of what is left, by its median.
func robustSD(left, weight []float32) float32 {
	var size []float32
	for i, v := range left {
		if weight[i] > 0 {
			size = append(size, max(v, -v))
		}
	}
	slices.Sort(size)
	return size[len(size)/2] / robustPerSD
}

// Own is the print of the stamping that was scanned as the specimen.
func (r *Reference) Own() models.Print { return slices.Clone(r.own) }

// SpecimenLikeness is how alike the imprint of a verification is to the stamping
// that was scanned as its specimen; 0 when either has no print.
func SpecimenLikeness(v models.Verification) float64 { return v.SubScores[figureOwn] }

// CopiesSpecimen reports whether an imprint is no stamping of its own but a copy
// of the specimen's.
func CopiesSpecimen(v models.Verification) bool {
	return SpecimenLikeness(v) >= models.Likeness(models.CopyBits)
}
