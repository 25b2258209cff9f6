package sealcheck

// Constants of cutting specimens out of cards and of grading them. Lengths are
// millimetres on paper, densities log10 units above paper, shares of 1. "Measured":
// on seals of the simulator stamped with care, as cards are, so that those stay
// good; the limit of a rescan is where the comparison itself gives up (params.go).
const (
	cardReachMM  = 1.2  // ink that ends this near to the box Find gives is the seal's: a ring found by voting may be 0.7 off
	cardSlackMM  = 0.5  // paper kept around that, and nothing beyond
	cardTouchMM  = 0.5  // a box this near to the edge of the scan is cut off by it
	cardCrossMM  = 0.4  // ink of the seal's colour that runs out of the box: less is dust
	cardLineMM   = 0.45 // thickness of printed frames; the frame of a seal is 0.6 and more
	cardAside    = 0.5  // of the lower height: seals that share more of it stand side by side
	paperQuarter = 0.75 // quantile of the lightness of a crop that is its paper

	rescanSpecimenDPI = 195.0 // 200 with the rounding of drivers: below, a stroke of 0.3 mm is two pixels
	goodSpecimenDPI   = 290.0 // 300 likewise
	rescanFull        = 0.16  // density of the strongest ink; JPEG and scanner noise reach 0.04
	usableFull        = 0.30
	rescanFaint       = 0.30 // share of the strokes that is faint
	usableFaint       = 0.10
	rescanHidden      = 0.25 // share of the seal's area that print or pen hides
	usableHidden      = 0.04
	rescanOutline     = 0.60 // share of the outline that left ink; hullCover is where a seal is no seal
	usableOutline     = 0.85
	rescanClear       = 0.60 // share of the seal's area that can be trusted
	usableClear       = 0.85

	averageFull   = 0.5 // density in which an average draws full ink; its strongest, 0.77, is that of a careful imprint
	averageHidden = 0.8 // gray density of what no imprint shows; printFloor is read as print
)
