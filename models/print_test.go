package models

import (
	"math"
	"testing"
)

func TestPrintsApart(t *testing.T) {
	a := make(Print, PrintBits/8)
	b := make(Print, PrintBits/8)
	b[0], b[127] = 0x81, 0x01
	for _, tc := range []struct {
		p, q Print
		want int
	}{{a, a, 0}, {a, b, 3}, {a, nil, PrintBits}, {nil, nil, PrintBits}, {a[:100], a, PrintBits}} {
		if got := tc.p.Apart(tc.q); got != tc.want {
			t.Errorf("%d bytes and %d: %d bits apart, want %d", len(tc.p), len(tc.q), got, tc.want)
		}
	}
	if (Print)(nil).CopyOf(nil) {
		t.Error("two imprints without a print are no copies")
	}
}

func TestLikeness(t *testing.T) {
	for apart, want := range map[int]float64{0: 1, PrintBits / 2: 0, PrintBits: -1, CopyBits: 0.7} {
		if got := Likeness(apart); math.Abs(got-want) > 0.005 {
			t.Errorf("%d bits apart: likeness %.3f, want %.1f", apart, got, want)
		}
	}
}
