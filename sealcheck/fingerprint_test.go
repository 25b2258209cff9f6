package sealcheck

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// stampings are separate strikes of one seal: turned, inked and grained anew.
func stampings(tb testing.TB, d *drawnSeal, n int) []*imaging.Image {
	tb.Helper()
	var out []*imaging.Image
	for i := range n {
		s := carefully(300)
		s.noise, s.turnDeg, s.gain = uint64(100+i), float64(i*7%40-20), 0.7+0.03*float64(i%10)
		out = append(out, mottled(tb, d.stamp(tb, s), uint64(i)))
	}
	return out
}

// mottled lays the ink unevenly, in patches of a millimetre. It takes im over.
func mottled(tb testing.TB, im *imaging.Image, seed uint64) *imaging.Image {
	tb.Helper()
	defer im.Close()
	const patch = 12 // pixels at 300 dpi
	w, h, pix := im.Width(), im.Height(), im.Pixels()
	r := rand.New(rand.NewPCG(seed, 13))
	uneven := imaging.NewPlane(w/patch+2, h/patch+2)
	for i := range uneven.Pix {
		uneven.Pix[i] = float32(r.NormFloat64()) * 0.25
	}
	for i, v := range pix {
		at := i / 3
		k := 1 + bilinear(uneven, float64(at%w)/patch, float64(at/w)/patch)
		pix[i] = byte(248 * math.Pow(min(float64(v)/248, 1), max(float64(k), 0.3)))
	}
	out, err := imaging.FromPixels(w, h, 3, pix)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(out.Close)
	return out
}

// copied turns a picture, resamples it onto other pixels and compresses it.
func copied(tb testing.TB, im *imaging.Image, deg float64) *imaging.Image {
	tb.Helper()
	w, h := im.Width(), im.Height()
	turned, err := im.Warp(imaging.Similarity(w, h, float64(w)/2+0.4, float64(h)/2-0.3, deg, 1.003), w, h)
	if err != nil {
		tb.Fatal(err)
	}
	defer turned.Close()
	data, err := turned.JPEG(75)
	if err != nil {
		tb.Fatal(err)
	}
	scan, err := imaging.Decode(context.Background(), data, 1)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(scan.Close)
	return scan.Image
}

func verified(tb testing.TB, ref *Reference, im *imaging.Image) models.Verification {
	tb.Helper()
	v, err := ref.Verify(context.Background(), im, 300, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if !v.Print.Whole() {
		tb.Fatalf("no print; %s, figures %v", v.ReasonEN, v.SubScores)
	}
	return v
}

// Separate stampings of one seal are told apart, and a copy of each from all but
// its original.
func TestPrintTellsCopiesFromStampings(t *testing.T) {
	seal := newDrawnSeal(1)
	ref := seal.reference(t)
	var prints, copies []models.Print
	for i, im := range stampings(t, seal, 10) {
		prints = append(prints, verified(t, ref, im).Print)
		copies = append(copies, verified(t, ref, copied(t, im, float64(3*i-13))).Print)
	}
	for i, p := range prints {
		for j, q := range copies {
			if p.CopyOf(q) != (i == j) {
				t.Errorf("stamping %d and copy of %d: alike by %.2f", i, j, models.Likeness(p.Apart(q)))
			}
			if i != j && p.CopyOf(prints[j]) {
				t.Errorf("stampings %d and %d: alike by %.2f", i, j, models.Likeness(p.Apart(prints[j])))
			}
		}
	}
}

// A copy of the specimen's own scan shows; a stamping of the same seal does not.
func TestCopyOfTheSpecimen(t *testing.T) {
	seal := newDrawnSeal(1)
	card := mottled(t, seal.stamp(t, carefully(300)), 99)
	png, err := card.PNG()
	if err != nil {
		t.Fatal(err)
	}
	ref, err := NewReference(models.Specimen{Ref: "a", DPI: 300, Image: png})
	if err != nil {
		t.Fatal(err)
	}
	if v := verified(t, ref, copied(t, card, 9)); !CopiesSpecimen(v) {
		t.Errorf("copy of the specimen: alike by %.2f", SpecimenLikeness(v))
	}
	for _, im := range stampings(t, seal, 5) {
		if v := verified(t, ref, im); CopiesSpecimen(v) {
			t.Errorf("a stamping: alike to the specimen by %.2f", SpecimenLikeness(v))
		}
	}
}

// What is judged again gives the same print (promise 6).
func TestPrintIsRepeatable(t *testing.T) {
	seal := newDrawnSeal(1)
	im := stampings(t, seal, 1)[0]
	if a, b := verified(t, seal.reference(t), im), verified(t, seal.reference(t), im); !slices.Equal(a.Print, b.Print) {
		t.Error("two prints of one picture differ")
	}
}

// Without unevenness nothing is left but the design, which all stampings share.
func TestNothingToTellGivesNoPrint(t *testing.T) {
	seal := newDrawnSeal(1)
	ref := seal.reference(t)
	for name, change := range map[string]func(*stamping){
		"a sliver of the seal": func(s *stamping) { s.offsetMM = [2]float64{38, 0} },
		"perfectly even ink":   func(*stamping) {},
	} {
		s := carefully(300)
		change(&s)
		if v := seal.verify(t, ref, s); v.Print != nil {
			t.Errorf("%s: print of %d bytes", name, len(v.Print))
		}
	}
}

// A bit of a print is the sign of what is left of all cells, each added or taken by the sign that is its own:
// prints are kept for years, so that the signs may never change.
func TestPrintBitsAreSumsOfSignedCells(t *testing.T) {
	r := newDrawnSeal(1).reference(t)
	dense, known := imaging.NewPlane(r.w, r.h), make([]bool, r.w*r.h)
	for i := range known {
		dense.Pix[i], known[i] = 0.5+float32(scramble(uint64(i/5))%1000)/1000, true
	}
	left, weight := r.cells.unevenness(dense, known)
	print := r.printOf(dense, known)
	if !print.Whole() {
		t.Fatal("no print")
	}
	for bit := range models.PrintBits {
		var sum float32
		for i, c := range r.cells.at {
			if scramble(uint64(c.place)<<8|uint64(bit/64))>>(bit%64)&1 == 1 {
				sum += left[i] * weight[i]
			} else {
				sum -= left[i] * weight[i]
			}
		}
		if got := print[bit/8]>>(bit%8)&1 == 1; got != (sum > 0) {
			t.Fatalf("bit %d of the print is %v, the sum %g", bit, got, sum)
		}
	}
}
