package ocr

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// Shape of the PP-OCRv4 recogniser: strips of 48 rows in, one column of
// character probabilities for every 8 pixels of width out.
const (
	stripHeight = 48
	stripStride = 8
)

// Widths are padded up to a multiple of this, so that the runtime meets few shapes.
const widthBucket = 32

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

// recogniser is one PP-OCRv4 session of one thread. Not safe for concurrent use.
type recogniser struct {
	alphabet alphabet
	session  *ort.DynamicAdvancedSession
	in, out  []float32 // reused between strips
}

// environment guards the runtime's process-wide set-up.
var environment sync.Mutex

func openRecogniser(deps string) (*recogniser, error) {
	letters, err := loadAlphabet(filepath.Join(deps, keysFile))
	if err != nil {
		return nil, err
	}
	if err := startRuntime(filepath.Join(deps, runtimeFile)); err != nil {
		return nil, err
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("ocr: session options: %w", err)
	}
	defer options.Destroy() //nolint:errcheck // frees only
	err = errors.Join(
		options.SetIntraOpNumThreads(1),
		options.SetInterOpNumThreads(1),
	)
	if err != nil {
		return nil, fmt.Errorf("ocr: session options: %w", err)
	}
	model := filepath.Join(deps, modelFile)
	inputs, outputs, err := ort.GetInputOutputInfoWithOptions(model, options)
	if err != nil {
		return nil, fmt.Errorf("ocr: read the recogniser's model: %w", err)
	}
	if len(inputs) != 1 || len(outputs) != 1 {
		return nil, fmt.Errorf("ocr: %s has %d inputs and %d outputs; want a recogniser with one of each", model, len(inputs), len(outputs))
	}
	session, err := ort.NewDynamicAdvancedSession(model, []string{inputs[0].Name}, []string{outputs[0].Name}, options)
	if err != nil {
		return nil, fmt.Errorf("ocr: load the recogniser: %w", err)
	}
	return &recogniser{alphabet: letters, session: session}, nil
}

func startRuntime(library string) error {
	environment.Lock()
	defer environment.Unlock()
	if ort.IsInitialized() {
		return nil
	}
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return fmt.Errorf("ocr: start ONNX Runtime from %s: %w; run `make setup` again if the file is damaged", library, err)
	}
	return nil
}

func (r *recogniser) Close() error { return r.session.Destroy() }

// recognise reads strips one by one: with one thread a batch is a quarter slower
// a strip than a single, because its activations leave the cache.
func (r *recogniser) recognise(ctx context.Context, strips []*strip) ([]*lattice, error) {
	result := make([]*lattice, len(strips))
	for i, s := range strips {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if result[i], err = r.one(s); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// one recognises a strip.
func (r *recogniser) one(s *strip) (*lattice, error) {
	width := (s.w + widthBucket - 1) / widthBucket * widthBucket
	area := stripHeight * width
	r.in = grow(r.in, 3*area)
	clear(r.in)
	for y := range stripHeight {
		row := s.pix[y*s.w : (y+1)*s.w]
		for c := range 3 {
			copy(r.in[c*area+y*width:], row)
		}
	}
	steps, classes := width/stripStride, len(r.alphabet.runes)
	r.out = grow(r.out, steps*classes)
	in, err := ort.NewTensor(ort.NewShape(1, 3, stripHeight, int64(width)), r.in)
	if err != nil {
		return nil, fmt.Errorf("ocr: input tensor: %w", err)
	}
	defer in.Destroy() //nolint:errcheck // frees only
	out, err := ort.NewTensor(ort.NewShape(1, int64(steps), int64(classes)), r.out)
	if err != nil {
		return nil, fmt.Errorf("ocr: output tensor: %w", err)
	}
	defer out.Destroy() //nolint:errcheck // frees only
	if err := r.session.Run([]ort.Value{in}, []ort.Value{out}); err != nil {
		return nil, fmt.Errorf("ocr: recognise a strip %d wide: %w", width, err)
	}
	used := min((s.w+stripStride-1)/stripStride, steps)
	return &lattice{alphabet: &r.alphabet, steps: used, classes: classes, p: slices.Clone(r.out[:used*classes])}, nil
}

// grow gives s the length n, keeping its memory when it suffices.
func grow(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
