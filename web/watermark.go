package web

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/f64"
	"golang.org/x/image/math/fixed"

	xdraw "golang.org/x/image/draw"
)

// How a watermark lies on a picture: pale enough to read what is under it, steep
// enough to cross every line of print.
const (
	markOpacity  = 0x50 // of 0xff
	markTurn     = -math.Pi / 9
	markPerWidth = 28  // the text is this part of the picture's width high
	markSmallest = 9   // pixels
	markSide     = 120 // a picture smaller than this in either direction carries none: a crop says nothing of whose it is
	jpegQuality  = 90
)

var markFont = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(goregular.TTF) })

// watermarked writes text across a picture again and again. What the font has no
// sign for shows as a box; the text begins with the number of the user.
func watermarked(data []byte, contentType, text string) ([]byte, error) {
	size, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("watermark: %w", err)
	}
	if size.Width < markSide || size.Height < markSide {
		return data, nil
	}
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("watermark: %w", err)
	}
	b := src.Bounds()
	tile, err := markTile(text, max(markSmallest, float64(b.Dx())/markPerWidth))
	if err != nil {
		return nil, fmt.Errorf("watermark: %w", err)
	}
	out := image.NewRGBA(b)
	draw.Draw(out, b, src, b.Min, draw.Src)
	cos, sin := math.Cos(markTurn), math.Sin(markTurn)
	step := tile.Bounds().Size().Add(image.Pt(tile.Bounds().Dy()*2, tile.Bounds().Dy()*6))
	reach := b.Dx() + b.Dy() // the turned grid covers every corner
	for y := -reach; y < reach; y += step.Y {
		for x := -reach; x < reach; x += step.X {
			to := f64.Aff3{cos, -sin, float64(b.Min.X) + cos*float64(x) - sin*float64(y), sin, cos, float64(b.Min.Y) + sin*float64(x) + cos*float64(y)}
			xdraw.ApproxBiLinear.Transform(out, to, tile, tile.Bounds(), draw.Over, nil)
		}
	}
	var buf bytes.Buffer
	if contentType == "image/jpeg" {
		err = jpeg.Encode(&buf, out, &jpeg.Options{Quality: jpegQuality})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&buf, out)
	}
	return buf.Bytes(), err
}

// markTile is the text once, of the given height in pixels.
func markTile(text string, size float64) (*image.RGBA, error) {
	f, err := markFont()
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		return nil, err
	}
	defer face.Close()
	m := face.Metrics()
	tile := image.NewRGBA(image.Rect(0, 0, font.MeasureString(face, text).Ceil(), (m.Ascent + m.Descent).Ceil()))
	d := font.Drawer{Dst: tile, Src: image.NewUniform(color.NRGBA{0x20, 0x30, 0x60, markOpacity}), Face: face, Dot: fixed.Point26_6{Y: m.Ascent}}
	d.DrawString(text)
	return tile, nil
}
