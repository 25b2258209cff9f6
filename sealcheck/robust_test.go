package sealcheck

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// oddFiles are whole files of every kind a scanner or a person may hand in.
func oddFiles(tb testing.TB) map[string][]byte {
	tb.Helper()
	encode := func(im image.Image) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, im); err != nil {
			tb.Fatal(err)
		}
		return b.Bytes()
	}
	// A ring on paper, which every colour model can hold.
	r := image.Rect(0, 0, 360, 360)
	deep, clear, gray := image.NewRGBA64(r), image.NewNRGBA(r), image.NewGray16(r)
	for y := range 360 {
		for x := range 360 {
			c := color.NRGBA{250, 250, 250, 255}
			if d := math.Hypot(float64(x)-180, float64(y)-180); math.Abs(d-150) < 6 || d < 30 {
				c = color.NRGBA{210, 40, 50, 255}
			}
			deep.Set(x, y, c)
			gray.Set(x, y, c)
			c.A = uint8(x * 255 / 359)
			clear.Set(x, y, c)
		}
	}
	cmyk, err := os.ReadFile(filepath.Join("..", "imaging", "testdata", "cmyk.jpg"))
	if err != nil {
		tb.Fatal(err)
	}
	return map[string][]byte{
		"16-bit PNG":      encode(deep),
		"16-bit gray PNG": encode(gray),
		"PNG with alpha":  encode(clear),
		"one pixel":       encode(image.NewGray(image.Rect(0, 0, 1, 1))),
		"strip":           encode(image.NewGray(image.Rect(0, 0, 4000, 100))),
		"CMYK JPEG":       cmyk,
		"half a file":     encode(deep)[:900],
		"nothing":         nil,
		"no picture":      []byte("%PDF-1.4 not really"),
	}
}

// oddDPI are resolutions files state or fail to.
var oddDPI = []float64{math.NaN(), math.Inf(1), math.Inf(-1), -300, 0, 1e-300, 1, 72, 300, 10000, 1e300}

// checkFile puts a file through everything that takes one: it must end in a
// verdict with a reason, or in a fault that says what to do.
func checkFile(tb testing.TB, against *Reference, file []byte, dpi float64) {
	tb.Helper()
	clearly := func(what string, err error) {
		if f, ok := errors.AsType[*models.Fault](err); !ok || f.Reason == "" {
			tb.Errorf("%s: %v is no fault with a reason", what, err)
		}
	}
	ref, err := NewReference(models.Specimen{DPI: dpi, Image: file})
	if err != nil {
		clearly("NewReference", err)
	}
	scan, err := imaging.DecodeCrop(context.Background(), file)
	if err != nil {
		clearly("Decode", err)
		return
	}
	defer scan.Close()
	for _, r := range []*Reference{ref, against} {
		if r != nil {
			checkPicture(tb, r, scan.Image, dpi)
		}
	}
}

// checkPicture verifies and searches a picture.
func checkPicture(tb testing.TB, r *Reference, im *imaging.Image, dpi float64) {
	tb.Helper()
	v, err := r.Verify(context.Background(), im, dpi, nil)
	if err != nil {
		tb.Fatalf("Verify: %v", err)
	}
	known := v.Verdict == models.Match || v.Verdict == models.Mismatch || v.Verdict == models.Inconclusive
	if !known || v.ReasonZH == "" || v.ReasonEN == "" || v.Score < 0 || v.Score > 1 || math.IsNaN(v.Score) {
		tb.Fatalf("Verify gives %+v", v)
	}
	for name, s := range v.SubScores {
		if math.IsNaN(s) || math.IsInf(s, 0) {
			tb.Fatalf("figure %s is %v", name, s)
		}
	}
	found, err := findIn(context.Background(), im, dpi)
	if err != nil {
		tb.Fatalf("Find: %v", err)
	}
	for _, f := range found {
		if f.Box.W < 1 || f.Box.H < 1 || im.Clip(f.Box) != f.Box || f.Shape == "" || f.Ink == "" {
			tb.Fatalf("Find gives %+v on %d×%d", f, im.Width(), im.Height())
		}
	}
}

func TestAnyFileGivesAVerdictOrAClearError(t *testing.T) {
	ref := newDrawnSeal(1).reference(t)
	for name, file := range oddFiles(t) {
		t.Run(name, func(t *testing.T) {
			for _, dpi := range []float64{math.NaN(), 0, 1, 300, 10000} {
				checkFile(t, ref, file, dpi)
			}
		})
	}
}

func TestAnyPictureAtAnyResolution(t *testing.T) {
	ref := newDrawnSeal(1).reference(t)
	for name, im := range map[string]*imaging.Image{
		"blank":      uniform(t, 400, 400, 3, 255, 255, 255),
		"all red":    uniform(t, 400, 400, 3, 40, 40, 220),
		"all black":  uniform(t, 400, 400, 1, 0),
		"one pixel":  uniform(t, 1, 1, 3, 0, 0, 255),
		"a line":     uniform(t, 3000, 1, 3, 0, 0, 255),
		"an upright": uniform(t, 1, 3000, 1, 9),
	} {
		t.Run(name, func(t *testing.T) {
			defer im.Close()
			for _, dpi := range oddDPI {
				checkPicture(t, ref, im, dpi)
			}
		})
	}
}

// TestSameBytesSameVerdict repeats with fewer and more cores: neither the order
// of maps nor of goroutines may show.
func TestSameBytesSameVerdict(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	genuine, other := newDrawnSeal(3), newDrawnSeal(4)
	s := carefully(300)
	s.turnDeg, s.gain = 33, 0.7
	p := newPage()
	p.ring(redInk, 60, 100, 20)
	p.frame(redInk, 78, 112, 18, 12)
	p.ring(blackInk, 150, 40, 19)
	p.text(20, 100, 150)
	type outcome struct {
		genuine, other models.Verification
		found          []models.Imprint
	}
	var first outcome
	for i, cores := range []int{1, 2, 8, 1} {
		runtime.GOMAXPROCS(cores)
		ref := genuine.reference(t)
		got := outcome{genuine.verify(t, ref, s), other.verify(t, ref, s), p.find(t)}
		if i == 0 {
			first = got
		} else if !reflect.DeepEqual(first, got) {
			t.Fatalf("on %d cores\n%+v\nafter\n%+v", cores, got, first)
		}
	}
	if len(first.found) != 3 {
		t.Errorf("found %+v", first.found)
	}
}
