package ocr

import "math"

// lattice is what the recogniser says of one strip: for each column of
// stripStride pixels the probability of every class.
type lattice struct {
	alphabet       *alphabet
	steps, classes int
	p              []float32 // steps × classes
}

// floorProbability stands for "impossible", so that one bad column cannot veto
// a word for ever.
const floorProbability = 1e-7

func (l *lattice) at(step, class int) float64 {
	return float64(l.p[step*l.classes+class])
}

// best is the most probable class of a column.
func (l *lattice) best(step int) (class int, p float64) {
	const majority = 0.5 // what has more needs no comparing: the classes add up to 1
	row := l.p[step*l.classes : (step+1)*l.classes]
	most := row[0]
	for c, p := range row {
		if p > most {
			class, most = c, p
		}
		if most > majority {
			break
		}
	}
	return class, float64(most)
}

// glyph is one character of a greedy reading with its place.
type glyph struct {
	char  rune
	step  int // first column
	p     float64
	width int // columns
}

// glyphs is the greedy reading: the best class of each column, repeats and
// blanks removed.
func (l *lattice) glyphs() []glyph {
	var out []glyph
	last := 0
	for t := range l.steps {
		best, p := l.best(t)
		switch {
		case best == 0:
		case best == last:
			g := &out[len(out)-1]
			g.width = t - g.step + 1
			g.p = max(g.p, p)
		default:
			out = append(out, glyph{char: l.alphabet.runes[best], step: t, p: p, width: 1})
		}
		last = best
	}
	return out
}

// text is the greedy reading and the mean probability of its characters; an
// empty reading has confidence 0.
func (l *lattice) text() (string, float64) {
	glyphs := l.glyphs()
	if len(glyphs) == 0 {
		return "", 0
	}
	runes, sum := make([]rune, 0, len(glyphs)), 0.0
	for _, g := range glyphs {
		runes = append(runes, g.char)
		sum += g.p
	}
	return string(runes), sum / float64(len(glyphs))
}

// logBestPath is the log-probability of the most probable alignment, whatever
// it spells: the yardstick against which a forced reading is measured.
func (l *lattice) logBestPath() float64 {
	sum := 0.0
	for t := range l.steps {
		_, p := l.best(t)
		sum += logp(p)
	}
	return sum
}

// logForward is the log-probability that the strip spells exactly the phrase,
// over all alignments (the CTC forward algorithm). A phrase with a character
// the recogniser does not know is impossible.
func (l *lattice) logForward(phrase string) float64 {
	var classes []int
	for _, r := range phrase {
		c, ok := l.alphabet.class[r]
		if !ok {
			return math.Inf(-1)
		}
		classes = append(classes, c)
	}
	n := 2*len(classes) + 1 // blanks between and around
	label := func(s int) int {
		if s%2 == 0 {
			return 0
		}
		return classes[s/2]
	}
	alpha := make([]float64, n)
	next := make([]float64, n)
	for s := range alpha {
		alpha[s] = math.Inf(-1)
	}
	alpha[0] = 0 // before the first column; entering 0 or 1 is handled below
	first := true
	for t := range l.steps {
		for s := range next {
			var v float64
			if first {
				v = math.Inf(-1)
				if s < 2 {
					v = 0
				}
			} else {
				v = alpha[s]
				if s > 0 {
					v = logAdd(v, alpha[s-1])
				}
				if s > 1 && label(s) != 0 && label(s) != label(s-2) {
					v = logAdd(v, alpha[s-2])
				}
			}
			next[s] = v + logp(l.at(t, label(s)))
		}
		alpha, next = next, alpha
		first = false
	}
	if n == 1 {
		return alpha[0]
	}
	return logAdd(alpha[n-1], alpha[n-2])
}

// peak is the highest probability of a character anywhere in the strip.
func (l *lattice) peak(r rune) float64 {
	c, ok := l.alphabet.class[r]
	if !ok {
		return 0
	}
	best := 0.0
	for t := range l.steps {
		best = max(best, l.at(t, c))
	}
	return best
}

func logp(p float64) float64 { return math.Log(max(p, floorProbability)) }

// logAdd is log(e^a + e^b).
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}
