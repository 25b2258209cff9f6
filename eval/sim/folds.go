package sim

import "math"

// crease is where a letter was folded. What lies beyond it comes through the scanner
// turned and slipped against what lies before, and the ridge, off the glass, is shortened
// and in shadow. Lengths in pixels.
type crease struct {
	upright           bool    // runs down the page; else across
	at, slope         float64 // at + slope·t, t along the crease
	middle            float64 // half of its length
	turn, slip        float64 // of the far side: radians about the crease's middle, along it
	ridge, reach      float64 // lost beneath the ridge; how far it reaches
	dark, thick, soft float64 // of its shadow: depth, width, depth of the wide part
}

// letterFolds folds a page in halves or thirds, across in most cases.
func letterFolds(d dice, w, h, px float64) []crease {
	upright := d.chance(0.3)
	long, deep := w, h
	if upright {
		long, deep = h, w
	}
	at := []float64{0.5}
	if !upright && d.chance(0.5) {
		at = []float64{1. / 3, 2. / 3}
	}
	var out []crease
	for _, share := range at {
		c := crease{
			upright: upright, at: deep*share + d.around(0, 3)*px, slope: d.around(0, 0.003), middle: long / 2,
			turn: d.sign() * d.between(0.1, 0.45) * math.Pi / 180, ridge: d.between(0.2, 1) * px, reach: d.between(2, 5) * px,
			dark: d.between(0.08, 0.3), thick: d.between(0.25, 0.6) * px, soft: d.sign() * d.between(0.02, 0.07),
		}
		if d.chance(0.6) {
			c.slip = d.sign() * d.between(0.3, 1.6) * px
		}
		c.at -= c.slope * c.middle
		out = append(out, c)
	}
	return out
}

// beyond is how far a point of the scan lies beyond the crease.
func (c crease) beyond(p point) float64 {
	if c.upright {
		return p.X - c.at - c.slope*p.Y
	}
	return p.Y - c.at - c.slope*p.X
}

// paper is the point of the paper that shows at a point of the scan.
func (c crease) paper(p point) point {
	far := c.beyond(p)
	lost := c.ridge / 2 * (1 - math.Exp(-math.Abs(far)/c.reach))
	along, across := p.X, p.Y
	if c.upright {
		along, across = p.Y, p.X
	}
	if far > 0 {
		mid := c.at + c.slope*c.middle
		sin, cos := math.Sincos(c.turn)
		u, v := along-c.middle, across-mid
		along, across = cos*u-sin*v+c.middle+c.slip, sin*u+cos*v+mid+lost
	} else {
		across -= lost
	}
	if c.upright {
		return point{across, along}
	}
	return point{along, across}
}

// light is what the crease leaves of the light at a point of the scan.
func (c crease) light(p point) float64 {
	far := c.beyond(p)
	l := 1 - c.dark*math.Exp(-far*far/(c.thick*c.thick))
	if (far > 0) == (c.soft > 0) {
		l -= math.Abs(c.soft) * math.Exp(-math.Abs(far)/c.reach)
	}
	return l
}

// unfolded is the way of a point of the paper to the scan through its creases.
func unfolded(creases []crease) track {
	return func(p point) point {
		q := p
		for range 8 { // the folds move a point by a millimetre or two, nearly all alike
			r := onPaper(creases, q)
			q = point{q.X + p.X - r.X, q.Y + p.Y - r.Y}
		}
		return q
	}
}

func onPaper(creases []crease, p point) point {
	for i := len(creases) - 1; i >= 0; i-- {
		p = creases[i].paper(p)
	}
	return p
}
