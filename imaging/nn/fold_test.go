package nn

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// recogniserFile is the network of ocr, the one with layers to fold.
const recogniserFile = "ch_PP-OCRv4_rec_infer.onnx"

func recogniser(tb testing.TB) (deps string, model []byte) {
	tb.Helper()
	deps, err := FindDeps("", RuntimeFile, recogniserFile)
	if err != nil {
		tb.Fatal(err)
	}
	model, err = os.ReadFile(filepath.Join(deps, recogniserFile))
	if err != nil {
		tb.Fatal(err)
	}
	return deps, model
}

func TestFoldKeepsTheMeaning(t *testing.T) {
	deps, model := recogniser(t)
	m, err := parseModel(model)
	if err != nil {
		t.Fatal(err)
	}
	fold(&m.graph)
	folded := m.bytes()
	before, after := nodesOf(t, model), nodesOf(t, folded)
	if after["Gemm"] != 1 {
		t.Errorf("the last layer is %d products of its own; want 1", after["Gemm"])
	}
	if before["Div"]-after["Div"] != 28 || after["Clip"] != 0 {
		t.Errorf("of 28 hard swishes spelt out, %d are left", after["Clip"])
	}
	const w, classes = 320, 6625
	in := make([]float32, 3*48*w)
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range in {
		in[i] = dice.Float32()*2 - 1
	}
	var outs [2][]float32
	for i, b := range [][]byte{model, folded} {
		net, err := open(deps, b, m.graph.inputs[0], m.graph.outputs[0], AnySize)
		if err != nil {
			t.Fatal(err)
		}
		outs[i] = make([]float32, w/8*classes)
		if err := net.Run(in, []int64{1, 3, 48, w}, outs[i], []int64{1, w / 8, classes}); err != nil {
			t.Fatal(err)
		}
		if low := make([]float32, len(outs[i])); i == 1 { // a lower picture: folded only
			if err := net.Run(in[:3*32*w], []int64{1, 3, 32, w}, low, []int64{1, w / 8, classes}); err != nil {
				t.Errorf("a picture of 32 rows: %v", err)
			}
		}
		if err := net.Close(); err != nil {
			t.Error(err)
		}
	}
	worst := 0.0
	for i, v := range outs[0] {
		worst = max(worst, math.Abs(float64(v-outs[1][i])))
	}
	if worst > 1e-3 { // probabilities; float32 rounding through some sixty layers
		t.Errorf("a probability moved by %g", worst)
	}
}

func nodesOf(t *testing.T, b []byte) map[string]int {
	t.Helper()
	m, err := parseModel(b)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, n := range m.graph.nodes {
		count[n.op]++
	}
	return count
}

func FuzzFold(f *testing.F) {
	f.Add([]byte("no model"))
	tiny := model{graph: graph{constants: map[string]tensor{}}}
	tiny.graph.constant("six", tensor{nil, []float32{6}})
	tiny.graph.nodes = append(tiny.graph.nodes, &node{op: "Div", in: []string{"x", "six"}, out: []string{"y"}})
	f.Add(tiny.bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseModel(b)
		if err != nil {
			return
		}
		fold(&m.graph)
		if _, err := parseModel(m.bytes()); err != nil {
			t.Errorf("what fold wrote is no model: %v", err)
		}
	})
}

// BenchmarkStrip is one strip of ten digits.
func BenchmarkStrip(b *testing.B) {
	deps, model := recogniser(b)
	const w, classes = 256, 6625
	in, out := make([]float32, 3*48*w), make([]float32, w/8*classes)
	m, err := parseModel(model)
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"as shipped", "folded"} {
		net, err := open(deps, m.bytes(), m.graph.inputs[0], m.graph.outputs[0], AnySize)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := net.Run(in, []int64{1, 3, 48, w}, out, []int64{1, w / 8, classes}); err != nil {
					b.Fatal(err)
				}
			}
		})
		if err := net.Close(); err != nil {
			b.Error(err)
		}
		fold(&m.graph)
	}
}
