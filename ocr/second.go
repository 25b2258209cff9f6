package ocr

import (
	"context"
	"fmt"
	"strings"

	"github.com/otiai10/gosseract/v2"

	"heyin/models"
)

// gosseract never frees the C string of an answer: the client is renewed after
// this many, some 20 kB. To load it costs as much as thirty answers.
const secondReaderLife = 400

// secondMargin is the paper around a strip, in pixels: Tesseract wants some.
const secondMargin = 12

// secondReader is Tesseract, the independent voter for values of fields. Not
// safe for concurrent use. Its process should run with OMP_THREAD_LIMIT=1.
type secondReader struct {
	client  *gosseract.Client
	letters string
	answers int
}

// read gives the text of a strip, which may hold only the letters given, with its print
// so many times as dark.
func (r *secondReader) read(ctx context.Context, s *strip, letters string, darker float32) (string, error) {
	defer models.Stage(ctx, "second reader")()
	if err := r.prepare(letters); err != nil {
		return "", err
	}
	if err := r.client.SetImageFromBytes(portableGray(s, darker)); err != nil {
		return "", fmt.Errorf("ocr: second reader's picture: %w", err)
	}
	text, err := r.client.Text()
	if err != nil {
		return "", fmt.Errorf("ocr: second reader: %w", err)
	}
	r.answers++
	return strings.TrimSpace(text), nil
}

func (r *secondReader) prepare(letters string) error {
	if r.client != nil && r.answers >= secondReaderLife {
		if err := r.Close(); err != nil {
			return err
		}
	}
	if r.client == nil {
		r.client, r.answers, r.letters = gosseract.NewClient(), 0, ""
		if err := r.client.SetLanguage("eng"); err != nil {
			return fmt.Errorf("ocr: second reader's language: %w", err)
		}
		if err := r.client.SetPageSegMode(gosseract.PSM_SINGLE_LINE); err != nil {
			return fmt.Errorf("ocr: second reader's mode: %w", err)
		}
		// Print is dark on light here; without this a doubtful line is read twice.
		if err := r.client.SetVariable("tessedit_do_invert", "0"); err != nil {
			return fmt.Errorf("ocr: second reader's mode: %w", err)
		}
	}
	if r.letters != letters {
		if err := r.client.SetWhitelist(letters); err != nil {
			return fmt.Errorf("ocr: second reader's letters: %w", err)
		}
		r.letters = letters
	}
	return nil
}

// Close frees Tesseract's memory; the reader may be used again.
func (r *secondReader) Close() error {
	if r.client == nil {
		return nil
	}
	err := r.client.Close()
	r.client = nil
	if err != nil {
		return fmt.Errorf("ocr: close the second reader: %w", err)
	}
	return nil
}

// Tesseract reads the strips best small and slightly soft: of 328 amounts, half of
// them on pages stamped all over, it reads 10 wrongly or not at 28 rows, 12 at 36,
// 14 at 64.
const (
	secondHeight  = 28
	secondSoftens = 2.0 // support of the filter, in source pixels
)

// secondDarker is how much darker the print is each time the second reader is asked: small and
// soft, thin strokes fade, and it reads a faint 4 as 1.
var secondDarker = []float32{1, 1.5, 2.2}

// portableGray writes the strip, its print so many times as dark and with a margin of paper, as a binary PGM file.
func portableGray(s *strip, darker float32) []byte {
	small := s.shrink(secondHeight, secondSoftens)
	for i, v := range small.pix {
		small.pix[i] = max(-1, 1-(1-v)*darker)
	}
	w, h := small.w+2*secondMargin, secondHeight+2*secondMargin
	out := fmt.Appendf(nil, "P5\n%d %d\n255\n", w, h)
	head := len(out)
	out = append(out, make([]byte, w*h)...)
	pix := out[head:]
	for i := range pix {
		pix[i] = 255
	}
	gray := small.gray()
	for y := range secondHeight {
		copy(pix[(y+secondMargin)*w+secondMargin:], gray[y*small.w:(y+1)*small.w])
	}
	return out
}
