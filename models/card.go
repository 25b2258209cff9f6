package models

// Card is what the scan of a card (印鉴卡) holds, in reading order: top to bottom,
// and left to right where seals stand side by side.
type Card struct {
	Seals []CardSeal `json:"seals"`
	// Whole: the picture is one seal with a little paper around it, as it was cut
	// out elsewhere; Seals has it alone, uncut.
	Whole bool `json:"whole"`
}

// CardSeal is one seal of a card as it may be put on file.
type CardSeal struct {
	Box     Box       `json:"box"`             // on the scan, in pixels
	Shape   SealShape `json:"shape,omitempty"` // as it looks; empty when that cannot be told
	Ink     string    `json:"ink,omitempty"`   // as Imprint.Ink
	Quality Quality   `json:"quality"`         // QualityRescan: not fit for a specimen
	DPI     float64   `json:"dpi"`             // of Image
	Image   []byte    `json:"-"`               // PNG: the seal on clean paper, without what the card prints around it
}
