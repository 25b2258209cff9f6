package imaging

import (
	"bytes"
	"image/png"
	"math"
	"testing"

	"heyin/models"
)

// numbered is a picture whose pixel i has the value 7i.
func numbered(t *testing.T, w, h, channels int) *Image {
	t.Helper()
	pix := make([]byte, w*h*channels)
	for i := range pix {
		pix[i] = byte(7 * i)
	}
	im, err := FromPixels(w, h, channels, pix)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(im.Close)
	return im
}

func TestCrop(t *testing.T) {
	im := numbered(t, 5, 4, 1)
	for _, tc := range []struct{ ask, want models.Box }{
		{models.Box{X: 1, Y: 1, W: 2, H: 2}, models.Box{X: 1, Y: 1, W: 2, H: 2}},
		{models.Box{X: -3, Y: 2, W: 5, H: 9}, models.Box{X: 0, Y: 2, W: 2, H: 2}},
		{models.Box{X: 0, Y: 0, W: 99, H: 99}, im.Bounds()},
	} {
		if got := im.Clip(tc.ask); got != tc.want {
			t.Errorf("Clip(%+v) = %+v", tc.ask, got)
		}
		crop, err := im.Crop(tc.ask)
		if err != nil {
			t.Fatal(err)
		}
		if first := crop.Pixels()[0]; crop.Width() != tc.want.W || crop.Height() != tc.want.H || first != byte(7*(5*tc.want.Y+tc.want.X)) {
			t.Errorf("Crop(%+v): %d×%d, first pixel %d", tc.ask, crop.Width(), crop.Height(), first)
		}
		crop.Close()
	}
	for _, outside := range []models.Box{{X: 5, W: 3, H: 3}, {X: -3, W: 3, H: 3}, {}} {
		if crop, err := im.Crop(outside); err == nil {
			crop.Close()
			t.Errorf("cropped %+v", outside)
		}
	}
}

// TestReduce: a picture reduced keeps its mean at every size, also where a half is
// kept from the time before; what it cannot do is refused.
func TestReduce(t *testing.T) {
	pix := make([]byte, 97*64)
	for i := range pix {
		pix[i] = byte(100 + i%2) // stripes, which skipped pixels would show
	}
	im, err := FromPixels(97, 64, 1, pix)
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	for _, size := range [][2]int{{97, 64}, {80, 53}, {50, 33}, {48, 32}, {32, 21}, {24, 16}} {
		small, err := im.Reduce(size[0], size[1])
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, v := range small.Pixels() {
			sum += int(v)
		}
		mean := float64(sum) / float64(size[0]*size[1])
		if small.Width() != size[0] || small.Height() != size[1] || mean < 100 || mean > 101 {
			t.Errorf("to %v: %d×%d of mean %.2f", size, small.Width(), small.Height(), mean)
		}
		small.Close()
	}
	for _, size := range [][2]int{{98, 64}, {97, 65}, {0, 9}} {
		if small, err := im.Reduce(size[0], size[1]); err == nil {
			small.Close()
			t.Errorf("reduced to %v", size)
		}
	}
}

func TestTurnAndPixels(t *testing.T) {
	im := numbered(t, 3, 2, 3)
	for deg, first := range map[int]byte{0: 0, 90: 63, 180: 105, 270: 42, -90: 42, 450: 63} {
		turned, err := im.Turn(deg)
		if err != nil {
			t.Fatal(err)
		}
		if got := turned.Pixels()[0]; got != first {
			t.Errorf("turned %d: first byte %d, want %d", deg, got, first)
		}
		back, err := turned.Turn(-deg)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back.Pixels(), im.Pixels()) {
			t.Errorf("turned %d and back: other pixels", deg)
		}
		turned.Close()
		back.Close()
	}
	if odd, err := im.Turn(45); err == nil {
		odd.Close()
		t.Error("turned by 45°")
	}
	for _, n := range []int{0, 17, 19} {
		if bad, err := FromPixels(3, 2, 3, make([]byte, n)); err == nil {
			bad.Close()
			t.Errorf("%d bytes made a picture of 18", n)
		}
	}
}

// A similarity shows the named source point at its centre, and its turn is
// clockwise.
func TestSimilarity(t *testing.T) {
	a := Similarity(101, 101, 40, 30, 90, 2)
	for _, tc := range [][4]float64{{50, 50, 40, 30}, {60, 50, 40, 25}, {50, 60, 45, 30}} {
		if x, y := a.Apply(tc[0], tc[1]); math.Hypot(x-tc[2], y-tc[3]) > 1e-9 {
			t.Errorf("(%v, %v) → (%v, %v), want (%v, %v)", tc[0], tc[1], x, y, tc[2], tc[3])
		}
	}
}

func TestEncode(t *testing.T) {
	im := numbered(t, 60, 40, 3)
	data, err := im.PNG()
	if err != nil {
		t.Fatal(err)
	}
	back, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	pix := im.Pixels()
	r, g, b, _ := back.At(7, 5).RGBA()
	at := 3 * (5*60 + 7)
	if byte(b>>8) != pix[at] || byte(g>>8) != pix[at+1] || byte(r>>8) != pix[at+2] {
		t.Errorf("pixel (7, 5) came back as RGB %d %d %d", r>>8, g>>8, b>>8)
	}
	jpg, err := im.JPEG(90)
	if err != nil {
		t.Fatal(err)
	}
	if f, err := Sniff(jpg); f != JPEG || err != nil {
		t.Errorf("%s, %v", f, err)
	}
}

func TestDensity(t *testing.T) {
	im, err := FromPixels(3, 1, 1, []byte{255, 26, 0})
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	d := im.Density()[0]
	if d.At(0, 0) != 0 || math.Abs(float64(d.At(1, 0))-0.9915) > 1e-3 || math.Abs(float64(d.At(2, 0))-2.4065) > 1e-3 || d.At(3, 0) != 0 {
		t.Errorf("%v", d.Pix)
	}
}

func TestComponents(t *testing.T) {
	parts, runs := Connected([]byte{
		255, 255, 0, 0, 0, 0,
		0, 0, 255, 0, 0, 255,
		0, 0, 0, 0, 0, 255,
		255, 0, 0, 0, 0, 0,
	}, 6, 4, 255, 0)
	part := Numbered(runs, 6, 4)
	want := map[Component]bool{
		{Box: models.Box{W: 3, H: 2}, Area: 3}:             true,
		{Box: models.Box{X: 5, Y: 1, W: 1, H: 2}, Area: 2}: true,
		{Box: models.Box{Y: 3, W: 1, H: 1}, Area: 1}:       true,
	}
	for _, c := range parts {
		delete(want, c)
	}
	if len(parts) != 3 || len(want) != 0 || part[0] == 0 || part[0] != part[8] || part[0] == part[11] || part[3] != 0 {
		t.Errorf("%+v, %v", parts, part)
	}
}
