package pipeline

import "heyin/models"

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
