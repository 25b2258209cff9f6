package sim

import (
	"image"
	"image/color"
	"math"
	"sort"
)

// Press says how a seal meets the paper.
type Press struct {
	Density float64 // of the ink, 0..1
	Uneven  float64 // change of pressure over the seal, 0..1
	Missing float64 // share of the surface that leaves no or little ink
	Spread  float64 // mm the ink runs beyond the cut; negative: starved strokes
	Smear   float64 // mm the seal slid
	Double  float64 // mm between two strikes; 0: one
	TurnDeg float64
	Scale   float64 // 1: as cut
	Elastic float64 // mm, largest local displacement of the rubber
	Ink     color.RGBA
}

// Grade is how well an imprint came out.
type Grade int

// Grades: full contact; a little missing or over text; much missing or smeared.
const (
	Good Grade = 1 + iota
	Ordinary
	Poor
)

// Elastic displacement and scale of a rubber or photopolymer stamp by hand
// pressure, as measured on genuine imprints of one seal.
const (
	elasticMinMM, elasticMaxMM = 0.03, 0.12
	scaleSpread                = 0.0025 // one deviation; 0.5 % is two
)

var (
	redInks      = []color.RGBA{{201, 32, 42, 255}, {214, 54, 38, 255}, {186, 24, 56, 255}, {196, 40, 84, 255}, {222, 40, 60, 255}}
	personalInks = []color.RGBA{{201, 32, 42, 255}, {206, 46, 40, 255}, {186, 24, 56, 255}, {222, 40, 60, 255}, {44, 62, 150, 255}, {58, 56, 62, 255}}
)

// pressFor rolls a pressing of a grade.
func pressFor(d dice, g Grade, inks []color.RGBA) Press {
	p := Press{
		TurnDeg: d.around(0, 11), Scale: 1 + d.around(0, scaleSpread),
		Elastic: d.between(elasticMinMM, elasticMaxMM), Ink: pick(d, inks),
	}
	switch g {
	case Good:
		p.Density, p.Uneven, p.Missing, p.Spread = d.between(0.8, 0.95), d.between(0.02, 0.14), d.between(0, 0.02), d.between(-0.01, 0.03)
	case Ordinary:
		p.Density, p.Uneven, p.Missing, p.Spread = d.between(0.6, 0.97), d.between(0.15, 0.4), d.between(0.02, 0.1), d.between(-0.04, 0.07)
	default:
		p.Density, p.Uneven, p.Missing, p.Spread = d.between(0.35, 0.9), d.between(0.35, 0.75), d.between(0.1, 0.3), d.between(-0.06, 0.12)
		if d.chance(0.5) {
			p.Smear = d.between(0.5, 1.6)
		}
		if d.chance(0.12) {
			p.Double = d.between(0.4, 1.1)
		}
	}
	return p
}

// imprint is ink on paper: coverage around a centre, and the edge of the seal
// relative to it, both in pixels.
type imprint struct {
	ink   *mask
	edge  []point
	tint  color.RGBA
	print *image.RGBA // what lies on the paper instead of the ink, of the same size
}

// press makes an imprint at a scan's resolution.
func (c *Cut) press(st *Studio, d dice, p Press, dpi float64) *imprint {
	if c.printer != "" {
		return c.printOf(st, d, p, dpi)
	}
	return c.stamped(st, d, p, dpi)
}

// stamped is press for a seal of rubber.
func (c *Cut) stamped(st *Studio, d dice, p Press, dpi float64) *imprint {
	base := c.mask(st)
	px := dpi / 25.4
	reach := math.Hypot(c.Width, c.Height)/2 + marginMM + p.Smear + p.Double
	n := int(math.Ceil(2 * reach * px))
	out := &imprint{ink: newMask(n, n), tint: p.Ink}
	strike(out.ink, base, d, p, px, point{})
	if p.Double > 0 {
		second := newMask(n, n)
		weaker := p
		weaker.Density *= 0.55
		weaker.TurnDeg += d.around(0, 0.6)
		strike(second, base, d, weaker, px, point{p.Double, 0}.turn(d.between(0, 360)))
		for i, a := range second.A {
			out.ink.A[i] = max(out.ink.A[i], a)
		}
	}
	if p.Smear > 0 {
		smear(out.ink, d, p.Smear*px)
	}
	for _, q := range c.outline() {
		e := point{q.X * p.Scale, q.Y * p.Scale}.turn(p.TurnDeg)
		out.edge = append(out.edge, point{e.X * px, e.Y * px})
	}
	return out
}

// Scales of the texture of ink on paper, in millimetres.
const (
	pressureCellMM = 14.0 // how the hand's pressure changes over the seal
	patchCellMM    = 2.6  // patches of thick and thin ink
	grainCellMM    = 0.2  // fibres of the paper
	speckCellMM    = 0.55 // dry specks
	bendCellMM     = 12.0 // elastic displacement
	softEdgeMM     = 0.045
	wideEdgeMM     = 0.28 // ink is pushed to the edges of strokes this far
)

// strike presses once: every pixel of the paper looks up the stretched seal.
func strike(out, base *mask, d dice, p Press, px float64, shift point) {
	// Ink that runs (or starves) far softens the contour as far.
	edge := math.Max(softEdgeMM, 1.2*math.Abs(p.Spread))
	soft := base.blur(edge * basePxPerMM)
	wide := base.blur(wideEdgeMM * basePxPerMM)
	w, h := out.W, out.H
	pressure := newField(d, w, h, pressureCellMM*px)
	patch := newField(d, w, h, patchCellMM*px)
	grain := newField(d, w, h, grainCellMM*px)
	speck := newField(d, w, h, speckCellMM*px)
	bendX, bendY := newField(d, w, h, bendCellMM*px), newField(d, w, h, bendCellMM*px)
	tilt := point{1, 0}.turn(d.between(0, 360))
	sin, cos := math.Sincos(p.TurnDeg * math.Pi / 180)
	k := basePxPerMM / px / p.Scale
	half := float64(w) / 2

	type dot struct{ soft, wide, force float32 }
	dots := make([]dot, w*h)
	var forces []float32
	for y := range h {
		for x := range w {
			fx, fy := float64(x), float64(y)
			dx := fx + 0.5 - half - shift.X*px + p.Elastic*px*float64(bendX.at(fx, fy))
			dy := fy + 0.5 - half - shift.Y*px + p.Elastic*px*float64(bendY.at(fx, fy))
			bx := (cos*dx+sin*dy)*k + float64(base.W)/2
			by := (-sin*dx+cos*dy)*k + float64(base.H)/2
			s := soft.at(bx, by)
			if s <= 0.02 {
				continue
			}
			lean := float32((tilt.X*(fx-half) + tilt.Y*(fy-half)) / half)
			f := 0.7*pressure.at(fx, fy) + 0.5*lean + 0.22*patch.at(fx, fy)
			dots[y*w+x] = dot{s, wide.at(bx, by), f}
			if s > 0.5 {
				forces = append(forces, f)
			}
		}
	}
	// The weakest share of the contact leaves no ink.
	dry := quantile(forces, p.Missing)
	uneven := float32(p.Uneven)
	// On an edge blurred by a Gaussian, a threshold moved by 0.36 shifts the
	// contour by one deviation.
	run := float32(0.36 * p.Spread / edge)
	// Dry places end in a wide dusty seam, unless almost nothing is dry.
	seam := float32(0.03 + 0.17*math.Min(1, p.Missing/0.05))
	for i, t := range dots {
		if t.soft == 0 {
			continue
		}
		x, y := float64(i%w), float64(i/w)
		g, sp := grain.at(x, y), speck.at(x, y)
		cut := 0.5 - run - 0.16*uneven*t.force - 0.06*g
		cut = max(cut, 0.2)
		cover := smoothstep(cut-0.18, cut+0.18, t.soft)
		if p.Missing > 0 {
			cover *= smoothstep(dry-0.06, dry+seam, t.force+0.18*sp+0.12*g)
		}
		// Ink gathers at the edges of a solid, is thin inside and follows pressure.
		density := float32(p.Density) * (1 + 0.22*(0.75-t.wide) + 0.35*uneven*t.force + 0.1*patch.at(x, y)*(0.5+uneven) + 0.1*g)
		out.A[i] = max(out.A[i], min(1, max(0, cover*density)))
	}
}

// quantile gives the value below which a share q of the values lies.
func quantile(v []float32, q float64) float32 {
	if len(v) == 0 {
		return 0
	}
	s := append([]float32(nil), v...)
	sort.Slice(s, func(i, j int) bool { return s[i] < s[j] })
	return s[int(q*float64(len(s)-1))]
}

// smear drags wet ink along one direction, more in some places than in others.
func smear(m *mask, d dice, reach float64) {
	along := point{1, 0}.turn(d.between(0, 360))
	where := newField(d, m.W, m.H, float64(m.W)/5)
	src := append([]float32(nil), m.A...)
	steps := int(math.Ceil(reach))
	for y := range m.H {
		for x := range m.W {
			wet := where.at(float64(x), float64(y))
			if wet <= 0 {
				continue
			}
			var best float32
			for k := 1; k <= steps; k++ {
				sx, sy := x-int(along.X*float64(k)), y-int(along.Y*float64(k))
				if sx < 0 || sy < 0 || sx >= m.W || sy >= m.H {
					break
				}
				best = max(best, src[sy*m.W+sx]*(1-float32(k)/float32(steps+1)))
			}
			i := y*m.W + x
			m.A[i] = max(m.A[i], 0.6*wet*best)
		}
	}
}
