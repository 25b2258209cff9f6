package ocr

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTogether: what is read of a strip does not depend on those read with it.
func TestTogether(t *testing.T) {
	deps, err := FindDeps("")
	if err != nil {
		t.Fatal(err)
	}
	r, err := openRecogniser(deps)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // frees only
	dice := rand.New(rand.NewPCG(1, 2))
	var strips []*strip
	for _, size := range [][2]int{{56, lowStrip}, {176, lowStrip}, {51, lowStrip}, {56, lowStrip}, {56, stripHeight}, {56, lowStrip}, {54, lowStrip}, {176, lowStrip}, {400, lowStrip}} {
		s := &strip{w: size[0], h: size[1], pix: make([]float32, size[0]*size[1])}
		for i := range s.pix {
			s.pix[i] = 2*dice.Float32() - 1
		}
		strips = append(strips, s)
	}
	lattices, err := r.recognise(t.Context(), strips)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range lattices {
		alone, err := r.one(t.Context(), strips[i])
		if err != nil {
			t.Fatal(err)
		}
		if l.steps != alone.steps || !slices.Equal(l.p, alone.p) {
			t.Errorf("strip %d of %d×%d is read otherwise among others", i, strips[i].w, strips[i].h)
		}
	}
}
