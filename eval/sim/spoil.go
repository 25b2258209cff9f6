package sim

import (
	"fmt"
	"image"
	"image/color"
	"path/filepath"
)

// Spoiling is what goes wrong with a genuine imprint.
type Spoiling string

// Spoilings; the names are those of the causes the verifier gives.
const (
	Unspoilt   Spoiling = "good"
	Faint      Spoiling = "faint"
	Smeared    Spoiling = "smeared"
	CutOff     Spoiling = "cut_off"
	Overlapped Spoiling = "overlapped"
)

// Spoilings lists them.
func Spoilings() []Spoiling { return []Spoiling{Unspoilt, Faint, Smeared, CutOff, Overlapped} }

// Spoilt writes a set in the benchmark's format of genuine imprints, each of a
// seal of its own, so many of each spoiling, which is the pair's Kind.
func (st *Studio) Spoilt(dir string, seed uint64, each int) ([]Pair, error) {
	if err := pairFolders(dir); err != nil {
		return nil, err
	}
	kinds := Spoilings()
	pairs := make([]Pair, each*len(kinds))
	err := inParallel(len(pairs), func(i int) error {
		d := newDice(seed, "spoilt", i)
		cut := st.sampleSeal(d, i/len(kinds))
		p := Pair{ID: fmt.Sprintf("p%05d", i), Specimen: fmt.Sprintf("specimens/s%03d.png", i), Imprint: fmt.Sprintf("imprints/%05d.jpg", i),
			SpecimenDPI: specimenDPI, ImprintDPI: CopiedDPI, Label: "genuine", Kind: string(kinds[i%len(kinds)])}
		if err := writePNG(filepath.Join(dir, p.Specimen), st.Card(cut, seed+uint64(i))); err != nil {
			return err
		}
		crop, note := st.spoil(d, cut, kinds[i%len(kinds)])
		p.Level, p.Notes = p.Kind, string(cut.Shape)+note
		if err := writeImprint(dir, p, crop, 85); err != nil {
			return err
		}
		pairs[i] = p
		return nil
	})
	if err != nil {
		return nil, err
	}
	return pairs, writePairTables(dir, pairs)
}

// spoil stamps a seal with one thing wrong and cuts the scan around it.
func (st *Studio) spoil(d dice, cut *Cut, how Spoiling) (*image.RGBA, string) {
	press, note := pressFor(d, Good, redInks), ""
	switch {
	case how == Faint && d.chance(0.5):
		press.Density, note = d.between(0.08, 0.2), ";pale"
	case how == Faint:
		press.Missing, press.Uneven, note = d.between(0.2, 0.45), d.between(0.4, 0.7), ";dry"
	case how == Smeared && d.chance(0.7):
		press.Smear, note = d.between(0.7, 1.6), ";smear"
	case how == Smeared:
		press.Double, note = d.between(0.4, 1.1), ";double"
	}
	im := cut.press(st, d, press, CopiedDPI)
	mm := float64(im.ink.W) / CopiedDPI * 25.4
	page := newPaper(im.ink.W, im.ink.W, CopiedDPI, color.RGBA{251, 250, 247, 255})
	if how == Overlapped {
		if d.chance(0.5) {
			note = ";seal"
			other := CutSeal(newSeal(d, cut.Kind, companyName(d), d.digits(13)), d.Uint64())
			over := other.press(st, d, pressFor(d, Good, redInks), CopiedDPI)
			page.stamp(over, point{mm/2 + d.sign()*cut.Width*d.between(0.25, 0.5), mm/2 + d.around(0, 2)})
		} else {
			note = ";print"
			for range 3 {
				st.printBeneath(d, page, mm)
			}
			for range 2 {
				points := bezier(point{0, d.between(0.2, 0.8) * mm}, point{mm * 0.3, d.between(0, 1) * mm}, point{mm * 0.6, d.between(0, 1) * mm}, point{mm, d.between(0.2, 0.8) * mm}, 40)
				page.draw(stroke(points, penWidths(d, len(points), 1.2)), pick(d, penInks), 0.9)
			}
		}
	}
	page.stamp(im, point{mm / 2, mm / 2})
	out, _ := scan(d, page.img, Scan{NoiseSD: d.between(1, 3), BlurPx: d.between(0.3, 0.75)})
	crop := trim(d, out, im, CopiedDPI)
	if how == CutOff {
		lost := d.between(0.12, 0.4)
		note = fmt.Sprintf(";cut=%.2f", lost)
		crop = withoutSide(crop, d.IntN(4), lost)
	}
	return crop, note
}

// withoutSide drops a share of a picture: 0 left, 1 top, 2 right, 3 bottom.
func withoutSide(img *image.RGBA, side int, share float64) *image.RGBA {
	r := img.Rect
	dx, dy := int(share*float64(r.Dx())), int(share*float64(r.Dy()))
	switch side {
	case 0:
		r.Min.X += dx
	case 1:
		r.Min.Y += dy
	case 2:
		r.Max.X -= dx
	default:
		r.Max.Y -= dy
	}
	return onWhite(img.SubImage(r))
}
