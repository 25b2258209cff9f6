package sealcheck

import (
	"context"
	"fmt"
	"math"
	"slices"

	"heyin/imaging"
	"heyin/models"
)

// Average makes one better specimen of several genuine imprints of a seal. The one
// that most others match is the first to stand; those others are registered onto it,
// and every place gets the median of the ink where an imprint shows it clearly, or else
// of all, in the mean of their shapes: each stamping bends the rubber another way. What print
// hides in every imprint is drawn in gray, as print is, so that it stays unknown.
// fits has the verdict on each imprint; only those that match were taken in.
//
// The faults, all Permanent, are average_few (less than two fit together),
// average_unlike (one is surely another seal, so the imprints were mixed up) and
// average_worse (the result does not match every imprint it was made of, or blurs its code). The
// faults of NewReference pass through.
func Average(ctx context.Context, imprints []models.CardSeal) (avg models.CardSeal, fits []models.Verdict, err error) {
	refs := make([]*Reference, len(imprints))
	for i, s := range imprints {
		if refs[i], err = NewReference(models.Specimen{Ref: "average", DPI: s.DPI, Image: s.Image}); err != nil {
			return avg, nil, fmt.Errorf("imprint %d: %w", i+1, err)
		}
	}
	first, fits, err := mostMatched(ctx, refs, imprints)
	if err != nil {
		return avg, fits, err
	}
	var used []models.CardSeal
	var others []*Reference
	for i, fit := range fits {
		if fit == models.Match {
			used = append(used, imprints[i])
			if i != first {
				others = append(others, refs[i])
			}
		}
	}
	if len(others) == 0 {
		return avg, fits, models.NewFault(models.Permanent, "average_few", fmt.Sprintf("no two of %d imprints fit together; stamp again, or use the best alone", len(imprints)), nil)
	}
	leaves, err := refs[first].leaves(others)
	if err != nil {
		return avg, fits, err
	}
	if avg, err = refs[first].drawAverage(imprints[first], leaves); err != nil {
		return avg, fits, err
	}
	least := used[0].DPI
	for _, s := range used {
		least = min(least, s.DPI)
	}
	if err := gradeAverage(&avg, least, len(used)); err != nil {
		return avg, fits, err
	}
	if err := checkAverage(ctx, avg, used); err != nil {
		return models.CardSeal{}, fits, err
	}
	return avg, fits, nil
}

// mostMatched compares every imprint with every other and gives the one that most
// match, with their verdicts.
func mostMatched(ctx context.Context, refs []*Reference, imprints []models.CardSeal) (first int, fits []models.Verdict, err error) {
	most := -1
	for i, r := range refs {
		verdicts, matches := make([]models.Verdict, len(imprints)), 0
		for k, s := range imprints {
			v := models.Verification{Verdict: models.Match} // with itself
			if k != i {
				if v, err = verifySeal(ctx, r, s); err != nil {
					return 0, nil, err
				}
			}
			switch verdicts[k] = v.Verdict; v.Verdict {
			case models.Mismatch:
				return 0, verdicts, models.NewFault(models.Permanent, "average_unlike", fmt.Sprintf("imprints %d and %d are of different seals: %s", i+1, k+1, v.ReasonEN), nil)
			case models.Match:
				matches++
			}
		}
		if matches > most {
			first, fits, most = i, verdicts, matches
		}
	}
	return first, fits, nil
}

// leaf is one imprint on the pixels of the first.
type leaf struct {
	ink          *imaging.Plane
	clear, shown []bool // see Reference
}

// leaves brings r itself and other specimens of the same seal onto r's pixels, bent to the mean
// of their shapes. Errors are OpenCV's.
func (r *Reference) leaves(others []*Reference) ([]leaf, error) {
	type fitted struct {
		*Reference
		at   pose
		bend field
	}
	cx, cy := float64(r.w-1)/2, float64(r.h-1)/2
	all := []fitted{{r, pose{cx: cx, cy: cy, tx: cx, ty: cy, scale: 1}, field{unit: float64(max(r.w, r.h)) / 2}}}
	for _, o := range others {
		in := &inked{w: o.w, h: o.h, ink: o.soft, known: o.clear, between: quadsOf(o.clear, o.w, o.h)}
		at, ok, err := r.register(in)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, fitted{o, at, r.smoothField(r.windows(newView(in), at))})
		}
	}
	var mean field
	for _, f := range all {
		for k := range mean.x {
			mean.x[k] += f.bend.x[k] / float64(len(all))
			mean.y[k] += f.bend.y[k] / float64(len(all))
		}
	}
	out := make([]leaf, 0, len(all))
	for _, f := range all {
		for k := range mean.x {
			f.bend.x[k] -= mean.x[k]
			f.bend.y[k] -= mean.y[k]
		}
		seen := func(known []bool) *aligned { // soft is not blurred: it will be when it is compared
			return r.align(view{fine: f.soft, known: quadsOf(known, f.w, f.h)}, f.at, f.bend)
		}
		a := seen(f.clear)
		out = append(out, leaf{a.ink, a.known, seen(f.shown).known})
	}
	return out, nil
}

func verifySeal(ctx context.Context, r *Reference, s models.CardSeal) (models.Verification, error) {
	scan, err := imaging.DecodeCrop(ctx, s.Image)
	if err != nil {
		return models.Verification{}, err
	}
	defer scan.Close()
	return r.Verify(ctx, scan.Image, s.DPI, nil)
}

// checkAverage makes sure that the average still is every imprint's specimen.
func checkAverage(ctx context.Context, avg models.CardSeal, used []models.CardSeal) error {
	r, err := NewReference(models.Specimen{Ref: "average", DPI: avg.DPI, Image: avg.Image})
	if err != nil {
		return err
	}
	for _, s := range used {
		v, err := verifySeal(ctx, r, s)
		if err != nil {
			return err
		}
		if v.Verdict != models.Match {
			return averageWorse("the average does not match every imprint it was made of (" + v.ReasonEN + ")")
		}
		// Laid on each other, thin digits blur; new imprints come less close than its own.
		if v.SubScores["digit_doubt"] > digitSure {
			return averageWorse("the code has become indistinct in the average")
		}
	}
	return nil
}

func averageWorse(why string) error {
	return models.NewFault(models.Permanent, "average_worse", why+"; use the best imprint alone", nil)
}

// drawAverage draws the median of the leaves in the ink of the first, at workPxMM.
func (r *Reference) drawAverage(first models.CardSeal, leaves []leaf) (models.CardSeal, error) {
	out := models.CardSeal{Box: first.Box, Shape: first.Shape, Ink: first.Ink, DPI: workPxMM * 25.4}
	scan, err := imaging.DecodeCrop(context.Background(), first.Image)
	if err != nil {
		return out, err
	}
	defer scan.Close()
	tint, err := inkOf(scan.Image, first.DPI)
	if err != nil {
		return out, err
	}
	hue := tint.hue
	if !tint.coloured {
		hue = [3]float32{1, 1, 1}
	}
	pix := make([]byte, 0, 3*r.w*r.h)
	values := make([]float32, 0, len(leaves))
	for i := range r.soft.Pix {
		values = values[:0]
		for _, l := range leaves {
			if l.clear[i] {
				values = append(values, l.ink.Pix[i])
			}
		}
		if len(values) == 0 { // faint, or a joint of strokes, in all: a Reference masks it again
			for _, l := range leaves {
				if l.shown[i] {
					values = append(values, l.ink.Pix[i])
				}
			}
		}
		var gray, ink float32
		switch {
		case len(values) > 0:
			ink = averageDensity(median(values))
		case tint.coloured:
			gray = averageHidden
		default:
			ink = averageDensity((cleanPaper + faintHigh) / 2) // faint is unknown too
		}
		for _, c := range hue {
			pix = append(pix, byte(math.Round(255*math.Pow(10, -float64(gray+ink*c)))))
		}
	}
	im, err := imaging.FromPixels(r.w, r.h, 3, pix)
	if err != nil {
		return out, err
	}
	defer im.Close()
	out.Image, err = im.PNG()
	return out, err
}

// averageDensity is the density that inkOf reads as this share of full ink. What
// is full was cut off there at inkSaturation of the usual, and is put back.
func averageDensity(ink float32) float32 {
	const ramp = 0.1 // of ink, in which density rises to the usual
	if ink <= 1-ramp {
		return averageFull * ink
	}
	top := float32(averageFull / inkSaturation)
	return averageFull*(1-ramp) + (top-averageFull*(1-ramp))*(min(ink, 1)-(1-ramp))/ramp
}

// median of values, which it sorts; of an even number the mean of the middle two.
func median(values []float32) float32 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// gradeAverage grades the average like a specimen scanned at the lowest resolution
// of its imprints.
func gradeAverage(avg *models.CardSeal, leastDPI float64, n int) error {
	scan, err := imaging.DecodeCrop(context.Background(), avg.Image)
	if err != nil {
		return err
	}
	defer scan.Close()
	g := grader{gradeScanned(scan.Image, avg.DPI, leastDPI)}
	g.find(models.QualityGood, FindingAveraged, float64(n), "the average of %d imprints", n)
	avg.Quality = g.q
	return nil
}
