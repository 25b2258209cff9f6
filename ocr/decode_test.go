package ocr

import (
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
)

// testAlphabet spells what the tests need; class 0 is the blank.
func testAlphabet(letters string) *alphabet {
	a := &alphabet{runes: append([]rune{0}, []rune(letters)...), class: map[rune]int{}}
	for c, r := range a.runes[1:] {
		a.class[r] = c + 1
	}
	return a
}

// spell makes a lattice that says text: each character, then a blank, each with
// probability sure; the rest is spread evenly.
func spell(a *alphabet, text string, sure float64) *lattice {
	n := len(a.runes)
	l := &lattice{alphabet: a, classes: n}
	column := func(class int) {
		row := make([]float32, n)
		for c := range row {
			row[c] = float32((1 - sure) / float64(n-1))
		}
		row[class] = float32(sure)
		l.p = append(l.p, row...)
		l.steps++
	}
	for _, r := range text {
		column(a.class[r])
		column(0)
	}
	return l
}

// noise makes a lattice of random columns.
func noise(a *alphabet, steps int, rnd *rand.Rand) *lattice {
	l := &lattice{alphabet: a, classes: len(a.runes), steps: steps}
	for range steps {
		row := make([]float32, len(a.runes))
		sum := float32(0)
		for c := range row {
			row[c] = float32(math.Pow(rnd.Float64(), 6))
			sum += row[c]
		}
		for c := range row {
			row[c] /= sum
		}
		l.p = append(l.p, row...)
	}
	return l
}

const testLetters = "0123456789,.-¥$()元RMBCNYUSDHKEJPGAFILOQTVWXZ 不相符核对无误人民币美港"

// Whatever the recogniser says, a decoded word belongs to the grammar.
func TestDecodeStaysInGrammar(t *testing.T) {
	a, rnd := testAlphabet(testLetters), rand.New(rand.NewPCG(1, 2))
	patterns := map[string]string{
		"amount":    `^` + amountPattern + `$`,
		"account":   `^` + accountPattern + `$`,
		"statement": `^` + statementPattern + `$`,
	}
	for _, k := range []kind{kindAmount, kindAccount, kindStatement} {
		g, want := k.grammar(), regexp.MustCompile(patterns[k.name])
		found := 0
		for range 200 {
			w, ok := noise(a, 24, rnd).decode(g)
			if !ok {
				continue
			}
			found++
			if !want.MatchString(w.text) {
				t.Fatalf("%s: decoded %q, which is not in the grammar", k.name, w.text)
			}
			if w.posterior < 0 || w.posterior > 1+1e-9 || w.fit < 0 || w.fit > 1+1e-9 {
				t.Fatalf("%s: %q has posterior %g and fit %g", k.name, w.text, w.posterior, w.fit)
			}
		}
		if found == 0 {
			t.Errorf("%s: nothing decoded from 200 noisy strips", k.name)
		}
	}
}

// What is plainly printed is read as printed, however large or small.
func TestDecodeReadsPlainPrint(t *testing.T) {
	a := testAlphabet(testLetters)
	for _, c := range []struct {
		kind  *kind
		print string
		plain string
	}{
		{&kindAmount, "0.00", "0.00"},
		{&kindAmount, "¥1,234,567.89", "1234567.89"},
		{&kindAmount, "-12,045.07", "-12045.07"},
		{&kindAmount, "(12.00)", "-12.00"},
		{&kindAmount, "88000.50元", "88000.50"},
		{&kindAmount, "USD100.00", "100.00"},
		{&kindAmount, "美元100.00", "100.00"},
		{&kindAmount, "港币100.00", "100.00"},
		{&kindAccount, "6222021234567890123", "6222021234567890123"},
		{&kindAccount, "2246 1949 0832 3610 70", "224619490832361070"},
		{&kindAccount, "3941-1099-162862", "39411099162862"},
		{&kindStatement, "DZ202509-984545", "DZ202509-984545"},
		{&kindStatement, "0729-09103896", "0729-09103896"},
	} {
		w, ok := spell(a, c.print, 0.99).decode(c.kind.grammar())
		if !ok {
			t.Errorf("%s %q: not read", c.kind.name, c.print)
			continue
		}
		if got := c.kind.plain(w.text); got != c.plain {
			t.Errorf("%s %q: read %q, want %q", c.kind.name, c.print, got, c.plain)
		}
		if w.confidence() < 0.9 {
			t.Errorf("%s %q: confidence %.2f for plain print", c.kind.name, c.print, w.confidence())
		}
	}
}

// A figure in doubt between two readings has a confidence near one half.
func TestDecodeConfidenceFallsWithDoubt(t *testing.T) {
	a := testAlphabet(testLetters)
	l := spell(a, "1,234.56", 0.99)
	three, eight := a.class['3'], a.class['8']
	for step := range l.steps {
		row := l.p[step*l.classes : (step+1)*l.classes]
		if row[three] > 0.9 {
			row[three], row[eight] = 0.5, 0.49
		}
	}
	w, ok := l.decode(kindAmount.grammar())
	if !ok || w.text != "1,234.56" {
		t.Fatalf("read %q, %v", w.text, ok)
	}
	if c := w.confidence(); c < 0.3 || c > 0.6 {
		t.Errorf("confidence %.2f, want about one half", c)
	}
}

// Text that is no amount is explained badly by every amount.
func TestDecodeRefusesOtherText(t *testing.T) {
	a := testAlphabet(testLetters)
	if w, ok := spell(a, "核对相符", 0.99).decode(kindAmount.grammar()); ok && w.confidence() > hopeless {
		t.Errorf("核对相符 read as amount %q with confidence %.3f", w.text, w.confidence())
	}
}

// The automaton accepts what the regular expression accepts.
func TestGrammarEqualsItsPattern(t *testing.T) {
	re := regexp.MustCompile(`^` + amountPattern + `$`)
	g := kindAmount.grammar()
	accepts := func(s string) bool {
		state := g.start()
		for _, r := range s {
			if state = g.step(state, r); state == deadState {
				return false
			}
		}
		return g.accepts(state)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		word := make([]rune, 1+rnd.IntN(9))
		for i := range word {
			word[i] = []rune("0123,.-¥()")[rnd.IntN(10)]
		}
		if s := string(word); accepts(s) != re.MatchString(s) {
			t.Fatalf("%q: automaton %v, pattern %v", s, accepts(s), re.MatchString(s))
		}
	}
}

// The forward score adds every alignment: no other phrase may beat the one printed.
func TestForwardPrefersWhatIsWritten(t *testing.T) {
	a := testAlphabet(testLetters)
	phrases := []string{"核对相符", "相符", "不符", "不相符", "核对无误", "无误"}
	for _, written := range phrases {
		l := spell(a, written, 0.8)
		best := slices.MaxFunc(phrases, func(x, y string) int {
			if l.logForward(x) < l.logForward(y) {
				return -1
			}
			return 1
		})
		if best != written {
			t.Errorf("%s scored best as %s", written, best)
		}
	}
	if s := spell(a, "相符", 0.8).logForward("囍"); !math.IsInf(s, -1) {
		t.Errorf("a phrase of unknown characters scored %g", s)
	}
}

func TestBestOfAColumn(t *testing.T) {
	l := &lattice{steps: 3, classes: 4, p: []float32{0.7, 0.1, 0.1, 0.1, 0.2, 0.3, 0.4, 0.1, 0.1, 0.1, 0.2, 0.6}}
	for step, want := range []int{0, 2, 3} {
		if got, p := l.best(step); got != want || p != float64(l.p[4*step+want]) {
			t.Errorf("column %d: class %d with %g, want %d", step, got, p, want)
		}
	}
}
