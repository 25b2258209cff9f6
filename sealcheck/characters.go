package sealcheck

import (
	"cmp"
	_ "embed" // the network's weights
	"math"
	"slices"

	"heyin/imaging"
)

// characterModel compares two characters, like digitModel.
//
//go:embed characters.onnx
var characterModel []byte

// characterReader is loaded at its first use.
var characterReader = network(characterModel)

// characterSide is the side in pixels of a character's cell, which holds its box
// whatever its size on paper.
const (
	characterSide = 64
	characterArea = characterSide * characterSide
)

// characterWays is in how many ways a pair of cells can be laid: turned and mirrored. All ask the
// same, and what the network says of one by chance it does not say of the others.
const characterWays = 8

// characterOdds asks the network about pairs of cells, whose clashes count beside the answers: log odds
// that they are not the same character. What it is sure of at first sight it is not asked again; of the others the
// mean of all ways counts. Only the worst character decides, so that one that surely is not keeps what it has been
// asked so far.
func characterOdds(pairs []float32, clashes []float64) ([]float32, error) {
	odds, err := oddsOf(characterReader, pairs, characterSide, characterSide)
	if err != nil {
		return nil, err
	}
	worst := worstCharacter{math.Inf(-1), math.Inf(-1)}
	var doubted []int
	for i, o := range odds {
		if o >= -characterSure && o <= characterSure {
			doubted = append(doubted, i)
		} else {
			worst.take(float64(o), clashes[i])
		}
	}
	// The likeliest to be the worst first.
	slices.SortStableFunc(doubted, func(i, j int) int {
		return cmp.Compare(doubtOf(float64(odds[j]), clashes[j]), doubtOf(float64(odds[i]), clashes[i]))
	})
	const cells = pairLayers * characterArea
	for _, i := range doubted {
		pair, sum, asked := pairs[i*cells:(i+1)*cells], odds[i], 1
		for _, step := range characterSteps {
			if !worst.near(float64(odds[i]), clashes[i], step.apart) {
				break
			}
			again := make([]float32, 0, (step.ways-asked)*cells)
			for ; asked < step.ways; asked++ {
				again = appendLaid(again, pair, asked)
			}
			more, err := oddsOf(characterReader, again, characterSide, characterSide)
			if err != nil {
				return nil, err
			}
			for _, m := range more {
				sum += m
			}
			odds[i] = sum / float32(asked)
		}
		worst.take(float64(odds[i]), clashes[i])
	}
	return odds, nil
}

// worstCharacter is the highest of the odds and of the doubts so far; they may be of two characters.
type worstCharacter struct{ odds, doubt float64 }

func (w *worstCharacter) take(odds, clash float64) {
	w.odds, w.doubt = max(w.odds, odds), max(w.doubt, doubtOf(odds, clash))
}

// near reports whether a character is not so far below the worst.
func (w *worstCharacter) near(odds, clash, apart float64) bool {
	return odds >= w.odds-apart || doubtOf(odds, clash) >= w.doubt-apart
}

// appendLaid adds a pair of cells upside down (1), mirrored (2) and turned by a quarter (4), which
// way adds up; each second way the imprint takes the specimen's place.
func appendLaid(out, pair []float32, way int) []float32 {
	const last = characterSide - 1
	right, down := 1, characterSide // pixels of the pair to the next one of a row, and to the next row
	if way&4 != 0 {
		right, down = down, right
	}
	first := 0
	if way&1 != 0 {
		first, down = first+last*down, -down
	}
	if way&2 != 0 {
		first, right = first+last*right, -right
	}
	for layer := range pairLayers {
		cell := pair[(layer^way&1)*characterArea:][:characterArea]
		for y := range characterSide {
			for x := range characterSide {
				out = append(out, cell[first+y*down+x*right])
			}
		}
	}
	return out
}

// characterCells lays each glyph that is no digit and what the imprint has in its place under each
// other: n × pairLayers × characterSide² values of 0..1. What is nearer to a neighbour is blank.
func (r *Reference) characterCells(v view, clear quads, all []glyphMatch) []float32 {
	out := make([]float32, 0, len(all)*pairLayers*characterArea)
	for _, m := range all {
		g := m.glyph
		if g.digit {
			continue
		}
		own := make([]bool, g.w*g.h)
		for _, q := range g.pixels {
			own[(int(q.i)/r.w-g.y0)*g.w+int(q.i)%r.w-g.x0] = true
		}
		frame := cellFrame{characterSide, characterSide, float64(max(g.w, g.h)) / characterSide, 0, 1}
		out = append(out, r.pairCells(v, clear, m, frame, func(x, y float64) bool {
			i, j := int(g.cx+x+0.5)-g.x0, int(g.cy+y+0.5)-g.y0
			return i >= 0 && j >= 0 && i < g.w && j < g.h && own[j*g.w+i]
		})...)
	}
	return out
}

// characterPlaces tells the pixels of the specimen by which the k-th cell of characterCells is
// judged: they are k+1, others 0.
func (r *Reference) characterPlaces() *imaging.Plane {
	p, n := imaging.NewPlane(r.w, r.h), float32(0)
	for _, g := range r.glyphs {
		if g.digit {
			continue
		}
		n++
		for _, q := range g.pixels {
			p.Pix[q.i] = n
		}
	}
	return p
}
