package sealcheck

import (
	"context"
	"math"
	"slices"

	"heyin/imaging"
	"heyin/models"
)

// Find lists the seals on a sheet, with boxes in sheet pixels, from top to
// bottom. Phrase stamps (核对相符), signatures, print and bar codes are no seals.
// Every Role is RoleClient: whose seal it is, words or a specimen must tell.
func Find(ctx context.Context, sheet *imaging.Sheet) ([]models.Imprint, error) {
	return findIn(ctx, sheet.Image, sheet.DPI)
}

// findIn is Find for a picture of known resolution; at dpi 0 the page is taken
// to be as wide as A4.
func findIn(ctx context.Context, im *imaging.Image, dpi float64) ([]models.Imprint, error) {
	if dpi <= 0 {
		dpi = float64(min(im.Width(), im.Height())) / (210 / 25.4)
	}
	page, err := inksOf(im, dpi)
	if err != nil {
		return nil, err
	}
	var found []outline
	for _, tint := range page.tints {
		found = append(found, colouredSeals(tint, page.pxmm)...)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	found = apart(found)
	found = append(found, darkSeals(page, found)...)
	found = apart(found)

	imprints := make([]models.Imprint, 0, len(found))
	for _, o := range found {
		imprints = append(imprints, models.Imprint{
			Box:   im.Clip(o.box(page.toSheet)),
			Shape: o.shape,
			Role:  models.RoleClient,
			Ink:   o.ink,
		})
	}
	slices.SortStableFunc(imprints, func(a, b models.Imprint) int { return a.Box.Y - b.Box.Y })
	return imprints, ctx.Err()
}

// apart drops an outline that lies mostly inside a surer one.
func apart(all []outline) []outline {
	slices.SortStableFunc(all, func(a, b outline) int {
		switch {
		case a.cover*a.area() > b.cover*b.area():
			return -1
		case a.cover*a.area() < b.cover*b.area():
			return 1
		}
		return 0
	})
	var kept []outline
	for _, o := range all {
		if !slices.ContainsFunc(kept, func(k outline) bool { return o.shared(k) > 0.5*min(o.area(), k.area()) }) {
			kept = append(kept, o)
		}
	}
	return kept
}

// outline is a candidate seal in working pixels.
type outline struct {
	x0, y0, x1, y1 float64
	shape          models.SealShape
	ink            string
	cover          float64 // share of the outline that is inked
}

func (o outline) area() float64 { return (o.x1 - o.x0) * (o.y1 - o.y0) }

func (o outline) shared(k outline) float64 {
	w := min(o.x1, k.x1) - max(o.x0, k.x0)
	h := min(o.y1, k.y1) - max(o.y0, k.y0)
	return max(w, 0) * max(h, 0)
}

func (o outline) box(scale float64) models.Box {
	x, y := int(math.Floor(o.x0*scale)), int(math.Floor(o.y0*scale))
	return models.Box{X: x, Y: y, W: int(math.Ceil(o.x1*scale)) - x, H: int(math.Ceil(o.y1*scale)) - y}
}
