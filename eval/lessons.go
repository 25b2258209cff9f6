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

	"golang.org/x/sync/errgroup"

	"heyin/eval/sim"
	"heyin/imaging"
	"heyin/models"
	"heyin/sealcheck"
)

// lessonCorr is the correlation below which the registration failed, and a
// lesson would teach nonsense.
const lessonCorr = 0.45

// WriteLessons makes n lessons from a seed for the training of the comparer in
// sealcheck and writes each below dir as an array of bytes in numpy's format, of
// shape (5, height, width): specimen, imprint, clear, known (see
// sealcheck.PlaneSink) and where the seals differ, each times 255. Lessons that are
// there already are left.
func WriteLessons(ctx context.Context, studio *sim.Studio, dir string, seed uint64, n, workers int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for k := range n {
		g.Go(func() error {
			path := filepath.Join(dir, fmt.Sprintf("%06d.npy", k))
			if _, err := os.Stat(path); err == nil {
				return nil // a run before this one was stopped
			}
			if err := writeLesson(ctx, studio.Lesson(seed, k), path); err != nil {
				return fmt.Errorf("lesson %d: %w", k, err)
			}
			return nil
		})
	}
	return g.Wait()
}

func writeLesson(ctx context.Context, l sim.Lesson, path string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
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
	scan, err := imaging.Decode(ctx, imprint, 1)
	if err != nil {
		return err
	}
	defer scan.Close()
	planes := planeSink{}
	v, err := ref.Verify(ctx, scan.Image, l.ImprintDPI, planes)
	if err != nil || v.SubScores["corr"] < lessonCorr {
		return err
	}
	planes["truth"] = l.Truth(planes["specimen"], sealcheck.EvidencePxMM)
	return os.WriteFile(path, planes.npy("specimen", "imprint", "clear", "known", "truth"), 0o644)
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

// npy packs planes of one size as an array of bytes in numpy's format 1.0.
func (s planeSink) npy(names ...string) []byte {
	w, h := s[names[0]].W, s[names[0]].H
	head := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d, %d), }", len(names), h, w)
	const magic = "\x93NUMPY\x01\x00"
	for (len(magic)+2+len(head)+1)%64 != 0 {
		head += " "
	}
	head += "\n"
	out := append([]byte(magic), 0, 0)
	binary.LittleEndian.PutUint16(out[len(magic):], uint16(len(head)))
	out = append(out, head...)
	for _, name := range names {
		for _, v := range s[name].Pix {
			out = append(out, byte(min(max(v, 0), 1)*255+0.5))
		}
	}
	return out
}
