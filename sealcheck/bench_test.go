package sealcheck

import (
	"context"
	"testing"

	"heyin/imaging"
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

func BenchmarkCoarse(b *testing.B) {
	r, _, ink := benchPair(b)
	for b.Loop() {
		r.poses(ink)
	}
}

func BenchmarkRegister(b *testing.B) {
	r, _, ink := benchPair(b)
	for b.Loop() {
		r.register(ink)
	}
}

func BenchmarkGlyphs(b *testing.B) {
	r, _, ink := benchPair(b)
	at, _ := r.register(ink)
	v := newView(ink)
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

func BenchmarkFind(b *testing.B) {
	p := newPage()
	p.ring(redInk, 60, 100, 20)
	im, err := imaging.FromPixels(p.w, p.h, 3, p.pix)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(im.Close)
	for b.Loop() {
		if _, err := findIn(context.Background(), im, pageDPI); err != nil {
			b.Fatal(err)
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
