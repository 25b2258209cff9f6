//go:build matprofile

package pipeline_test

import (
	"testing"

	"heyin/imaging"
)

// TestNoOpenMats: a page read to its verdict leaves no Mat open, nor does one
// that fails half-way.
func TestNoOpenMats(t *testing.T) {
	start := imaging.OpenMats()
	for _, file := range pages(t) {
		data := read(t, file)
		for _, d := range [][]byte{data, data[:len(data)/2]} {
			_, _ = world.p.Process(t.Context(), d, 1, world.ledger) // the halved page fails: that is the point
		}
	}
	if n := imaging.OpenMats(); n != start {
		t.Errorf("%d Mats left open", n-start)
	}
}
