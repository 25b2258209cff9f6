package pipeline

import (
	"slices"

	"heyin/models"
)

// doubtMark makes an answer unclear over which a seal lies that is not red: red ink is told from a
// pen's by its colour, but the ring or a character of a blue, violet, black or gray seal in a box to tick looks
// like a tick (docs/adr/028). Boxes are of one page.
func doubtMark(mark models.MarkReading, imprints []models.Imprint) models.MarkReading {
	if mark.Mark != models.Agree && mark.Mark != models.Differ {
		return mark
	}
	for _, seal := range imprints {
		if seal.Ink != "red" && mark.Box.Within(seal.Box) > 0 {
			mark.Mark = models.Unclear
		}
	}
	return mark
}

// phraseHighMM is the most that a rubber stamp of an answer is high; rectangular seals are higher.
const phraseHighMM = 13.0

// notAnswers drops oblongs that are the rubber stamp, or a part of it, of which the answer was read: 核对相符 in its frame is no seal.
func notAnswers(imprints []models.Imprint, mark models.MarkReading, dpi float64) []models.Imprint {
	if mark.Form == "tick" || mark.Mark != models.Agree && mark.Mark != models.Differ {
		return imprints
	}
	b := mark.Box
	frame := models.Box{X: b.X - b.H, Y: b.Y - b.H, W: b.W + 2*b.H, H: 3 * b.H}
	return slices.DeleteFunc(imprints, func(im models.Imprint) bool {
		return im.Shape == models.Rect && float64(im.Box.H) <= phraseHighMM*dpi/25.4 && im.Box.Within(frame) > 0.9 && b.Within(im.Box) > 0.3
	})
}
