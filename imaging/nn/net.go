package nn

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// Net is a network with one input and one output. Safe for concurrent use.
type Net struct{ session *ort.DynamicAdvancedSession }

// environment guards the runtime's process-wide set-up.
var environment sync.Mutex

// Sizes says what a network will be asked about, which decides where it keeps what lies between its layers.
type Sizes bool

const (
	// AnySize takes memory for each layer and gives it back.
	AnySize Sizes = false
	// FewSizes keeps memory of the network's own, a block for each size. Blocks begin at the same place of a page of memory;
	// others mostly do not, and then what is written is taken for what is read next, which makes some layers half as fast.
	FewSizes Sizes = true
)

// Load prepares a model given as ONNX bytes; deps is the folder of RuntimeFile.
func Load(deps string, model []byte, sizes Sizes) (*Net, error) {
	m, err := parseModel(model)
	if err != nil {
		return nil, fmt.Errorf("nn: the model is no ONNX file: %w", err)
	}
	if len(m.graph.inputs) != 1 || len(m.graph.outputs) != 1 {
		return nil, fmt.Errorf("nn: the model has %d inputs and %d outputs; want one of each", len(m.graph.inputs), len(m.graph.outputs))
	}
	fold(&m.graph)
	return open(deps, m.bytes(), m.graph.inputs[0], m.graph.outputs[0], sizes)
}

func open(deps string, model []byte, in, out string, sizes Sizes) (*Net, error) {
	if err := start(filepath.Join(deps, RuntimeFile)); err != nil {
		return nil, err
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("nn: session options: %w", err)
	}
	defer options.Destroy() //nolint:errcheck // frees only
	if err := errors.Join(options.SetIntraOpNumThreads(1), options.SetInterOpNumThreads(1), options.SetCpuMemArena(bool(sizes)), options.SetMemPattern(false)); err != nil {
		return nil, fmt.Errorf("nn: session options: %w", err)
	}
	session, err := ort.NewDynamicAdvancedSessionWithONNXData(model, []string{in}, []string{out}, options)
	if err != nil {
		return nil, fmt.Errorf("nn: load the model: %w", err)
	}
	return &Net{session}, nil
}

func start(library string) error {
	environment.Lock()
	defer environment.Unlock()
	if ort.IsInitialized() {
		return nil
	}
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return fmt.Errorf("nn: start ONNX Runtime from %s: %w; run `make setup` again if the file is damaged", library, err)
	}
	return nil
}

// Close frees the network.
func (n *Net) Close() error { return n.session.Destroy() }

// Run computes out, of shape outShape, from in, of shape inShape. Both slices
// belong to the caller.
func (n *Net) Run(in []float32, inShape []int64, out []float32, outShape []int64) error {
	from, err := ort.NewTensor(ort.NewShape(inShape...), in)
	if err != nil {
		return fmt.Errorf("nn: input: %w", err)
	}
	defer from.Destroy() //nolint:errcheck // frees only
	to, err := ort.NewTensor(ort.NewShape(outShape...), out)
	if err != nil {
		return fmt.Errorf("nn: output: %w", err)
	}
	defer to.Destroy() //nolint:errcheck // frees only
	return n.session.Run([]ort.Value{from}, []ort.Value{to})
}
