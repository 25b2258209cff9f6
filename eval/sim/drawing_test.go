package sim

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"heyin/imaging"
	"heyin/models"
	"heyin/reconcile/slip"
)

// digest lists every file below dir with its hash.
func digest(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[rel] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func same(t *testing.T, a, b map[string]string) {
	t.Helper()
	if len(a) == 0 || len(a) != len(b) {
		t.Fatalf("%d and %d files", len(a), len(b))
	}
	for name, sum := range a {
		if b[name] != sum {
			t.Errorf("%s differs", name)
		}
	}
}

func TestSameSeedSamePairs(t *testing.T) {
	st := studio(t)
	a, b, more := t.TempDir(), t.TempDir(), t.TempDir()
	for dir, n := range map[string]int{a: 1, b: 1, more: 2} {
		if _, err := st.SealPairs(dir, 9, n); err != nil {
			t.Fatal(err)
		}
	}
	same(t, digest(t, a), digest(t, b))
	// A larger set begins with the same pairs.
	first, larger := digest(t, a), digest(t, more)
	for _, name := range []string{"imprints/00000.jpg", "specimens/s000.png"} {
		if first[name] == "" || first[name] != larger[name] {
			t.Errorf("%s depends on how many pairs were made", name)
		}
	}
}

// coarseDPI keeps tests under the race detector short.
const coarseDPI = 100

func (p *Period) coarse() {
	for i := range p.Files {
		for k := range p.Files[i].Pages {
			p.Files[i].Pages[k].DPI = coarseDPI
		}
	}
}

func TestSameSeedSamePeriod(t *testing.T) {
	st := studio(t)
	a, b := t.TempDir(), t.TempDir()
	for _, dir := range []string{a, b} {
		p := NewPeriod(2, 0)
		for _, s := range []Scenario{Agreeing, ScannedAgain, SameFile, TwoPages, BrokenFile} {
			p.add(s)
		}
		p.coarse()
		if _, err := st.Write(t.Context(), dir, p, nil); err != nil {
			t.Fatal(err)
		}
	}
	got := digest(t, a)
	same(t, got, digest(t, b))
	if got["scans/scan-0001.jpg"] != got["scans/scan-0003.jpg"] {
		t.Error("the same file differs from the file it is the same as")
	}
	if got["scans/scan-0001.jpg"] == got["scans/scan-0002.jpg"] {
		t.Error("a second scan has the bytes of the first")
	}

	tiff, err := os.ReadFile(filepath.Join(a, "scans/scan-0004.tif"))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := imaging.PageCount(t.Context(), tiff); err != nil || n != 2 {
		t.Errorf("the TIFF has %d pages (%v), want 2", n, err)
	}
	for page := 1; page <= 2; page++ {
		scan, err := imaging.Decode(t.Context(), tiff, page)
		if err != nil {
			t.Fatalf("page %d: %v", page, err)
		}
		if scan.DPI != coarseDPI {
			t.Errorf("page %d: %g dpi", page, scan.DPI)
		}
		scan.Close()
	}
	broken, err := os.ReadFile(filepath.Join(a, "scans/scan-0005.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if scan, err := imaging.Decode(t.Context(), broken, 1); err == nil {
		scan.Close()
		t.Error("the broken file can be decoded")
	} else if models.ClassOf(err) != models.Permanent {
		t.Errorf("the broken file gives %v, want a permanent fault", err)
	}
}

// TestTruthBoxesHoldTheInk checks the whole way of a box through skew and turns:
// saturated pixels lie inside the boxes and not around them.
func TestTruthBoxesHoldTheInk(t *testing.T) {
	st := studio(t)
	p := NewPeriod(21, 0)
	for range 3 {
		p.add(Agreeing)
	}
	p.coarse()
	dir := t.TempDir()
	places, err := st.print(filepath.Join(dir, PrintedFile), p)
	if err != nil {
		t.Fatal(err)
	}
	turns := map[int]bool{}
	for _, f := range p.Files {
		for seed := range uint64(3) {
			s, err := st.scanPage(t.Context(), dir, p, f.Pages[0], places, seed)
			if err != nil {
				t.Fatal(err)
			}
			turns[s.truth.Rotation] = true
			for _, seal := range s.truth.Seals {
				b := seal.Box
				inside, around := s.colour(b), s.colour([4]int{b[0] - 5, b[1] - 5, b[2] + 10, b[3] + 10})
				if blackSeal := inside < 100; blackSeal {
					continue
				}
				if float64(around-inside) > 0.05*float64(inside) {
					t.Errorf("%s turned %d: %s at %v holds %d coloured pixels, %d more lie around it", f.Name, s.truth.Rotation, seal.Identity, b, inside, around-inside)
				}
			}
		}
	}
	if len(turns) < 2 {
		t.Error("no page was turned; choose another seed")
	}
}

// colour counts clearly coloured pixels in a box.
func (s scanned) colour(b [4]int) int {
	n := 0
	for y := max(0, b[1]); y < min(s.img.Rect.Dy(), b[1]+b[3]); y++ {
		for x := max(0, b[0]); x < min(s.img.Rect.Dx(), b[0]+b[2]); x++ {
			c := s.img.RGBAAt(x, y)
			if max(c.R, c.G, c.B)-min(c.R, c.G, c.B) > 60 {
				n++
			}
		}
	}
	return n
}

func TestForgeriesDifferFromTheSealAndRecutsOnlyALittle(t *testing.T) {
	st := studio(t)
	cut := CutSeal(newSeal(newDice(4, "seal"), models.SealCompany, "云州市朝阳电子科技有限公司", "1234567890123"), 44)
	base := cut.mask(st)
	if d := difference(base, cut.mask(st)); d != 0 {
		t.Errorf("one seal drawn twice differs by %.3f", d)
	}
	for _, kind := range ForgeryKinds() {
		if kind == PrintCopy {
			continue // another way of laying down the same seal
		}
		forged, made, _ := st.Forge(cut, kind, 77)
		d := difference(base, forged.mask(st))
		if made != kind || d < 0.0005 {
			t.Errorf("%s: made %s, differs by %.4f of the surface", kind, made, d)
		}
		if limit := 0.08; kind == Altered && d > limit {
			t.Errorf("%s: differs by %.4f; one altered sign is less than %.2f", kind, d, limit)
		}
	}
}

// A colour print has neither ink nor paper in full: between a printer's dots there is
// paper in the strokes, and a printed tone has dots on the paper.
func TestAColourPrintIsMadeOfDots(t *testing.T) {
	st := studio(t)
	cut := CutSeal(newSeal(newDice(4, "seal"), models.SealCompany, "云州市朝阳电子科技有限公司", ""), 44)
	for _, how := range []Printer{Laser, Inkjet} {
		printed := *cut
		printed.printer = how
		im := printed.press(st, newDice(3, "print"), pressFor(newDice(3, "press"), Good, redInks), printerDPI)
		changes, dark := 0, 0
		for i := 4; i < len(im.print.Pix); i += 4 {
			// Red is what the ink lets through: steps there are dots.
			if step := int(im.print.Pix[i]) - int(im.print.Pix[i-4]); step*step > 100 {
				changes++
			}
			if im.print.Pix[i+1] < 128 {
				dark++
			}
		}
		if dark == 0 || changes < dark/20 {
			t.Errorf("%s: %d steps from dot to dot in %d dark pixels", how, changes, dark)
		}
	}
}

// difference is the mean difference of two masks of one size.
func difference(a, b *mask) float64 {
	if a.W != b.W || a.H != b.H {
		return 1
	}
	sum := 0.0
	for i := range a.A {
		d := float64(a.A[i] - b.A[i])
		if d < 0 {
			d = -d
		}
		sum += d
	}
	return sum / float64(len(a.A))
}

func TestWorseGradesLeaveLessInk(t *testing.T) {
	st := studio(t)
	cut := CutSeal(newSeal(newDice(4, "seal"), models.SealFinance, "宁溪市瑞丰商贸有限公司", "1234567890123"), 5)
	ink := func(missing float64) float64 {
		d := newDice(1, "press")
		p := pressFor(d, Good, redInks)
		p.Missing = missing
		sum := 0.0
		for _, a := range cut.press(st, newDice(2, "strike"), p, 300).ink.A {
			sum += float64(a)
		}
		return sum
	}
	full := ink(0)
	for missing, atMost := range map[float64]float64{0.1: 0.97, 0.3: 0.8} {
		if got := ink(missing) / full; got > atMost || got < 0.3 {
			t.Errorf("missing %.1f leaves %.2f of the ink", missing, got)
		}
	}
}

// TestFormsOfOthers: the same seed gives the same pages, every strike is drawn, and what is taken back was there.
func TestFormsOfOthers(t *testing.T) {
	st := studio(t)
	a, b := t.TempDir(), t.TempDir()
	for _, dir := range []string{a, b} {
		if err := st.FormPages(t.Context(), dir, 5, 1); err != nil {
			t.Fatal(err)
		}
	}
	same(t, digest(t, a), digest(t, b))

	place := slip.Rect{X: 20, Y: 30, W: 24, H: 6}
	for _, s := range Strikes() {
		lo, hi := s.across(newDice(1, string(s)), place).bounds()
		if hi.X < place.X || lo.X > place.X+place.W || hi.Y < place.Y || lo.Y > place.Y+place.H || hi.X > place.X+place.W+5 || lo.X < place.X-5 {
			t.Errorf("%s runs from %v to %v, past the answer at %v", s, lo, hi, place)
		}
	}
	p := NewPeriod(5, 0)
	p.add(Agreeing)
	pg := p.Files[0].Pages[0]
	for _, asks := range []asking{offersAnswers, leavesPlace} {
		f := st.printOther(newDice(3, "form"), pg.Order, 100, asks)
		if offered := f.asked.words[0] != ""; offered != (asks == offersAnswers) || offered == !f.places.Result.Empty() {
			t.Errorf("asked to ask %d: offers %v, place %v", asks, f.asked.words, f.places.Result)
		}
		var truth PageTruth
		truth.Accounts = []AccountLine{{"1", "CNY", pg.Order.Statement.Lines[0].Balance}}
		got := st.struck(f.answer, StrikeLevel, f)(newDice(4, "answer"), f.page, pg, f.places, &truth)
		if got.place.Empty() || truth.Mark != models.Unclear || truth.MarkForm != "struck: level" {
			t.Errorf("asked to ask %d: answer at %v, truth %s, %s", asks, got.place, truth.Mark, truth.MarkForm)
		}
	}
}
