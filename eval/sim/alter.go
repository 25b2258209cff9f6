package sim

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"

	xdraw "golang.org/x/image/draw"

	"heyin/reconcile/slip"
)

// wholes are the alterations of a whole amount, by that of one digit which they repeat.
var wholes = map[Stray]Stray{AmountFace: DigitFace, AmountSize: DigitSize, AmountPasted: DigitPasted}

// alter changes one digit of a printed number, or all of them, as someone would who has
// scissors or a program; its value stays.
func (st *Studio) alter(d dice, page *paper, cell slip.Rect, printed string, kind Stray) {
	digits := digitsIn(page, cell)
	figures := strings.NewReplacer(",", "", ".", "", "-", "").Replace(printed)
	if len(digits) != len(figures) {
		panic("sim: the digits of " + printed + " do not stand apart") // the forms' typeface sets them apart
	}
	i := d.IntN(len(digits))
	from, to, at := i, i+1, digits[i]
	if base, whole := wholes[kind]; whole {
		kind, from, to = base, 0, len(digits)
		for _, r := range digits {
			at = at.Union(r)
		}
	}
	was := image.NewRGBA(at)
	draw.Draw(was, at, page.img, at.Min, draw.Src)
	white := func() { draw.Draw(page.img, at, image.White, image.Point{}, draw.Src) }
	switch kind {
	case DigitFace:
		face := pick(d, []Face{Song, Kai})
		for i, at := range digits[from:to] {
			draw.Draw(page.img, at, image.White, image.Point{}, draw.Src)
			g := st.glyph(face, rune(figures[from+i]))
			lo, hi := g.outline.bounds()
			// As high as the one it replaces: a forger sets the size to match.
			size := float64(at.Dy()) / page.px / (hi.Y - lo.Y)
			mid := point{float64(at.Min.X+at.Max.X) / 2 / page.px, float64(at.Min.Y+at.Max.Y) / 2 / page.px}
			page.draw(g.outline.place(size, size, 0, point{mid.X - size*(lo.X+hi.X)/2, mid.Y - size*(lo.Y+hi.Y)/2}), printInk, 1)
		}
	case DigitInk:
		inks := []color.RGBA{{110, 110, 110, 255}, {90, 90, 96, 255}, {40, 50, 120, 255}}
		ink := pick(d, inks)
		for y := at.Min.Y; y < at.Max.Y; y++ {
			for x := at.Min.X; x < at.Max.X; x++ {
				q := page.img.Pix[page.img.PixOffset(x, y):]
				for c, v := range [3]uint8{ink.R, ink.G, ink.B} {
					q[c] = uint8(255 - (255-int(q[c]))*(255-int(v))/255)
				}
			}
		}
	case DigitSize:
		white()
		f := d.between(1.14, 1.25)
		if d.chance(0.5) {
			f = 1 / f
		}
		w, h := int(math.Round(f*float64(at.Dx()))), int(math.Round(f*float64(at.Dy())))
		x := (at.Min.X + at.Max.X - w) / 2
		to := image.Rect(x, at.Max.Y-h, x+w, at.Max.Y) // on the line
		xdraw.BiLinear.Scale(page.img, to, was, at, draw.Src, nil)
	case DigitRaised:
		white()
		shift := int(math.Round(d.sign() * d.between(0.25, 0.5) * page.px))
		draw.Draw(page.img, at.Add(image.Pt(0, shift)), was, at.Min, draw.Src)
	case DigitPasted:
		shade := 255 - d.between(8, 16)
		patch := at.Inset(-int(0.35 * page.px))
		for y := patch.Min.Y; y < patch.Max.Y; y++ {
			for x := patch.Min.X; x < patch.Max.X; x++ {
				q := page.img.Pix[page.img.PixOffset(x, y):]
				for c := range 3 {
					q[c] = uint8(float64(q[c]) * shade / 255)
				}
			}
		}
	}
}

// digitsIn gives the pixels of each digit printed in a cell: what stands apart
// and is as high as a digit.
func digitsIn(page *paper, cell slip.Rect) []image.Rectangle {
	const edge = 0.7 // mm: the table's rules
	in := image.Rect(int((cell.X+edge)*page.px), int((cell.Y+edge)*page.px), int((cell.X+cell.W-edge)*page.px), int((cell.Y+cell.H-edge)*page.px))
	dark := func(x, y int) bool { return page.img.Pix[page.img.PixOffset(x, y)] < 128 }
	var out []image.Rectangle
	var piece image.Rectangle
	tallest := 0
	for x := in.Min.X; x <= in.Max.X; x++ {
		column := image.Rectangle{}
		for y := in.Min.Y; y < in.Max.Y && x < in.Max.X; y++ {
			if dark(x, y) {
				column = column.Union(image.Rect(x, y, x+1, y+1))
			}
		}
		if column.Empty() {
			if !piece.Empty() {
				out = append(out, piece.Inset(-1))
				tallest = max(tallest, piece.Dy()+2)
			}
			piece = image.Rectangle{}
			continue
		}
		piece = piece.Union(column)
	}
	var digits []image.Rectangle
	for _, r := range out {
		if 10*r.Dy() >= 8*tallest {
			digits = append(digits, r)
		}
	}
	return digits
}
