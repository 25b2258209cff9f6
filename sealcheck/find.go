package sealcheck

import (
	"cmp"
	"context"
	"math"
	"slices"

	"heyin/imaging"
	"heyin/models"
)

// Find lists the seals on a sheet, with boxes in sheet pixels, from top to
// bottom. Phrase stamps (核对相符) of one line, signatures, print and bar codes are
// no seals. Every Role is RoleClient: whose seal it is, words or a specimen must
// tell.
func Find(ctx context.Context, sheet *imaging.Sheet) ([]models.Imprint, error) {
	return findIn(ctx, sheet.Image, sheet.DPI)
}

// findIn is Find for a picture of a stated resolution.
func findIn(ctx context.Context, im *imaging.Image, dpi float64) ([]models.Imprint, error) {
	page, err := inksOf(im, usableDPI(im.Width(), im.Height(), dpi))
	if err != nil {
		return nil, err
	}
	var all []candidate
	budget := searchPages * page.w * page.h
	for _, l := range page.layers {
		all = append(all, l.candidates(page.pxmm, &budget)...)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	found := page.choose(all)
	imprints := make([]models.Imprint, 0, len(found))
	for _, c := range found {
		imprints = append(imprints, models.Imprint{
			Box:   im.Clip(c.box(page.toSheet)),
			Shape: c.shape(),
			Role:  models.RoleClient,
			Ink:   c.layer.ink,
		})
	}
	slices.SortStableFunc(imprints, func(a, b models.Imprint) int {
		return cmp.Or(cmp.Compare(a.Box.Y, b.Box.Y), cmp.Compare(a.Box.X, b.Box.X))
	})
	return imprints, ctx.Err()
}

// usableDPI gives the resolution a picture is searched at: as stated, unless no
// page is scanned so coarsely or is so large; then A4 wide, and a strip of no
// page's form as large as A4.
func usableDPI(w, h int, dpi float64) float64 {
	const a4Width, a4Height = 210 / 25.4, 297 / 25.4
	fits := func(dpi float64) bool {
		return dpi >= coarsestDPI && !math.IsInf(dpi, 0) && float64(w)*float64(h)/(dpi*dpi) <= pageMostA4*a4Width*a4Height
	}
	if !fits(dpi) {
		dpi = max(float64(min(w, h))/a4Width, coarsestDPI)
	}
	if !fits(dpi) {
		dpi = math.Sqrt(float64(w) * float64(h) / (a4Width * a4Height))
	}
	return dpi
}

// candidate is an outline on one layer that may be a seal's.
type candidate struct {
	outline
	fit
	layer *layer
}

// candidates gives the outlines of a layer that its edges support, where ink
// lies close enough together to be a seal. budget is how many pixels may still be
// searched: a page of pattern must not take a reader's time.
func (l *layer) candidates(pxmm float64, budget *int) []candidate {
	large := l.large(pxmm)
	var out []candidate
	for _, g := range groups(large, l.w, l.h, regionGapMM*pxmm, sealMinMM*0.8*pxmm, false) {
		out = append(out, l.candidatesIn(edgesOf(large, l.w, l.h, g.box), g.box, pxmm, budget)...)
	}
	return out
}

// candidatesIn looks among the edges of a region. A well supported outline
// drowns what overlaps it, so its edges and those within it, its characters', are
// taken away and the rest is looked at again: what overlaps it shows outside too.
func (l *layer) candidatesIn(edges []edge, in blob, pxmm float64, budget *int) []candidate {
	var out []candidate
	for range regionRounds {
		if *budget -= in.w() * in.h(); len(edges) < leastEdges || *budget < 0 {
			break
		}
		var best candidate
		var refined []outline
		outlines := slices.Concat(circles(edges, in, pxmm), l.ovals(edges, in, pxmm), l.rectangles(edges, pxmm))
		for _, o := range outlines {
			if rough := (candidate{o, l.fitOf(o), l}); rough.support < roughShare*rough.least(pxmm) {
				continue
			}
			if slices.ContainsFunc(refined, o.near) {
				continue
			}
			o, f := l.refined(o)
			refined = append(refined, o)
			c := candidate{o, f, l}
			if f.support < 0.8*c.least(pxmm) || f.visible < visibleLeast || !c.sized(pxmm) || !c.inked() {
				continue
			}
			out = append(out, c)
			if c.rank(c.a) > best.rank(best.a) && f.support >= c.least(pxmm) {
				best = c
			}
		}
		if best.layer == nil {
			break
		}
		taken, within := best.track(), best.within(0)
		edges = slices.DeleteFunc(edges, func(e edge) bool { return within(e.x, e.y) || taken.faces(int(e.x), int(e.y), e.dir) })
	}
	return out
}

// sized tells whether a seal can have the outline's size and form.
func (c candidate) sized(pxmm float64) bool {
	long, short := 2*c.a/pxmm, 2*c.b/pxmm
	if !c.angular && long/short > ovalAspect && short < ovalMinMM*0.9 {
		return false // a pen's ring around a word
	}
	return short >= sealMinMM*0.9 && long <= sealMaxMM && long/short <= rectMostAspect
}

// phrase tells a stamp of one line of text. It takes part in the choice, so that
// no part of it passes for a seal, and is left out at the end.
func (c candidate) phrase(pxmm float64) bool {
	return c.angular && c.a/c.b > phraseAspect && 2*c.b < phraseHeightMM*pxmm
}

// inked tells whether there is enough within the outline for a seal, and not
// only along it: a coffee cup leaves a ring too. Every other pixel is looked at.
func (c candidate) inked() bool {
	x0, y0, x1, y1 := c.bounds()
	in, deepIn := c.outline.within(0), c.outline.within(-0.25*c.b)
	n, on, deep, deepOn := 0, 0, 0, 0
	for y := max(int(y0), 0); y <= min(int(y1), c.layer.h-1); y++ {
		for x := max(int(x0), 0) + y%2; x <= min(int(x1), c.layer.w-1); x += 2 {
			if !in(float64(x), float64(y)) {
				continue
			}
			n++
			inked := c.layer.on[y*c.layer.w+x]
			if inked {
				on++
			}
			if deepIn(float64(x), float64(y)) {
				deep++
				if inked {
					deepOn++
				}
			}
		}
	}
	least := inkInside
	if c.layer.dark && c.angular {
		least = inkInsideDark
	}
	return float64(on) >= least*float64(n) && float64(deepOn) >= inkDeep*float64(deep)
}

// choose takes candidates, the best supported first, as long as their edges are
// not those of a seal already taken; then what only a hull shows.
func (p *pageInks) choose(all []candidate) []candidate {
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.rank(b.a), a.rank(a.a)) })
	var out []candidate
	for _, c := range all {
		if c.support < c.least(p.pxmm) || slices.ContainsFunc(out, c.same) {
			continue
		}
		if c.layer.fitOf(c.outline).support < c.least(p.pxmm)*ownEdges {
			continue
		}
		// A character that looks like a frame (国) belongs to the seal around it.
		out = slices.DeleteFunc(out, func(k candidate) bool {
			in, _ := k.shareIn(c.outline)
			return k.layer == c.layer && in > partShare
		})
		out = append(out, c)
		c.layer.use(c.outline)
	}
	for _, l := range p.layers {
		if l.dark {
			continue
		}
		for _, c := range l.hulls(out, p.pxmm) {
			if !slices.ContainsFunc(out, c.same) {
				out = append(out, c)
			}
		}
	}
	return slices.DeleteFunc(out, func(c candidate) bool { return c.phrase(p.pxmm) })
}

// least is the support that chance does not reach: print faces any direction
// with a fixed share of its edges, and around a long outline that evens out.
func (c candidate) least(pxmm float64) float64 {
	base := supportColour
	if c.layer.dark {
		base = supportDark
	}
	return base + supportSpread/math.Sqrt(c.length()/pxmm)
}

// same tells whether two candidates are one seal, or c a part of the seal k: its
// inner ring, its star, its ground.
func (c candidate) same(k candidate) bool {
	in, inked := c.shareIn(k.outline)
	around, _ := k.shareIn(c.outline)
	part := partShare
	if x0, y0, x1, y1 := c.bounds(); min(x0, y0) < 0 || x1 > float64(c.layer.w-1) || y1 > float64(c.layer.h-1) {
		part = partCutShare
	}
	if min(in, around) > sameShare || c.layer == k.layer && (in > part || in > partBare && inked > partInked) {
		return true
	}
	return max(in, around) > sameShare && math.Hypot(c.cx-k.cx, c.cy-k.cy) < concentric*max(c.a, k.a)
}

// shareIn is the share of an outline's area, as far as it lies on the page, that
// lies in another's, and the same of its ink.
func (c candidate) shareIn(k outline) (area, ink float64) {
	x0, y0, x1, y1 := c.bounds()
	x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, float64(c.layer.w-1)), min(y1, float64(c.layer.h-1))
	kx0, ky0, kx1, ky1 := k.bounds()
	if x0 > kx1 || kx0 > x1 || y0 > ky1 || ky0 > y1 {
		return 0, 0
	}
	own, other := c.outline.within(0), k.within(1)
	n, in, on, onIn := 0, 0, 0, 0
	for y := y0; y <= y1; y += 2 {
		for x := x0; x <= x1; x += 2 {
			if !own(x, y) {
				continue
			}
			n++
			inked := c.layer.on[int(y)*c.layer.w+int(x)]
			if inked {
				on++
			}
			if other(x, y) {
				in++
				if inked {
					onIn++
				}
			}
		}
	}
	return float64(in) / float64(max(n, 1)), float64(onIn) / float64(max(on, 1))
}

// track marks the pixels within 2 of an outline with the direction it faces there.
type track struct {
	x0, y0, w, h int
	dir          []uint8 // 1 + the direction; 0: not near
}

func (o outline) track() track {
	const reach = 2
	x0, y0, x1, y1 := o.bounds()
	t := track{x0: int(math.Floor(x0)) - reach, y0: int(math.Floor(y0)) - reach}
	t.w, t.h = int(math.Ceil(x1))+reach+1-t.x0, int(math.Ceil(y1))+reach+1-t.y0
	t.dir = make([]uint8, t.w*t.h)
	for _, s := range o.sides(nil) {
		x, y := int(math.Round(s.x))-t.x0, int(math.Round(s.y))-t.y0
		for v := max(y-reach, 0); v <= min(y+reach, t.h-1); v++ {
			for u := max(x-reach, 0); u <= min(x+reach, t.w-1); u++ {
				t.dir[v*t.w+u] = uint8(1 + s.dir)
			}
		}
	}
	return t
}

// faces tells whether the outline passes a pixel in about this direction.
func (t track) faces(x, y, dir int) bool {
	x, y = x-t.x0, y-t.y0
	if x < 0 || y < 0 || x >= t.w || y >= t.h {
		return false
	}
	d := t.dir[y*t.w+x]
	return d > 0 && dirGap(int(d)-1, dir) <= edgeTurn/dirStep
}

// use takes the edges along an outline away from those to come.
func (l *layer) use(o outline) {
	t := o.track()
	for y := max(t.y0, 0); y < min(t.y0+t.h, l.h); y++ {
		for x := max(t.x0, 0); x < min(t.x0+t.w, l.w); x++ {
			if e := &l.dir[y*l.w+x]; *e > 0 && t.faces(x, y, int(*e)-1) {
				*e = 0
			}
		}
	}
}

// near tells whether two outlines lie so close that fitting gives the same for both.
func (o outline) near(k outline) bool {
	const px, turn = 3, 4 * math.Pi / 180
	close := func(a, b float64) bool { return math.Abs(a-b) <= px }
	return o.angular == k.angular && close(o.cx, k.cx) && close(o.cy, k.cy) && close(o.a, k.a) && close(o.b, k.b) &&
		(!o.angular && close(o.a, o.b) || math.Abs(o.turn-k.turn) <= turn)
}

func (o outline) box(scale float64) models.Box {
	x0, y0, x1, y1 := o.bounds()
	x, y := int(math.Floor(x0*scale)), int(math.Floor(y0*scale))
	return models.Box{X: x, Y: y, W: int(math.Ceil((x1+1)*scale)) - x, H: int(math.Ceil((y1+1)*scale)) - y}
}
