package imaging

// onWhite lays a picture with alpha (4 channels, BGRA) on white paper; without
// that, transparent parts would become black.
func (im *Image) onWhite() (*Image, error) {
	w, h, n := im.Width(), im.Height(), im.Channels()
	src := im.Pixels()
	dst := make([]byte, 3*w*h)
	for i := range w * h {
		p := src[i*n : i*n+n]
		b, g, r, a := p[0], p[0], p[0], 255
		if n >= 3 {
			g, r = p[1], p[2]
		}
		if n == 4 {
			a = int(p[3])
		}
		for c, v := range [3]byte{b, g, r} {
			dst[3*i+c] = byte((int(v)*a + 255*(255-a) + 127) / 255)
		}
	}
	return FromPixels(w, h, 3, dst)
}

const (
	// colourStep is the spread between a pixel's channels, in gray levels, above
	// what rounding leaves of a gray scan (2); tinted paper or any coloured ink
	// goes beyond it.
	colourStep = 8
	// colourShare is the part of the pixels that must be coloured: a personal
	// seal of 1.5 cm inks about 0.1 % of A4.
	colourShare = 0.0003
)

// coloured tells a colour scan from one made without colour. It looks at every
// fourth pixel of every fourth row.
func (im *Image) coloured() bool {
	if im.Channels() == 1 {
		return false
	}
	w, h, pix := im.Width(), im.Height(), im.View()
	seen, found := 0, 0
	for y := 0; y < h; y += 4 {
		for x := 0; x < w; x += 4 {
			p := pix[3*(y*w+x):]
			seen++
			if max(p[0], p[1], p[2])-min(p[0], p[1], p[2]) > colourStep {
				found++
			}
		}
	}
	return float64(found) > colourShare*float64(seen)
}
