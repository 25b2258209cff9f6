package sealcheck

// Constants of finding imprints. Lengths are millimetres on paper, densities
// log10 units above the paper. Origin "measured": set on generated pages (eval/sim)
// so that the rule held with room on both sides.
const (
	findDPI = 100 // working resolution: the thinnest rings (0.3 mm) still make a pixel

	coarsestDPI = 50  // below, characters are gone and no page is scanned so
	pageMostA4  = 4.0 // largest page, in areas of A4: 60 megapixels at 200 dpi are 15, of which none is a receipt

	paperTileMM   = 10.0 // tile of the paper surface: wider than strokes, narrower than shadows
	paperQuantile = 0.30 // of the density in a tile: text covers less than 70 % of any tile

	chromaFloor  = 0.07   // least colour of a faded seal (measured: paper noise stays below 0.04)
	chromaShare  = 0.15   // of the page's strong colour: cuts off tinted stains and shadows
	strongColour = 0.9995 // quantile: half the ink of an 11 mm personal seal on A4
	pureShare    = 0.40   // colour against density: black ink has 0.1, purple 0.7, red 1.3
	darkFloor    = 0.06   // least density of gray or black ink; a gray scan of a pale red seal has 0.1
	darkShare    = 0.13   // of the page's dark ink
	strongDark   = 0.995  // quantile: print covers 1 % and more of a page
	hueApart     = 4      // bins of 10° between two inks: red pads spread over 30°
	hueLeast     = 0.01   // share of the page's colour of the faintest ink looked for
	maxHues      = 4
	bothLeast    = 0.40 // of the usual density of each of two inks that lie one over the other
	bothGain     = 0.50 // share of the first ink's misfit that may remain then

	regionGapMM = 4.0 // gap in a badly stamped frame; farther apart seals are searched for by themselves
	colourGapMM = 1.3 // ink closer than this belongs to one coloured seal: gap between ring and characters

	ruleLengthMM = 15.0 // thin straight runs at least this long are table rules; a seal's frame is thicker
	ruleWidthMM  = 0.5
	barLengthMM  = 64.0 // and those are at any width: no seal has such a side
	barWidthMM   = 1.2

	lidMM = 4.0 // solid along the border: the lid; the frame of a seal cut off there is thinner

	sealMinMM  = 8.0  // smallest personal seals
	sealMaxMM  = 62.0 // largest oval seals
	roundMinMM = 8.0  // smallest diameter searched by voting
	roundMaxMM = 60.0
	ovalMinMM  = 14.0 // smallest short side of an oval seal
	ovalMost   = 2.0  // largest aspect of an oval seal; 45 × 30 is usual
	ovalAspect = 1.15 // longer than this is oval or rect

	phraseAspect   = 2.3  // a phrase stamp (核对相符) is a line of text: longer than this …
	phraseHeightMM = 13.5 // … and lower than this; rectangular seals hold two lines or more and are higher

	edgeTurn   = 24  // degrees an edge may lie askew to the outline: masks are coarse
	speckMM    = 2.0 // coloured ink smaller than this suggests no outline
	printMM    = 4.0 // nor does gray ink smaller than this, which is print; pieces of a broken ring are larger
	leastEdges = 40  // edge pixels below which nothing is looked for

	circlePeaks = 16   // rings tried in a region
	ovalPeaks   = 12   // centres tried in a region
	ovalTries   = 80   // ellipses tried at a centre
	ovalEdges   = 4000 // edges used to vote for centres
	ovalLean    = 0.75 // cosine between a chord through the centre and the normal; 0.92 at an aspect of 1.5

	rectStep       = 3   // degrees between the turns tried
	rectGapMM      = 1.5 // interruption of a side: print or a dry spot
	rectRunMM      = 3.5 // shortest straight run of a side
	runInked       = 0.6 // edges a pixel of it
	rectRuns       = 120 // runs that face one way, the longest
	rectSlackMM    = 1.5 // corners are round or broken
	rectMaxMM      = 56.0
	rectMostAspect = 4.0
	rectRough      = 0.40 // support before the fit is refined
	rectMost       = 24   // rectangles tried in a region

	visibleLeast  = 0.50 // of an outline on the page: of a seal with four tenths cut off 0.55 is left
	supportColour = 0.25 // share of a seal's outline with an edge, for an endless one in coloured ink
	supportDark   = 0.30 // in gray ink, where print adds to it
	supportSpread = 2.0  // more is asked of short outlines, in square roots of their length: 0.35 at 8 mm, 0.17 at 42 mm
	roughShare    = 0.50 // of that support before the fit is refined: of 384 candidates 5 had less than 0.7, none a seal's best
	sameShare     = 0.60 // of each of two outlines within the other: one seal
	partCutShare  = 0.60 // the same of an outline that leaves the page: strokes of the seal that the edge seems to complete
	partShare     = 0.90 // of an outline within another of the same ink: a part of that seal
	partBare      = 0.60 // of an outline within another of the same ink, and
	partInked     = 0.90 // of its ink: the rest is bare paper, where a seal would show its frame
	concentric    = 0.25 // of the larger half side between the centres: rings of one seal
	ownEdges      = 0.75 // share of that support that edges of no other seal must give
	searchPages   = 6    // areas of the page searched in all; a page full of seals takes 2
	regionRounds  = 8    // seals that overlap in one region
	rankWeakest   = 0.2  // what a missing side takes off the rank
	weakestFull   = 0.3  // support of a side that is not missing
	rankClear     = 1.5  // power of the share of the outline with paper beyond
	rankSize      = 0.15 // power of the size in the order of choice: of two rings of a seal the outer counts

	inkInside     = 0.06 // share of the area that is ink: an empty frame of a form is below
	inkDeep       = 0.03 // the same more than a quarter of the half width inside: characters
	inkInsideDark = 0.12 // the same for rectangles in gray ink: a table cell with its figures has 0.1
	takenGrowMM   = 0.8  // ink this near to a found seal is its own
	hullWidthMM   = 0.6  // ink this near to the hull covers it
	hullInked     = 0.55 // covered share of the hull of a seal (measured: seals ≥ 0.6, handwriting ≤ 0.35)
	hullFacing    = 0.40 // share of the hull along strokes
	roundRatio    = 0.89 // hull area / area of its narrowest rectangle: ellipse 0.785, rectangle 1

	barTileMM = 5.0  // tile in which a bar code is told: lower than its bars
	barEdges  = 0.2  // share of its pixels that are edges; a seal's frame gives 0.08, bars 0.4
	barsShare = 0.85 // of them along one line; of characters 0.6

	bankCorr  = 0.90 // correlation of ink that another or a former seal hardly reaches (measured: 2 of 239),
	bankOffMM = 0.15 // least of all with its strokes in their places
)
