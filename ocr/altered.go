package ocr

import (
	"math"
	"slices"
	"strings"

	"heyin/imaging"
	"heyin/models"
)

// A printer sets all digits of its balances alike: one height, one line, one
// weight of stroke, one ink, on one paper. A digit that stands out in any of
// these has been put there by someone else.

// figure is one printed digit of a balance with what is measured of it.
type figure struct {
	digit       rune
	at          models.Box // of the sheet
	x           float64    // mm right of the sheet's edge
	top, bottom float64    // mm below the sheet's edge
	stroke      float64    // mean width of the strokes, mm
	shade       float64    // light that its ink throws back, 0..1
	hue         float64    // of that, blue less red
	paper       [2]float64 // light thrown back by the paper above and below it, 0..1
	shape       [shapeW * shapeH]float64
}

// shapeW × shapeH is the grid on which shapes of digits are compared.
const shapeW, shapeH = 8, 12

// figureLevels are the shares of the ink's strength at which a figure ends: the
// second is for one in a paler ink, where the first tears it from the line.
var figureLevels = []float32{0.45, 0.22}

// Measures of figures.
const (
	figureShare  = 0.78 // of the tallest: what is lower is a comma, a point or a sign
	figureWidth  = 0.4  // least width of any but the one, against its height
	signWidth    = 1.5  // times the usual width: a first figure with something before it
	figureGapMM  = 0.12 // nearest paper to a figure that is judged
	figureBandMM = 0.30 // height of it
	// warmShare is the density of red ink from which a figure is left out: a seal
	// changes everything measured here.
	warmShare = 0.06
)

// Limits beyond which a digit stands out, each some way beyond what sound print
// on own pages and on the development set reaches.
const (
	shapeLike   = 0.94 // correlation with the same digit elsewhere, the best of them; sound print has 0.978 and more
	shapeTwo    = 0.85 // where there is one other only, and either may be the altered one
	shapeSpread = 12.0 // times what the shapes of the page's digits usually lack of a perfect likeness
	strokeShare = 0.28 // of the usual width
	sizeShare   = 0.09 // of the usual height
	lineShare   = 0.06 // of the height, its middle off the line of middles
	inkLight    = 0.12
	paperLight  = 0.016 // four of 255 levels
	paperEven   = 0.024 // between above and below: beyond, something lies over the print
	// beyondSpread times the usual spread, in every measure: uneven print is not altered.
	beyondSpread = 6.0
	// oddShare of a balance's digits may stand out; more, and it is the measure that fails.
	oddShare = 0.34
	// fewestFigures of a balance tell what is usual in it.
	fewestFigures = 5
)

// findOddDigits marks the digits of balances that were not printed with the others, and
// whole balances.
func (p *page) findOddDigits(accounts []models.AccountReading) error {
	lines, numbers := make([][]figure, len(accounts)), make([][]figure, len(accounts))
	for i, a := range accounts {
		var err error
		if lines[i], err = p.figuresOf(a.Balance); err != nil {
			return err
		}
		if numbers[i], err = p.figuresOf(a.AccountNo); err != nil {
			return err
		}
	}
	whole, all := oddLines(lines), slices.Concat(lines...)
	for i := range accounts {
		a := &accounts[i]
		a.OddDigits = oddDigits(lines[i], all)
		if len(lines[i]) >= fewestFigures { // and not under a seal
			pasted, err := p.onPatch(lines[i], numbers[i])
			if err != nil {
				return err
			}
			if pasted {
				whole[i] = models.OddPaper
			}
		}
		if o, ok := whole[i]; ok {
			a.OddDigits = append(a.OddDigits, models.OddDigit{Digit: a.Balance.Value, Oddity: o, Box: a.Balance.Box})
		}
	}
	return nil
}

// oddDigits finds the digits of one balance that stand out from the line; all are
// those of every balance of the page.
func oddDigits(line, all []figure) []models.OddDigit {
	if len(line) < fewestFigures {
		return nil
	}
	height := medianOf(line, func(f figure) float64 { return f.bottom - f.top })
	slope := slopeOf(line)
	odd := map[int]models.Oddity{}
	for _, m := range []struct {
		oddity models.Oddity
		limit  float64
		of     func(f figure) float64
	}{
		{models.OddInk, inkLight, func(f figure) float64 { return f.shade }},
		{models.OddInk, inkLight, func(f figure) float64 { return f.hue }},
		{models.OddLine, lineShare * height, func(f figure) float64 { return (f.top+f.bottom)/2 - slope*f.x }},
		{models.OddSize, sizeShare * height, func(f figure) float64 { return f.bottom - f.top }},
		{models.OddStroke, strokeShare * medianOf(line, func(f figure) float64 { return f.stroke }), func(f figure) float64 { return f.stroke }},
	} {
		usual := medianOf(line, m.of)
		spread := medianOf(line, func(f figure) float64 { return math.Abs(m.of(f) - usual) })
		for i, f := range line {
			if off := math.Abs(m.of(f) - usual); off > m.limit && off > beyondSpread*spread {
				odd[i] = m.oddity
			}
		}
	}
	for i := range line {
		if onOtherPaper(line, i) {
			odd[i] = models.OddPaper
		}
	}
	usual := 1 - usualLikeness(all)
	for i, f := range line {
		best, others := likest(f, all)
		if 1-best > shapeSpread*usual && (others > 1 && best < shapeLike || others == 1 && best < shapeTwo) {
			odd[i] = models.OddShape
		}
	}
	if float64(len(odd)) > oddShare*float64(len(line)) {
		return nil
	}
	var out []models.OddDigit
	for i, f := range line {
		if o, ok := odd[i]; ok {
			out = append(out, models.OddDigit{Digit: string(f.digit), Oddity: o, Box: f.at})
		}
	}
	return out
}

// likest is the correlation with the likest figure of the same digit, and how many there are.
func likest(f figure, all []figure) (best float64, others int) {
	for _, o := range all {
		if o.digit == f.digit && o.at != f.at {
			others++
			best = max(best, likeness(&f.shape, &o.shape))
		}
	}
	return best, others
}

// usualLikeness is the median of likest over all figures that have a like.
func usualLikeness(all []figure) float64 {
	var values []float64
	for _, f := range all {
		if best, others := likest(f, all); others > 0 {
			values = append(values, best)
		}
	}
	return median(values)
}

// onOtherPaper reports whether the paper changes both above and below a digit, the
// same way, against each neighbour, while theirs is that of the line: a shadow, a
// stroke or the edge of a seal is on one side, or on several digits.
func onOtherPaper(line []figure, i int) bool {
	var usual [2]float64
	for side := range usual {
		usual[side] = medianOf(line, func(f figure) float64 { return f.paper[side] })
	}
	uneven := func(f figure) bool { return math.Abs(f.paper[0]-f.paper[1]) > paperEven }
	if uneven(line[i]) {
		return false
	}
	least, sign := math.Inf(1), 0.0
	for _, k := range []int{i - 1, i + 1} {
		if k < 0 || k >= len(line) {
			continue
		}
		if uneven(line[k]) {
			return false
		}
		for side, paper := range line[k].paper {
			change := line[i].paper[side] - paper
			if sign*change < 0 || math.Abs(paper-usual[side]) > paperEven {
				return false
			}
			sign, least = change, math.Min(least, math.Abs(change))
		}
	}
	return least > paperLight
}

func medianOf(line []figure, of func(figure) float64) float64 {
	values := make([]float64, len(line))
	for i, f := range line {
		values[i] = of(f)
	}
	return median(values)
}

// slopeOf is how far the line falls, by the median of all pairs well apart.
func slopeOf(line []figure) float64 {
	var slopes []float64
	for i := range line {
		for k := i + 3; k < len(line); k++ {
			a, b := line[i], line[k]
			slopes = append(slopes, (b.top+b.bottom-a.top-a.bottom)/2/(b.x-a.x))
		}
	}
	return median(slopes)
}

// likeness is the correlation of two shapes.
func likeness(a, b *[shapeW * shapeH]float64) float64 {
	var meanA, meanB, ab, aa, bb float64
	for i := range a {
		meanA += a[i] / float64(len(a))
		meanB += b[i] / float64(len(b))
	}
	for i := range a {
		u, v := a[i]-meanA, b[i]-meanB
		ab, aa, bb = ab+u*v, aa+u*u, bb+v*v
	}
	return ab / math.Sqrt(max(1e-12, aa*bb))
}

// figuresOf measures the digits of a balance, or gives none when they cannot be
// told apart.
func (p *page) figuresOf(b models.Voted) ([]figure, error) {
	want := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, b.Value)
	if len(want) < 3 {
		return nil, nil
	}
	margin := int(2 * figureBandMM * p.ink.perMM * p.ink.scale)
	c, err := p.ink.cut(p.image, models.Box{X: b.Box.X - margin, Y: b.Box.Y - margin, W: b.Box.W + 2*margin, H: b.Box.H + 2*margin}, p.ink.ratio)
	if err != nil {
		return nil, err
	}
	c.erase(p.ink, p.rules.mask)
	crop, err := p.image.Crop(c.box)
	if err != nil {
		return nil, err
	}
	defer crop.Close()
	raw := rasterOf(crop)
	px := p.ink.perMM * p.ink.scale
	var boxes []box
	for _, share := range figureLevels {
		if boxes = figureBoxes(c.black, share*inkLevel(c.black, minInk)); len(boxes) == len(want) {
			break
		}
	}
	if len(boxes) != len(want) {
		return nil, nil
	}
	for i, r := range want {
		if r != '1' && float64(boxes[i].w()) < figureWidth*float64(boxes[i].h()) {
			return nil, nil // part of a digit
		}
	}
	usual := usualWidth(boxes)
	var out []figure
	for i, r := range want {
		if i == 0 && float64(boxes[i].w()) > signWidth*usual {
			continue // a currency's sign touches it
		}
		f := measure(c, raw, boxes[i], px)
		f.digit = r
		f.at = models.Box{X: c.box.X + boxes[i].x0, Y: c.box.Y + boxes[i].y0, W: boxes[i].w(), H: boxes[i].h()}
		if c.warm == nil || meanOf(c.warm, boxes[i]) < warmShare {
			out = append(out, f)
		}
	}
	return out, nil
}

// usualWidth is the median width.
func usualWidth(boxes []box) float64 {
	widths := make([]float64, len(boxes))
	for i, b := range boxes {
		widths[i] = float64(b.w())
	}
	return median(widths)
}

// figureBoxes are the pieces of a line that stand apart and are as high as figures.
func figureBoxes(plane *imaging.Plane, level float32) []box {
	var pieces []box
	open := false
	for x := range plane.W {
		column := box{x, plane.H, x + 1, 0}
		for y := range plane.H {
			if plane.At(x, y) > level {
				column.y0, column.y1 = min(column.y0, y), y+1
			}
		}
		switch {
		case column.y1 == 0:
			open = false
		case open:
			pieces[len(pieces)-1] = pieces[len(pieces)-1].union(column)
		default:
			pieces, open = append(pieces, column), true
		}
	}
	tallest := 0
	for _, b := range pieces {
		tallest = max(tallest, b.h())
	}
	return slices.DeleteFunc(pieces, func(b box) bool { return float64(b.h()) < figureShare*float64(tallest) || b.w() < 2 })
}

// measure measures the figure in b; raw are the pixels of the patch, px a millimetre of it.
func measure(c *patch, raw raster, b box, px float64) figure {
	f := figure{x: float64(c.box.X+b.x0) / px}
	plane, level := c.black, inkLevelIn(c.black, b, minInk)
	cover := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= plane.W || y >= plane.H {
			return 0
		}
		return math.Min(1, float64(plane.At(x, y)/level))
	}
	// Ends to a part of a pixel: where the strongest ink of a row or column passes one half.
	row := func(y int) (best float64) {
		for x := b.x0; x < b.x1; x++ {
			best = math.Max(best, cover(x, y))
		}
		return best
	}
	column := func(x int) (best float64) {
		for y := b.y0; y < b.y1; y++ {
			best = math.Max(best, cover(x, y))
		}
		return best
	}
	cross := func(line func(int) float64, from, step int) float64 {
		i := from
		for line(i) >= 0.5 {
			i += step
		}
		in, outside := line(i-step), line(i)
		return float64(i-step) + float64(step)*(in-0.5)/math.Max(1e-6, in-outside)
	}
	y0, y1 := cross(row, b.y0+1, -1), cross(row, b.y1-2, 1)
	x0, x1 := cross(column, b.x0+1, -1), cross(column, b.x1-2, 1)
	f.top, f.bottom = (float64(c.box.Y)+y0)/px, (float64(c.box.Y)+y1)/px
	area, edge := 0.0, 0.0
	var dark, blue []float64
	for y := b.y0 - 1; y <= b.y1; y++ {
		for x := b.x0 - 1; x <= b.x1; x++ {
			v := cover(x, y)
			area += v
			edge += math.Hypot(cover(x+1, y)-v, cover(x, y+1)-v)
			if v >= 0.8 {
				i := raw.channels * (y*raw.w + x)
				dark = append(dark, raw.light(i))
				blue = append(blue, float64(int(raw.pix[i])-int(raw.pix[i+raw.channels-1]))/255)
			}
		}
	}
	f.stroke = 2 * area / math.Max(edge, 1) / px
	f.shade, f.hue = median(dark), median(blue)
	gap, band := int(math.Ceil(figureGapMM*px)), int(math.Ceil(figureBandMM*px))
	for i, from := range []int{b.y0 - gap - band, b.y1 + gap} {
		var paper []float64
		for y := max(0, from); y < min(raw.h, from+band); y++ {
			for x := b.x0; x < b.x1; x++ {
				paper = append(paper, raw.light(raw.channels*(y*raw.w+x)))
			}
		}
		f.paper[i] = median(paper)
	}
	for i := range f.shape {
		x := x0 + (float64(i%shapeW)+0.5)/shapeW*(x1-x0)
		y := y0 + (float64(i/shapeW)+0.5)/shapeH*(y1-y0)
		u, v := int(math.Floor(x)), int(math.Floor(y))
		tx, ty := x-float64(u), y-float64(v)
		f.shape[i] = (cover(u, v)*(1-tx)+cover(u+1, v)*tx)*(1-ty) + (cover(u, v+1)*(1-tx)+cover(u+1, v+1)*tx)*ty
	}
	return f
}

// light is the mean of the channels of a pixel, 0..1.
func (r raster) light(i int) float64 {
	sum := 0
	for _, v := range r.pix[i : i+r.channels] {
		sum += int(v)
	}
	return float64(sum) / float64(255*r.channels)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func meanOf(p *imaging.Plane, b box) float32 {
	sum := float32(0)
	for y := b.y0; y < b.y1; y++ {
		for x := b.x0; x < b.x1; x++ {
			sum += p.At(x, y)
		}
	}
	return sum / float32(max(1, b.w()*b.h()))
}
