package ocr

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"heyin/imaging/nn"
	"heyin/models"
)

// Shape of the PP-OCRv4 recogniser: strips of 48 or 32 rows in, the heights it was
// trained at, one column of character probabilities for every 8 pixels of width
// out. Words of a small lexicon are read as well from low strips, at half the
// cost; figures are not.
const (
	stripHeight = 48
	lowStrip    = 32
	stripStride = 8
)

// maxStripWidth bounds one strip: about 66 square characters.
const maxStripWidth = 3200

// alphabet maps the recogniser's classes to text: class 0 is the CTC blank,
// then the keys in file order, then the space.
type alphabet struct {
	runes []rune
	class map[rune]int
}

func loadAlphabet(path string) (alphabet, error) {
	file, err := os.Open(path)
	if err != nil {
		return alphabet{}, fmt.Errorf("ocr: open the recogniser's keys: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	a := alphabet{runes: []rune{0}, class: map[rune]int{}}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		key := []rune(lines.Text())
		if len(key) != 1 {
			return alphabet{}, fmt.Errorf("ocr: key %d of %s is %q; want one character a line", len(a.runes), path, lines.Text())
		}
		a.runes = append(a.runes, key[0])
	}
	if err := lines.Err(); err != nil {
		return alphabet{}, fmt.Errorf("ocr: read the recogniser's keys: %w", err)
	}
	a.runes = append(a.runes, ' ')
	for c, r := range a.runes[1:] {
		a.class[r] = c + 1
	}
	return a, nil
}

// recogniser is one PP-OCRv4 network. Not safe for concurrent use.
type recogniser struct {
	alphabet alphabet
	net      *nn.Net
	in, out  []float32 // reused between strips
}

func openRecogniser(deps string) (*recogniser, error) {
	letters, err := loadAlphabet(filepath.Join(deps, keysFile))
	if err != nil {
		return nil, err
	}
	model, err := os.ReadFile(filepath.Join(deps, modelFile))
	if err != nil {
		return nil, fmt.Errorf("ocr: the recogniser's model: %w", err)
	}
	net, err := nn.Load(deps, model)
	if err != nil {
		return nil, fmt.Errorf("ocr: the recogniser %s: %w", modelFile, err)
	}
	return &recogniser{alphabet: letters, net: net}, nil
}

func (r *recogniser) Close() error { return r.net.Close() }

// recognise reads strips one by one: with one thread a batch is a quarter slower
// a strip than a single, because its activations leave the cache.
func (r *recogniser) recognise(ctx context.Context, strips []*strip) ([]*lattice, error) {
	result := make([]*lattice, len(strips))
	for i, s := range strips {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if result[i], err = r.one(ctx, s); err != nil {
			return nil, err
		}
		if len(strips) > 1 {
			result[i].p = slices.Clone(result[i].p)
		}
	}
	return result, nil
}

// one recognises a strip. The lattice holds until the next strip is recognised.
func (r *recogniser) one(ctx context.Context, s *strip) (*lattice, error) {
	defer models.Stage(ctx, "recogniser")()
	width := (s.w + stripStride - 1) / stripStride * stripStride
	area := s.h * width
	r.in = grow(r.in, 3*area)
	clear(r.in)
	for y := range s.h {
		row := s.pix[y*s.w : (y+1)*s.w]
		for c := range 3 {
			copy(r.in[c*area+y*width:], row)
		}
	}
	steps, classes := width/stripStride, len(r.alphabet.runes)
	r.out = grow(r.out, steps*classes)
	err := r.net.Run(r.in, []int64{1, 3, int64(s.h), int64(width)}, r.out, []int64{1, int64(steps), int64(classes)})
	if err != nil {
		return nil, fmt.Errorf("ocr: recognise a strip %d wide: %w", width, err)
	}
	return &lattice{alphabet: &r.alphabet, steps: steps, classes: classes, p: r.out}, nil
}

// grow gives s the length n, keeping its memory when it suffices.
func grow(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
