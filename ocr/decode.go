package ocr

import (
	"cmp"
	"math"
	"slices"
)

// beamWidth is how many beginnings of a word are kept at each column. Digits
// in print are rarely in doubt between more than a handful of readings.
const beamWidth = 24

// beamDepth is how much less probable than the best a beginning may be, as a
// logarithm: one in three million never wins, and most strips then keep a few.
const beamDepth = 15

// word is a reading under a grammar.
type word struct {
	text string
	// posterior is the probability of this word among the words of the grammar.
	posterior float64
	// fit is how well the best word of the grammar explains the strip, against
	// the best reading without a grammar: geometric mean per character, 0..1.
	fit float64
}

// confidence is probability-like: sure of the word, and sure that it is a word
// of the grammar at all.
func (w word) confidence() float64 { return w.posterior * w.fit }

// twins lists, for a symbol of a grammar, the characters the recogniser may use
// for the same printed sign.
var twins = map[rune][]rune{
	',': {',', '，', '、'},
	'.': {'.', '．', '·', '。'},
	'-': {'-', '－', '—', '–', '一', '−'},
	'¥': {'¥', '￥', '羊', 'Y'},
	'(': {'(', '（'},
	')': {')', '）'},
	'/': {'/', '／'},
	'0': {'0', 'O', 'o', '〇'},
	'1': {'1', 'l', 'I'},
}

// prefix is the beginning of a word in the beam: the probability that the
// columns so far spell it and end in a blank, or in its last character.
type prefix struct {
	text        string
	last        rune
	state       int
	blank, char float64 // logarithms
	sum         float64 // total, once the column is done
}

func (p prefix) total() float64 { return logAdd(p.blank, p.char) }

// decode finds the most probable word of the grammar by prefix beam search: the
// probabilities of all alignments of a word are added. ok is false when no word
// of the grammar ends within the strip.
func (l *lattice) decode(g *grammar) (word, bool) {
	emit := l.emissions(g.symbols)
	beam, spare := []prefix{{state: g.start(), blank: 0, char: math.Inf(-1)}}, []prefix(nil)
	at := map[string]int{}
	for t := range l.steps {
		beam, spare = extend(beam, emit[t], g, spare[:0], at), beam
	}
	var best prefix
	mass := math.Inf(-1)
	found := false
	for _, p := range beam {
		if !g.accepts(p.state) {
			continue
		}
		mass = logAdd(mass, p.total())
		if !found || p.total() > best.total() {
			best, found = p, true
		}
	}
	if !found {
		return word{}, false
	}
	n := float64(len([]rune(best.text)))
	return word{
		text:      best.text,
		posterior: math.Exp(best.total() - mass),
		fit:       math.Exp(min(0, best.total()-l.logBestPath()) / n),
	}, true
}

// column is what one column of the lattice says in the grammar's terms.
type column struct {
	blank float64 // log-probability of blank or space
	char  []symbolP
}

type symbolP struct {
	symbol rune
	logp   float64
}

// emissionFloor leaves out symbols that a column all but excludes.
const emissionFloor = 1e-6

func (l *lattice) emissions(symbols []rune) []column {
	space := l.alphabet.class[' ']
	columns := make([]column, l.steps)
	for t := range columns {
		columns[t].blank = logp(l.at(t, 0) + l.at(t, space))
		for _, s := range symbols {
			p := 0.0
			if same, ok := twins[s]; ok {
				for _, r := range same {
					if c, ok := l.alphabet.class[r]; ok {
						p += l.at(t, c)
					}
				}
			} else if c, ok := l.alphabet.class[s]; ok {
				p = l.at(t, c)
			}
			if p > emissionFloor {
				columns[t].char = append(columns[t].char, symbolP{s, math.Log(p)})
			}
		}
	}
	return columns
}

// extend moves the beam over one column, into next; at is used for its memory.
func extend(beam []prefix, c column, g *grammar, next []prefix, at map[string]int) []prefix {
	clear(at)
	slot := func(text string, last rune, state int) *prefix {
		i, ok := at[text]
		if !ok {
			i = len(next)
			at[text] = i
			next = append(next, prefix{text: text, last: last, state: state, blank: math.Inf(-1), char: math.Inf(-1)})
		}
		return &next[i]
	}
	for _, p := range beam {
		stay := slot(p.text, p.last, p.state)
		stay.blank = logAdd(stay.blank, p.total()+c.blank)
		for _, s := range c.char {
			from := p.total()
			if s.symbol == p.last {
				stay = slot(p.text, p.last, p.state)
				stay.char = logAdd(stay.char, p.char+s.logp)
				from = p.blank // a double letter needs a blank between
			}
			if math.IsInf(from, -1) {
				continue
			}
			if to := g.step(p.state, s.symbol); to != deadState {
				longer := slot(p.text+string(s.symbol), s.symbol, to)
				longer.char = logAdd(longer.char, from+s.logp)
			}
		}
	}
	best := math.Inf(-1)
	for i := range next {
		next[i].sum = next[i].total()
		best = max(best, next[i].sum)
	}
	next = slices.DeleteFunc(next, func(p prefix) bool { return p.sum < best-beamDepth })
	slices.SortFunc(next, func(a, b prefix) int { return cmp.Compare(b.sum, a.sum) })
	return next[:min(len(next), beamWidth)]
}
