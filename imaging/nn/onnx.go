package nn

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of onnx.proto, as far as they are used here.
const (
	modelGraph                                      = 7
	graphNode, graphInput, graphOutput, valueName   = 1, 11, 12, 1
	nodeInput, nodeOutput, nodeOp, nodeAttribute    = 1, 2, 4, 5
	attributeName, attributeFloat, attributeInt     = 1, 2, 3
	attributeTensor, attributeInts, attributeType   = 5, 8, 20
	valueType, typeOfTensor, typeShape, shapeDim    = 2, 1, 2, 1
	tensorDims, tensorType, tensorFloats, tensorRaw = 1, 2, 4, 9
	typeFloat, typeInt, typeTensor, typeInts        = 1, 2, 4, 7 // of an attribute
	elementFloat                                    = 1          // of a tensor
)

// model is an ONNX file taken apart as far as fold needs; fields it does not
// know are kept as they are.
type model struct {
	graph graph
	other []byte
}

type graph struct {
	nodes           []*node
	constants       map[string]tensor // of float, made by Constant nodes
	inputs, outputs []string
	inputInfo       [][]byte // of each input: its name and type
	other           []byte
}

type node struct {
	op         string
	in, out    []string
	attributes [][]byte
	other      []byte
}

// tensor of float32, row-major.
type tensor struct {
	dims []int64
	data []float32
}

func (t tensor) scaled(by float32) tensor {
	out := tensor{t.dims, make([]float32, len(t.data))}
	for i, v := range t.data {
		out.data[i] = v * by
	}
	return out
}

// eachField calls do with every field of a message: its number, its payload when
// it is a string, message or packed list, and all of its bytes.
func eachField(b []byte, do func(num protowire.Number, payload, whole []byte) error) error {
	for len(b) > 0 {
		num, kind, tag := protowire.ConsumeTag(b)
		if tag < 0 {
			return protowire.ParseError(tag)
		}
		n := protowire.ConsumeFieldValue(num, kind, b[tag:])
		if n < 0 {
			return protowire.ParseError(n)
		}
		payload := b[tag : tag+n]
		if kind == protowire.BytesType {
			payload, _ = protowire.ConsumeBytes(payload)
		}
		if err := do(num, payload, b[:tag+n]); err != nil {
			return err
		}
		b = b[tag+n:]
	}
	return nil
}

func parseModel(b []byte) (*model, error) {
	m := &model{graph: graph{constants: map[string]tensor{}}}
	found := false
	err := eachField(b, func(num protowire.Number, payload, whole []byte) error {
		if num != modelGraph {
			m.other = append(m.other, whole...)
			return nil
		}
		found = true
		return m.graph.parse(payload)
	})
	if err == nil && !found {
		err = errors.New("it holds no graph")
	}
	return m, err
}

func (g *graph) parse(b []byte) error {
	return eachField(b, func(num protowire.Number, payload, whole []byte) error {
		if num != graphNode {
			switch num {
			case graphInput:
				g.inputs = append(g.inputs, string(field(payload, valueName)))
				g.inputInfo = append(g.inputInfo, payload)
				return nil
			case graphOutput:
				g.outputs = append(g.outputs, string(field(payload, valueName)))
			}
			g.other = append(g.other, whole...)
			return nil
		}
		n, err := parseNode(payload)
		if err != nil {
			return err
		}
		g.nodes = append(g.nodes, n)
		if n.op == "Constant" && len(n.out) == 1 {
			if t, ok := n.value(); ok {
				g.constants[n.out[0]] = t
			}
		}
		return nil
	})
}

func parseNode(b []byte) (*node, error) {
	n := &node{}
	err := eachField(b, func(num protowire.Number, payload, whole []byte) error {
		switch num {
		case nodeInput:
			n.in = append(n.in, string(payload))
		case nodeOutput:
			n.out = append(n.out, string(payload))
		case nodeOp:
			n.op = string(payload)
		case nodeAttribute:
			n.attributes = append(n.attributes, payload)
		default:
			n.other = append(n.other, whole...)
		}
		return nil
	})
	return n, err
}

// field gives the payload of a message's field, nil when it has none; a list
// that is not packed comes joined.
func field(message []byte, want protowire.Number) (payload []byte) {
	_ = eachField(message, func(num protowire.Number, p, _ []byte) error { // what is damaged has been refused
		if num == want {
			payload = slices.Concat(payload, p)
		}
		return nil
	})
	return payload
}

// attribute gives a field of the node's attribute of that name, nil when there
// is none.
func (n *node) attribute(name string, want protowire.Number) []byte {
	for _, a := range n.attributes {
		if string(field(a, attributeName)) == name {
			return field(a, want)
		}
	}
	return nil
}

// value is the tensor of a Constant node, when it is one of float.
func (n *node) value() (t tensor, ok bool) {
	value := n.attribute("value", attributeTensor)
	element, _ := protowire.ConsumeVarint(field(value, tensorType))
	raw := slices.Concat(field(value, tensorFloats), field(value, tensorRaw)) // one of them; both little-endian
	if element != elementFloat || len(raw)%4 != 0 {
		return tensor{}, false
	}
	size := int64(1)
	for _, d := range varints(field(value, tensorDims)) {
		t.dims = append(t.dims, int64(d))
		size *= int64(d)
	}
	t.data = make([]float32, 0, len(raw)/4)
	for ; len(raw) > 0; raw = raw[4:] {
		t.data = append(t.data, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
	}
	return t, int64(len(t.data)) == size
}

func varints(b []byte) (all []uint64) {
	for len(b) > 0 {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return all
		}
		all, b = append(all, v), b[n:]
	}
	return all
}

// padded reports whether a convolution lays zeros around its input.
func (n *node) padded() bool {
	for _, p := range varints(n.attribute("pads", attributeInts)) {
		if p != 0 {
			return true
		}
	}
	return n.attribute("auto_pad", attributeName) != nil
}

// clips reports whether a Clip node limits to low..high by its attributes.
func (n *node) clips(low, high float32) bool {
	limit := func(name string) (float32, bool) {
		b := n.attribute(name, attributeFloat)
		if len(b) != 4 {
			return 0, false
		}
		return math.Float32frombits(binary.LittleEndian.Uint32(b)), true
	}
	lo, okLow := limit("min")
	hi, okHigh := limit("max")
	return okLow && okHigh && lo == low && hi == high
}

// freeHeight lets the third dimension of an input be of any size.
func freeHeight(info []byte) []byte {
	dim := 0
	return mapField(info, valueType, func(b []byte) []byte {
		return mapField(b, typeOfTensor, func(b []byte) []byte {
			return mapField(b, typeShape, func(b []byte) []byte {
				return mapField(b, shapeDim, func(b []byte) []byte {
					if dim++; dim == 3 {
						return nil
					}
					return b
				})
			})
		})
	})
}

// mapField rewrites the payload of one field of a message.
func mapField(message []byte, want protowire.Number, rewrite func([]byte) []byte) (out []byte) {
	_ = eachField(message, func(num protowire.Number, payload, whole []byte) error { // what is damaged has been refused
		if num == want {
			whole = appendBytes(nil, num, rewrite(payload))
		}
		out = append(out, whole...)
		return nil
	})
	return out
}

// constant adds a tensor to the graph under a name.
func (g *graph) constant(name string, t tensor) string {
	var b []byte
	for _, d := range t.dims {
		b = protowire.AppendTag(b, tensorDims, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(d))
	}
	b = protowire.AppendTag(b, tensorType, protowire.VarintType)
	b = protowire.AppendVarint(b, elementFloat)
	raw := make([]byte, 0, 4*len(t.data))
	for _, v := range t.data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	b = appendBytes(b, tensorRaw, raw)
	g.constants[name] = t
	value := appendBytes(appendBytes(nil, attributeName, []byte("value")), attributeTensor, b)
	made := &node{op: "Constant", out: []string{name}, attributes: [][]byte{appendType(value, typeTensor)}}
	g.nodes = slices.DeleteFunc(g.nodes, func(n *node) bool { return n.op == "Constant" && slices.Contains(n.out, name) })
	g.nodes = slices.Insert(g.nodes, 0, made)
	return name
}

func floatAttribute(name string, v float32) []byte {
	b := appendBytes(nil, attributeName, []byte(name))
	b = protowire.AppendTag(b, attributeFloat, protowire.Fixed32Type)
	return appendType(protowire.AppendFixed32(b, math.Float32bits(v)), typeFloat)
}

func intAttribute(name string, v uint64) []byte {
	b := appendBytes(nil, attributeName, []byte(name))
	b = protowire.AppendTag(b, attributeInt, protowire.VarintType)
	return appendType(protowire.AppendVarint(b, v), typeInt)
}

func intsAttribute(name string, all ...int64) []byte {
	b := appendBytes(nil, attributeName, []byte(name))
	for _, v := range all {
		b = protowire.AppendTag(b, attributeInts, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(v))
	}
	return appendType(b, typeInts)
}

func appendType(attribute []byte, kind uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(attribute, attributeType, protowire.VarintType), kind)
}

func appendBytes(b []byte, num protowire.Number, payload []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), payload)
}

// bytes writes the file again.
func (m *model) bytes() []byte {
	var g []byte
	for _, n := range m.graph.nodes {
		g = appendBytes(g, graphNode, n.bytes())
	}
	for _, i := range m.graph.inputInfo {
		g = appendBytes(g, graphInput, i)
	}
	return appendBytes(slices.Clip(m.other), modelGraph, append(g, m.graph.other...))
}

func (n *node) bytes() []byte {
	var b []byte
	for _, s := range n.in {
		b = appendBytes(b, nodeInput, []byte(s))
	}
	for _, s := range n.out {
		b = appendBytes(b, nodeOutput, []byte(s))
	}
	b = appendBytes(b, nodeOp, []byte(n.op))
	for _, a := range n.attributes {
		b = appendBytes(b, nodeAttribute, a)
	}
	return append(b, n.other...)
}
