package sim

import (
	"image/color"
	"math"
	"slices"

	"heyin/models"
)

// penInks are ball pens and gel pens.
var penInks = []color.RGBA{{28, 38, 92, 255}, {34, 34, 40, 255}, {36, 52, 130, 255}}

// penWidths is how thick a pen's line is along its way: thin where it sets down
// and lifts, thicker in between.
func penWidths(d dice, n int, mm float64) []float64 {
	out := make([]float64, n)
	wave := d.between(0, 6)
	for i := range out {
		t := float64(i) / math.Max(1, float64(n-1))
		out[i] = mm * (0.65 + 0.35*math.Sin(math.Pi*t) + 0.12*math.Sin(wave+9*t))
	}
	return out
}

// tick is a hand-made check mark whose low point lies at the origin; size is
// about its height.
func tick(d dice, size float64) shape {
	a := point{-size * d.between(0.28, 0.45), -size * d.between(0.25, 0.42)}
	low := point{0, 0}
	end := point{size * d.between(0.55, 1.0), -size * d.between(0.8, 1.15)}
	down := bezier(a, point{a.X * 0.7, a.Y * 0.5}, point{low.X - size*0.08, low.Y - size*0.06}, low, 10)
	up := bezier(low, point{end.X * 0.2, end.Y * 0.35}, point{end.X * 0.55, end.Y * d.between(0.65, 0.85)}, end, 16)
	points := slices.Concat(down, up[1:])
	return stroke(points, penWidths(d, len(points), d.between(0.45, 0.75)))
}

// handwriting sets text in Kai with the unsteadiness of a hand: every character
// a little turned, sheared, raised and bent. It starts at the origin, middle of
// the line, and returns its length.
func (st *Studio) handwriting(d dice, text string, size float64) (shape, float64) {
	return st.handwritingSet(d, text, size, 1)
}

// handwritingSet is handwriting with characters closer together than usual, or wider
// apart; below 0.85 they touch.
func (st *Studio) handwritingSet(d dice, text string, size, spacing float64) (shape, float64) {
	var out shape
	x, slope := 0.0, d.around(0, 0.02)
	weight := d.between(0.05, 0.14)
	for _, r := range text {
		g := st.glyph(Kai, r)
		sx, sy := size*d.between(0.88, 1.05), size*d.between(0.9, 1.08)
		turn, shear := d.around(0, 3), d.around(0.05, 0.05)
		phase, bend := d.between(0, 6), size*d.between(0.008, 0.022)
		at := point{x + g.advance*sx/2, slope*x + d.around(0, 0.04)*size}
		written := g.outline.move(func(p point) point {
			q := point{p.X*sx - shear*p.Y*sy, p.Y * sy}
			return point{
				q.X + bend*math.Sin(phase+q.Y*7/size),
				q.Y + bend*math.Sin(phase*1.7+q.X*6/size),
			}.turn(turn).add(at)
		})
		out = append(out, written.bold(weight)...)
		x += g.advance * sx * d.between(0.92, 1.06) * spacing
	}
	return out, x
}

// Phrases customers write.
var (
	agreePhrases  = []string{"核对相符", "相符", "核对相符", "余额相符", "核对无误"}
	differPhrases = []string{"不符", "核对不符", "余额不符", "不相符"}
)

// phraseStamp is a rubber stamp with words in a frame, as many offices keep for
// the answer.
func phraseStamp(text string) Seal {
	n := float64(len([]rune(text)))
	return Seal{
		Kind: models.SealOther, Shape: models.Rect, Width: 6.2*n + 3, Height: 9.4, Face: Song, Weight: 0.12,
		Text: text, Ring: 0.5,
	}
}
