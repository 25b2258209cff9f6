package ocr

import (
	"cmp"
	"context"
	"math"
	"slices"

	"heyin/imaging"
)

// How the way up is judged: a few lines of ordinary length, read both ways.
const (
	orientationLines    = 6
	orientationLead     = 0.7  // summed difference of weights that settles it
	orientationMinRatio = 4.0  // width to height: some characters
	orientationMaxRatio = 14.0 // no longer than needed
	orientationHead     = 7 * lowStrip
)

// UpsideDown reports whether the sheet stands on its head: whether its lines
// read with more confidence turned by 180°. A sheet without text is taken as
// upright.
func (r *Reader) UpsideDown(ctx context.Context, sheet *imaging.Sheet) (bool, error) {
	p, err := r.page(ctx, sheet.Image, sheet.DPI)
	if err != nil {
		return false, err
	}
	lead := 0.0 // of upright
	for _, t := range orientationSample(p.texts) {
		s, err := p.strip(t.box)
		if err != nil {
			return false, err
		}
		lattices, err := r.first.recognise(ctx, []*strip{s.head(orientationHead), s.turned().head(orientationHead)})
		if err != nil {
			return false, err
		}
		lead += weightOf(lattices[0]) - weightOf(lattices[1])
		if math.Abs(lead) >= orientationLead {
			break
		}
	}
	return lead < 0, nil
}

// weightOf is high for a strip read as several characters, all of them surely.
func weightOf(l *lattice) float64 {
	glyphs := l.glyphs()
	sum := 0.0
	for _, g := range glyphs {
		sum += g.p
	}
	if len(glyphs) < 2 {
		return 0
	}
	return sum * sum / float64(len(glyphs)*len(glyphs))
}

// orientationSample picks lines of middling shape, spread over the page.
func orientationSample(texts []*text) []*text {
	var fit []*text
	for _, t := range texts {
		ratio := float64(t.w()) / float64(t.h())
		if ratio >= orientationMinRatio && ratio <= orientationMaxRatio {
			fit = append(fit, t)
		}
	}
	if len(fit) == 0 {
		fit = slices.Clone(texts)
	}
	slices.SortFunc(fit, func(a, b *text) int { return cmp.Compare(a.y0, b.y0) })
	if len(fit) <= orientationLines {
		return fit
	}
	var out []*text
	for i := range orientationLines {
		out = append(out, fit[i*(len(fit)-1)/(orientationLines-1)])
	}
	return out
}
