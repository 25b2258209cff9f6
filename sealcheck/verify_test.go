package sealcheck

import (
	"context"
	"math"
	"reflect"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

func TestGenuineStampingsMatch(t *testing.T) {
	seal := newDrawnSeal(1)
	ref := seal.reference(t)
	for _, c := range []struct {
		name   string
		change func(*stamping)
	}{
		{"as filed", func(*stamping) {}},
		{"turned", func(s *stamping) { s.turnDeg = 17 }},
		{"nearly upside down", func(s *stamping) { s.turnDeg = -171 }},
		{"stretched and moved", func(s *stamping) { s.scale = 1.004; s.offsetMM = [2]float64{1.5, -0.8} }},
		{"fat strokes", func(s *stamping) { s.fatter = 0.12 }},
		{"pale ink of another hue", func(s *stamping) { s.gain = 0.5; s.density = [3]float64{0.5, 0.9, 0.3} }},
		{"200 dpi", func(s *stamping) { s.dpi = 200 }},
		{"600 dpi", func(s *stamping) { s.dpi = 600 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := carefully(300)
			s.noise = 5
			c.change(&s)
			v := seal.verify(t, ref, s)
			if v.Verdict != models.Match {
				t.Errorf("verdict %s (%s), score %.3f, figures %v", v.Verdict, v.ReasonEN, v.Score, v.SubScores)
			}
			if d := math.Abs(v.RotationDeg - s.turnDeg); d > 0.3 {
				t.Errorf("rotation %.2f°, stamped turned clockwise by %.2f°", v.RotationDeg, s.turnDeg)
			}
			if math.Abs(v.Scale-s.scale) > 0.002 {
				t.Errorf("scale %.4f, stamped at %.4f", v.Scale, s.scale)
			}
		})
	}
}

func TestAlteredSealsDoNotMatch(t *testing.T) {
	ref := newDrawnSeal(1).reference(t)
	for _, c := range []struct {
		name  string
		alter func(*drawnSeal)
	}{
		{"one character replaced", func(d *drawnSeal) { d.characters[12] = placed(newCharacter(999), -2.3, 7, 0) }},
		{"one stroke moved to the other side", func(d *drawnSeal) {
			for i := range d.characters[12] {
				if i == 0 {
					d.characters[12][i].y0 += 1
					d.characters[12][i].y1 += 1
				}
			}
		}},
		{"characters recut 0.4 mm aside", func(d *drawnSeal) {
			for i, c := range d.characters {
				way := 0.4 * float64(i%2*2-1)
				d.characters[i] = placed(c, way, way/2, 0)
			}
		}},
		{"another company", func(d *drawnSeal) { *d = *newDrawnSeal(2) }},
		{"ring of another size", func(d *drawnSeal) { d.ringMM = 19.6 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrawnSeal(1)
			c.alter(d)
			s := carefully(300)
			s.noise = 9
			if v := d.verify(t, ref, s); v.Verdict == models.Match {
				t.Errorf("matched with score %.3f, figures %v", v.Score, v.SubScores)
			}
		})
	}
}

func TestWhatCannotBeSeenIsInconclusive(t *testing.T) {
	seal := newDrawnSeal(1)
	ref := seal.reference(t)
	for _, c := range []struct {
		name   string
		change func(*stamping)
	}{
		{"half hidden by print", func(s *stamping) { s.hidden = true }},
		{"half off the scan", func(s *stamping) { s.offsetMM = [2]float64{22, 0} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := carefully(300)
			c.change(&s)
			if v := seal.verify(t, ref, s); v.Verdict != models.Inconclusive || v.ReasonZH == "" || v.ReasonEN == "" {
				t.Errorf("verdict %s, reason %q, figures %v", v.Verdict, v.ReasonEN, v.SubScores)
			}
		})
	}
}

// uniform is a picture of one colour.
func uniform(tb testing.TB, w, h, channels int, value ...byte) *imaging.Image {
	tb.Helper()
	pix := make([]byte, 0, w*h*channels)
	for range w * h {
		pix = append(pix, value...)
	}
	im, err := imaging.FromPixels(w, h, channels, pix)
	if err != nil {
		tb.Fatal(err)
	}
	return im
}

func TestGarbageIsInconclusive(t *testing.T) {
	ref := newDrawnSeal(1).reference(t)
	for _, c := range []struct {
		name string
		im   *imaging.Image
		dpi  float64
	}{
		{"blank", uniform(t, 500, 500, 3, 255, 255, 255), 300},
		{"all red", uniform(t, 500, 500, 3, 40, 40, 220), 300},
		{"all black", uniform(t, 500, 500, 3, 0, 0, 0), 300},
		{"one pixel", uniform(t, 1, 1, 3, 0, 0, 255), 300},
		{"gray", uniform(t, 500, 500, 1, 128), 300},
		{"strip", uniform(t, 3000, 40, 3, 40, 40, 220), 300},
		{"no resolution", uniform(t, 500, 500, 3, 40, 40, 220), 0},
		{"senseless resolution", uniform(t, 500, 500, 3, 40, 40, 220), math.Inf(1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer c.im.Close()
			v, err := ref.Verify(context.Background(), c.im, c.dpi, nil)
			if err != nil {
				t.Fatal(err)
			}
			if v.Verdict != models.Inconclusive || v.ReasonZH == "" || v.ReasonEN == "" || v.Params != ParamsVersion {
				t.Errorf("got %+v", v)
			}
		})
	}
}

func TestVerifyIsDeterministic(t *testing.T) {
	seal := newDrawnSeal(3)
	s := carefully(300)
	s.turnDeg = 33
	first := seal.verify(t, seal.reference(t), s)
	if again := seal.verify(t, seal.reference(t), s); !reflect.DeepEqual(first, again) {
		t.Errorf("two runs differ:\n%+v\n%+v", first, again)
	}
}

// make test runs it with the race detector, which the others do without.
func TestOneReferenceServesManyAtOnce(t *testing.T) {
	seal := newDrawnSeal(5)
	ref := seal.reference(t)
	for range 2 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			if v := seal.verify(t, ref, carefully(300)); v.Verdict != models.Match {
				t.Errorf("verdict %s (%s)", v.Verdict, v.ReasonEN)
			}
		})
	}
}

func TestVerifyStopsWithItsContext(t *testing.T) {
	seal := newDrawnSeal(1)
	ref := seal.reference(t)
	im := seal.stamp(t, carefully(300))
	defer im.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ref.Verify(ctx, im, 300, nil); err == nil {
		t.Error("no error from a cancelled context")
	}
}

// pictures keeps what a verification draws.
type pictures map[string][]byte

func (p pictures) Put(name string, png []byte) { p[name] = png }

func TestEvidenceIsDrawn(t *testing.T) {
	seal := newDrawnSeal(1)
	ref := seal.reference(t)
	im := seal.stamp(t, carefully(300))
	defer im.Close()
	got := pictures{}
	if _, err := ref.Verify(context.Background(), im, 300, got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pair", "overlay", "heat"} {
		if len(got[name]) < 1000 {
			t.Errorf("picture %s has %d bytes", name, len(got[name]))
		}
	}
}

func TestUnusableSpecimenIsForReview(t *testing.T) {
	for name, data := range map[string][]byte{"no image": []byte("no image"), "empty": nil} {
		if _, err := NewReference(models.Specimen{DPI: 300, Image: data}); models.ClassOf(err) != models.NeedsReview {
			t.Errorf("%s: error %v is not classed for review", name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	ref := newDrawnSeal(1).reference(f)
	f.Add(uint16(80), uint16(90), true, 254.0, []byte{1, 2, 3, 200, 100, 0})
	f.Add(uint16(120), uint16(120), false, 300.0, []byte{0, 255})
	f.Fuzz(func(t *testing.T, w, h uint16, colour bool, dpi float64, seed []byte) {
		w, h = w%300+1, h%300+1
		channels := 1
		if colour {
			channels = 3
		}
		pix := make([]byte, int(w)*int(h)*channels)
		for i := range pix {
			if len(seed) > 0 {
				pix[i] = seed[(i*i/7+i)%len(seed)]
			}
		}
		im, err := imaging.FromPixels(int(w), int(h), channels, pix)
		if err != nil {
			t.Fatal(err)
		}
		defer im.Close()
		v, err := ref.Verify(context.Background(), im, dpi, nil)
		if err != nil || v.Verdict == models.Match || math.IsNaN(v.Score) {
			t.Errorf("verdict %s, score %v, error %v", v.Verdict, v.Score, err)
		}
	})
}

// nameSeal is an 11 mm seal of four characters in thin strokes.
func nameSeal(seed uint64) *drawnSeal {
	d := &drawnSeal{ringMM: 40} // off the picture
	for k := range 4 {
		c := placed(newCharacter(seed*10+uint64(k)), 0, 0, 0)
		for i := range c { // 3.8 mm high
			c[i].width = 0.3
		}
		d.characters = append(d.characters, placed(c, float64(k%2)*4.4-2.2, float64(k/2)*4.4-2.2, 0))
	}
	return d
}

// Banks' files hold seals cropped tightly: the frame of a name seal is not that of a card.
func TestTightCropKeepsTheSealsFrame(t *testing.T) {
	framed := func(seed uint64) *drawnSeal {
		d := nameSeal(seed)
		var frame []segmentMM
		for _, side := range [][4]float64{{-1, -1, 1, -1}, {1, -1, 1, 1}, {1, 1, -1, 1}, {-1, 1, -1, -1}} {
			frame = append(frame, segmentMM{side[0] * 5.2, side[1] * 5.2, side[2] * 5.2, side[3] * 5.2, 0.5})
		}
		joined := []segmentMM{{-2, -2, 2, 2, 0.3}} // two characters
		d.characters = append(d.characters, frame, joined)
		return d
	}
	tight := carefully(300)
	tight.pageMM = 11.4
	card := framed(1).stamp(t, tight)
	defer card.Close()
	ref, err := newReference(models.Specimen{}, card, 300)
	if err != nil {
		t.Fatal(err)
	}
	if w, h := ref.SizeMM(); math.Abs(w-10.9) > 0.3 || math.Abs(h-10.9) > 0.3 {
		t.Errorf("the specimen measures %.1f × %.1f mm, want 10.9", w, h)
	}
	if v := framed(1).verify(t, ref, carefully(300)); v.Verdict != models.Match {
		t.Errorf("the same seal: %s (%s)", v.Verdict, v.ReasonEN)
	}
}

// A small square seal cut in white, under print, looks nearly the same at its four turns until its
// characters are looked at.
func TestSquareIsTurnedRight(t *testing.T) {
	for seed := range uint64(6) {
		d := nameSeal(seed)
		d.groundMM = 11
		s := carefully(200)
		s.turnDeg, s.noise, s.gain, s.pageMM, s.hidden = 21, seed+2, 0.8, 20, true
		if v := d.verify(t, d.reference(t), s); math.Abs(v.RotationDeg-s.turnDeg) > 1 {
			t.Errorf("seal %d: turned by %.1f°, said %.1f° (%s)", seed, s.turnDeg, v.RotationDeg, v.ReasonEN)
		}
	}
}

// What bends a large seal by 0.18 mm does not bend a name seal by as much.
func TestSmallSealsHardlyBend(t *testing.T) {
	for want, seal := range map[models.Verdict]*drawnSeal{models.Match: newDrawnSeal(1), models.Inconclusive: nameSeal(1)} {
		figures := seal.verify(t, seal.reference(t), carefully(300)).SubScores
		for _, figure := range []string{"rigid_p90", "small_p90"} {
			if _, ok := figures[figure]; ok {
				figures[figure] = 0.18
			}
		}
		if got, why := judge(figures); got != want {
			t.Errorf("got %s (%s), want %s", got, why.en, want)
		}
	}
}
