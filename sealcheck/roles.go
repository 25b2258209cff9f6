package sealcheck

import (
	"context"

	"heyin/imaging"
	"heyin/models"
)

// Likes compares coarsely: enough to tell a bank's own seal, which lies under
// print and need not be verified, from a client's.
func (r *Reference) Likes(ctx context.Context, sheet *imaging.Sheet, im models.Imprint) (bool, error) {
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
