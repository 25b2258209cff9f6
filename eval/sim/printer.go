package sim

import (
	"image"
	"image/color"
	"math"
)

// Colour printers of 600 dots an inch, as office machines have them.
const (
	printerDPI   = 600.0
	printerBlack = 25
	printerWhite = 252
	dotGainPx    = 1.3
	paperInk     = 0.04  // paler tones print nothing
	copierLines  = 150.0 // an inch, of the screen of the printer copies are made on
)

// screenDegrees turn the screen of each ink by another angle, against moiré.
var screenDegrees = [3]float64{15, 75, 45}

// Printer is a way of laying down dots.
type Printer string

// Printers: a laser prints a regular screen, an ink jet scatters its drops.
const (
	Laser  Printer = "laser"
	Inkjet Printer = "inkjet"
)

// screened is the picture in dots of full ink, with a printer's own tone, so many
// lines of dots an inch.
func screened(d dice, img *image.RGBA, lines float64) *image.RGBA {
	gamma, strength := d.between(0.85, 1.15), d.between(0.85, 1.15)
	rough := newGrain(d, 0.05)
	var across, down [3]float64 // phase of the screen a dot to the right, and down
	for c, deg := range screenDegrees {
		sin, cos := math.Sincos(deg * math.Pi / 180)
		across[c], down[c] = 2*math.Pi*lines/printerDPI*cos, 2*math.Pi*lines/printerDPI*sin
	}
	out := image.NewRGBA(img.Rect)
	for y := range img.Rect.Dy() {
		at := rough.start(d)
		for x := range img.Rect.Dx() {
			i := img.PixOffset(x, y)
			out.Pix[i+3] = 255
			for c := range screenDegrees {
				out.Pix[i+c] = printerWhite
				ink := math.Pow(1-float64(img.Pix[i+c])/255, gamma) * strength
				if ink <= paperInk {
					continue
				}
				u, v := float64(x)*across[c]+float64(y)*down[c], float64(y)*across[c]-float64(x)*down[c]
				if ink > 0.5+0.25*(math.Cos(u)+math.Cos(v))+float64(rough.v[(at+3*x+c)&grainMask]) {
					out.Pix[i+c] = printerBlack
				}
			}
		}
	}
	return out
}

// scattered is the picture in drops, thrown by error diffusion (Floyd and
// Steinberg 1976) onto a grid of so many dots of the printer.
func scattered(d dice, img *image.RGBA, grid int) *image.RGBA {
	w, h := img.Rect.Dx()/grid, img.Rect.Dy()/grid
	out := image.NewRGBA(img.Rect)
	for i := range out.Pix {
		out.Pix[i] = printerWhite
	}
	rough := newGrain(d, 0.15)
	for c := range 3 {
		owed, next := make([]float32, w+2), make([]float32, w+2)
		for y := range h {
			at := rough.start(d)
			clear(next)
			for x := range w {
				ink := 1 - float32(img.Pix[img.PixOffset(x*grid, y*grid)+c])/255
				want := ink + owed[x+1]
				left := want
				if want > 0.5+rough.v[(at+x)&grainMask] {
					left = want - 1
					for k := range grid * grid {
						out.Pix[out.PixOffset(x*grid+k%grid, y*grid+k/grid)+c] = printerBlack
					}
				}
				owed[x+2] += left * 7 / 16
				next[x] += left * 3 / 16
				next[x+1] += left * 5 / 16
				next[x+2] += left / 16
			}
			owed, next = next, owed
		}
	}
	return out
}

// printOf is what a colour print of a scanned imprint leaves on another paper: the
// seal is stamped once, scanned and printed; the tone of its paper is printed too,
// unless it was cleaned away.
func (c *Cut) printOf(st *Studio, d dice, p Press, dpi float64) *imprint {
	made := pressFor(d, Good, redInks)
	made.TurnDeg = p.TurnDeg
	big := c.stamped(st, d, made, printerDPI)
	page := newPaper(big.ink.W, big.ink.H, printerDPI, pick(d, []color.RGBA{{255, 255, 255, 255}, {246, 246, 244, 255}, {240, 240, 236, 255}, {244, 238, 228, 255}}))
	page.apply(big.ink, 0, 0, big.tint)
	const scannerBlurPx = 1.2
	img := blurRGBA(page.img, scannerBlurPx)
	if c.printer == Inkjet {
		img = scattered(d, img, 1+d.IntN(2))
	} else {
		img = screened(d, img, d.between(110, 200))
	}
	img = blurRGBA(img, dotGainPx)
	k := printerDPI / dpi
	side := int(float64(big.ink.W) / k)
	out := &imprint{ink: newMask(side, side), print: image.NewRGBA(image.Rect(0, 0, side, side))}
	for _, e := range big.edge {
		out.edge = append(out.edge, point{e.X / k, e.Y / k})
	}
	to := func(i int) int { return int(float64(i) * k) }
	for y := range side {
		for x := range side {
			var v [3]float32
			var n float32
			for sy := to(y); sy < max(to(y+1), to(y)+1); sy++ {
				for sx := to(x); sx < max(to(x+1), to(x)+1); sx++ {
					q := img.Pix[img.PixOffset(sx, sy):]
					for c := range v {
						v[c] += float32(q[c])
					}
					n++
				}
			}
			out.print.SetRGBA(x, y, color.RGBA{clamp8(v[0] / n), clamp8(v[1] / n), clamp8(v[2] / n), 255})
		}
	}
	return out
}
