package ocr

import (
	"bytes"
	"slices"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// printedLine is a balance of sound print on a sheet laid a little askew.
func printedLine(digits string, y float64) []figure {
	var line []figure
	for i, r := range digits {
		x := 100 + 2*float64(i)
		f := figure{
			digit: r, at: models.Box{X: 20 * i, Y: int(10 * y), W: 15, H: 22}, x: x,
			top: y + 0.004*x, bottom: y + 2.7 + 0.004*x + 0.02*float64(i%3), stroke: 0.32 + 0.01*float64(i%2),
			shade: 0.1 + 0.01*float64(i%3), paper: [2]float64{0.97, 0.965},
		}
		for k := range f.shape {
			f.shape[k] = float64((k*int(r)+k/3)%7) / 7
		}
		line = append(line, f)
	}
	return line
}

func TestOddDigitsStandOut(t *testing.T) {
	const at = 4 // of the line; the digit occurs in the other balance twice
	for name, c := range map[string]struct {
		alter func(f *figure)
		want  models.Oddity
	}{
		"sound":    {func(*figure) {}, ""},
		"bold":     {func(f *figure) { f.stroke *= 1.4 }, models.OddStroke},
		"larger":   {func(f *figure) { f.top -= 0.2; f.bottom += 0.2 }, models.OddSize},
		"raised":   {func(f *figure) { f.top -= 0.3; f.bottom -= 0.3 }, models.OddLine},
		"pale":     {func(f *figure) { f.shade = 0.4 }, models.OddInk},
		"blue":     {func(f *figure) { f.hue = 0.3 }, models.OddInk},
		"pasted":   {func(f *figure) { f.paper = [2]float64{0.93, 0.93} }, models.OddPaper},
		"crossed":  {func(f *figure) { f.paper = [2]float64{0.6, 0.965} }, ""}, // a stroke above it
		"reshaped": {func(f *figure) { f.shape = [shapeW * shapeH]float64{0: 1, 40: 1, 80: 1} }, models.OddShape},
	} {
		line, other := printedLine("12345678", 50), printedLine("5512345678", 60)
		c.alter(&line[at])
		all := append(append([]figure{}, line...), other...)
		got := oddDigits(line, all)
		switch {
		case c.want == "" && len(got) > 0:
			t.Errorf("%s: %v stand out", name, got)
		case c.want != "" && (len(got) != 1 || got[0].Oddity != c.want || got[0].Digit != "5" || got[0].Box != line[at].at):
			t.Errorf("%s: got %v, want the 5 alone for its %s", name, got, c.want)
		}
		if odd := oddDigits(other, all); len(odd) > 0 {
			t.Errorf("%s: %v stand out in the other balance", name, odd)
		}
	}
}

// Print that is uneven as a whole is not altered.
func TestUnevenPrintIsNotAltered(t *testing.T) {
	line := printedLine("12345678", 50)
	for i := range line {
		line[i].shade += 0.09 * float64(i)
	}
	if got := oddDigits(line, line); len(got) > 0 {
		t.Errorf("%v stand out", got)
	}
}

// A whole balance of another print is even in itself and stands out from the others.
func TestOddBalanceStandsOut(t *testing.T) {
	for name, c := range map[string]struct {
		alter func(f *figure)
		want  models.Oddity
	}{
		"sound":    {func(*figure) {}, ""},
		"larger":   {func(f *figure) { f.bottom += 0.5 }, models.OddSize},
		"pale":     {func(f *figure) { f.shade += 0.3 }, models.OddInk},
		"reshaped": {func(f *figure) { f.shape = [shapeW * shapeH]float64{40: 1, 80: 1}; f.shape[f.digit-'0'] = 1 }, models.OddShape},
	} {
		lines := [][]figure{printedLine("1234512345", 50), printedLine("5512345678", 60), printedLine("12345678", 70)}
		for i := range lines[1] {
			c.alter(&lines[1][i])
		}
		got := oddLines(lines)
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || got[1] != c.want) {
			t.Errorf("%s: got %v, want the second alone for its %s", name, got, c.want)
		}
	}
}

// A balance stands on a patch where the paper changes at its print, not where the print is
// bold and soft: its fringe is no paper.
func TestPatchOfPaper(t *testing.T) {
	const w, h, dpi = 520, 60, 300
	for name, c := range map[string]struct {
		patch byte // level of the paper around the balance; the page's is 242
		want  bool
	}{"on the page's paper": {242, false}, "on darker paper": {234, true}, "on lighter paper": {250, true}} {
		pix := bytes.Repeat([]byte{242}, w*h)
		paint := func(x, y, w1, h1 int, v byte) {
			for j := y; j < y+h1; j++ {
				for i := x; i < x+w1; i++ {
					pix[j*w+i] = v
				}
			}
		}
		paint(130, 0, 260, h, c.patch)
		var line []figure
		for i := range 9 { // of bold print set close: 188188188
			at := models.Box{X: 140 + 27*i, Y: 14, W: 21, H: 32}
			if i%3 == 0 {
				at.X, at.W = at.X+7, 7
			}
			paint(at.X, at.Y, at.W, at.H, 40)
			if i%3 > 0 {
				paint(at.X+7, at.Y+8, 7, 7, c.patch)
				paint(at.X+7, at.Y+20, 7, 7, c.patch)
			}
			line = append(line, figure{at: at})
		}
		for range 2 { // soft
			soft := slices.Clone(pix)
			for y := 1; y < h-1; y++ {
				for x := 1; x < w-1; x++ {
					sum := 0
					for _, near := range []int{-w - 1, -w, -w + 1, -1, 0, 1, w - 1, w, w + 1} {
						sum += int(pix[y*w+x+near])
					}
					soft[y*w+x] = byte((sum + 4) / 9)
				}
			}
			pix = soft
		}
		im, err := imaging.FromPixels(w, h, 1, pix)
		if err != nil {
			t.Fatal(err)
		}
		p := &page{image: im, ink: &ink{perMM: dpi / mmPerInch, scale: 1}}
		if got, err := p.onPatch(line, nil); err != nil || got != c.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		im.Close()
	}
}

// A first figure that a currency's sign touches is not judged: the piece is no digit.
func TestFiguresWithoutTheirSign(t *testing.T) {
	const w, h = 600, 300
	pix := bytes.Repeat([]byte{250}, w*h)
	for i := range 5 {
		x, wide := 200+30*i, 22
		if i == 0 {
			x, wide = 177, 45
		}
		for y := 140; y < 172; y++ {
			copy(pix[y*w+x:y*w+x+wide], make([]byte, wide))
		}
	}
	im, err := imaging.FromPixels(w, h, 1, pix)
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	p, err := analyse(im, 300, inks{})
	if err != nil {
		t.Fatal(err)
	}
	figures, err := p.figuresOf(models.Voted{Value: "888.88", Box: models.Box{X: 170, Y: 136, W: 190, H: 40}})
	if err != nil || len(figures) != 4 || figures[0].at.X < 220 {
		t.Errorf("%v, %d figures: %+v, want the last four", err, len(figures), figures)
	}
}
