package ocr

import (
	"testing"

	"heyin/imaging"
)

// thinned is a golden form whose strokes have lost what is faint.
func thinned(t *testing.T, name string) *imaging.Image {
	const lost = 48 // of 255
	thin := func(v byte) byte { return 255 - byte(max(int(255-v)-lost, 0)*255/(255-lost)) }
	return recoloured(t, name, func(b, g, r byte) (byte, byte, byte) { return thin(b), thin(g), thin(r) })
}

// TestDarkerPrintIsAskedFor: of thin print the second reader sees 50 for 60, darker it does not.
func TestDarkerPrintIsAskedFor(t *testing.T) {
	got := readGolden(t, thinned(t, "form_blank.png"))
	const want = "6222021234567890123"
	if len(got.Accounts) != 2 || got.Accounts[0].AccountNo.Second != want || !got.Accounts[0].AccountNo.Agreed {
		t.Errorf("accounts %+v, want the first %s, agreed", got.Accounts, want)
	}
}

// TestDarkerPrintConfirmsNoOther: whatever the view, the second reader is not talked into a digit that is not there.
func TestDarkerPrintConfirmsNoOther(t *testing.T) {
	r, im := openReader(t), thinned(t, "form_blank.png")
	got, err := r.Read(t.Context(), &imaging.Sheet{Image: im, DPI: goldenDPI}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.page(t.Context(), im, goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	b := got.Accounts[0].AccountNo.Box
	at := box{b.X, b.Y, b.X + b.W, b.Y + b.H}
	v, err := r.readValue(t.Context(), p, place{at: at, limit: at}, &kindAccount, false)
	if err != nil || v.confidence() < sureConfidence {
		t.Fatalf("read %q, confidence %.2f, %v; want it sure", v.plain, v.confidence(), err)
	}
	right := v.plain
	plainly, err := r.secondOpinion(t.Context(), v, secondDarker[0])
	if err != nil || plainly == right {
		t.Fatalf("the second reader says %q at once, %v", plainly, err)
	}
	for i := range right {
		v.plain = right[:i] + string("8778165130"[right[i]-'0']) + right[i+1:] // what each digit resembles
		if vote, err := r.vote(t.Context(), v); err != nil || vote.Agreed && v.plain != plainly {
			t.Errorf("%s is agreed for %s, %v", v.plain, right, err)
		}
	}
}
