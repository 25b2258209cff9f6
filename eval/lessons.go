package eval

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"heyin/eval/sim"
	"heyin/imaging"
	"heyin/models"
	"heyin/sealcheck"
)

// lessonCorr is the correlation below which the registration failed, and a
// lesson would teach nonsense.
const lessonCorr = 0.45

// Folders of the lessons on digits and characters below that of the lessons.
const (
	digitLessons     = "digits"
	characterLessons = "characters"
)

// WriteLessons makes n lessons from a seed for the training of the comparers in
// sealcheck and writes each below dir as an array of bytes in numpy's format, of
// shape (5, height, width): specimen, imprint, clear, known (see
// sealcheck.PlaneSink) and where the seals differ, each times 255. Of a seal with a
// code there is another below digits, one row a digit: its cells (see
// sealcheck.PlaneSink), each value times 255, the specimen's digit and the
// imprint's. Of its other characters there is one below characters, as characterRows has it.
// Lessons that are there already are left.
func WriteLessons(ctx context.Context, studio *sim.Studio, dir string, seed uint64, n, workers int) error {
	for _, sub := range []string{digitLessons, characterLessons} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for k := range n {
		g.Go(func() error {
			name := fmt.Sprintf("%06d.npy", k)
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				return nil // a run before this one was stopped
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := writeLesson(ctx, studio.Lesson(seed, k), dir, name); err != nil {
				return fmt.Errorf("lesson %d: %w", k, err)
			}
			return nil
		})
	}
	return g.Wait()
}

func writeLesson(ctx context.Context, l sim.Lesson, dir, name string) error {
	card, err := encoded(func(b *bytes.Buffer) error { return png.Encode(b, l.Card) })
	if err != nil {
		return err
	}
	ref, err := sealcheck.NewReference(models.Specimen{DPI: sim.SpecimenDPI, Image: card}) //nolint:contextcheck // milliseconds
	if err != nil {
		return nil //nolint:nilerr // the sample card came out unusable: no lesson
	}
	imprint, err := encoded(func(b *bytes.Buffer) error {
		return jpeg.Encode(b, image.Image(l.Imprint), &jpeg.Options{Quality: l.Quality})
	})
	if err != nil {
		return err
	}
	scan, err := imaging.DecodeCrop(ctx, imprint)
	if err != nil {
		return err
	}
	defer scan.Close()
	planes := planeSink{}
	v, err := ref.Verify(ctx, scan.Image, l.ImprintDPI, planes)
	if err != nil || v.SubScores["corr"] < lessonCorr {
		return err
	}
	specimen := planes["specimen"]
	laid := l.Lay(specimen, sealcheck.EvidencePxMM)
	if rows := digitRows(laid, planes["digits"], planes["digit_places"]); len(rows) > 0 {
		path := filepath.Join(dir, digitLessons, name)
		if err := os.WriteFile(path, npy(slices.Concat(rows...), len(rows), len(rows[0])), 0o644); err != nil {
			return err
		}
	}
	planes["truth"] = laid.Differences()
	if rows := planes.characterRows(laid.FinerDifferences()); len(rows) > 0 {
		path := filepath.Join(dir, characterLessons, name)
		if err := os.WriteFile(path, npy(slices.Concat(rows...), len(rows), len(rows[0])), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, name), npy(planes.bytes("specimen", "imprint", "clear", "known", "truth"), 5, specimen.H, specimen.W), 0o644)
}

// digitRows makes a row of each digit whose place the lesson knows.
func digitRows(laid sim.Laid, cells, places *imaging.Plane) [][]byte {
	var rows [][]byte
	for k := range places.H {
		specimen, imprint, ok := laid.Digits(float64(places.At(0, k)), float64(places.At(1, k)))
		if !ok {
			continue
		}
		n := len(cells.Pix) / places.H
		rows = append(rows, append(quantized(cells.Pix[k*n:(k+1)*n]), specimen, imprint))
	}
	return rows
}

// Areas of difference in a row of a character, in steps of mm²: 255 of them are
// more than any that is in doubt.
const areaStepMM2 = 0.02

// characterRows makes a row of each character: its cells, each value times 255, how much of it is seen
// to be cut differently and how much is, each in areaStepMM2.
func (s planeSink) characterRows(differs *imaging.Plane) [][]byte {
	cells, places := s["characters"].Pix, s["character_places"].Pix
	var rows [][]byte
	seen, whole := map[int]float64{}, map[int]float64{}
	n := 0
	for i, k := range places {
		n = max(n, int(k))
		area := float64(differs.Pix[i]) / (sealcheck.EvidencePxMM * sealcheck.EvidencePxMM * areaStepMM2)
		whole[int(k)] += area
		seen[int(k)] += area * float64(s["clear"].Pix[i]*s["known"].Pix[i])
	}
	for k := range n {
		cell := cells[k*len(cells)/n : (k+1)*len(cells)/n]
		rows = append(rows, append(quantized(cell), byte(min(seen[k+1], 255)), byte(min(whole[k+1], 255))))
	}
	return rows
}

func encoded(write func(*bytes.Buffer) error) ([]byte, error) {
	var b bytes.Buffer
	err := write(&b)
	return b.Bytes(), err
}

// planeSink keeps the planes of one verification.
type planeSink map[string]*imaging.Plane

// Put implements sealcheck.Sink.
func (planeSink) Put(string, []byte) {}

// PutPlane implements sealcheck.PlaneSink.
func (s planeSink) PutPlane(name string, p *imaging.Plane) { s[name] = p }

// bytes packs the named planes.
func (s planeSink) bytes(names ...string) []byte {
	var out []byte
	for _, name := range names {
		out = append(out, quantized(s[name].Pix)...)
	}
	return out
}

// quantized makes bytes of values of 0..1.
func quantized(values []float32) []byte {
	out := make([]byte, len(values))
	for i, v := range values {
		out[i] = byte(min(max(v, 0), 1)*255 + 0.5)
	}
	return out
}

// npy is an array of bytes in numpy's format 1.0.
func npy(data []byte, shape ...int) []byte {
	head := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%s,), }", strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]"))
	const magic = "\x93NUMPY\x01\x00"
	for (len(magic)+2+len(head)+1)%64 != 0 {
		head += " "
	}
	head += "\n"
	out := append([]byte(magic), 0, 0)
	binary.LittleEndian.PutUint16(out[len(magic):], uint16(len(head)))
	return slices.Concat(out, []byte(head), data)
}
