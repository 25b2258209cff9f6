package sealcheck

import (
	"math"
	"slices"
)

// glyph is a part of the specimen that was cut as one and is judged on its own:
// a character, a digit, the star. For a seal with white characters it is the
// white character.
type glyph struct {
	cx, cy float64 // centre in specimen pixels
	inkMM2 float64
	digit  bool    // of a code
	white  bool    // cut out of a solid seal's ground
	box    upright // a digit's
	x0, y0 int     // of box
	w, h   int
	pixels []glyphPixel
}

// glyphPixel is a pixel by which a glyph is judged.
type glyphPixel struct {
	i      int32   // index into the specimen
	x, y   float32 // from the glyph's centre
	v      float32 // specimen ink
	gx, gy float32
}

// part is a connected piece of a glyph, or several joined: extents along eight
// directions, every 22.5°.
type part struct {
	lo, hi [8]float64
	ids    []int32
	area   int
}

// directions8 holds the directions of part's extents.
var directions8 = func() (t [8]sincos) {
	for k := range t {
		t[k].s, t[k].c = math.Sincos(float64(k) * math.Pi / 8)
	}
	return t
}()

// side is the longer side of the part's smallest box over all turns.
func (p part) side() float64 {
	best := math.Inf(1)
	for k := range 4 {
		best = min(best, max(p.hi[k]-p.lo[k], p.hi[k+4]-p.lo[k+4])+1)
	}
	return best
}

func (p part) centre() (x, y float64) { return (p.lo[0] + p.hi[0]) / 2, (p.lo[4] + p.hi[4]) / 2 }

func (p part) gap(q part) float64 {
	g := 0.0
	for k := range 8 {
		g = max(g, max(p.lo[k]-q.hi[k], q.lo[k]-p.hi[k]))
	}
	return g
}

func (p part) with(q part) part {
	for k := range 8 {
		p.lo[k], p.hi[k] = min(p.lo[k], q.lo[k]), max(p.hi[k], q.hi[k])
	}
	p.ids = append(slices.Clone(p.ids), q.ids...)
	p.area += q.area
	return p
}

// segment divides the specimen into glyphs: the digits of a code on an arc, and
// connected pieces inside the frame, joined with their neighbours up to the size
// of a character. Where characters touch the frame, the frame is cut off first.
// crumbs counts pieces where a code stands that belong to none, blurry those as
// large as characters that the specimen shows too poorly to compare.
func segment(r *Reference) (glyphs []glyph, crumbs, blurry int) {
	cut, solid := glyphInk(r)
	on, rings := withoutRings(r, cut)
	labels, inner, deep := innerParts(r, on)
	if area := areaOf(inner); float64(area) < innerShare*float64(deep) {
		inside := make([]bool, len(on))
		for i, v := range on {
			inside[i] = v && r.outer.Pix[i] < -frameCutMM
		}
		labels, inner, _ = innerParts(r, inside)
	}
	if rings {
		code := findCode(r)
		glyphs = code.digits(r)
		crumbs = r.crumbsBeside(code)
		inner = slices.DeleteFunc(inner, func(p part) bool {
			x, y := p.centre()
			return r.rho(x, y) > rimRho || code.holds(r, x, y, 1)
		})
	} else {
		// Splinters of a broken frame are no characters.
		inner = slices.DeleteFunc(inner, func(p part) bool {
			x, y := p.centre()
			return r.outer.Pix[int(y)*r.w+int(x)] > -frameCutMM
		})
	}
	var sides, unclear []float64
	for _, p := range joined(inner) {
		g := newGlyph(r, labels, p)
		g.white = solid
		switch {
		case g.inkMM2 < minGlyphMM2:
		case solid && r.clearShare(g) < solidClear:
			unclear = append(unclear, p.side())
		default:
			glyphs, sides = append(glyphs, g), append(sides, p.side())
		}
	}
	slices.Sort(sides)
	for _, side := range unclear {
		if side > solidCharacter*percentile(sides, 0.5) {
			blurry++
		}
	}
	return glyphs, crumbs, blurry
}

// clearShare is the share of a glyph's pixels at which the specimen can be
// trusted. In a solid seal a faint patch looks like a white character, but is
// not clear.
func (r *Reference) clearShare(g glyph) float64 {
	n := 0
	for _, q := range g.pixels {
		if r.clear[q.i] {
			n++
		}
	}
	return float64(n) / float64(max(len(g.pixels), 1))
}

// innerParts are the pieces that are no frame or ring; deep counts the ink well
// within the hull, frame or not.
func innerParts(r *Reference, on []bool) (labels []int32, inner []part, deep int) {
	labels, parts := partsOf(on, r.w, r.h)
	for i, v := range on {
		if v && r.outer.Pix[i] < -frameCutMM {
			deep++
		}
	}
	limit := min(maxGlyphMM*workPxMM, maxGlyphShare*(float64(max(r.w, r.h))-2*sealMarginMM*workPxMM))
	for _, p := range parts {
		if p.side() <= limit {
			inner = append(inner, p)
		}
	}
	return labels, inner, deep
}

func areaOf(parts []part) int {
	n := 0
	for _, p := range parts {
		n += p.area
	}
	return n
}

// withoutRings clears the rings of a round or oval seal: the radii, relative to
// its axes, at which most directions are inked. Digits that touch a ring come free.
// A thick square frame is inked in as many directions, but is not round.
func withoutRings(r *Reference, on []bool) (out []bool, ringed bool) {
	const directions = 360
	a, b := r.axes()
	cx, cy := float64(r.w-1)/2, float64(r.h-1)/2
	short := min(a, b)
	ring := make([]bool, int(short)+3)
	for k := range ring {
		rho, n := float64(k)/short, 0
		for d := range directions {
			x, y := int(cx+a*rho*sincosTable[d].c+0.5), int(cy+b*rho*sincosTable[d].s+0.5)
			if x >= 0 && y >= 0 && x < r.w && y < r.h && on[y*r.w+x] {
				n++
			}
		}
		ring[k] = rho > 0.5 && float64(n) > ringShare*directions
		ringed = ringed || ring[k]
	}
	out = slices.Clone(on)
	for i, v := range on {
		if !v {
			continue
		}
		k := int(short*math.Hypot((float64(i%r.w)-cx)/a, (float64(i/r.w)-cy)/b) + 0.5)
		for d := max(k-1, 0); d <= k+1; d++ {
			if d < len(ring) && ring[d] {
				out[i] = false
			}
		}
	}
	return out, ringed && r.hullShare() < roundHull
}

// hullShare is the share of the seal's box that its hull fills: 1 of a rectangle,
// π/4 of an ellipse.
func (r *Reference) hullShare() float64 {
	n := 0
	for _, d := range r.outer.Pix {
		if d <= 0 {
			n++
		}
	}
	a, b := r.axes()
	return float64(n) / (4 * a * b)
}

// rho is the distance of a point from the specimen's centre, 1 on the outline of
// a round or oval seal.
func (r *Reference) rho(x, y float64) float64 {
	a, b := r.axes()
	return math.Hypot((x-float64(r.w-1)/2)/a, (y-float64(r.h-1)/2)/b)
}

// codeZone reports whether a point lies where codes stand: near the lower rim.
func (r *Reference) codeZone(x, y float64) bool {
	rho := r.rho(x, y)
	dx, dy := x-float64(r.w-1)/2, y-float64(r.h-1)/2
	return rho > codeRho && rho < rimRho && dy > codeLow*math.Hypot(dx, dy)
}

// glyphInk gives the strokes of characters: ink, or paper inside a seal cut in
// white on solid.
func glyphInk(r *Reference) (on []bool, solid bool) {
	inked, hull := 0, 0
	for i, on := range r.strokes {
		if r.outer.Pix[i] <= 0 {
			hull++
			if on {
				inked++
			}
		}
	}
	if float64(inked) < solidShare*float64(hull) {
		return r.strokes, false
	}
	// Paper that reaches the margin is no character; but a dry patch at the edge of
	// the specimen may have opened a character to it.
	paper := make([]bool, len(r.strokes))
	for i, on := range r.strokes {
		paper[i] = !on
	}
	labels, blobs := components(paper, r.w, r.h)
	for i, l := range labels {
		if l > 0 && (blobs[l-1].x0 == 0 || blobs[l-1].y0 == 0) {
			paper[i] = r.outer.Pix[i] < -frameCutMM
		}
	}
	return paper, true
}

func partsOf(on []bool, w, h int) ([]int32, []part) {
	labels, blobs := components(on, w, h)
	parts := make([]part, len(blobs))
	for i := range parts {
		parts[i].ids = []int32{int32(i + 1)}
		parts[i].area = blobs[i].area
		for k := range 8 {
			parts[i].lo[k], parts[i].hi[k] = math.Inf(1), math.Inf(-1)
		}
	}
	for i, l := range labels {
		if l == 0 {
			continue
		}
		p := &parts[l-1]
		x, y := float64(i%w), float64(i/w)
		for k, d := range directions8 {
			v := x*d.c + y*d.s
			p.lo[k], p.hi[k] = min(p.lo[k], v), max(p.hi[k], v)
		}
	}
	return labels, slices.DeleteFunc(parts, func(p part) bool { return float64(p.area) < speckMM2*workPxMM*workPxMM })
}

// joined merges the closest pieces first, as long as the result is no larger
// than a character of this seal.
func joined(parts []part) []part {
	limit := glyphSide(parts)
	for {
		a, b, best := -1, -1, glyphGapMM*workPxMM
		for i := range parts {
			for j := range i {
				g := parts[i].gap(parts[j])
				if g >= best {
					continue
				}
				if parts[i].with(parts[j]).side() <= limit {
					a, b, best = j, i, g
				}
			}
		}
		if a < 0 {
			return parts
		}
		parts[a] = parts[a].with(parts[b])
		parts = slices.Delete(parts, b, b+1)
	}
}

// glyphSide estimates the side of a character in pixels: a high quantile of the
// pieces, since many characters are one piece, with room for a second.
func glyphSide(parts []part) float64 {
	var sides []float32
	for _, p := range parts {
		if s := p.side(); s > minGlyphSideMM*workPxMM {
			sides = append(sides, float32(s))
		}
	}
	slices.Sort(sides)
	if len(sides) == 0 {
		return minGlyphSideMM * workPxMM
	}
	return glyphRoom * float64(sides[int(glyphQuantile*float64(len(sides)-1))])
}

// newGlyph lists the pixels that judge a part: its surroundings up to
// glyphReachMM, where no other part is nearer.
func newGlyph(r *Reference, labels []int32, p part) glyph {
	m := int(glyphReachMM*workPxMM) + 1
	x0, y0 := max(int(p.lo[0])-m, 1), max(int(p.lo[4])-m, 1)
	x1, y1 := min(int(p.hi[0])+m, r.w-2), min(int(p.hi[4])+m, r.h-2)
	g := glyph{x0: x0, y0: y0, w: x1 - x0 + 1, h: y1 - y0 + 1, inkMM2: float64(p.area) / (workPxMM * workPxMM)}
	g.cx, g.cy = float64(x0+x1)/2, float64(y0+y1)/2
	own, other := make([]bool, g.w*g.h), make([]bool, g.w*g.h)
	for y := range g.h {
		for x := range g.w {
			if l := labels[(y+y0)*r.w+x+x0]; l > 0 {
				if slices.Contains(p.ids, l) {
					own[y*g.w+x] = true
				} else {
					other[y*g.w+x] = true
				}
			}
		}
	}
	limit := float32(2 * m)
	near, off := distanceTo(own, g.w, g.h, limit), distanceTo(other, g.w, g.h, limit)
	for y := range g.h {
		for x := range g.w {
			k := y*g.w + x
			if near.Pix[k] > glyphReachMM*workPxMM || near.Pix[k] >= off.Pix[k] {
				continue
			}
			g.addPixel(r, x+x0, y+y0)
		}
	}
	return g
}

// addPixel lets the pixel (x, y) of the specimen judge the glyph.
func (g *glyph) addPixel(r *Reference, x, y int) {
	i := y*r.w + x
	g.pixels = append(g.pixels, glyphPixel{
		i: int32(i), x: float32(float64(x) - g.cx), y: float32(float64(y) - g.cy), v: r.fine.Pix[i],
		gx: (r.fine.Pix[i+1] - r.fine.Pix[i-1]) / 2, gy: (r.fine.Pix[i+r.w] - r.fine.Pix[i-r.w]) / 2,
	})
}
