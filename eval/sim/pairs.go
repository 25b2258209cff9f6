package sim

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"heyin/models"
)

// Pair is one imprint to verify against one specimen, with its truth.
type Pair struct {
	ID                      string
	Specimen, Imprint       string // file names relative to pairs.csv
	SpecimenDPI, ImprintDPI float64
	Label                   string // genuine, forged
	Kind                    string // G1..G3, or a forgery kind
	Level                   string // G1..G3, P1..P3: how well it is stamped
	Notes                   string // shape first, then what was done, separated by ";"
}

// pairsPerSeal is how many imprints are compared with one specimen.
const pairsPerSeal = 5

// SealPairs writes n pairs in the benchmark's format below dir: pairs.csv,
// truth.csv, specimens/ and imprints/. About half are forged.
func (st *Studio) SealPairs(dir string, seed uint64, n int) ([]Pair, error) {
	if err := pairFolders(dir); err != nil {
		return nil, err
	}
	pairs := make([]Pair, n)
	err := inParallel((n+pairsPerSeal-1)/pairsPerSeal, func(k int) error {
		cut := st.sampleSeal(newDice(seed, "pair seal", k), k)
		specimen := fmt.Sprintf("specimens/s%03d.png", k)
		if err := writePNG(filepath.Join(dir, specimen), st.Card(cut, seed+uint64(k))); err != nil {
			return err
		}
		for i := k * pairsPerSeal; i < min(n, (k+1)*pairsPerSeal); i++ {
			p := Pair{ID: fmt.Sprintf("p%05d", i), Specimen: specimen, Imprint: fmt.Sprintf("imprints/%05d.jpg", i), SpecimenDPI: specimenDPI}
			crop, quality := st.imprintCrop(newDice(seed, "pair", i), cut, &p)
			if err := writeImprint(dir, p, crop, quality); err != nil {
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

// pairFolders makes the folders of a set.
func pairFolders(dir string) error {
	for _, sub := range []string{"specimens", "imprints"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return fmt.Errorf("sim: seal pairs: %w", err)
		}
	}
	return nil
}

// writeImprint writes a pair's imprint as a JPEG.
func writeImprint(dir string, p Pair, crop *image.RGBA, quality int) error {
	data, err := encodeJPEG(crop, quality, p.ImprintDPI, false)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, p.Imprint), data, 0o644); err != nil {
		return fmt.Errorf("sim: %w", err)
	}
	return nil
}

// sampleSeal rotates through the kinds of seal.
func (st *Studio) sampleSeal(d dice, k int) *Cut {
	switch k % 4 {
	case 0, 1:
		return CutSeal(newSeal(d, models.SealCompany, companyName(d), d.digits(13)), d.Uint64())
	case 2:
		return CutSeal(newSeal(d, models.SealFinance, companyName(d), d.digits(13)), d.Uint64())
	default:
		s := newSeal(d, models.SealPersonal, personSeal(d), "")
		if k%8 == 7 {
			s = s.scaled(d.between(10, smallMM) / s.Width)
		}
		return CutSeal(s, d.Uint64())
	}
}

// smallMM is the side up to which a seal counts as small: name seals of 11 mm are the usual ones.
const smallMM = 12

// shapeNote names a seal's shape in a pair's notes, small seals apart.
func shapeNote(s Seal) string {
	if s.Width <= smallMM {
		return "small"
	}
	return string(s.Shape)
}

// imprintCrop stamps the seal, or a forgery of it, on a piece of a form and cuts
// the scan around it; it completes p.
func (st *Studio) imprintCrop(d dice, cut *Cut, p *Pair) (*image.RGBA, int) {
	p.Label, p.ImprintDPI = "genuine", pick(d, []float64{300, 300, 200})
	grade := pick(d, []Grade{Good, Good, Ordinary, Ordinary, Poor})
	p.Kind = fmt.Sprintf("G%d", grade)
	p.Level = p.Kind
	notes := []string{shapeNote(cut.Seal)}
	if d.chance(0.5) {
		var note string
		p.Label, p.Level = "forged", fmt.Sprintf("P%d", grade)
		cut, p.Kind, note = st.Forge(cut, pick(d, ForgeryKinds()), d.Uint64())
		if note != "" {
			notes = append(notes, note)
		}
	}
	inks := redInks
	if cut.Kind == models.SealPersonal {
		inks = personalInks
	}
	press := pressFor(d, grade, inks)
	notes = append(notes, fmt.Sprintf("rot=%.1f", press.TurnDeg))
	crop, quality := st.onForm(d, cut, press, grade, p.ImprintDPI, &notes)
	p.Notes = strings.Join(notes, ";")
	return crop, quality
}

// paperTones are those of forms.
var paperTones = []color.RGBA{{251, 250, 247, 255}, {244, 246, 247, 255}, {249, 243, 236, 255}}

// onForm presses the seal on a piece of a form, scans it and cuts it out; it
// gives the JPEG quality too, and adds to notes what lies under the seal.
func (st *Studio) onForm(d dice, cut *Cut, press Press, grade Grade, dpi float64, notes *[]string) (*image.RGBA, int) {
	note := func(s string) {
		if notes != nil {
			*notes = append(*notes, s)
		}
	}
	im := cut.press(st, d, press, dpi)
	side := im.ink.W
	mm := float64(side) / dpi * 25.4
	tone := pick(d, paperTones)
	page := newPaper(side, side, dpi, tone)
	if grade >= Ordinary && d.chance(0.7) {
		st.printBeneath(d, page, mm)
		note("text")
	}
	if grade >= Ordinary && d.chance(0.25) {
		y := d.between(0.2, 0.8) * mm
		points := bezier(point{0, y}, point{mm * 0.3, y - d.between(0, 9)}, point{mm * 0.6, y + d.between(0, 9)}, point{mm, d.between(0.2, 0.8) * mm}, 40)
		page.draw(stroke(points, penWidths(d, len(points), 0.5)), pick(d, penInks), 0.85)
		note("pen")
	}
	page.stamp(im, point{mm / 2, mm / 2})
	quality := map[Grade]int{Good: 90, Ordinary: 82, Poor: 62}[grade] + d.IntN(8)
	out, _ := scan(d, page.img, Scan{NoiseSD: d.between(1, 3), BlurPx: d.between(0.3, 0.75), Blotch: d.between(0, 0.15)})
	return trim(d, out, im, dpi), quality
}

// printBeneath prints lines of a form where the seal will fall.
func (st *Studio) printBeneath(d dice, page *paper, mm float64) {
	lines := []string{"单位签章", "经办人：", "核对结果：", "截至基准日账面余额", "请加盖预留印鉴后退回", "账号 " + d.digits(16), "余额 " + d.digits(6) + ".00"}
	y := d.between(0.15, 0.3) * mm
	for range 2 + d.IntN(3) {
		text, _ := st.line(Song, d.between(3.4, 4.4), pick(d, lines))
		page.draw(text.place(1, 1, 0, point{d.between(-0.1, 0.4) * mm, y}), color.RGBA{40, 40, 44, 255}, 0.9)
		y += d.between(0.14, 0.28) * mm
	}
	if d.chance(0.5) {
		at := d.between(0.25, 0.75) * mm
		page.draw(shape{{{0, at}, {mm, at}, {mm, at + 0.25}, {0, at + 0.25}}}, color.RGBA{40, 40, 44, 255}, 0.9)
	}
}

// trim cuts the picture to the imprint and an uneven border of 2 to 5 mm.
func trim(d dice, img *image.RGBA, im *imprint, dpi float64) *image.RGBA {
	box := boxAround(im.edge)
	px, half := dpi/25.4, img.Rect.Dx()/2
	border := func() int { return int(d.between(2, 5) * px) }
	r := image.Rect(half+box.X-border(), half+box.Y-border(), half+box.X+box.W+border(), half+box.Y+box.H+border())
	r = r.Intersect(img.Rect)
	out := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	for y := range r.Dy() {
		copy(out.Pix[y*out.Stride:(y+1)*out.Stride], img.Pix[img.PixOffset(r.Min.X, r.Min.Y+y):])
	}
	return out
}

func writePairTables(dir string, pairs []Pair) error {
	dpi := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	list := [][]string{{"id", "specimen", "imprint", "specimen_dpi", "imprint_dpi"}}
	truth := [][]string{{"id", "label", "kind", "level", "notes"}}
	for _, p := range pairs {
		list = append(list, []string{p.ID, p.Specimen, p.Imprint, dpi(p.SpecimenDPI), dpi(p.ImprintDPI)})
		truth = append(truth, []string{p.ID, p.Label, p.Kind, p.Level, p.Notes})
	}
	return errors.Join(writeCSV(filepath.Join(dir, "pairs.csv"), list), writeCSV(filepath.Join(dir, "truth.csv"), truth))
}

func writePNG(path string, img image.Image) error {
	return writeFile(path, func(f *os.File) error {
		return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(f, img)
	})
}

// writeFile creates path and reports a failed write or close.
func writeFile(path string, write func(*os.File) error) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("sim: %w", err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return fmt.Errorf("sim: write %s: %w", path, err)
	}
	return nil
}
