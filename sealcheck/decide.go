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
	odd     unlike
	dots    dots
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

// decide keeps every figure and gives the verdict. The weakest figure decides: a
// seal is as genuine as its worst character. A match needs every figure within
// its limit; a mismatch needs proof; all else is for a person.
func (r *Reference) decide(f findings) models.Verification {
	s := f.scores()
	s["crumbs"], s["blurry"] = float64(r.crumbs), float64(r.blurry)
	if w, h := r.SizeMM(); max(w, h) < smallSealMM {
		s["small_p90"] = s["rigid_p90"]
	}
	verdict, why := judge(s)
	return models.Verification{
		SpecimenRef: r.Specimen.Ref,
		Verdict:     verdict,
		Score:       score(s, verdict),
		RotationDeg: f.at.degrees(),
		Scale:       f.at.scale,
		ShiftMM:     r.shift(f),
		SubScores:   s,
		ReasonZH:    why.zh,
		ReasonEN:    why.en,
		Doubt:       why.doubt,
		Params:      ParamsVersion,
		Crease:      r.crease(f),
		PxMM:        workPxMM,
	}
}

// margin is how far a figure keeps within its limit, in spreads; below 0 it does
// not.
func (l limit) margin(s map[string]float64) float64 { return (l.bound - s[l.figure]) / l.spread }

// score ranks pairs: a soft minimum of the margins, so that the weakest weighs
// most. A match scores above one half, all else below.
func score(s map[string]float64, verdict models.Verdict) float64 {
	var sum float64
	for _, l := range limits {
		sum += math.Exp(-scoreSharpness * min(max(l.margin(s), -40), 40))
	}
	likely := 1 / (1 + math.Exp(math.Log(sum)/scoreSharpness))
	if verdict == models.Match {
		return (1 + likely) / 2
	}
	return likely / 2
}

// judge applies the rule; it reads nothing but the kept figures, so a stored
// verification can be judged again.
func judge(s map[string]float64) (models.Verdict, reason) {
	weakest, least := limits[0], math.Inf(1)
	for _, l := range limits {
		if m := l.margin(s); m < least {
			weakest, least = l, m
		}
	}
	if least >= 0 && s["glyphs_checked"] >= 1 {
		return models.Match, reasonAgrees
	}
	if s["known"] < knownLeast {
		return models.Inconclusive, reasonHidden
	}
	if s["coverage"] >= coverMismatch {
		for _, p := range proofs {
			if p.holds(s) {
				return models.Mismatch, p.why
			}
		}
	}
	return models.Inconclusive, weakest.why
}

// holds reports whether every figure keeps to its bound.
func (p proof) holds(s map[string]float64) bool {
	for figure, most := range p.atMost {
		if s[figure] > most {
			return false
		}
	}
	for figure, least := range p.atLeast {
		if s[figure] < least {
			return false
		}
	}
	return true
}

// scores names every figure.
func (f findings) scores() map[string]float64 {
	s := map[string]float64{
		"corr": f.rest.corr, "coverage": f.rest.coverage, "known": f.rest.known,
		"extra": f.rest.extra, "extra_max": f.rest.extraMax, "missing_max": f.rest.missMax,
		"edge_mm": f.prof.edge, "scale": f.at.scale, "hidden": f.ink.hidden,
		"windows": float64(len(f.windows)), "unlike_rest": f.odd.rest,
		"screen": f.dots.screen, "drops": f.dots.drops,
	}
	if f.ink.coloured {
		s["coloured"] = 1
	}
	off, rigid := offsets(f.windows, f.bend), offsets(f.windows, field{})
	s["windows_legible"] = float64(len(off))
	s["off_p50"], s["off_p90"], s["off_max"] = percentile(off, 0.5), percentile(off, 0.9), percentile(off, 1)
	s["rigid_p90"] = percentile(rigid, 0.9)

	var glyphs, digits []glyphMatch
	s["unlike_max"], s["doubt"] = f.odd.rest, f.odd.rest
	s["character_odds"], s["character_doubt"] = -unlikeSure, -unlikeSure
	s["digit_odds"], s["digit_doubt"] = -unlikeSure, -unlikeSure
	for i, g := range f.glyphs {
		if g.glyph.digit {
			digits = append(digits, g)
			s["digit_odds"] = max(s["digit_odds"], g.odds)
			s["digit_doubt"] = max(s["digit_doubt"], g.odds+doubtExtra*g.extra)
		} else {
			glyphs = append(glyphs, g)
			s["unlike_max"] = max(s["unlike_max"], f.odd.glyphs[i])
			s["doubt"] = max(s["doubt"], doubtOf(f.odd.glyphs[i], g.clash()))
			s["character_odds"] = max(s["character_odds"], g.odds)
			s["character_doubt"] = max(s["character_doubt"], doubtOf(g.odds, g.clash()))
		}
	}
	glyphScores(s, "glyph", glyphs)
	glyphScores(s, "digit", digits)
	return s
}

// glyphScores adds the figures of a group of glyphs under its name. Without any
// the worst figures are those of a perfect glyph.
func glyphScores(s map[string]float64, name string, all []glyphMatch) {
	var corr, moved, turned, clash, extra, missing, inked []float64
	for _, g := range all {
		if !g.checked() {
			continue
		}
		corr, clash = append(corr, g.corr), append(clash, g.clash())
		moved, turned = append(moved, g.moved), append(turned, math.Abs(g.turned))
		extra, missing, inked = append(extra, g.extra), append(missing, g.missing), append(inked, g.inked)
	}
	for _, v := range [][]float64{corr, moved, turned, clash, extra, missing, inked} {
		slices.Sort(v)
	}
	s[name+"s"], s[name+"s_checked"], s[name+"s_lost"] = float64(len(all)), float64(len(corr)), float64(len(all)-len(corr))
	s[name+"_corr_min"], s[name+"_corr_p50"] = 1, 1
	if len(corr) > 0 {
		s[name+"_corr_min"], s[name+"_corr_p50"] = corr[0], percentile(corr, 0.5)
	}
	s[name+"_moved_p80"], s[name+"_moved_max"] = percentile(moved, 0.8), percentile(moved, 1)
	s[name+"_turned_p80"], s[name+"_turned_max"] = percentile(turned, 0.8), percentile(turned, 1)
	s[name+"_clash_max"], s[name+"_extra_max"], s[name+"_missing_max"] = percentile(clash, 1), percentile(extra, 1), percentile(missing, 1)
	s[name+"_ink_min"] = percentile(inked, 0)
}

// shift is how far the seal's centre lies from the middle of the picture, in mm.
func (r *Reference) shift(f findings) [2]float64 {
	return [2]float64{(f.at.tx - float64(f.ink.w-1)/2) / workPxMM, (f.at.ty - float64(f.ink.h-1)/2) / workPxMM}
}

// crease is the line of which the windows are displaced or unlike most: a fold
// there shows the break best. Nil when no line crosses enough windows.
func (r *Reference) crease(f findings) *models.Crease {
	var worst *models.Crease
	most := 0.0
	broken := make([]float64, len(f.windows)) // mm: displaced, or what counts as much
	for i, w := range f.windows {
		dx, dy := f.bend.at(w.x, w.y)
		broken[i] = min(w.off(dx, dy), windowReachMM) + creaseCorr*(1-max(w.corr, 0)) +
			creaseUnlike*f.odd.at(int(w.x)+r.w/2, int(w.y)+r.h/2)
	}
	for deg := 0; deg < 180; deg += creaseTurn {
		s, c := sincosTable[deg].s, sincosTable[deg].c
		reach := math.Hypot(float64(r.w), float64(r.h)) / 2 / workPxMM
		for at := -reach; at <= reach; at += creaseStepMM {
			n, below, sum := 0.0, 0.0, 0.0
			for i, w := range f.windows {
				// The line runs along (c, s); its offset is measured across.
				off := (w.y*c-w.x*s)/workPxMM - at
				if off < 0 {
					below++
				}
				if math.Abs(off) > creaseStepMM/2 {
					continue
				}
				n++
				sum += broken[i]
			}
			if side := creaseSide * float64(len(f.windows)); min(below, float64(len(f.windows))-below) < side {
				continue // a fold that cuts off a corner shows nothing
			}
			if mean := sum / (n + creaseWindows); n >= creaseWindows && mean > most {
				most, worst = mean, &models.Crease{AngleDeg: float64(deg), OffsetMM: at}
			}
		}
	}
	return worst
}
