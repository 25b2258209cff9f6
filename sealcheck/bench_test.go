package sealcheck

import (
	"context"
	"runtime"
	"testing"
	"time"

	"heyin/imaging"
	"heyin/imaging/sift"
	"heyin/models"
)

// The benchmarks name the stages of Verify and Find; the pair is a 39 mm seal
// with 15 characters at 300 dpi, turned by 20°.

func BenchmarkVerify(b *testing.B) {
	r, im, _ := benchPair(b)
	for b.Loop() {
		if _, err := r.Verify(context.Background(), im, 300, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInk(b *testing.B) {
	_, im, _ := benchPair(b)
	for b.Loop() {
		if _, err := inkOf(im, 300); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMended(b *testing.B) {
	_, _, ink := benchPair(b)
	ink.chroma = chromaPixels // as if it were a JPEG's, of nearly 300 dpi
	for b.Loop() {
		ink.mended(0)
	}
}

func BenchmarkDots(b *testing.B) {
	_, im, ink := benchPair(b)
	for b.Loop() {
		if _, err := dotsOf(im, 300, ink); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCoarse(b *testing.B) {
	r, _, ink := benchPair(b)
	for b.Loop() {
		if _, err := r.poses(ink); err != nil {
			b.Fatal(err)
		}
	}
}

// registered gives where an imprint lies that surely can be laid on its specimen.
func registered(tb testing.TB, r *Reference, ink *inked) pose {
	tb.Helper()
	at, ok, err := r.register(ink)
	if err != nil || !ok {
		tb.Fatal("not registered", err)
	}
	return at
}

func BenchmarkRegister(b *testing.B) {
	r, _, ink := benchPair(b)
	for b.Loop() {
		registered(b, r, ink)
	}
}

func BenchmarkField(b *testing.B) {
	r, _, ink := benchPair(b)
	at := registered(b, r, ink)
	v := r.viewOf(ink)
	for b.Loop() {
		r.smoothField(r.windows(v, at))
	}
}

func BenchmarkResiduals(b *testing.B) {
	r, _, ink := benchPair(b)
	at := registered(b, r, ink)
	v := r.viewOf(ink)
	for b.Loop() {
		laid := r.align(v, at, field{})
		r.residualsOf(laid, r.profileOf(laid))
	}
}

func BenchmarkGlyphs(b *testing.B) {
	r, _, ink := benchPair(b)
	at := registered(b, r, ink)
	v := r.viewOf(ink)
	prof := r.profileOf(r.align(v, at, field{}))
	for b.Loop() {
		r.matchGlyphs(v, at, field{}, prof)
	}
}

func BenchmarkNewReference(b *testing.B) {
	_, im, _ := benchPair(b)
	for b.Loop() {
		if _, err := newReference(models.Specimen{}, im, 300); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyToSIFT takes turns, on one thread and one pair, between Verify
// and OpenCV's SIFT (detect both, match by brute force, ratio test): a 42 mm seal
// at 300 dpi, the specimen prepared before. verify/sift is the ratio of the times.
func BenchmarkVerifyToSIFT(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	seal := newDrawnSeal(1)
	seal.ringMM = 20.5
	r := seal.reference(b)
	s := carefully(300)
	filed := seal.stamp(b, s)
	b.Cleanup(filed.Close)
	s.turnDeg, s.noise = 20, 2
	stamped := seal.stamp(b, s)
	b.Cleanup(stamped.Close)
	pair, err := sift.NewPair(filed, stamped)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pair.Close)
	var verify, yardstick time.Duration
	for b.Loop() {
		start := time.Now()
		v, err := r.Verify(context.Background(), stamped, 300, nil)
		if err != nil || v.Verdict != models.Match {
			b.Fatalf("%v, %v (%s)", err, v.Verdict, v.ReasonEN)
		}
		verify += time.Since(start)
		start = time.Now()
		if pair.Match() < 10 {
			b.Fatal("SIFT does not match the pair")
		}
		yardstick += time.Since(start)
	}
	n := float64(b.N) * float64(time.Millisecond)
	b.ReportMetric(float64(verify)/n, "verify-ms")
	b.ReportMetric(float64(yardstick)/n, "sift-ms")
	b.ReportMetric(float64(verify)/float64(yardstick), "verify/sift")
}

// benchPage is A4 at 300 dpi, drawn coarsely: print, a table, two overlapping red
// seals and a black one.
func benchPage(b *testing.B) *imaging.Image {
	b.Helper()
	p := newPage()
	for y := 20.0; y < 280; y += 12 {
		p.text(20, y, 150)
	}
	p.ring(redInk, 60, 100, 20)
	p.frame(redInk, 78, 112, 18, 12)
	p.ring(blackInk, 150, 40, 19)
	small, err := imaging.FromPixels(p.w, p.h, 3, p.pix)
	if err != nil {
		b.Fatal(err)
	}
	defer small.Close()
	im, err := small.Resize(2*p.w, 2*p.h)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(im.Close)
	return im
}

func BenchmarkFind(b *testing.B) {
	im := benchPage(b)
	for b.Loop() {
		if _, err := findIn(context.Background(), im, 2*pageDPI); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFindInks(b *testing.B) {
	im := benchPage(b)
	for b.Loop() {
		if _, err := inksOf(im, 2*pageDPI); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFindOutlines(b *testing.B) {
	page, err := inksOf(benchPage(b), 2*pageDPI)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		budget := searchPages * page.w * page.h
		for _, l := range page.layers {
			l.candidates(page.pxmm, &budget)
		}
	}
}

func benchPair(b *testing.B) (*Reference, *imaging.Image, *inked) {
	b.Helper()
	seal := newDrawnSeal(1)
	r := seal.reference(b)
	s := carefully(300)
	s.turnDeg = 20
	im := seal.stamp(b, s)
	b.Cleanup(im.Close)
	ink, err := inkOf(im, 300)
	if err != nil {
		b.Fatal(err)
	}
	return r, im, ink
}
