package sealcheck

import (
	"context"
	"fmt"
	"math"
	"slices"

	"heyin/imaging"
	"heyin/models"
)

// Card finds every seal on a scanned card, cuts it out without what the card
// prints around it, and grades it as a specimen. Seals come in reading order, top
// to bottom, and left to right where they stand side by side; none is no error.
// Boxes are in pixels of im. The fault card_resolution (Permanent) asks for the
// resolution; other errors say that ctx ended or pictures could not be drawn.
func Card(ctx context.Context, im *imaging.Image, dpi float64) ([]models.CardSeal, error) {
	if !(dpi > 0) || math.IsInf(dpi, 0) {
		return nil, models.NewFault(models.Permanent, "card_resolution", fmt.Sprintf("a card needs the resolution it was scanned at; %g dpi is none", dpi), nil)
	}
	found, err := Find(ctx, &imaging.Sheet{Image: im, DPI: dpi})
	if err != nil {
		return nil, err
	}
	seals := make([]models.CardSeal, 0, len(found))
	for _, f := range found {
		s, err := cut(im, dpi, f)
		if err != nil {
			return nil, fmt.Errorf("seal at %+v of the card: %w", f.Box, err)
		}
		seals = append(seals, s)
	}
	inReadingOrder(seals)
	return seals, ctx.Err()
}

// Lone takes the whole picture for one seal, as specimens come that were cut out
// elsewhere, and grades it.
func Lone(im *imaging.Image, dpi float64) (models.CardSeal, error) {
	png, err := im.PNG()
	if err != nil {
		return models.CardSeal{}, err
	}
	return models.CardSeal{Box: im.Bounds(), Quality: gradeSpecimen(im, dpi), DPI: dpi, Image: png}, nil
}

// cut takes one seal off the card.
func cut(card *imaging.Image, dpi float64, f models.Imprint) (models.CardSeal, error) {
	px := dpi / 25.4
	seal := models.CardSeal{Shape: f.Shape, Ink: f.Ink, DPI: dpi}
	wide := card.Clip(grown(f.Box, (cardReachMM+cardSlackMM+sealMarginMM)*px))
	crop, err := card.Crop(wide)
	if err != nil {
		return seal, err
	}
	defer crop.Close()
	found := models.Box{X: f.Box.X - wide.X, Y: f.Box.Y - wide.Y, W: f.Box.W, H: f.Box.H}
	e := extentOf(crop, dpi, found)
	whole := e.box
	alone, err := onPaper(crop, grown(whole, e.slackMM*px))
	if err != nil {
		return seal, err
	}
	defer alone.Close()
	g := grader{gradeSpecimen(alone, dpi)}
	if e.foreignMM > cardCrossMM {
		g.find(models.QualityRescan, FindingHidden, e.foreignMM, "another seal, writing or a printed frame touches the seal (%.1f mm of its edge); stamp again with room around it", e.foreignMM)
	}
	if e.framed {
		seal.Shape = "" // Find saw the frame's
		g.find(models.QualityUsable, FindingFrame, e.slackMM, "a thin frame close around the seal was taken for the card's and left out; compare with the card")
	}
	seal.Box = card.Clip(models.Box{X: whole.X + wide.X, Y: whole.Y + wide.Y, W: whole.W, H: whole.H})
	b := seal.Box
	if room := float64(min(b.X, b.Y, card.Width()-b.X-b.W, card.Height()-b.Y-b.H)) / px; room < cardTouchMM {
		g.find(models.QualityRescan, FindingClipped, max(room, 0), "the edge of the scan cuts the seal; scan the whole card again")
	}
	seal.Quality = g.q
	seal.Image, err = alone.PNG()
	return seal, err
}

// grown widens a box by so many pixels a side.
func grown(b models.Box, by float64) models.Box {
	n := int(math.Round(by))
	return models.Box{X: b.X - n, Y: b.Y - n, W: b.W + 2*n, H: b.H + 2*n}
}

// extent is what belongs to one seal.
type extent struct {
	box       models.Box // in pixels of the crop
	slackMM   float64    // paper to keep around it
	foreignMM float64    // ink of the seal's own colour across that paper, in mm of its edge: it goes on outside
	framed    bool       // a printed frame in the seal's colour stands close around and was left out
}

// extentOf widens the box in which Find saw a seal to the whole of its ink, and
// takes a frame out that Find could not tell from it.
func extentOf(crop *imaging.Image, dpi float64, found models.Box) extent {
	e := extent{box: found, slackMM: cardSlackMM}
	p, err := inkOf(crop, dpi)
	if err != nil {
		return e // no ink at all: the grade says so
	}
	k := workPxMM * 25.4 / dpi
	on := make([]bool, p.w*p.h)
	for i, v := range p.ink.Pix {
		on[i] = v > inkLevel && p.known[i]
	}
	all := scaled(found, k)
	reach := grown(all, cardReachMM*workPxMM)
	var own []models.Box
	var frame models.Box
	var frameLabel int32
	labels, blobs := components(on, p.w, p.h)
	for i, b := range blobs {
		ink := models.Box{X: b.x0, Y: b.y0, W: b.w(), H: b.h()}
		switch {
		case ink.Within(reach) < 1 || float64(b.area) < speckMM2*workPxMM*workPxMM:
		case ink.Within(all) > 0.9 && all.Within(ink) > 0.9 && float64(b.area) < cardLineMM*workPxMM*2*float64(ink.W+ink.H):
			frame, frameLabel = ink, int32(i+1)
		default:
			own = append(own, ink)
		}
	}
	if e.framed = frameLabel > 0 && len(own) > 0; e.framed {
		all = own[0]
	}
	for _, ink := range own {
		all = union(all, ink)
	}
	if e.framed {
		gap := min(all.X-frame.X, all.Y-frame.Y, frame.X+frame.W-all.X-all.W, frame.Y+frame.H-all.Y-all.H)
		e.slackMM = min(cardSlackMM, max(float64(gap)/workPxMM-cardLineMM, 0)/2)
	}
	edge := grown(all, e.slackMM*workPxMM)
	across := 0
	for y := max(edge.Y, 0); y < min(edge.Y+edge.H, p.h); y++ {
		for x := max(edge.X, 0); x < min(edge.X+edge.W, p.w); x++ {
			if (x == edge.X || x == edge.X+edge.W-1 || y == edge.Y || y == edge.Y+edge.H-1) && on[y*p.w+x] && (!e.framed || labels[y*p.w+x] != frameLabel) {
				across++
			}
		}
	}
	e.foreignMM = float64(across) / workPxMM
	e.box = scaled(all, 1/k)
	return e
}

func scaled(b models.Box, k float64) models.Box {
	x, y := int(math.Round(float64(b.X)*k)), int(math.Round(float64(b.Y)*k))
	return models.Box{X: x, Y: y, W: int(math.Round(float64(b.X+b.W)*k)) - x, H: int(math.Round(float64(b.Y+b.H)*k)) - y}
}

func union(a, b models.Box) models.Box {
	x, y := min(a.X, b.X), min(a.Y, b.Y)
	return models.Box{X: x, Y: y, W: max(a.X+a.W, b.X+b.W) - x, H: max(a.Y+a.H, b.Y+b.H) - y}
}

// onPaper copies the crop with everything beyond within painted over in the tone
// of its paper.
func onPaper(crop *imaging.Image, within models.Box) (*imaging.Image, error) {
	n, w, h, pix := crop.Channels(), crop.Width(), crop.Height(), crop.Pixels()
	tone := make([]byte, n)
	for c := range tone {
		var count [256]int
		for i := c; i < len(pix); i += n {
			count[pix[i]]++
		}
		want := int(paperQuarter * float64(w*h))
		for v, k := range count {
			if want -= k; want < 0 {
				tone[c] = byte(v)
				break
			}
		}
	}
	for y := range h {
		for x := range w {
			if x < within.X || y < within.Y || x >= within.X+within.W || y >= within.Y+within.H {
				copy(pix[(y*w+x)*n:], tone)
			}
		}
	}
	return crop.Repainted(pix)
}

// inReadingOrder sorts seals into rows from top to bottom, each from left to right.
func inReadingOrder(seals []models.CardSeal) {
	slices.SortStableFunc(seals, func(a, b models.CardSeal) int { return a.Box.Y - b.Box.Y })
	for start := 0; start < len(seals); {
		first, end := seals[start].Box, start+1
		for end < len(seals) && aside(first, seals[end].Box) {
			end++
		}
		slices.SortStableFunc(seals[start:end], func(a, b models.CardSeal) int { return a.Box.X - b.Box.X })
		start = end
	}
}

// aside reports whether two boxes stand side by side.
func aside(a, b models.Box) bool {
	shared := min(a.Y+a.H, b.Y+b.H) - max(a.Y, b.Y)
	return float64(shared) > cardAside*float64(min(a.H, b.H))
}
