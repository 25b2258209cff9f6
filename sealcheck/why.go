package sealcheck

import (
	"errors"
	"math"
	"slices"

	"heyin/models"
)

// Cause is what keeps an imprint from being judged: what happened on the paper.
type Cause string

// Causes. CauseNone: nothing that can be told from the picture.
const (
	CauseNone       Cause = ""
	CauseCutOff     Cause = "cut_off"    // part of it lies beyond the picture
	CauseOverlapped Cause = "overlapped" // print, pen or another seal lies over it
	CauseFaint      Cause = "faint"      // too little ink, or none in places
	CauseSmeared    Cause = "smeared"    // dragged, or struck twice
)

// Figures of causes, beside those of decide.go.
const (
	figureBeyond   = "beyond"   // share of the strokes that lie beyond the picture
	figureOverlaid = "overlaid" // share that lies under print or pen
	figureBare     = "bare"     // share of those seen that left no ink
	figureDensity  = "density"  // optical density of well inked strokes
	figureForeign  = "foreign"  // ink too far from any stroke to be the seal's, against its strokes
	figureTrail    = "trail"    // ink on paper to one side of the strokes against the other
)

const (
	trailMM     = 0.5  // how far beside a stroke a trail is looked for: smears reach 0.5-1.6 mm
	trailDegree = 15   // between the directions tried
	trailNear   = 0.6  // mm from the nearest stroke, beyond which none lies trailMM away, in whole pixels
	foreignMM   = 1.3  // from the nearest stroke: double strikes lie up to 1.1 mm off
	trailReach  = 2.0  // mm from the hull within which paper counts
	trailTileMM = 5.0  // side of the squares in which a trail is looked for
	trailTiles  = 4    // of them at least: one alone leans by chance in a small seal
	trailLeast  = 40   // pixels of paper beside the strokes, each way, that one needs
	paleDensity = 0.25 // below it ink is too pale to show its edges; ordinary red ink has 0.6
)

// told says from which value on a figure is a cause. Chosen on generated imprints
// (heyin eval causes) between the good ones and the spoilt.
var told = []struct {
	cause  Cause
	figure string
	from   float64
}{
	{CauseCutOff, figureBeyond, 0.04},
	{CauseOverlapped, figureOverlaid, 0.09},
	{CauseOverlapped, figureForeign, 0.012},
	{CauseFaint, figureBare, 0.12},
	{CauseSmeared, figureTrail, 0.11},
}

var causeReasons = map[Cause]reason{
	CauseCutOff:     {zh: "印文不完整：部分超出影像或未盖上", en: "part of the imprint is missing: beyond the picture, or not stamped"},
	CauseOverlapped: {zh: "印文上有文字、笔迹或其他印章", en: "print, pen or another seal lies over the imprint"},
	CauseFaint:      {zh: "印文过淡或局部缺墨", en: "the imprint is too faint, or lacks ink in places"},
	CauseSmeared:    {zh: "印文拖墨或重影", en: "the imprint is smeared or was struck twice"},
}

// CauseOf tells from the kept figures what spoilt an imprint most: the figure
// that exceeds its limit the most times. It reads nothing else, so a stored
// verification can be asked again.
func CauseOf(s map[string]float64) Cause {
	cause, most := CauseNone, 1.0
	for _, t := range told {
		if times := s[t.figure] / t.from; times >= most {
			cause, most = t.cause, times
		}
	}
	if d, ok := s[figureDensity]; ok && d > 0 && paleDensity/d >= most {
		cause = CauseFaint
	}
	return cause
}

// explain adds the figures of causes, the trail only to what did not match, and,
// where the verdict is left open, says first what is wrong with the imprint.
func (r *Reference) explain(v *models.Verification, f findings, laid *aligned) {
	s := v.SubScores
	s[figureBeyond], s[figureOverlaid], s[figureForeign] = r.lost(f, laid)
	s[figureBare] = 0
	if s["known"] > 0 {
		s[figureBare] = 1 - s["coverage"]/s["known"]
	}
	s[figureDensity] = float64(f.ink.full) / inkSaturation
	if v.Verdict == models.Match { // nothing to explain, and a trail costs a tenth of the comparison
		return
	}
	s[figureTrail] = r.trail(f, laid)
	cause := CauseOf(s)
	if v.Verdict != models.Inconclusive || cause == CauseNone {
		return
	}
	why := causeReasons[cause]
	if v.ReasonZH == reasonHidden.zh || v.ReasonZH == reasonFaint.zh { // it says the same, less exactly
		v.ReasonZH, v.ReasonEN = why.zh, why.en
		return
	}
	v.ReasonZH, v.ReasonEN = why.zh+"；"+v.ReasonZH, why.en+"; "+v.ReasonEN
}

// explainUnusable says of a picture in which no ink was found, though an imprint
// was, that it is too faint.
func explainUnusable(v models.Verification, err error) models.Verification {
	if errors.Is(err, errNoInk) {
		v.SubScores[figureBare] = 1
		why := causeReasons[CauseFaint]
		v.ReasonZH, v.ReasonEN = why.zh, why.en
	}
	return v
}

// lost gives the shares of the strokes that lie beyond the picture and under
// something else, and what foreign ink there is against them.
func (r *Reference) lost(f findings, laid *aligned) (beyond, overlaid, foreign float64) {
	n := 0.0
	for i, d := range r.sdf.Pix {
		if d > foreignMM && laid.usable[i] && laid.ink.Pix[i] > extraInk {
			foreign++
		}
		if d >= -0.05 {
			continue
		}
		n++
		if laid.known[i] {
			continue
		}
		x, y := f.at.at(float64(i%r.w), float64(i/r.w))
		if x < 0 || y < 0 || x > float64(f.ink.w-1) || y > float64(f.ink.h-1) {
			beyond++
		} else {
			overlaid++
		}
	}
	n = max(n, 1)
	return beyond / n, overlaid / n, foreign / n
}

// trail compares, for each direction, the ink on the paper beside the strokes on
// that side with that on the other: ink that ran does so all round, a seal that
// slid or struck twice leaves it on one. Wet ink smears in places, so that the
// worst quarter of the seal counts; what narrow gaps fill with, they do on the
// specimen too.
func (r *Reference) trail(f findings, laid *aligned) float64 {
	from := float32(max(f.prof.edge, 0) + extraTolMM)
	side := int(trailTileMM * workPxMM)
	across := (r.w + side - 1) / side
	type tile struct{ ahead, behind, n, m float64 }
	var beside []int32 // paper
	for i, d := range r.sdf.Pix {
		if d >= from && d <= trailNear && laid.usable[i] && r.outer.Pix[i] <= trailReach {
			beside = append(beside, int32(i))
		}
	}
	most := 0.0
	for deg := 0; deg < 180; deg += trailDegree {
		s, c := math.Sincos(float64(deg) * math.Pi / 180)
		dx, dy := int(math.Round(trailMM*workPxMM*c)), int(math.Round(trailMM*workPxMM*s))
		tiles := make([]tile, across*((r.h+side-1)/side))
		for _, at := range beside {
			i := int(at)
			x, y := i%r.w, i/r.w
			if y < dy || y >= r.h-dy || x < max(dx, -dx) || x >= r.w-max(dx, -dx) {
				continue
			}
			ahead, behind := r.strokes[i-dy*r.w-dx], r.strokes[i+dy*r.w+dx]
			if ahead == behind {
				continue
			}
			t, v := &tiles[y/side*across+x/side], float64(min(laid.ink.Pix[i], 1)-min(r.fine.Pix[i], 1))
			if ahead {
				t.ahead, t.n = t.ahead+v, t.n+1
			} else {
				t.behind, t.m = t.behind+v, t.m+1
			}
		}
		var lean []float64
		for _, t := range tiles {
			if t.n >= trailLeast && t.m >= trailLeast {
				lean = append(lean, t.ahead/t.n-t.behind/t.m)
			}
		}
		slices.Sort(lean)
		if k := max(len(lean)/4, trailTiles); k <= len(lean) {
			most = max(most, mean(lean[len(lean)-k:]), -mean(lean[:k]))
		}
	}
	return most
}

func mean(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}
