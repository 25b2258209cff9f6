package sealcheck

// Constants of finding imprints. Lengths are millimetres on paper, densities
// log10 units above the paper. Origin "measured": set on the development pages
// so that the rule held with room on both sides.
const (
	findDPI = 100 // working resolution: the thinnest rings (0.3 mm) still make a pixel

	paperTileMM   = 10.0 // tile of the paper surface: wider than strokes, narrower than shadows
	paperQuantile = 0.30 // of the density in a tile: text covers less than 70 % of any tile

	chromaFloor  = 0.07   // least colour of a faded seal (measured: paper noise stays below 0.04)
	chromaShare  = 0.30   // of the page's strong colour: cuts off tinted stains and shadows
	strongColour = 0.9995 // quantile: half the ink of an 11 mm personal seal on A4
	darkFloor    = 0.06   // least density of gray or black ink; a gray scan of a pale red seal has 0.1
	darkShare    = 0.30   // of the page's dark ink
	strongDark   = 0.995  // quantile: print covers 1 % and more of a page

	colourGapMM = 1.3 // ink closer than this belongs to one coloured seal: gap between ring and characters
	darkGapMM   = 0.3 // for gray ink, where print stands nearby

	ruleLengthMM = 30.0 // straight runs at least this long are table rules; no seal side is, save in red
	ruleWidthMM  = 0.8

	sealMinMM = 8.0  // smallest personal seals
	sealMaxMM = 62.0 // largest oval seals, with a turn
	discMinMM = 11.0 // smallest diameter of a ring searched by voting
	discMaxMM = 50.0

	phraseAspect  = 2.3  // a phrase stamp (核对相符) is a line of text: longer than this …
	phraseHeight  = 13.5 // … and lower than this; rectangular seals hold two lines or more and are higher
	hullWidthMM   = 0.6  // ink this near to the hull covers it
	hullCover     = 0.50 // covered share of the hull of a seal (measured: seals ≥ 0.6, handwriting ≤ 0.35)
	hullSure      = 0.85 // a hull covered like this is one seal; two that touch have a gap between
	hullCoverDark = 0.62 // for gray ink, where text can imitate
	roundRatio    = 0.89 // hull area / area of its narrowest rectangle: ellipse 0.785, rectangle 1
	ovalAspect    = 1.15 // longer than this is oval or rect
	discCover     = 0.60 // covered share of a voted ring
	ovalGain      = 0.10 // an oval must cover this much more than the ring it replaces
	inkInsideMin  = 0.06 // share of the area that is ink: an empty frame of a form is below
	inkInsideDark = 0.16 // the same for gray ink: a table cell with its figures has 0.13
	splitDiscMM   = 25.0 // touching seals are told apart by a disc at least this large
	discPeaks     = 16   // centres tried for a ring
	discSpeckMM   = 4.0  // ink smaller than this is print and casts no vote for a ring; pieces of a broken ring are larger
	discEdges     = 60   // edge pixels below which no ring is looked for
	finderShare   = 0.12 // share of rows and columns that cross a finder pattern of a QR code; two of its 3 modules in 29 make 0.2
	darkMinMM     = 10.0 // smallest seal in gray ink: punch holes are below

	bankCorr  = 0.90 // correlation of ink that another or a former seal hardly reaches (measured: 2 of 239),
	bankOffMM = 0.15 // least of all with its strokes in their places
)
