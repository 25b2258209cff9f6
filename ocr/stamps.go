package ocr

import (
	"math"
	"slices"

	"heyin/imaging"
)

// The frame of a rubber stamp; set while looking at the stamps of docs/adr/028, eighth round.
const (
	stampTurn   = 15.0 // degrees, the most that a stamp is set askew of its line
	stampStep   = 1.0  // degrees, between the turns tried
	stampBandMM = 0.8  // mm, within which the line of a side lies
	stampSide   = 0.55 // share of a side along which its line shows
	stampEnd    = 0.12 // share below which the line has ended, more than the sides next to it show across
	stampLeastH = 24   // pixels, below which no frame is told from strokes
)

// unframed gives what stands within the frame of a stamp, turned level, and where its words are: so it
// reads like any other writing. False where ink has no such frame, which shows above and below and at
// one end at least, or nothing stands within it.
func unframed(pl *imaging.Plane, level float32, perMM float64) (inside *imaging.Plane, words box, ok bool) {
	if pl.H < stampLeastH {
		return nil, box{}, false
	}
	var ink [][2]float64
	for i, v := range pl.Pix {
		if v > trimLevel*level {
			ink = append(ink, [2]float64{float64(i % pl.W), float64(i / pl.W)})
		}
	}
	var best box
	var shown, sin, cos float64
	for turn := -stampTurn; turn <= stampTurn; turn += stampStep {
		s, c := math.Sincos(turn * math.Pi / 180)
		columns, rows := make(profile, 2*(pl.W+pl.H)), make(profile, 2*(pl.W+pl.H))
		for _, at := range ink {
			columns.add(pl, c*at[0]+s*at[1])
			rows.add(pl, c*at[1]-s*at[0])
		}
		x, y := columns.sides(int(stampBandMM*perMM), rows.length()), rows.sides(int(stampBandMM*perMM), columns.length())
		all := x.first + x.last + y.first + y.last
		if min(y.first, y.last) >= stampSide && max(x.first, x.last) >= stampSide && all > shown {
			best, shown, sin, cos = box{x.from, y.from, x.to, y.to}, all, s, c
		}
	}
	if best.w() < best.h() || best.h() < leastWritten {
		return nil, box{}, false
	}
	inside = imaging.NewPlane(best.w(), best.h())
	for i := range inside.Pix {
		x, y := float64(best.x0+i%inside.W-pl.W-pl.H), float64(best.y0+i/inside.W-pl.W-pl.H)
		if sx, sy := int(cos*x-sin*y+0.5), int(sin*x+cos*y+0.5); sx >= 0 && sy >= 0 && sx < pl.W && sy < pl.H {
			inside.Pix[i] = pl.Pix[sy*pl.W+sx]
		}
	}
	words = trim(inside, box{0, 0, inside.W, inside.H}, trimLevel*level)
	return inside, words, min(words.w(), words.h()) >= leastWritten
}

// crossedWithin is crossedOut for words within a frame: there a stamp has no line of its own, also none
// beneath them, and a stroke may end at the frame.
func crossedWithin(inside *imaging.Plane, words box, level float32) bool {
	mask := inkOver(inside, max(clearInk, strokeLevel*level))
	if slashed(mask, inside.W, charactersIn(mask, inside.W, words)) {
		return true
	}
	ink, thick := sumColumns(mask, inside.W), max(1, int(strokeThick*float64(words.h())+0.5))
	for _, down := range []int{0, -words.h() / 4, words.h() / 4} {
		if len(straightLines(ink, box{words.x0, words.y0 + down, words.x1, words.y1 + down}, thick)) > 0 {
			return true
		}
	}
	return false
}

// withFrames joins the upper or lower line of a frame that lies askew, and was taken for writing, to what stands in it.
func withFrames(lines []box, gap int) []box {
	for i := range lines {
		for k, flat := range lines {
			beside := max(lines[i].y0-flat.y1, flat.y0-lines[i].y1)
			if 3*flat.h() <= lines[i].h() && beside <= gap && 10*flat.overlapX(lines[i]) >= 9*max(flat.w(), lines[i].w()) {
				lines[i], lines[k] = lines[i].union(flat), box{}
			}
		}
	}
	return slices.DeleteFunc(lines, func(b box) bool { return b == box{} })
}

// profile counts ink along one direction of a turned plane, which begins at W+H.
type profile []int

func (p profile) add(pl *imaging.Plane, at float64) { p[pl.W+pl.H+int(math.Floor(at+0.5))]++ }

// ends are the first and the last place with more ink than a speck.
func (p profile) ends() (first, last int) {
	for first < len(p)-1 && p[first] <= 1 {
		first++
	}
	for last = len(p) - 1; last > first && p[last] <= 1; last-- {
	}
	return first, last
}

func (p profile) length() float64 {
	first, last := p.ends()
	return float64(max(1, last-first+1))
}

// frameSides are two opposite sides: how much of each line shows, and what lies between them.
type frameSides struct {
	first, last float64
	from, to    int
}

// sides looks for lines within a band of both ends, each so long at most.
func (p profile) sides(band int, length float64) frameSides {
	first, last := p.ends()
	var s frameSides
	s.first, s.from = p.side(first, 1, band, length)
	s.last, s.to = p.side(last, -1, band, length)
	s.to++
	return s
}

// side is how much of a line shows from an end on, and where it has ended.
func (p profile) side(end, step, band int, length float64) (shown float64, behind int) {
	peak := end
	for k := range band + 1 {
		if i := end + k*step; i >= 0 && i < len(p) && p[i] > p[peak] {
			peak = i
		}
	}
	shown = float64(p[peak]) / length
	if shown < stampSide {
		return shown, end
	}
	for behind = peak; abs(behind-peak) < 2*band && behind >= 0 && behind < len(p) && float64(p[behind]) > stampEnd*length; behind += step {
	}
	return shown, behind + step
}
