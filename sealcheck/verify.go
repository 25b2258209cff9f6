package sealcheck

import (
	"context"

	"heyin/imaging"
	"heyin/models"
)

// Verify compares an imprint, cropped from a scan of the given resolution with a
// little paper around it, with the specimen. What cannot be judged is
// Inconclusive with a reason; an error says that ctx ended, that the
// comparer could not be loaded, OpenCV failed or evidence could not be drawn. sink, which may be nil, gets the pictures.
func (r *Reference) Verify(ctx context.Context, imprint *imaging.Image, dpi float64, sink Sink) (models.Verification, error) {
	ink, err := inkOf(imprint, dpi)
	if err != nil {
		return explainUnusable(r.unusable(err), err), ctx.Err()
	}
	at, ok, err := r.register(ink)
	if err != nil {
		return models.Verification{}, err
	}
	if !ok {
		return explainUnusable(r.unusable(errNoInk), errNoInk), ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return models.Verification{}, err
	}

	v := r.viewOf(ink)
	windows := r.windows(v, at)
	bend := r.smoothField(windows)
	laid := r.align(v, at, bend)

	prof := r.profileOf(laid)
	rest := r.residualsOf(laid, prof)
	glyphs := r.matchGlyphs(v, at, bend, prof)
	looked, err := r.compareGlyphs(v, glyphs)
	if err != nil {
		return models.Verification{}, err
	}
	odd, err := r.compare(laid, glyphs)
	if err != nil {
		return models.Verification{}, err
	}

	dots, err := dotsOf(imprint, dpi, ink)
	if err != nil {
		return models.Verification{}, err
	}

	if err := r.drawEvidence(sink, imprint, dpi, at, laid, rest, odd, looked); err != nil {
		return models.Verification{}, err
	}
	found := findings{ink, at, windows, bend, prof, rest, glyphs, odd, dots}
	verified := r.decide(found)
	r.explain(&verified, found, laid)
	r.takePrint(&verified, found)
	return verified, ctx.Err()
}
