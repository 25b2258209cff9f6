package sealcheck

import (
	"context"

	"heyin/imaging"
	"heyin/models"
)

// Roles tells the bank's own seals among the imprints of a sheet, and sets their
// Role. An imprint is the bank's when it is like one of the bank's specimens, or
// when it is a large round or oval seal in black ink on a page that has colour:
// companies stamp in red, so that one was printed with the form. All else stays
// a client's: an unrecognised bank seal costs a look, a hidden client seal would
// cost the check.
func Roles(ctx context.Context, sheet *imaging.Sheet, imprints []models.Imprint, banks []*Reference) error {
	for i := range imprints {
		im := &imprints[i]
		if printedWithForm(*im, sheet.DPI) {
			im.Role = models.RoleBank
			continue
		}
		for _, b := range banks {
			like, err := b.likes(ctx, sheet, *im)
			if err != nil {
				return err
			}
			if like {
				im.Role = models.RoleBank
				break
			}
		}
	}
	return nil
}

func printedWithForm(im models.Imprint, dpi float64) bool {
	large := float64(max(im.Box.W, im.Box.H)) >= bankLeastMM*dpi/25.4
	return large && im.Ink == "black" && (im.Shape == models.Round || im.Shape == models.Oval)
}

// likes compares coarsely: a bank's seal lies under print and need not be
// verified, only told from a client's.
func (r *Reference) likes(ctx context.Context, sheet *imaging.Sheet, im models.Imprint) (bool, error) {
	m := int(sealMarginMM * sheet.DPI / 25.4)
	crop, err := sheet.Image.Crop(models.Box{X: im.Box.X - m, Y: im.Box.Y - m, W: im.Box.W + 2*m, H: im.Box.H + 2*m})
	if err != nil {
		return false, err
	}
	defer crop.Close()
	v, err := r.Verify(ctx, crop, sheet.DPI, nil)
	if err != nil {
		return false, err
	}
	return v.Verdict == models.Match || v.SubScores["corr"] >= bankCorr && v.SubScores["off_p90"] <= bankOffMM, nil
}
