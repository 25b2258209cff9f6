package imaging

import (
	"math"
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
