package sealcheck

import (
	"math"

	"heyin/imaging"
)

// mended is the picture with what JPEG did to thin strokes undone (docs/adr/027). It keeps the brightness of each pixel,
// but one colour for four, so that a stroke of few pixels looks pale and gray, like print.
// Where no print is near, the colour around a gray pixel is mostly the ink's, and the pixel is no darker than
// ink can be, brightness alone tells how much ink there is. What is less gray than fromGray, of full ink, keeps more
// and more of the ink that its own colour shows.
func (p *inked) mended(fromGray float32) *inked {
	if !p.coloured || p.chroma == 0 {
		return p
	}
	out := *p
	out.ink = imaging.NewPlane(p.w, p.h)
	full := p.full / inkSaturation
	light, share := p.lightAround(full)
	out.known = p.awayFrom(p.print(share))
	out.between = quadsOf(out.known, p.w, p.h)
	inkAt := p.inkOfBrightness()
	for i, v := range p.dense.Pix {
		if out.known[i] {
			ink := inkAt(light[i])
			trust := between(p.gray[i]/full, fromGray-chromaGrays, fromGray) * between(share[i], chromaLow, chromaHigh) * (1 - between(ink/full, chromaFull, chromaDark))
			v += trust * (ink/p.full - v)
		}
		out.ink.Pix[i] = min(v, inkCeiling)
	}
	return &out
}

// lightAround gives the brightness of each pixel, and what share of what darkens the pixels around
// it is of the ink's colour; full is the density of full ink. Around is taken of light and not of density, because light is what JPEG averages.
func (p *inked) lightAround(full float32) (light, share []float32) {
	var lost [3]float32 // light that full ink takes
	var norm float64
	for c, h := range p.hue {
		lost[c] = 1 - lightOf(full*h)
		norm += float64(lost[c]) * float64(lost[c])
	}
	for c := range lost {
		lost[c] /= float32(math.Sqrt(norm))
	}
	split := splitter(lost)
	seal, print := imaging.NewPlane(p.w, p.h), imaging.NewPlane(p.w, p.h)
	light, share = make([]float32, len(p.gray)), make([]float32, len(p.gray))
	for i := range light {
		b, g, r := lightOf(p.bgr[0].Pix[i]), lightOf(p.bgr[1].Pix[i]), lightOf(p.bgr[2].Pix[i])
		seal.Pix[i], print.Pix[i] = split(1-b, 1-g, 1-r)
		light[i] = brightness(b, g, r)
	}
	seal, print = blurred(seal, p.chroma), blurred(print, p.chroma)
	bySeal, byPrint := brightness(lost[0], lost[1], lost[2]), brightness(evenly, evenly, evenly)
	for i, s := range seal.Pix {
		ours := max(s, 0) * bySeal
		share[i] = ours / max(ours+max(print.Pix[i], 0)*byPrint, 1e-4)
	}
	return light, share
}

// print marks print and pen: gray pieces that for a part lie beyond where the ink's colour could explain them.
func (p *inked) print(share []float32) []bool {
	on := p.grayer(p.dense, p.full)
	labels, blobs := components(on, p.w, p.h)
	sure := make([]int, len(blobs)+1)
	for i, l := range labels {
		if l > 0 && share[i] < chromaBare {
			sure[l]++
		}
	}
	for i, l := range labels {
		on[i] = l > 0 && float64(sure[l]) >= printSure*float64(blobs[l-1].area)
	}
	return on
}

// inkOfBrightness inverts how bright paper is under more and more of the ink.
func (p *inked) inkOfBrightness() func(light float32) float32 {
	const steps, most = 512, 3.0 // of density; full ink has 0.5 to 1.5
	var table [steps + 1]float32 // by light, 0..1
	at := 0
	for k := steps; k >= 0; k-- { // from bright to dark
		light := float32(k) / steps
		for at < steps {
			d := most / steps * float32(at)
			if brightness(lightOf(d*p.hue[0]), lightOf(d*p.hue[1]), lightOf(d*p.hue[2])) <= light {
				break
			}
			at++
		}
		table[k] = most / steps * float32(at)
	}
	return func(light float32) float32 {
		x := min(max(light, 0), 1) * steps
		k := min(int(x), steps-1)
		return table[k] + (x-float32(k))*(table[k+1]-table[k])
	}
}

// brightness is JPEG's (ITU-R BT.601).
func brightness(b, g, r float32) float32 { return 0.114*b + 0.587*g + 0.299*r }

// lightOf is the share of light that a density leaves.
func lightOf(density float32) float32 {
	return lights[int(min(max(density-lightFrom, 0), lightTo-lightFrom)*lightSteps)]
}

// lights is 10 to the minus density, from lightFrom to lightTo in lightSteps a unit; the paper is level, but for shade.
const lightFrom, lightTo, lightSteps = -0.5, 3.5, 1024

var lights = func() (t [(lightTo-lightFrom)*lightSteps + 1]float32) {
	for k := range t {
		t[k] = float32(math.Pow(10, -(lightFrom + float64(k)/lightSteps)))
	}
	return t
}()

// between rises smoothly from 0 at lo to 1 at hi.
func between(v, lo, hi float32) float32 {
	t := min(max((v-lo)/(hi-lo), 0), 1)
	return t * t * (3 - 2*t)
}
