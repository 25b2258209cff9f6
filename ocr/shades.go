package ocr

import (
	"cmp"
	"context"
	"math"
	"slices"

	"heyin/imaging"
	"heyin/models"
)

// Two red inks in one piece, a seal's over a stamped answer; set while looking at the stamps of docs/adr/036.
const (
	shadeInk     = 0.25 // density of ink that shows its shade
	shadeBlack   = 0.6  // of the strongest channel, that the weakest has: what is blacker is print
	shadeReach   = 2    // pixels around one that count for its shade: JPEG gives four one colour, and edges another
	shadeRed     = 0.33 // share of red in what ink takes from white light: a stamp's is below,
	shadePen     = 0.4  // a pen's above
	shadeApart   = 0.03 // least distance of two inks
	shadeLeast   = 0.03 // share of the ink that the rarer one has at least
	shadePieceMM = 1.0  // mm: what is smaller is the edge of the other ink
	shadeAround  = 20.0 // mm around a seal, to which a stamp beneath it reaches
	shadeTallMM  = 20.0 // mm, of a stamp askew
	shadeOther   = 0.5  // mm² of other ink on a stamp, which may take it back
)

// shade is the colour of ink, of all that it takes from white light: the share of red, and of blue beyond green.
type shade struct{ red, blue float64 }

// shaded is a part of the sheet with the shade of its ink.
type shaded struct {
	models.Box           // of the sheet
	density    []float32 // of the strongest channel
	of         []shade
	black      []bool
}

// shades cuts a layout box of a colour page.
func (p *page) shades(b box) (*shaded, error) {
	at := p.sheetBox(b)
	im, err := p.image.Crop(at)
	if err != nil {
		return nil, err
	}
	defer im.Close()
	r := rasterOf(im)
	channels := make([]float32, 3*r.w*r.h)
	under := p.ink.paper.under(r.w, float64(at.X)/p.ink.scale, p.ink.scale)
	for y := range r.h {
		ground := under.at((float64(at.Y) + float64(y)) / p.ink.scale)
		for i := 3 * y * r.w; i < 3*(y+1)*r.w; i++ {
			channels[i] = above(r.pix[i], ground[i%3][(i/3-y*r.w)/paperCell])
		}
	}
	s := &shaded{Box: at, density: make([]float32, r.w*r.h), of: make([]shade, r.w*r.h), black: make([]bool, r.w*r.h)}
	for i := range s.density {
		var sum [3]float64 // of blue, green and red
		for y := max(0, i/r.w-shadeReach); y <= min(r.h-1, i/r.w+shadeReach); y++ {
			for x := max(0, i%r.w-shadeReach); x <= min(r.w-1, i%r.w+shadeReach); x++ {
				for c := range sum {
					sum[c] += float64(channels[3*(y*r.w+x)+c])
				}
			}
		}
		all := max(sum[0]+sum[1]+sum[2], minInk)
		s.of[i] = shade{sum[2] / all, (sum[0] - sum[1]) / all}
		s.black[i] = slices.Min(sum[:]) > shadeBlack*slices.Max(sum[:])
		s.density[i] = slices.Max(channels[3*i : 3*i+3])
	}
	return s, nil
}

// within lists the pixels that lie in a box of the sheet.
func (s *shaded) within(b models.Box) (out []int) {
	for y := max(b.Y, s.Y); y < min(b.Y+b.H, s.Y+s.H); y++ {
		for x := max(b.X, s.X); x < min(b.X+b.W, s.X+s.W); x++ {
			out = append(out, (y-s.Y)*s.W+x-s.X)
		}
	}
	return out
}

// apart parts the red ink in two by its shade, as it is told best in a box of the sheet; false where it has one shade.
func (s *shaded) apart(b models.Box) (inks [2]*imaging.Plane, ok bool) {
	var found []shade
	var mean shade
	for _, i := range s.within(b) {
		if s.density[i] > shadeInk && !s.black[i] && s.of[i].red < shadeRed {
			found = append(found, s.of[i])
			mean.red, mean.blue = mean.red+s.of[i].red, mean.blue+s.of[i].blue
		}
	}
	if len(found) < minStampedPixels {
		return inks, false
	}
	n := float64(len(found))
	mean.red, mean.blue = mean.red/n, mean.blue/n
	var uu, vv, uv float64
	for _, f := range found {
		u, v := f.red-mean.red, f.blue-mean.blue
		uu, vv, uv = uu+u*u, vv+v*v, uv+u*v
	}
	sin, cos := math.Sincos(math.Atan2(2*uv, uu-vv) / 2) // along which they differ most
	along := func(f shade) float64 { return cos*(f.red-mean.red) + sin*(f.blue-mean.blue) }
	slices.SortFunc(found, func(a, b shade) int { return cmp.Compare(along(a), along(b)) })
	var best, first, second, rarer, sum float64
	for i, f := range found[:len(found)-1] { // their mean is 0 (Otsu 1979)
		sum += along(f)
		k := float64(i + 1)
		if low, high := sum/k, -sum/(n-k); k*(n-k)*(high-low)*(high-low) > best {
			best, first, second, rarer = k*(n-k)*(high-low)*(high-low), low, high, min(k, n-k)/n
		}
	}
	if second-first < shadeApart || rarer < shadeLeast {
		return inks, false
	}
	inks[0], inks[1] = imaging.NewPlane(s.W, s.H), imaging.NewPlane(s.W, s.H)
	for i, d := range s.density {
		if part := float32(min(max((along(s.of[i])-first)/(second-first), 0), 1)); !s.black[i] {
			inks[0].Pix[i], inks[1].Pix[i] = d*(1-part), d*part
		}
	}
	return inks, true
}

// sealedStamp is a stamp beneath a seal, or over it, in an ink of another shade.
type sealedStamp struct {
	box
	ink    *imaging.Plane // of its box with the paper around it
	beside bool           // more of that ink stands beside it
}

// sealedStamps lists what may be stamped words in the place of the answer beneath seals.
func (p *page) sealedStamps(zone []box) ([]sealedStamp, error) {
	var out []sealedStamp
	for _, seal := range p.seals {
		if !p.stamped(seal, zone) {
			continue
		}
		s, err := p.shades(seal.grow(p.ink.px(shadeAround)))
		if err != nil {
			return nil, err
		}
		inks, ok := s.apart(p.sheetBox(seal))
		if !ok {
			continue
		}
		for _, ink := range inks {
			lines := p.linesOfShade(s, ink)
			for i, l := range lines {
				if l.overlapX(seal) <= 0 || l.overlapY(seal) <= 0 || !inZone(l, zone) || l.h() < p.ink.px(writtenMinMM) || l.w() < p.ink.px(writtenMinWide) {
					continue
				}
				stamp := sealedStamp{box: l, beside: moreBeside(lines, i)}
				cut := p.sheetBox(l.grow(p.ink.px(lineMarginMM)))
				stamp.ink = imaging.NewPlane(cut.W, cut.H)
				for _, k := range s.within(cut) {
					stamp.ink.Pix[(s.Y+k/s.W-cut.Y)*cut.W+s.X+k%s.W-cut.X] = ink.Pix[k]
				}
				out = append(out, stamp)
			}
		}
	}
	return out, nil
}

// moreBeside reports whether another piece, half as high and more, stands in the row of one of them, nearer than it is high.
func moreBeside(lines []box, i int) bool {
	l := lines[i]
	return slices.ContainsFunc(lines, func(o box) bool {
		return o != l && o.overlapX(l.grow(l.h())) > 0 && 2*o.overlapY(l) > o.h() && 2*o.h() > l.h()
	})
}

// linesOfShade clears a plane of rules and of the other ink's edges, and finds the pieces of writing in it.
func (p *page) linesOfShade(s *shaded, ink *imaging.Plane) (lines []box) {
	(&patch{box: s.Box, inks: inks{black: ink}}).erase(p.ink, p.rules.mask)
	least := max(clearInk, inkShare*inkLevel(ink, minInk))
	mask := inkOver(ink, least)
	pieces, runs := components(mask, s.W, s.H, 1)
	for _, r := range runs {
		if c := pieces[r.Component]; float64(max(c.w(), c.h())) < shadePieceMM*p.ink.perMM*p.ink.scale {
			clear(mask[r.Y*s.W+r.X0 : r.Y*s.W+r.X1])
		}
	}
	layout := p.ink.blank()
	defer p.ink.putBack(layout)
	for i, on := range mask {
		if on == 0 {
			ink.Pix[i] = 0
		} else if x, y := int(float64(s.X+i%s.W)/p.ink.scale), int(float64(s.Y+i/s.W)/p.ink.scale); x < p.ink.w && y < p.ink.h {
			layout[y*p.ink.w+x] = 1
		}
	}
	for _, l := range findLines(p.ink, layout, noRules, shadeTallMM) {
		lines = append(lines, l.box)
	}
	return withFrames(lines, p.ink.px(stampBandMM))
}

// readSealedStamps reads stamps that seals hide, where their ink has another shade of red.
func (r *Reader) readSealedStamps(ctx context.Context, p *page, zone []box) (signs []evidence, err error) {
	stamps, err := p.sealedStamps(zone)
	if err != nil {
		return nil, err
	}
	for _, s := range stamps {
		level := inkLevel(s.ink, minInk)
		v := p.viewsOf(s.ink, level)
		if len(v.strips) == 0 {
			continue
		}
		lattices, err := r.first.recognise(ctx, v.strips)
		if err != nil {
			return nil, err
		}
		reading := mostTelling(lattices)
		if reading.opinion == opinionNone {
			continue
		}
		other, err := p.penOnStamp(s.box)
		if err != nil {
			return nil, err
		}
		if reading.opinion == opinionAgree && (s.beside || other || v.crossed || struck(s.ink, v.where, level)) {
			reading.opinion = opinionUnclear
		}
		signs = append(signs, reading.sign(s.box, formStamped))
	}
	return signs, nil
}

// penOnStamp reports whether other than red ink lies on a stamp.
func (p *page) penOnStamp(b box) (bool, error) {
	s, err := p.shades(b)
	if err != nil {
		return false, err
	}
	ink := &imaging.Plane{W: s.W, H: s.H, Pix: s.density}
	(&patch{box: s.Box, inks: inks{black: ink}}).erase(p.ink, p.rules.mask)
	n := 0
	for i, d := range ink.Pix {
		if d > clearInk && (s.black[i] || s.of[i].red > shadePen) {
			n++
		}
	}
	mm := p.ink.perMM * p.ink.scale
	return float64(n) > shadeOther*mm*mm, nil
}

// withoutWarm clears red ink, a stamp's and a seal's, where no other lies on it.
func (c *patch) withoutWarm() {
	for i, v := range c.warm.Pix {
		if v > minInk {
			c.total.Pix[i], c.pen.Pix[i] = 0, 0
		}
	}
}
