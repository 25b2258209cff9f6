package imaging

import (
	"math"
	"slices"
	"testing"
)

func TestPowerFindsAWave(t *testing.T) {
	const w, h, fx, fy = 64, 32, 5, -3
	p := NewPlane(w, h)
	for i := range p.Pix {
		p.Pix[i] = float32(math.Cos(2 * math.Pi * (fx*float64(i%w)/w + fy*float64(i/w)/h)))
	}
	power, err := p.Power()
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range power.Pix {
		x, y := i%w-w/2, i/w-h/2
		want := 0.0
		if x == fx && y == fy || x == -fx && y == -fy {
			want = w * h * w * h / 4 // a cosine of amplitude 1 is two waves of one half
		}
		if math.Abs(float64(v)-want) > 1 {
			t.Errorf("power at %d, %d cycles: %g, want %g", x, y, v, want)
		}
	}
}

// A picture comes back from its spectrum, each value times their number.
func TestFourierThereAndBack(t *testing.T) {
	f, err := NewFourier(8, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range f.Values {
		f.Values[i] = float32(i*i%11) - 3
	}
	before := slices.Clone(f.Values)
	if err := f.Transform(); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(f.Values, before) {
		t.Error("the picture was not transformed")
	}
	if err := f.Invert(); err != nil {
		t.Fatal(err)
	}
	for i, v := range f.Values {
		if want := before[i] * 8 * 4; math.Abs(float64(v-want)) > 1e-3 {
			t.Errorf("value %d is %g, want %g", i, v, want)
		}
	}
}
