package pipeline

import (
	"context"
	"fmt"

	"heyin/imaging"
	"heyin/models"
	"heyin/sealcheck"
)

// Sizes that tell a picture of one seal, as it was cut out elsewhere, from a card.
// In millimetres.
const (
	maxLoneMM   = 90.0 // the largest seals measure 62
	loneRoomMM  = 8.0  // paper around one; beyond it there is a card around
	cardsMinDPI = 50   // as the table of specimens has it
	cardsMaxDPI = 2400
)

// CutCard decodes the scan of a card within the limits of imaging and cuts its
// seals out; with a box of some size only what lies in it is looked at. It is pure
// and, like Process, meant for a process that may be killed: the bytes are
// anybody's. Faults are Permanent: those of imaging.Decode, card_pages, card_box,
// card_resolution. No seal at all is an empty card.
func CutCard(ctx context.Context, data []byte, dpi float64, within models.Box) (models.Card, error) {
	if !(dpi >= cardsMinDPI && dpi <= cardsMaxDPI) {
		return models.Card{}, models.NewFault(models.Permanent, "card_resolution", fmt.Sprintf("%g dpi: want the resolution of the scan, %d to %d", dpi, cardsMinDPI, cardsMaxDPI), nil)
	}
	pages, err := imaging.PageCount(ctx, data)
	if err != nil {
		return models.Card{}, err
	}
	if pages != 1 {
		return models.Card{}, models.NewFault(models.Permanent, "card_pages", fmt.Sprintf("the file has %d pages; give each card its own file", pages), nil)
	}
	scan, err := imaging.Decode(ctx, data, 1)
	if err != nil {
		return models.Card{}, err
	}
	defer scan.Close()
	im := scan.Image
	if within != (models.Box{}) {
		if within.W < 1 || within.H < 1 || im.Clip(within) != within {
			return models.Card{}, models.NewFault(models.Permanent, "card_box", fmt.Sprintf("box %+v does not lie in the picture of %d×%d", within, im.Width(), im.Height()), nil)
		}
		part, err := im.Crop(within)
		if err != nil {
			return models.Card{}, err
		}
		defer part.Close()
		im = part
	}
	card, err := cardOf(ctx, im, dpi)
	for i := range card.Seals {
		card.Seals[i].Box.X += within.X
		card.Seals[i].Box.Y += within.Y
	}
	return card, err
}

// CutCard is the function of this name, for a process that has a Pipeline.
func (*Pipeline) CutCard(ctx context.Context, data []byte, dpi float64, within models.Box) (models.Card, error) {
	return CutCard(ctx, data, dpi, within)
}

func cardOf(ctx context.Context, im *imaging.Image, dpi float64) (models.Card, error) {
	seals, err := sealcheck.Card(ctx, im, dpi)
	if err != nil {
		return models.Card{}, err
	}
	if !lone(im, dpi, seals) {
		return models.Card{Seals: seals}, nil
	}
	whole, err := sealcheck.Lone(im, dpi)
	if len(seals) == 1 {
		whole.Shape, whole.Ink = seals[0].Shape, seals[0].Ink
	}
	return models.Card{Seals: []models.CardSeal{whole}, Whole: true}, err
}

// lone reports whether the picture is of one seal only. The finder needs paper
// around a seal: where it sees none in a picture of that size, the seal fills it.
func lone(im *imaging.Image, dpi float64, seals []models.CardSeal) bool {
	px := dpi / mmPerInch
	if float64(max(im.Width(), im.Height())) > maxLoneMM*px {
		return false
	}
	switch len(seals) {
	case 0:
		return true
	case 1:
		b := seals[0].Box
		return float64(max(b.X, b.Y, im.Width()-b.X-b.W, im.Height()-b.Y-b.H)) <= loneRoomMM*px
	default:
		return false
	}
}
