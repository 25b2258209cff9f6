package sim

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
)

// Copying is a way to bring one imprint onto another paper.
type Copying string

// Ways of copying. Rescanned is none: the same paper, scanned again.
const (
	Pasted    Copying = "pasted"  // lifted from one scan and laid into another
	Printed   Copying = "printed" // printed in colour, and the print scanned
	Rescanned Copying = "rescanned"
)

// Copyings lists them.
func Copyings() []Copying { return []Copying{Pasted, Printed, Rescanned} }

// CopiedDPI is the resolution copies are scanned at.
const CopiedDPI = 300.0

// Copied makes a copy of a picture of an imprint, as a JPEG at CopiedDPI.
func Copied(file string, dpi float64, how Copying, seed uint64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("sim: copy: %w", err)
	}
	defer f.Close()
	src, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("sim: copy %s: %w", file, err)
	}
	d := newDice(seed, "copying", how, filepath.Base(file))
	img := onWhite(src)
	switch how {
	case Pasted:
		if img, err = recompressed(img, 70+d.IntN(20)); err != nil {
			return nil, err
		}
		img = laid(img, CopiedDPI/dpi, d.between(-15, 15), d)
	case Printed:
		img = screened(d, laid(img, printerDPI/dpi, d.between(-15, 15), d), copierLines)
		img = laid(blurRGBA(img, dotGainPx), CopiedDPI/printerDPI, d.between(-2, 2), d)
	case Rescanned:
		img = laid(img, CopiedDPI/dpi, d.between(-2, 2), d)
	default:
		return nil, fmt.Errorf("sim: no way of copying is called %q", how)
	}
	img, _ = scan(d, img, Scan{NoiseSD: d.between(1.5, 3)})
	return encodeJPEG(img, 72+d.IntN(18), CopiedDPI, false)
}

func onWhite(src image.Image) *image.RGBA {
	b := src.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			out.Set(x, y, src.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return out
}

func recompressed(img *image.RGBA, quality int) (*image.RGBA, error) {
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("sim: recompress: %w", err)
	}
	out, err := jpeg.Decode(&buf)
	if err != nil {
		return nil, fmt.Errorf("sim: recompress: %w", err)
	}
	return onWhite(out), nil
}

// laid turns and scales a picture onto a larger white one. The scale is off by
// up to 0.4 %, as of a printer or a careless hand.
func laid(img *image.RGBA, scale, deg float64, d dice) *image.RGBA {
	const room = 1.06
	scale *= 1 + d.between(-0.004, 0.004)
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, int(room*scale*float64(b.Dx())), int(room*scale*float64(b.Dy()))))
	sin, cos := math.Sincos(deg * math.Pi / 180)
	cx, cy := float64(out.Rect.Dx())/2+d.Float64(), float64(out.Rect.Dy())/2+d.Float64()
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			dx, dy := (float64(x)-cx)/scale, (float64(y)-cy)/scale
			v := [3]float32{printerWhite, printerWhite, printerWhite}
			sample(img, cos*dx+sin*dy+float64(b.Dx())/2, -sin*dx+cos*dy+float64(b.Dy())/2, &v)
			out.SetRGBA(x, y, color.RGBA{clamp8(v[0]), clamp8(v[1]), clamp8(v[2]), 255})
		}
	}
	return out
}

// Stampings writes a set in the benchmark's format of genuine imprints only: each
// of the seals is stamped so often, well or as usual, by one hand. Every second
// seal has been nicked since its card was made: a fault that all its imprints share.
func (st *Studio) Stampings(dir string, seed uint64, seals, each int) ([]Pair, error) {
	if err := pairFolders(dir); err != nil {
		return nil, err
	}
	pairs := make([]Pair, seals*each)
	err := inParallel(seals, func(k int) error {
		d := newDice(seed, "stamped seal", k)
		cut := st.sampleSeal(d, k)
		specimen := fmt.Sprintf("specimens/s%03d.png", k)
		if err := writePNG(filepath.Join(dir, specimen), st.Card(cut, seed+uint64(k))); err != nil {
			return err
		}
		note := ""
		if k%2 == 1 {
			cut, note = st.nicked(d, cut), ";nicked"
		}
		for i := k * each; i < (k+1)*each; i++ {
			p := Pair{ID: fmt.Sprintf("p%05d", i), Specimen: specimen, Imprint: fmt.Sprintf("imprints/%05d.jpg", i), SpecimenDPI: specimenDPI,
				ImprintDPI: CopiedDPI, Label: "genuine", Notes: string(cut.Shape) + note}
			grade := pick(d, []Grade{Good, Ordinary})
			p.Kind = fmt.Sprintf("G%d", grade)
			p.Level = p.Kind
			im := cut.press(st, d, pressFor(d, grade, redInks), CopiedDPI)
			mm := float64(im.ink.W) / CopiedDPI * 25.4
			page := newPaper(im.ink.W, im.ink.W, CopiedDPI, color.RGBA{251, 250, 247, 255})
			page.stamp(im, point{mm / 2, mm / 2})
			out, _ := scan(d, page.img, Scan{NoiseSD: d.between(1, 3), BlurPx: d.between(0.3, 0.75)})
			if err := writeImprint(dir, p, trim(d, out, im, CopiedDPI), 80+d.IntN(12)); err != nil {
				return err
			}
			pairs[i] = p
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return pairs, writePairTables(dir, pairs)
}

// nicked is the seal with some pieces of rubber gone.
func (st *Studio) nicked(d dice, c *Cut) *Cut {
	const nicks = 8
	m := c.mask(st)
	worn := &mask{m.W, m.H, append([]float32(nil), m.A...)}
	for made := 0; made < nicks; {
		x, y := d.IntN(m.W), d.IntN(m.H)
		if m.A[y*m.W+x] < 0.5 {
			continue
		}
		made++
		r := d.between(0.2, 0.6) * basePxPerMM
		for j := max(0, y-int(r)); j <= min(m.H-1, y+int(r)); j++ {
			for i := max(0, x-int(r)); i <= min(m.W-1, x+int(r)); i++ {
				if math.Hypot(float64(i-x), float64(j-y)) < r {
					worn.A[j*m.W+i] = 0
				}
			}
		}
	}
	out := *c
	out.copied = worn
	return &out
}
