package ocr

import (
	"bytes"
	"math"
	"slices"
)

// A stroke that takes written or stamped words back, in heights of the words where not said otherwise;
// measured on the written answers of docs/adr/028, seventh round.
const (
	strokeLong    = 1.4  // of 51 answers not taken back all but three stay below 1.2; a stroke through two characters is longer
	strokeHalf    = 0.45 // of the words' width, for of four characters two are taken back, not one
	strokeSteep   = 1.6  // beyond strokeLevelly, where strokes of two characters may meet: of some 100 answers not taken back none is longer than 1.5
	strokeLevelly = 10   // degrees
	strokeSlope   = 28   // degrees; slashed looks for steeper ones
	strokeLevel   = 0.5  // of the words' ink
	strokeThick   = 0.05 // on either side of a straight line: strokes are not quite straight
	strokeOwn     = 3    // such thicknesses, of ink in a column that may be the line's own: what goes on is a stroke that it crosses
	strokeEdge    = 0.15 // within top and foot of the words, where no stroke is looked for
	strokeAmid    = 0.1  // share of its columns with ink above it, and below: a stamp's frame and an underline have none on one side
	strokeSteps   = 12   // lines tried in between
	onePiece      = 0.9  // share of the ink of words joined: of 8 answers of the development set not taken back and not read clearly none has more than 0.46 (docs/adr/036)
	sealEdge      = 3    // red ink times so much is more than all ink at the pale edge of a seal: on one page a third and more of it is red
	strokeBeyond  = 2.2  // a line that goes on so far beside the words is a rule, or a fold

	slashLeast = 26   // degrees from upright; of some 100 written answers two have strokes of 20 to 24 degrees that are as long
	slashMost  = 60   // degrees
	slashStep  = 2    // degrees, between the slants tried
	slashLong  = 1.2  // of the height of a line's characters: of 32 written or stamped answers none has a slanting stroke above 1.12
	slashShort = 0.1  // of that height, by which a slash may end within the characters on one side
	crossInked = 0.98 // of the columns of both strokes of a cross, in one piece: of 88 answers not taken back one has 0.97, none else two of more than 0.88
	crossThick = 0.06 // of the characters' height, on either side of a straight line
	crossSteps = 12   // to a height, between the places tried

	rowShare = 0.2 // of the ink of the fullest row have rows of the characters; what reaches beyond is a long foot, or a slash
	rowLeast = 0.4 // of the words' height the characters have; else the fullest row is a line, of the form or through all of them
)

// crossedOut reports whether a straight stroke, longer than any of a character, runs through some of
// the words written or stamped. struck tells of one through all of them, which need not be unbroken; in a
// stamp's frame crossedWithin looks for level ones. Words not read clearly are also crossed out where strokes join them all.
func (p *page) crossedOut(words box, framed, unclear bool) (bool, error) {
	cut, err := p.ink.cut(p.image, p.ink.sheetBox(words.grow(int(strokeBeyond*float64(words.h())))), p.ink.ratio)
	if err != nil {
		return false, err
	}
	inner := cut.inner(p.ink, words)
	mask := inkOver(cut.total, max(clearInk, strokeLevel*inkLevelIn(cut.total, inner, minInk)))
	p.clearSeals(cut, mask)                               // a ring is nearly straight for the length of a word
	w, faint := cut.total.W, inkOver(cut.total, clearInk) // the words may be paler than what takes them back
	for _, words := range slices.Compact([]box{charactersIn(mask, w, inner), charactersIn(faint, w, inner)}) {
		if slashed(mask, w, words) || crossedThrough(mask, w, words) {
			return true, nil
		}
	}
	if two, err := p.inTwoInks(words); err != nil || two {
		return two, err
	}
	return !framed && (unclear && inOnePiece(mask, w, charactersIn(mask, w, inner)) || longStroke(mask, w, inner)), nil
}

// inOnePiece reports whether nearly all ink of words, wider than a character, hangs together: loops and slashes through writing join it.
func inOnePiece(mask []uint8, w int, words box) bool {
	pieces, runs := components(mask, w, len(mask)/w, 1)
	ink, all, most := make([]int, len(pieces)), 0, 0
	for _, r := range runs {
		if b := (box{r.X0, r.Y, r.X1, r.Y + 1}); b.overlapX(words) > 0 && b.overlapY(words) > 0 {
			ink[r.Component] += b.overlapX(words)
			all += b.overlapX(words)
			most = max(most, ink[r.Component])
		}
	}
	return float64(words.w()) >= strokeLong*float64(words.h()) && float64(most) >= onePiece*float64(all)
}

// clearSeals takes the warm ink of the seals found out of a mask of a patch.
func (p *page) clearSeals(cut *patch, mask []uint8) {
	if cut.warm == nil {
		return
	}
	for _, s := range p.seals {
		seal := cut.inner(p.ink, s)
		for y := max(seal.y0, 0); y < min(seal.y1, cut.total.H); y++ {
			for x := max(seal.x0, 0); x < min(seal.x1, cut.total.W); x++ {
				if i := y*cut.total.W + x; cut.warm.Pix[i] > clearInk || sealEdge*cut.warm.Pix[i] > cut.total.Pix[i] {
					mask[i] = 0
				}
			}
		}
	}
}

// slashed reports whether an unbroken slanting line of a mask, w wide, runs through words from their head
// to their foot and beyond, as no stroke of a character does, or over all of the mask.
func slashed(mask []uint8, w int, words box) bool {
	high, middle := float64(words.h()), (words.y0+words.y1)/2
	long := min(slashLong*high, float64(len(mask)/w)) // or from side to side of a frame
	thick, short := max(1, int(strokeThick*high+0.5)), int(slashShort*high)
	across := make([]uint8, len(mask))
	transpose(across, mask, w, len(mask)/w)
	ink := sumColumns(across, len(mask)/w)
	for deg := slashLeast; deg <= slashMost; deg += slashStep {
		for _, slope := range []float64{math.Tan(float64(deg) * math.Pi / 180), -math.Tan(float64(deg) * math.Pi / 180)} {
			for x := words.x0; x < words.x1; x++ {
				s := stroke{slope: slope, zero: float64(x) - slope*float64(middle)}
				on := func(row int) bool { return ink.of(row, s.y(row)-thick, s.y(row)+thick+1) > 0 }
				head, foot := middle, middle
				for head > 0 && on(head-1) {
					head--
				}
				for foot < ink.w && on(foot) {
					foot++
				}
				through := head <= words.y0+short && foot >= words.y1-short
				if through && float64(foot-head) >= long && float64(ink.follow(s, head, thick)-head) >= long {
					return true
				}
			}
		}
	}
	return false
}

// charactersIn is a box of words less what only single strokes reach, above and below.
func charactersIn(mask []uint8, w int, words box) box {
	words = box{max(words.x0, 0), max(words.y0, 0), min(words.x1, w), min(words.y1, len(mask)/w)}
	var rows []int
	for y := words.y0; y < words.y1; y++ {
		rows = append(rows, bytes.Count(mask[y*w+words.x0:y*w+words.x1], []byte{1}))
	}
	if len(rows) == 0 {
		return words
	}
	least := int(rowShare * float64(slices.Max(rows)))
	own := words
	for own.y0 < own.y1 && rows[0] < least {
		rows, own.y0 = rows[1:], own.y0+1
	}
	for own.y0 < own.y1 && rows[len(rows)-1] < least {
		rows, own.y1 = rows[:len(rows)-1], own.y1-1
	}
	if float64(own.h()) < rowLeast*float64(words.h()) {
		return words
	}
	return own
}

// longStroke reports whether an unbroken, nearly level line of a mask, w wide, runs through about half of the
// words, with ink of theirs on both sides, and ends beside them. It clears the mask's rules.
func longStroke(mask []uint8, w int, words box) bool {
	thick := max(1, int(strokeThick*float64(words.h())+0.5))
	for _, s := range straightLines(sumColumns(mask, w), words, thick) {
		if !s.ends {
			for x := range w {
				for y := max(s.y(x)-thick, 0); y <= min(s.y(x)+thick, len(mask)/w-1); y++ {
					mask[y*w+x] = 0
				}
			}
		}
	}
	ink := sumColumns(mask, w)
	return slices.ContainsFunc(straightLines(ink, words, thick), func(s stroke) bool {
		over, under, first, end := 0, 0, s.x1, s.x0
		for x := s.x0; x < s.x1; x++ {
			above, below := ink.beside(x, s.y(x), thick)
			o, u := min(1, ink.of(x, words.y0, above)), min(1, ink.of(x, below, words.y1))
			over, under = over+o, under+u
			if o+u > 0 {
				first, end = min(first, x), x+1
			}
		}
		return s.ends && end > first && float64(min(over, under)) >= strokeAmid*float64(end-first)
	})
}

// stroke is a straight line of ink through words, in pixels: x0 <= x < x1 within them; zero is its row at x = 0.
type stroke struct {
	slope, zero float64
	x0, x1      int
	ends        bool // before the edges of the picture
}

func (s stroke) y(x int) int { return int(s.zero + s.slope*float64(x) + 0.5) }

// beside are the rows of a column above which, and from which on, ink is not that of a line at row y: somewhat off it, and beyond its own
// ink, as far as a stroke is thick.
func (s columnSums) beside(x, y, thick int) (above, below int) {
	above, below = y-2*thick, y+2*thick+1
	for d := range 2*thick + 1 { // y, and from there up and down in turn
		at := y + (d+1)/2*(1-d%2*2)
		if s.of(x, at, at+1) == 0 {
			continue
		}
		top, foot := at, at+1
		for foot-top <= strokeOwn*thick && s.of(x, top-1, top) > 0 {
			top--
		}
		for foot-top <= strokeOwn*thick && s.of(x, foot, foot+1) > 0 {
			foot++
		}
		return min(above, top), max(below, foot)
	}
	return above, below
}

// straightLines are the level and slanting, unbroken lines through about half of the words; one is found several times.
func straightLines(ink columnSums, words box, thick int) (out []stroke) {
	high, w := float64(words.h()), ink.w
	for deg := -strokeSlope; deg <= strokeSlope; deg++ {
		long := strokeLong * high
		if abs(deg) > strokeLevelly {
			long = strokeSteep * high
		}
		s := stroke{slope: math.Tan(float64(deg) * math.Pi / 180)}
		for k := range strokeSteps + 1 {
			s.zero = float64(words.y0) + high*(strokeEdge+(1-2*strokeEdge)*float64(k)/strokeSteps) - s.slope*float64(words.x0+words.x1)/2
			for x := 0; x < w; {
				end := ink.follow(s, x, thick)
				s.x0, s.x1, s.ends = max(x, words.x0), min(end, words.x1), x > 0 && end < w
				if float64(s.x1-s.x0) >= max(long, strokeHalf*float64(words.w())) {
					out = append(out, s)
				}
				x = max(end, x+1)
			}
		}
	}
	return out
}

// columnSums counts, for each place of a mask, the ink above it in its column.
type columnSums struct {
	w, h  int
	above []int32
}

func sumColumns(mask []uint8, w int) columnSums {
	s := columnSums{w, len(mask) / w, make([]int32, len(mask)+w)}
	for i, m := range mask {
		s.above[i+w] = s.above[i] + int32(m)
	}
	return s
}

// follow goes along unbroken ink within thick of a line, from column x on, and gives the column behind it.
func (s columnSums) follow(line stroke, x, thick int) int {
	var reached []bool // rows of the column, from line.y(x)-thick on
	for ; x < s.w; x++ {
		top := line.y(x) - thick
		now, any := make([]bool, 2*thick+1), false
		for k := range now {
			if s.of(x, top+k, top+k+1) == 0 {
				continue
			}
			if reached == nil {
				now[k] = true
			} else {
				shift := top - (line.y(x-1) - thick)
				for d := -1; d <= 1; d++ {
					if i := k + shift + d; i >= 0 && i < len(reached) && reached[i] {
						now[k] = true
					}
				}
			}
			any = any || now[k]
		}
		if !any {
			return x
		}
		for k := 1; k < len(now); k++ {
			now[k] = now[k] || now[k-1] && s.of(x, top+k, top+k+1) > 0
		}
		for k := len(now) - 2; k >= 0; k-- {
			now[k] = now[k] || now[k+1] && s.of(x, top+k, top+k+1) > 0
		}
		reached = now
	}
	return x
}

// of is the ink of a column in rows top <= y < foot.
func (s columnSums) of(x, top, foot int) int {
	top, foot = max(top, 0), min(foot, s.h)
	if top >= foot {
		return 0
	}
	return int(s.above[foot*s.w+x] - s.above[top*s.w+x])
}

// crossedThrough reports whether two straight strokes cross from corner to corner of a character or two, in a mask w wide.
func crossedThrough(mask []uint8, w int, words box) bool { return len(crossings(mask, w, words)) > 0 }

// crossings are the places of such crosses; one is found several times.
func crossings(mask []uint8, w int, words box) (out []box) {
	high := float64(words.h())
	thick, step := max(1, int(crossThick*high+0.5)), max(1, int(high/crossSteps))
	ink := sumColumns(mask, w)
	diagonal := func(x0, x1, y0, y1 int) bool { // from (x0, y0) to (x1, y1)
		missing := int((1 - crossInked) * float64(x1-x0))
		for x := x0; x < x1 && missing >= 0; x++ {
			y := y0 + (y1-y0)*(x-x0)/max(1, x1-x0-1)
			missing -= 1 - min(1, ink.of(x, y-thick, y+thick+1))
		}
		if missing < 0 {
			return false
		}
		s := stroke{slope: float64(y1-y0) / float64(max(1, x1-x0-1))}
		s.zero = float64(y0) - s.slope*float64(x0)
		for x := x0; x <= x1-int(crossInked*float64(x1-x0)); { // strokes of several characters may make a line
			end := ink.follow(s, x, thick)
			if float64(min(end, x1)-x) >= crossInked*float64(x1-x0) {
				return true
			}
			x = max(end, x+1)
		}
		return false
	}
	for _, wide := range crossWides {
		end := int(wide * high)
		for x := words.x0 - step; x+end <= words.x1+step; x += step {
			falls, rises := false, false
			for top := words.y0 - step; top <= words.y0+2*step; top += step {
				for foot := words.y1 - 2*step; foot <= words.y1+step; foot += step {
					falls = falls || diagonal(max(x, 0), min(x+end, w), top, foot)
					rises = rises || diagonal(max(x, 0), min(x+end, w), foot, top)
				}
			}
			if falls && rises {
				out = append(out, box{x, words.y0, x + end, words.y1})
			}
		}
	}
	return out
}

// crossWides are the widths at which crosses are looked for, in heights of the characters.
var crossWides = []float64{0.8, 1, 1.25, 1.6, 2}
