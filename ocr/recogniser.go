package ocr

import (
	"bufio"
	"cmp"
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
	net, err := nn.Load(deps, model, nn.AnySize)
	if err != nil {
		return nil, fmt.Errorf("ocr: the recogniser %s: %w", modelFile, err)
	}
	return &recogniser{alphabet: letters, net: net}, nil
}

func (r *recogniser) Close() error { return r.net.Close() }

// So many strips of one size are recognised at once, when they are small. The network's
// weights are then fetched once for all: of strips of 32 rows, one of 56 columns takes a
// quarter less time, of 176 a tenth. Of larger ones, activations leave the cache, and at
// 400 columns nothing is gained.
const (
	together     = 4
	togetherArea = lowStrip * 320 // pixels of each
)

// recognise reads a few strips, whose lattices may be kept.
func (r *recogniser) recognise(ctx context.Context, strips []*strip) ([]*lattice, error) {
	result := make([]*lattice, len(strips))
	return result, r.each(ctx, strips, func(i int, l *lattice) {
		result[i] = l
		if len(strips) > 1 {
			l.p = slices.Clone(l.p)
		}
	})
}

// each recognises strips, those of one size together, and hands over their lattices,
// which hold until take returns.
func (r *recogniser) each(ctx context.Context, strips []*strip, take func(i int, l *lattice)) error {
	order := make([]int, len(strips))
	for i := range order {
		order[i] = i
	}
	size := func(i int) int { return strips[i].h*maxStripWidth + strips[i].columns() }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(size(a), size(b)) })
	for len(order) > 0 {
		n, most := 1, together
		if s := strips[order[0]]; s.h*s.columns() > togetherArea {
			most = 1
		}
		for n < min(most, len(order)) && size(order[n]) == size(order[0]) {
			n++
		}
		var batch [together]*strip
		for k, i := range order[:n] {
			batch[k] = strips[i]
		}
		lattices, err := r.batch(ctx, batch[:n])
		if err != nil {
			return err
		}
		for k, i := range order[:n] {
			take(i, lattices[k])
		}
		order = order[n:]
	}
	return nil
}

// one recognises a strip. The lattice holds until the next strip is recognised.
func (r *recogniser) one(ctx context.Context, s *strip) (*lattice, error) {
	lattices, err := r.batch(ctx, []*strip{s})
	if err != nil {
		return nil, err
	}
	return lattices[0], nil
}

// batch recognises strips of one size. The lattices hold until the next.
func (r *recogniser) batch(ctx context.Context, strips []*strip) ([]*lattice, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	defer models.Stage(ctx, "recogniser")()
	n, height, width := len(strips), strips[0].h, strips[0].columns()
	area := height * width
	r.in = grow(r.in, n*3*area)
	clear(r.in)
	for i, s := range strips {
		for y := range s.h {
			row := s.pix[y*s.w : (y+1)*s.w]
			for c := range 3 {
				copy(r.in[(3*i+c)*area+y*width:], row)
			}
		}
	}
	steps, classes := width/stripStride, len(r.alphabet.runes)
	r.out = grow(r.out, n*steps*classes)
	err := r.net.Run(r.in, []int64{int64(n), 3, int64(height), int64(width)}, r.out, []int64{1, int64(n * steps), int64(classes)})
	if err != nil {
		return nil, fmt.Errorf("ocr: recognise %d strips %d wide: %w", n, width, err)
	}
	lattices := make([]*lattice, n)
	for i := range lattices {
		lattices[i] = &lattice{alphabet: &r.alphabet, steps: steps, classes: classes, p: r.out[i*steps*classes : (i+1)*steps*classes]}
	}
	return lattices, nil
}

// grow gives s the length n, keeping its memory when it suffices.
func grow(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
