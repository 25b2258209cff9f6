package sealcheck

import (
	"errors"
	"math"
	"slices"

	"heyin/models"
)

// findings is everything the stages found of one pair.
type findings struct {
	ink     *inked
	at      pose
	windows []window
	bend    field
	prof    profile
	rest    residuals
	glyphs  []glyphMatch
}

// unusable is the answer to a picture that cannot be compared.
func (r *Reference) unusable(err error) models.Verification {
	why := reasonNoInk
	if errors.Is(err, errSize) {
		why = reasonSize
	}
	return models.Verification{
		SpecimenRef: r.Specimen.Ref, Verdict: models.Inconclusive, Scale: 1, Params: ParamsVersion,
		SubScores: map[string]float64{}, ReasonZH: why.zh, ReasonEN: why.en,
	}
}

// decide keeps every figure, weighs them, and gives the verdict. A match needs a
// high score and enough to have been seen; a mismatch needs positive local
// evidence; all else is for a person.
func (r *Reference) decide(f findings) models.Verification {
	s := f.scores()
	z := scoreBias
	for _, w := range weights {
		z += w.by * w.of(s)
	}
	s["z"] = z
	v := models.Verification{
		SpecimenRef: r.Specimen.Ref,
		Score:       1 / (1 + math.Exp(-z)),
		RotationDeg: f.at.degrees(),
		Scale:       f.at.scale,
		ShiftMM:     r.shift(f),
		SubScores:   s,
		Params:      ParamsVersion,
		Crease:      r.crease(f),
	}
	verdict, why := judge(s, z)
	v.Verdict, v.ReasonZH, v.ReasonEN = verdict, why.zh, why.en
	return v
}

// judge applies the rule; it reads nothing but the kept figures, so a stored
// verification can be judged again.
func judge(s map[string]float64, z float64) (models.Verdict, reason) {
	foreign := s["extra_max"] > extraMismatch
	altered := s["glyph_pair_max"] > pairMismatch
	shifted := s["off_p90"] > offMismatchMM
	switch {
	case s["known"] < knownLeast:
		return models.Inconclusive, reasonHidden
	case z < scoreMismatch && s["coverage"] >= coverMismatch && (foreign || altered || shifted):
		switch {
		case altered && !shifted:
			return models.Mismatch, reasonCharacter
		case shifted:
			return models.Mismatch, reasonShifted
		default:
			return models.Mismatch, reasonForeign
		}
	case s["coverage"] < coverMatch:
		return models.Inconclusive, reasonFaint
	case s["glyphs_checked"] < glyphsChecked*s["glyphs"] || s["glyphs_checked"] < 1:
		return models.Inconclusive, reasonUnchecked
	case z >= scoreMatch:
		return models.Match, reasonAgrees
	case altered:
		return models.Inconclusive, reasonCharacterUnsure
	case shifted:
		return models.Inconclusive, reasonShiftUnsure
	default:
		return models.Inconclusive, reasonUnsure
	}
}

// scores names every figure.
func (f findings) scores() map[string]float64 {
	s := map[string]float64{
		"corr": f.rest.corr, "coverage": f.rest.coverage, "known": f.rest.known,
		"extra": f.rest.extra, "extra_max": f.rest.extraMax, "missing_max": f.rest.missMax,
		"edge_mm": f.prof.edge, "scale": f.at.scale, "hidden": f.ink.hidden, "coloured": 0,
		"glyphs": float64(len(f.glyphs)), "windows": float64(len(f.windows)),
	}
	if f.ink.coloured {
		s["coloured"] = 1
	}
	off, rigid := offsets(f.windows, f.bend), offsets(f.windows, field{})
	s["windows_legible"] = float64(len(off))
	s["off_p50"], s["off_p90"], s["off_p95"], s["off_max"] = percentile(off, 0.5), percentile(off, 0.9), percentile(off, 0.95), percentile(off, 1)
	s["rigid_p90"] = percentile(rigid, 0.9)

	var corr, moved, turned, clash, inked []float64
	for _, g := range f.glyphs {
		if g.checked {
			corr, moved, turned = append(corr, g.corr), append(moved, g.moved), append(turned, math.Abs(g.turned))
			clash, inked = append(clash, g.clash()), append(inked, g.inked)
		}
	}
	for _, v := range [][]float64{corr, moved, turned, clash, inked} {
		slices.Sort(v)
	}
	s["glyphs_checked"] = float64(len(corr))
	s["glyph_corr_min"], s["glyph_corr_p50"] = percentile(corr, 0), percentile(corr, 0.5)
	s["glyph_moved_p80"], s["glyph_moved_max"] = percentile(moved, 0.8), percentile(moved, 1)
	s["glyph_turned_p80"], s["glyph_turned_max"] = percentile(turned, 0.8), percentile(turned, 1)
	s["glyph_clash_max"], s["glyph_ink_min"] = percentile(clash, 1), percentile(inked, 0)
	s["glyphs_lost"] = s["glyphs"] - s["glyphs_checked"]
	return s
}

// fromDisplacement counts halvings of a displacement in mm, down to what
// registration can resolve.
func fromDisplacement(name string) func(map[string]float64) float64 {
	return func(s map[string]float64) float64 { return math.Log(max(s[name], 0.02)) }
}

// fromCorrelation counts halvings of what is missing from 1.
func fromCorrelation(name string) func(map[string]float64) float64 {
	return func(s map[string]float64) float64 { return -math.Log(max(1-max(s[name], 0), 0.02)) }
}

// fromArea counts doublings of a blob's area in mm², from a speck on.
func fromArea(name string) func(map[string]float64) float64 {
	return func(s map[string]float64) float64 { return math.Log(s[name] + 0.03) }
}

// shift is how far the seal's centre lies from the middle of the picture, in mm.
func (r *Reference) shift(f findings) [2]float64 {
	return [2]float64{(f.at.tx - float64(f.ink.w-1)/2) / workPxMM, (f.at.ty - float64(f.ink.h-1)/2) / workPxMM}
}

// crease is the line of which the windows are displaced most, or illegible: a
// fold there shows the break best. Nil when no line crosses enough windows.
func (r *Reference) crease(f findings) *models.Crease {
	var worst *models.Crease
	most := 0.0
	for deg := 0; deg < 180; deg += creaseTurn {
		s, c := sincosTable[deg].s, sincosTable[deg].c
		reach := math.Hypot(float64(r.w), float64(r.h)) / 2 / workPxMM
		for at := -reach; at <= reach; at += creaseStepMM {
			n, sum := 0.0, 0.0
			for _, w := range f.windows {
				// The line runs along (c, s); its offset is measured across.
				if math.Abs((w.y*c-w.x*s)/workPxMM-at) > creaseStepMM/2 {
					continue
				}
				n++
				dx, dy := f.bend.at(w.x, w.y)
				sum += min(w.off(dx, dy), windowReachMM) + creaseCorr*(1-max(w.corr, 0))
			}
			if n >= creaseWindows && sum/n > most {
				most, worst = sum/n, &models.Crease{AngleDeg: float64(deg), OffsetMM: at}
			}
		}
	}
	return worst
}
