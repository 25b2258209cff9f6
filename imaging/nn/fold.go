package nn

import "slices"

// fold rewrites what ONNX Runtime's own optimizer leaves apart in the networks of
// PaddleOCR, so that it can fuse each layer into one step: a factor and a term
// for the whole layer go into the weights of the convolution before or behind
// it, and a hard swish spelt as x·clip(x+3, 0, 6)/6 becomes HardSigmoid and Mul.
// The results are the same but for rounding.
func fold(g *graph) {
	f := folder{graph: g, maker: map[string]*node{}, users: map[string][]*node{}}
	for _, n := range g.nodes {
		for _, o := range n.out {
			f.maker[o] = n
		}
		for _, i := range n.in {
			f.users[i] = append(f.users[i], n)
		}
	}
	for _, n := range slices.Clone(g.nodes) {
		switch n.op {
		case "Conv":
			f.intoWeights(n)
		case "Div":
			f.hardSwish(n)
		case "AveragePool":
			f.anyHeight(n)
		case "Softmax":
			f.lastLayer(n)
		}
	}
}

// folder holds a graph under rewriting.
type folder struct {
	*graph
	maker map[string]*node   // of each value
	users map[string][]*node // of each value
}

// affine is x·scale + term for a whole layer, in two nodes.
type affine struct {
	scale, term float32
	nodes       []*node
	out         string
}

// affineOf gives the affine step that alone uses the value.
func (f *folder) affineOf(value string) (a affine, ok bool) {
	for i, op := range []string{"Mul", "Add"} {
		users := f.users[value]
		if len(users) != 1 || users[0].op != op {
			return affine{}, false
		}
		n := users[0]
		c, _, ok := f.scalarOperand(n)
		if !ok {
			return affine{}, false
		}
		if i == 0 {
			a.scale = c
		} else {
			a.term = c
		}
		a.nodes, value = append(a.nodes, n), n.out[0]
	}
	a.out = value
	return a, true
}

// scalarOperand gives the constant of one element among a node's two operands,
// and the other operand.
func (f *folder) scalarOperand(n *node) (c float32, other string, ok bool) {
	for i, in := range n.in {
		if t, constant := f.constants[in]; constant && len(t.data) == 1 && len(n.in) == 2 {
			return t.data[0], n.in[1-i], true
		}
	}
	return 0, "", false
}

// intoWeights folds the affine step behind a convolution into it.
func (f *folder) intoWeights(conv *node) {
	a, ok := f.affineOf(conv.out[0])
	w, known := f.weights(conv)
	if !ok || !known {
		return
	}
	bias := make([]float32, w.dims[0])
	for i := range bias {
		bias[i] = f.bias(conv, i)*a.scale + a.term
	}
	f.reweigh(conv, w.scaled(a.scale), bias)
	f.remove(a.nodes...)
	f.rename(conv, a.out)
}

// weights of a convolution, when they are constant and fit its bias.
func (f *folder) weights(conv *node) (tensor, bool) {
	if len(conv.in) < 2 {
		return tensor{}, false
	}
	w, ok := f.constants[conv.in[1]]
	if !ok || len(w.dims) == 0 || w.dims[0] < 1 {
		return tensor{}, false
	}
	if len(conv.in) > 2 {
		ok = int64(len(f.constants[conv.in[2]].data)) == w.dims[0]
	}
	return w, ok
}

// bias of one channel of a convolution whose weights are constant.
func (f *folder) bias(conv *node, channel int) float32 {
	if len(conv.in) < 3 {
		return 0
	}
	return f.constants[conv.in[2]].data[channel]
}

func (f *folder) reweigh(conv *node, w tensor, bias []float32) {
	out := conv.out[0]
	conv.in = []string{conv.in[0], f.constant(out+".w", w), f.constant(out+".b", tensor{[]int64{int64(len(bias))}, bias})}
}

// hardSwish replaces x·clip(x+3, 0, 6)/6, which ends in the given division, and
// folds the affine step behind it forward.
func (f *folder) hardSwish(div *node) {
	six, product, ok := f.scalarOperand(div)
	mul := f.maker[product]
	if !ok || six != 6 || mul == nil || mul.op != "Mul" || len(mul.in) != 2 {
		return
	}
	x := mul.in[0]
	clip := f.maker[mul.in[1]]
	if clip == nil || clip.op != "Clip" {
		return
	}
	add := f.maker[clip.in[0]]
	if add == nil || add.op != "Add" {
		return
	}
	if three, same, ok := f.scalarOperand(add); !ok || three != 3 || same != x || !clip.clips(0, 6) {
		return
	}
	swish := div.out[0]
	gate := &node{op: "HardSigmoid", in: []string{x}, out: []string{swish + ".gate"}, attributes: [][]byte{floatAttribute("alpha", 1.0/6), floatAttribute("beta", 0.5)}}
	product2 := &node{op: "Mul", in: []string{x, gate.out[0]}, out: []string{swish}}
	f.replace(div, gate, product2)
	f.remove(mul, clip, add)
	a, ok := f.affineOf(swish)
	if !ok {
		return
	}
	users := f.users[a.out]
	if len(users) != 1 || users[0].op != "Conv" {
		return
	}
	conv := users[0]
	w, known := f.weights(conv)
	if !known {
		return
	}
	f.remove(a.nodes...)
	if conv.padded() {
		// A term would also be added to the padding: it stays a step of its own, in
		// a form the runtime keeps beside the convolution.
		f.insertBehind(product2, f.normalization(swish, a, int(w.dims[0])))
		return
	}
	bias, per := make([]float32, w.dims[0]), len(w.data)/int(w.dims[0])
	for i := range bias {
		sum := float32(0)
		for _, v := range w.data[i*per : (i+1)*per] {
			sum += v
		}
		bias[i] = f.bias(conv, i) + a.term*sum
	}
	f.reweigh(conv, w.scaled(a.scale), bias)
	conv.in[0] = swish
}

// anyHeight lets a pool over 3 rows and 2 columns, which takes in the whole height
// of a picture of 48 rows, take in whatever height there is: the network was
// trained at several, and a lower picture costs less.
func (f *folder) anyHeight(pool *node) {
	if !slices.Equal(varints(pool.attribute("kernel_shape", attributeInts)), []uint64{3, 2}) ||
		!slices.Equal(varints(pool.attribute("strides", attributeInts)), []uint64{3, 2}) || pool.padded() {
		return
	}
	out := pool.out[0]
	across := &node{op: "AveragePool", in: pool.in, out: []string{out + ".across"},
		attributes: [][]byte{intsAttribute("kernel_shape", 1, 2), intsAttribute("strides", 1, 2)}}
	down := &node{op: "ReduceMean", in: across.out, out: []string{out}, attributes: [][]byte{intsAttribute("axes", 2)}}
	f.replace(pool, across, down)
	for i, info := range f.inputInfo {
		f.inputInfo[i] = freeHeight(info)
	}
}

// lastLayer makes the product, which gives each column of a single picture its
// classes, one of two dimensions: only such a one is computed with weights laid out
// in advance and the bias added on the way.
func (f *folder) lastLayer(softmax *node) {
	add := f.alone(first(softmax), "Add")
	product := f.alone(first(add), "MatMul")
	turned := f.alone(first(product), "Transpose")
	row := f.alone(first(turned), "Squeeze")
	if row == nil || !slices.Equal(varints(turned.attribute("perm", attributeInts)), []uint64{0, 2, 1}) ||
		!slices.Equal(varints(row.attribute("axes", attributeInts)), []uint64{2}) ||
		len(add.in) != 2 || len(f.constants[add.in[1]].dims) != 1 || len(product.in) != 2 || len(f.constants[product.in[1]].dims) != 2 {
		return
	}
	out := add.out[0]
	columns := &node{op: "Transpose", in: row.in, out: []string{out + ".columns"}, attributes: [][]byte{intsAttribute("perm", 0, 3, 2, 1)}}
	flat := &node{op: "Flatten", in: columns.out, out: []string{out + ".rows"}, attributes: [][]byte{intAttribute("axis", 3)}}
	gemm := &node{op: "Gemm", in: []string{flat.out[0], product.in[1], add.in[1]}, out: []string{out + ".flat"}}
	batch := &node{op: "Unsqueeze", in: gemm.out, out: add.out, attributes: [][]byte{intsAttribute("axes", 0)}}
	f.replace(add, columns, flat, gemm, batch)
	f.remove(row, turned, product)
}

// first is a node's first operand; "" for none.
func first(n *node) string {
	if n == nil || len(n.in) == 0 {
		return ""
	}
	return n.in[0]
}

// alone is the node that makes a value with one user, when it is such an operation.
func (f *folder) alone(value, op string) *node {
	if n := f.maker[value]; n != nil && n.op == op && len(f.users[value]) == 1 {
		return n
	}
	return nil
}

// normalization is an affine step over channels in the form of a batch
// normalization of mean 0 and variance 1.
func (f *folder) normalization(value string, a affine, channels int) *node {
	const epsilon = 1e-5 // ONNX's default
	fill := func(suffix string, v float32) string {
		return f.constant(a.out+suffix, tensor{[]int64{int64(channels)}, slices.Repeat([]float32{v}, channels)})
	}
	return &node{op: "BatchNormalization", out: []string{a.out}, in: []string{value,
		fill(".scale", a.scale), fill(".term", a.term), fill(".mean", 0), fill(".variance", 1-epsilon)}}
}

// remove takes nodes out of the graph.
func (f *folder) remove(nodes ...*node) {
	f.nodes = slices.DeleteFunc(f.nodes, func(n *node) bool { return slices.Contains(nodes, n) })
}

// replace puts nodes in the place of one that makes the same value.
func (f *folder) replace(old *node, with ...*node) {
	i := slices.Index(f.nodes, old)
	f.nodes = slices.Replace(f.nodes, i, i+1, with...)
}

func (f *folder) insertBehind(n, next *node) {
	f.nodes = slices.Insert(f.nodes, slices.Index(f.nodes, n)+1, next)
}

// rename lets a node make the value of another name.
func (f *folder) rename(n *node, out string) {
	n.out = []string{out}
	f.maker[out] = n
}
