package ocr

import (
	"testing"

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
