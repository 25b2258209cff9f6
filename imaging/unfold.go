package imaging

import (
	"cmp"
	"fmt"
	"image"
	"math"
	"slices"

	"gocv.io/x/gocv"

	"heyin/models"
)

// A letter that was folded comes through the scanner in panels: lines bend or break where
// they cross a crease, which lies in its own shadow. Lengths are in millimetres of paper.
const (
	// A crease is a shadow from edge to edge of the sheet, blank margins included.
	creaseReachMM  = 0.7  // from its middle to the paper beside it
	leastCreaseDip = 3    // gray levels by which it is darker than that,
	mostCreaseDip  = 90   // and more is print
	creaseShare    = 0.55 // of its length that shows it, and of the margin at either end
	creaseMarginMM = 7.0
	creaseSlopes   = 6     // either way, in steps of
	creaseTilt     = 0.002 // across to along
	creaseEvery    = 3     // pixels along it: each third is sample enough
	leastPanelMM   = 40.0
	// What a panel shows of the bend: turned by more, or slipped.
	panelSkew, panelStep = 0.9, 0.03 // degrees
	slipMM               = 2.5
	slipZoneMM           = 25.0 // of print on either side of a crease that is compared
	slipLike             = 0.5  // correlation of the two sides
	slipLead             = 0.1  // by which it must pass that of no slip
	panelInk             = 400  // points; a panel with fewer counts as straight
	leastBendMM          = 0.25 // less is left alone: it reads as well
	creaseShadowMM       = 5.0  // on either side of a crease, evened out
	shadowPieceMM        = 8.0  // along it
	mostShadow           = 1.6  // times that paper is made lighter
	shadowQuantile       = 0.75 // of the light along it is taken for paper
	panelStepMM          = 0.3  // by which the edges of panels may miss a slanting crease
	panelLead            = 1.03 // times as sharp as laid straight, else a panel counts as that
)

// Flat is the picture of a folded sheet with its panels laid even: for reading, never for
// comparing seals. The owner closes it.
type Flat struct {
	Image  *Image
	panels []panel
}

// panel is a part of the flat picture and where it comes from.
type panel struct {
	box  models.Box
	from Affine // pixel centre → pixel centre of the sheet
}

// Close frees the pixels.
func (f *Flat) Close() {
	if f != nil {
		f.Image.Close()
	}
}

// ToSheet gives the box of the sheet that holds a box of the flat picture.
func (f *Flat) ToSheet(b models.Box) models.Box {
	var out models.Box
	for _, p := range f.panels {
		x0, y0 := max(b.X, p.box.X), max(b.Y, p.box.Y)
		x1, y1 := min(b.X+b.W, p.box.X+p.box.W), min(b.Y+b.H, p.box.Y+p.box.H)
		if x0 < x1 && y0 < y1 {
			out = union(out, p.from.box(models.Box{X: x0, Y: y0, W: x1 - x0, H: y1 - y0}, f.Image.Width(), f.Image.Height()))
		}
	}
	return out
}

// fold is a crease: at + slope·t, t along it, in pixels of the picture it was found on.
type fold struct{ at, slope, share float64 }

func (f fold) place(t float64) float64 { return f.at + f.slope*t }

// Unfold lays the panels of a folded sheet even. It gives nil where no crease bends the
// print: such a sheet is read as it is. It borrows the sheet.
func Unfold(sheet *Sheet) (*Flat, error) {
	flat, err := unfold(sheet.Image, sheet.DPI/mmPerInch)
	if err != nil {
		return nil, fmt.Errorf("imaging: unfold: %w", err)
	}
	return flat, nil
}

func unfold(im *Image, px float64) (*Flat, error) {
	small, err := im.grayAt(coarseSide)
	if err != nil {
		return nil, err
	}
	defer small.Close()
	scale := float64(im.reduction(coarseSide))
	across := small.folds(false, px/scale)
	down := small.folds(true, px/scale)
	upright := total(down) > total(across)
	if upright {
		across = down
	}
	if len(across) == 0 {
		return nil, nil //nolint:nilnil // a flat sheet is an ordinary answer
	}
	for i := range across {
		across[i].at = (across[i].at+0.5)*scale - 0.5
	}
	bends, err := im.bends(across, upright, px)
	if err != nil || bends == nil {
		return nil, err
	}
	return im.layPanels(across, bends, upright, px)
}

func total(folds []fold) (sum float64) {
	for _, f := range folds {
		sum += f.share
	}
	return sum
}

// folds finds the creases across a small gray picture, or down it; px is pixels a millimetre.
func (im *Image) folds(upright bool, px float64) []fold {
	w, h, pix := im.Width(), im.Height(), im.View() // w along the creases, h across them
	along, across := 1, w
	if upright {
		w, h, along, across = h, w, across, along
	}
	k, margin, mid := max(1, int(math.Round(creaseReachMM*px))), int(creaseMarginMM*px), w/2
	if w < 4*margin || h < 4*k {
		return nil
	}
	dips := func(t, d int) bool {
		i := t*along + d*across
		v := (int(pix[i-k*across])+int(pix[i+k*across]))/2 - int(pix[i])
		return v >= leastCreaseDip && v <= mostCreaseDip
	}
	// share is how much of a line's columns from to to shows it, give or take a pixel.
	share := func(d, slope, from, to int) float64 {
		seen, all := 0, 0
		for t := from; t < to; t += creaseEvery {
			at := d + int(math.Round(float64(slope)*creaseTilt*float64(t-mid)))
			if at <= k || at >= h-k-1 {
				return 0
			}
			if all++; dips(t, at) || dips(t, at-1) || dips(t, at+1) {
				seen++
			}
		}
		return float64(seen) / float64(max(1, all))
	}
	var all []fold
	for slope := -creaseSlopes; slope <= creaseSlopes; slope++ {
		for d := range h {
			least := math.Inf(1)
			for _, part := range [][2]int{{creaseEvery, margin}, {w - margin, w - creaseEvery}, {margin, w - margin}} {
				if least >= creaseShare { // few lines pass the margins
					least = min(least, share(d, slope, part[0], part[1]))
				}
			}
			if least >= creaseShare {
				tilt := float64(slope) * creaseTilt
				all = append(all, fold{float64(d) - tilt*float64(mid), tilt, least})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b fold) int { return cmp.Compare(b.share, a.share) })
	var out []fold
	for _, f := range all {
		at := f.place(float64(mid))
		if at < leastPanelMM*px || at > float64(h)-leastPanelMM*px {
			continue
		}
		if !slices.ContainsFunc(out, func(o fold) bool { return math.Abs(o.place(float64(mid))-at) < leastPanelMM*px }) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b fold) int { return cmp.Compare(a.at, b.at) })
	return out
}

// bend is how a panel lies: turned clockwise by skew degrees, and by how far what crosses
// the crease before it slips along it, in pixels.
type bend struct{ skew, slip float64 }

// bends measures the panels between creases; nil when none is bent enough to matter.
func (im *Image) bends(folds []fold, upright bool, px float64) ([]bend, error) {
	gray, err := im.grayAt(fineSide)
	if err != nil {
		return nil, err
	}
	defer gray.Close()
	rim, err := gray.rim()
	if err != nil {
		return nil, err
	}
	points, err := gray.inkPoints(rim)
	if err != nil {
		return nil, err
	}
	scale := float64(im.reduction(fineSide))
	long := float64(im.Width())
	if upright {
		long = float64(im.Height())
	}
	panels := make([]ink, len(folds)+1)
	for i := range panels {
		panels[i] = ink{w: points.w, h: points.h}
	}
	for i := range points.x {
		t, d := float64(points.x[i])*scale, float64(points.y[i])*scale
		if upright {
			t, d = d, t
		}
		k := 0
		for k < len(folds) && d > folds[k].place(t) {
			k++
		}
		p := &panels[k]
		p.x, p.y, p.mass = append(p.x, points.x[i]), append(p.y, points.y[i]), append(p.mass, points.mass[i])
	}
	out := make([]bend, len(panels))
	most := 0.0
	for i, p := range panels {
		if len(p.x) >= panelInk {
			skew, sharp := p.sharpest(0, panelSkew, panelStep, 1)
			if sharp > panelLead*p.sharpness(0, make([]float32, p.h+2*p.w)) {
				out[i].skew = skew
			}
		}
		if i == 0 {
			continue
		}
		out[i].slip = slip(panels[i-1], p, folds[i-1], [2]float64{out[i-1].skew, out[i].skew}, upright, scale, px)
		turn := math.Abs(out[i].skew-out[i-1].skew) * math.Pi / 180 * long / 2
		most = max(most, turn, math.Abs(out[i].slip))
	}
	if most < leastBendMM*px {
		return nil, nil
	}
	return out, nil
}

// slip is how far print on the far side of a crease lies along it from where the near
// side leads: by the likeness of what crosses it. scale is the sheet's pixels of one of
// the points, px the sheet's pixels a millimetre.
func slip(near, far ink, f fold, skews [2]float64, upright bool, scale, px float64) float64 {
	reach := int(slipMM * px / scale)
	size := near.w
	if upright {
		size = near.h
	}
	var sides [2][]float64
	for side, p := range []ink{near, far} {
		lead := math.Tan(skews[side] * math.Pi / 180)
		if !upright {
			lead = -lead // what runs down leans the other way
		}
		profile := make([]float64, size+2*reach+4)
		for i := range p.x {
			t, d := float64(p.x[i]), float64(p.y[i])
			if upright {
				t, d = d, t
			}
			away := d - f.place(t*scale)/scale
			if math.Abs(away)*scale > slipZoneMM*px {
				continue
			}
			at := t - lead*away + float64(reach) + 1
			if k := int(at); k >= 0 && k+1 < len(profile) {
				profile[k] += float64(p.mass[i]) * (1 - at + float64(k))
				profile[k+1] += float64(p.mass[i]) * (at - float64(k))
			}
		}
		steps := make([]float64, len(profile)-2)
		for k := range steps {
			steps[k] = profile[k+2] - profile[k]
		}
		sides[side] = steps
	}
	like := make([]float64, 2*reach+1)
	best := reach
	for s := range like {
		like[s] = likenessAt(sides[0], sides[1], s-reach)
		if like[s] > like[best] {
			best = s
		}
	}
	if like[best] < slipLike || like[best] < like[reach]+slipLead || best == 0 || best == 2*reach {
		return 0
	}
	part := 0.0
	if a, b, c := like[best-1], like[best], like[best+1]; a-2*b+c < 0 {
		part = (a - c) / (2 * (a - 2*b + c))
	}
	return (float64(best-reach) + part) * scale
}

// likenessAt is the correlation of a with b shifted by so much; both have mean nought.
func likenessAt(a, b []float64, shift int) float64 {
	var ab, aa, bb float64
	for i, v := range a {
		if k := i + shift; k >= 0 && k < len(b) {
			ab, aa, bb = ab+v*b[k], aa+v*v, bb+b[k]*b[k]
		}
	}
	return ab / math.Sqrt(max(1e-9, aa*bb))
}

// layPanels makes the flat picture. The panel with the middle of the page turns about that;
// the others follow it, each turned about the middle of the crease between and slipped
// back along it.
func (im *Image) layPanels(folds []fold, bends []bend, upright bool, px float64) (_ *Flat, err error) {
	long, deep := float64(im.Width()), float64(im.Height())
	if upright {
		long, deep = deep, long
	}
	at := func(t, d float64) (x, y float64) {
		if upright {
			return d, t
		}
		return t, d
	}
	mid := (long - 1) / 2
	first := 0
	for first < len(folds) && folds[first].place(mid) < deep/2 {
		first++
	}
	x, y := at(mid, (deep-1)/2)
	from := make([]Affine, len(bends))
	from[first] = turnAbout(bends[first].skew, x, y, x, y)
	follow := func(panel, beside, crease int, slip float64) {
		x, y := at(mid, folds[crease].place(mid))
		u, v := from[beside].inverse().Apply(x, y)
		dx, dy := at(slip, 0)
		from[panel] = turnAbout(bends[panel].skew, u, v, x+dx, y+dy)
	}
	// edges are the creases on the flat picture: those before first lie as that panel has them.
	edges := make([]fold, len(folds))
	edge := func(crease, panel int) {
		back := from[panel].inverse()
		pos := func(t float64) float64 {
			x, y := back.Apply(at(t, folds[crease].place(t)))
			if upright {
				return x
			}
			return y
		}
		slope := (pos(long-1) - pos(0)) / (long - 1)
		edges[crease] = fold{at: pos(mid) - slope*mid, slope: slope}
	}
	for i := first + 1; i < len(bends); i++ {
		follow(i, i-1, i-1, bends[i].slip)
		edge(i-1, i-1)
	}
	for i := first - 1; i >= 0; i-- {
		follow(i, i+1, i, -bends[i+1].slip)
		edge(i, i+1)
	}
	flat := &Flat{}
	if flat.Image, err = im.ownPart(gocv.NewMatWithSizeFromScalar(gocv.NewScalar(255, 255, 255, 0), im.Height(), im.Width(), im.mat.Type()), nil); err != nil {
		return nil, err
	}
	pieces := 1
	for _, e := range edges {
		pieces = max(pieces, int(math.Ceil(math.Abs(e.slope)*long/(panelStepMM*px))))
	}
	for i := range pieces {
		t0, t1 := i*int(long)/pieces, (i+1)*int(long)/pieces
		d0 := 0
		for k, a := range from {
			d1 := int(deep)
			if k < len(edges) {
				d1 = clamp(int(math.Round(edges[k].place(float64(t0+t1)/2))), d0, int(deep))
			}
			b := models.Box{X: t0, Y: d0, W: t1 - t0, H: d1 - d0}
			if upright {
				b = models.Box{X: d0, Y: t0, W: d1 - d0, H: t1 - t0}
			}
			if b.W > 0 && b.H > 0 {
				flat.panels = append(flat.panels, panel{b, a})
			}
			d0 = d1
		}
	}
	for _, p := range flat.panels {
		if err := flat.paste(im, p); err != nil {
			flat.Close()
			return nil, err
		}
	}
	for _, e := range edges {
		flat.Image.evenShadow(e, upright, px)
	}
	return flat, nil
}

// turnAbout is the map by which (x, y) shows (u, v) of a source that lies turned clockwise
// by so many degrees.
func turnAbout(deg, x, y, u, v float64) Affine {
	s, c := math.Sincos(deg * math.Pi / 180)
	return Affine{c, -s, u - c*x + s*y, s, c, v - s*x - c*y}
}

// paste fills one panel of the flat picture.
func (f *Flat) paste(sheet *Image, p panel) error {
	x, y := p.from.Apply(float64(p.box.X), float64(p.box.Y))
	part := p.from
	part[2], part[5] = x, y
	piece, err := sheet.Warp(part, p.box.W, p.box.H)
	if err != nil {
		return err
	}
	defer piece.Close()
	into := f.Image.mat.Region(image.Rect(p.box.X, p.box.Y, p.box.X+p.box.W, p.box.Y+p.box.H))
	defer into.Close()
	return piece.mat.CopyTo(&into)
}

// evenShadow makes the paper along a crease as light as that beside it.
func (im *Image) evenShadow(crease fold, upright bool, px float64) {
	w, n, pix := im.Width(), im.Channels(), im.View()
	long, deep := w, im.Height()
	if upright {
		long, deep = deep, long
	}
	reach, piece := int(creaseShadowMM*px), max(1, int(shadowPieceMM*px))
	index := func(t, off int) int {
		d := int(math.Round(crease.place(float64(t)))) + off
		switch {
		case d < 0 || d >= deep:
			return -1
		case upright:
			return (t*w + d) * n
		default:
			return (d*w + t) * n
		}
	}
	for t0 := 0; t0 < long; t0 += piece {
		t1 := min(long, t0+piece)
		for c := range n {
			paper := make([]float64, 2*reach+1)
			for off := range paper {
				var hist [256]int
				for t := t0; t < t1; t++ {
					if i := index(t, off-reach); i >= 0 {
						hist[pix[i+c]]++
					}
				}
				paper[off] = float64(quantile(hist[:], shadowQuantile))
			}
			side := reach / 5
			usual := median(slices.Concat(paper[:side], paper[len(paper)-side:]))
			for off, v := range paper {
				gain := usual / max(1, v)
				if gain <= 1 || gain > mostShadow { // beyond, it is print
					continue
				}
				for t := t0; t < t1; t++ {
					if i := index(t, off-reach); i >= 0 {
						pix[i+c] = uint8(min(255, float64(pix[i+c])*gain+0.5))
					}
				}
			}
		}
	}
}
