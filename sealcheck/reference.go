package sealcheck

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"

	"heyin/imaging"
	"heyin/models"
)

// Reference is a specimen prepared for comparison: everything that does not
// depend on the imprint. It is immutable and safe for concurrent use.
type Reference struct {
	Specimen models.Specimen // without the image

	w, h    int
	x0, y0  int            // where they begin in the picture of the specimen
	soft    *imaging.Plane // ink of the specimen at workPxMM
	strokes []bool         // binary specimen
	fine    *imaging.Plane // soft, blurred by fineBlurMM
	sdf     *imaging.Plane // signed distance to the stroke edges in mm, positive on paper
	shown   []bool         // false where print hides the specimen
	clear   []bool         // false where it itself is faint, speckled or printed over
	outer   *imaging.Plane // distance in mm from the seal's hull: positive outside, negative within
	levels  []level        // blurred specimens for the fit, coarse to fine
	glyphs  []glyph
	crumbs  int // pieces near the lower rim too small to judge: a code that is not legible
	blurry  int // characters of a solid seal that the specimen does not show well
	coarse  *spectra
	cells   cells
	own     models.Print // of the stamping that was scanned as the specimen
}

// NewReference decodes and prepares a specimen. A specimen that cannot be read
// or shows no seal is a NeedsReview fault.
func NewReference(s models.Specimen) (*Reference, error) {
	scan, err := imaging.DecodeCrop(context.Background(), bytes.Clone(s.Image))
	if err != nil {
		return nil, models.NewFault(models.NeedsReview, "specimen_unreadable", "the specimen image cannot be decoded; scan the card again", err)
	}
	defer scan.Close()
	dpi := s.DPI
	if dpi <= 0 {
		dpi = scan.DPI
	}
	return newReference(s, scan.Image, dpi)
}

func newReference(s models.Specimen, im *imaging.Image, dpi float64) (*Reference, error) {
	ink, err := inkOf(im, dpi)
	if err != nil {
		return nil, models.NewFault(models.NeedsReview, "specimen_unusable", "the specimen shows no usable seal; scan the card again", err)
	}
	ink = ink.mended(specimenGray)
	s.Image = nil
	r := &Reference{Specimen: s}
	if err := r.cropTo(ink); err != nil {
		return nil, models.NewFault(models.NeedsReview, "specimen_unusable", "the specimen shows no usable seal; scan the card again", err)
	}
	r.measure()
	r.fine = blurred(r.soft, fineBlurMM*workPxMM)
	r.levels = newLevels(r.soft)
	r.glyphs, r.crumbs, r.blurry = segment(r)
	if r.coarse, err = newSpectra(r); err != nil {
		return nil, err
	}
	r.cells = newCells(r)
	r.own = r.ownPrint(ink)
	return r, nil
}

// cropTo finds the seal in the specimen picture, without the frame printed on
// the card, and keeps it with a margin.
func (r *Reference) cropTo(p *inked) error {
	on := make([]bool, p.w*p.h)
	for i, v := range p.ink.Pix {
		on[i] = v > inkLevel && p.known[i]
	}
	labels, blobs := components(on, p.w, p.h)
	frame := cardFrame(labels, blobs, p.w, p.h)
	// Specks beyond the seal (dust, hatching) must not stretch the crop: take what
	// lies near the largest blobs.
	keep := make([]bool, len(blobs))
	x0, y0, x1, y1 := p.w, p.h, -1, -1
	largest := 0
	for i, b := range blobs {
		if i != frame {
			largest = max(largest, b.area)
		}
	}
	least := max(int(0.02*float64(largest)), int(speckMM2*workPxMM*workPxMM))
	for i, b := range blobs {
		if keep[i] = i != frame && b.area >= least; keep[i] {
			x0, y0, x1, y1 = min(x0, b.x0), min(y0, b.y0), max(x1, b.x1), max(y1, b.y1)
		}
	}
	if x1 < 0 {
		return errNoInk
	}
	m := int(sealMarginMM * workPxMM)
	r.w, r.h = x1-x0+1+2*m, y1-y0+1+2*m
	r.x0, r.y0 = x0-m, y0-m
	if min(r.w, r.h) < minSideMM*workPxMM {
		return fmt.Errorf("%w: the seal measures %.1f × %.1f mm", errSize, float64(x1-x0)/workPxMM, float64(y1-y0)/workPxMM)
	}
	r.soft = imaging.NewPlane(r.w, r.h)
	r.clear = make([]bool, r.w*r.h)
	for y := range r.h {
		for x := range r.w {
			sx, sy := x+x0-m, y+y0-m
			i := y*r.w + x
			if sx < 0 || sy < 0 || sx >= p.w || sy >= p.h {
				r.clear[i] = true // beyond the card's crop: paper
				continue
			}
			j := sy*p.w + sx
			if l := labels[j]; l > 0 && int(l-1) == frame {
				r.clear[i] = true
				continue
			}
			r.soft.Pix[i] = p.ink.Pix[j]
			r.clear[i] = p.known[j]
		}
	}
	return nil
}

// cardFrame gives the index of the blob that is the frame printed around a
// specimen on the card, -1 for none: a thin axis-parallel rectangle close to the
// edges of the crop, with a seal inside, that is a piece half as wide and as high. Around mere characters
// it is the frame of the seal itself, cropped tightly; so is one no larger than a name seal, whose
// characters may be joined to such a piece.
func cardFrame(labels []int32, blobs []blob, w, h int) int {
	edge := int(frameEdgeMM * workPxMM)
	for i, b := range blobs {
		if max(b.w(), b.h()) < smallSealMM*workPxMM || !slices.ContainsFunc(blobs, func(seal blob) bool {
			return seal != b && 2*seal.w() >= b.w() && 2*seal.h() >= b.h()
		}) {
			continue
		}
		if b.x0 > edge || b.y0 > edge || b.x1 < w-1-edge || b.y1 < h-1-edge {
			continue
		}
		thin := 0
		band := int(frameBandMM * workPxMM)
		for y := b.y0; y <= b.y1; y++ {
			for x := b.x0; x <= b.x1; x++ {
				if labels[y*w+x] == int32(i+1) && min(x-b.x0, b.x1-x, y-b.y0, b.y1-y) < band {
					thin++
				}
			}
		}
		if float64(thin) > 0.9*float64(b.area) {
			return i
		}
	}
	return -1
}

// measure makes the binary specimen, its distances and the mask of what can be
// trusted.
func (r *Reference) measure() {
	n := r.w * r.h
	smooth := blurred(r.soft, 0.7)
	r.strokes = make([]bool, n)
	paper := make([]bool, n)
	for i, v := range smooth.Pix {
		r.strokes[i] = v > inkLevel
		paper[i] = !r.strokes[i]
	}
	limit := float32(sdfLimitMM * workPxMM)
	outside, inside := distanceTo(r.strokes, r.w, r.h, limit), distanceTo(paper, r.w, r.h, limit)
	r.sdf = imaging.NewPlane(r.w, r.h)
	for i := range n {
		// half a pixel: the edge lies between the last ink and the first paper pixel
		if r.strokes[i] {
			r.sdf.Pix[i] = -(inside.Pix[i] - 0.5) / workPxMM
		} else {
			r.sdf.Pix[i] = (outside.Pix[i] - 0.5) / workPxMM
		}
	}
	r.shown = slices.Clone(r.clear)
	r.markFaint(smooth)
	r.outer = hullDistance(r.strokes, r.w, r.h)
}

// markFaint takes out what is neither clean paper nor full ink, and its edges: a
// faint patch in the specimen must not pass for paper, nor a smear for a stroke.
func (r *Reference) markFaint(smooth *imaging.Plane) {
	clean := make([]bool, len(smooth.Pix))
	for i, v := range smooth.Pix {
		clean[i] = v < cleanPaper
	}
	toPaper := distanceTo(clean, r.w, r.h, sdfLimitMM*workPxMM)
	faint := make([]bool, len(smooth.Pix))
	for i, v := range smooth.Pix {
		if r.strokes[i] {
			faint[i] = r.sdf.Pix[i] < -faintEdgeMM && v < faintHigh
		} else {
			faint[i] = toPaper.Pix[i] > cleanReachMM*workPxMM
		}
	}
	halo := distanceTo(faint, r.w, r.h, sdfLimitMM*workPxMM)
	for i, d := range halo.Pix {
		if d <= faintHaloMM*workPxMM {
			r.clear[i] = false
		}
	}
}

// hullDistance is the distance in mm from the convex hull of the strokes,
// negative within.
func hullDistance(strokes []bool, w, h int) *imaging.Plane {
	var ink []pt
	for i, on := range strokes {
		if on {
			ink = append(ink, pt{float64(i % w), float64(i / w)})
		}
	}
	hull := convexHull(ink)
	in := make([]bool, w*h)
	for y := range h {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i, a := range hull {
			b := hull[(i+1)%len(hull)]
			fy := float64(y)
			if (a.y <= fy) != (b.y <= fy) || a.y == fy {
				x := a.x
				if a.y != b.y {
					x = a.x + (fy-a.y)/(b.y-a.y)*(b.x-a.x)
				}
				lo, hi = min(lo, x), max(hi, x)
			}
		}
		for x := range w {
			in[y*w+x] = float64(x) >= lo && float64(x) <= hi
		}
	}
	out := make([]bool, w*h)
	for i, within := range in {
		out[i] = !within
	}
	d, depth := distanceTo(in, w, h, sdfLimitMM*workPxMM), distanceTo(out, w, h, sdfLimitMM*workPxMM)
	for i := range d.Pix {
		d.Pix[i] = (d.Pix[i] - depth.Pix[i]) / workPxMM
	}
	return d
}
