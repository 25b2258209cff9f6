package ocr

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
)

// grammar is a regular language over single characters, as a lazily built
// deterministic automaton: the recogniser may only spell its words.
type grammar struct {
	prog    *syntax.Prog
	symbols []rune
	sets    [][]uint32     // state → instructions it stands at
	index   map[string]int // the same, for finding a state again
	next    []map[rune]int // state → symbol → state; missing means not yet known
	final   []bool
}

// deadState is the state from which no word is reached.
const deadState = -1

// newGrammar compiles the pattern, which must match whole words; symbols are
// the characters it can contain. Patterns are constants: a bad one panics.
func newGrammar(pattern, symbols string) *grammar {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		panic("ocr: grammar " + pattern + ": " + err.Error())
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		panic("ocr: grammar " + pattern + ": " + err.Error())
	}
	g := &grammar{prog: prog, symbols: []rune(symbols), index: map[string]int{}}
	g.state(g.closure([]uint32{uint32(prog.Start)}))
	return g
}

// start is the state before the first character.
func (g *grammar) start() int { return 0 }

// step is the state after symbol, or deadState.
func (g *grammar) step(state int, symbol rune) int {
	if to, known := g.next[state][symbol]; known {
		return to
	}
	var reached []uint32
	for _, pc := range g.sets[state] {
		if in := &g.prog.Inst[pc]; isRune(in.Op) && in.MatchRune(symbol) {
			reached = append(reached, in.Out)
		}
	}
	to := deadState
	if len(reached) > 0 {
		to = g.state(g.closure(reached))
	}
	g.next[state][symbol] = to
	return to
}

// accepts reports whether a word may end in state.
func (g *grammar) accepts(state int) bool { return g.final[state] }

func isRune(op syntax.InstOp) bool {
	return op == syntax.InstRune || op == syntax.InstRune1 || op == syntax.InstRuneAny || op == syntax.InstRuneAnyNotNL
}

// closure follows the instructions that consume nothing.
func (g *grammar) closure(from []uint32) []uint32 {
	seen := map[uint32]bool{}
	var out []uint32
	for len(from) > 0 {
		pc := from[len(from)-1]
		from = from[:len(from)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch in := &g.prog.Inst[pc]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			from = append(from, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			from = append(from, in.Out)
		case syntax.InstFail:
		default:
			out = append(out, pc)
		}
	}
	slices.Sort(out)
	return out
}

// state finds or makes the state that stands at the instructions.
func (g *grammar) state(set []uint32) int {
	key := make([]byte, 0, 4*len(set))
	for _, pc := range set {
		key = binary.BigEndian.AppendUint32(key, pc)
	}
	if s, ok := g.index[string(key)]; ok {
		return s
	}
	s := len(g.sets)
	g.index[string(key)] = s
	g.sets = append(g.sets, set)
	g.next = append(g.next, map[rune]int{})
	g.final = append(g.final, slices.ContainsFunc(set, func(pc uint32) bool { return g.prog.Inst[pc].Op == syntax.InstMatch }))
	return s
}
