package eval

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"heyin/models"
)

// SealTruth is what a pair really is.
type SealTruth struct {
	ID    string
	Label string // genuine, forged
	Kind  string // G1..G3, or F0..F6
	Level string // how well it is stamped
	Notes string // the shape first, separated by ";"
	DPI   string // of the imprint, as pairs.csv gives it
}

func (t SealTruth) genuine() bool { return t.Label == "genuine" }

func (t SealTruth) shape() string {
	shape, _, _ := strings.Cut(t.Notes, ";")
	return shape
}

// stretch are forgeries made with a copy of a genuine imprint: they stand apart
// in the false-acceptance rate.
func (t SealTruth) stretch() bool { return t.Kind == "F4" || t.Kind == "F5" }

// core reports a forgery that counts in the false-acceptance rate promised.
func (t SealTruth) core() bool { return !t.genuine() && !t.stretch() }

// SealResult is a line of `heyin seal verify --json`.
type SealResult struct {
	ID          string         `json:"id"`
	Verdict     models.Verdict `json:"verdict"`
	Score       *float64       `json:"score,omitempty"`
	RotationDeg float64        `json:"rotation_deg"`
	ElapsedMS   float64        `json:"elapsed_ms"`
	Reason      string         `json:"reason,omitempty"`
}

// SealRow is how one group of pairs fared.
type SealRow struct {
	Match, Mismatch, Inconclusive Rate
}

func (r *SealRow) add(v models.Verdict) {
	r.Match.add(v == models.Match)
	r.Mismatch.add(v == models.Mismatch)
	r.Inconclusive.add(v == models.Inconclusive)
}

// SealScore is the whole comparison.
type SealScore struct {
	Pairs, Missing, Malformed int
	FAR, FARAll               Rate // forged accepted: core kinds, and with the stretch kinds
	Genuine                   map[string]*SealRow
	Forged                    map[string]*SealRow
	Curve, CurveAll           *Curve // nil when a side has no scores
	Worst                     []SealMiss
}

// SealMiss is a pair that came out wrong.
type SealMiss struct {
	Truth  SealTruth
	Result SealResult
	What   string
}

var alteration = regexp.MustCompile(`(char|digits):`)

// ScoreSeals compares results with the truth. A pair without a result, or with a
// verdict that is none, counts as inconclusive.
func ScoreSeals(truth []SealTruth, results []SealResult) SealScore {
	byID := make(map[string]SealResult, len(results))
	for _, r := range results {
		byID[r.ID] = r
	}
	s := SealScore{Pairs: len(truth), Genuine: map[string]*SealRow{}, Forged: map[string]*SealRow{}}
	var genuine, core, forged []float64
	for _, t := range truth {
		r, ok := byID[t.ID]
		switch {
		case !ok:
			s.Missing++
			r.Verdict = models.Inconclusive
		case r.Verdict != models.Match && r.Verdict != models.Mismatch && r.Verdict != models.Inconclusive:
			s.Malformed++
			r.Verdict = models.Inconclusive
		}
		s.count(t, r)
		if r.Score == nil {
			continue
		}
		switch {
		case t.genuine():
			genuine = append(genuine, *r.Score)
		case t.core():
			core = append(core, *r.Score)
			fallthrough
		default:
			forged = append(forged, *r.Score)
		}
	}
	if c, ok := NewCurve(genuine, core); ok {
		s.Curve = &c
	}
	if c, ok := NewCurve(genuine, forged); ok {
		s.CurveAll = &c
	}
	slices.SortStableFunc(s.Worst, func(a, b SealMiss) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Truth.ID, b.Truth.ID))
	})
	return s
}

func (s *SealScore) count(t SealTruth, r SealResult) {
	groups := []string{"all", "level " + t.Level, "shape " + t.shape(), "dpi " + t.DPI}
	into := s.Genuine
	if !t.genuine() {
		into = s.Forged
		groups = append(groups, "kind "+t.Kind)
		if m := alteration.FindStringSubmatch(t.Notes); t.Kind == "F3" && m != nil {
			groups = append(groups, "kind F3."+m[1])
		}
		s.FARAll.add(r.Verdict == models.Match)
		if t.core() {
			s.FAR.add(r.Verdict == models.Match)
		}
	}
	for _, g := range groups {
		if into[g] == nil {
			into[g] = &SealRow{}
		}
		into[g].add(r.Verdict)
	}
	switch {
	case !t.genuine() && r.Verdict == models.Match:
		s.Worst = append(s.Worst, SealMiss{t, r, "forged, accepted"})
	case t.genuine() && r.Verdict == models.Mismatch:
		s.Worst = append(s.Worst, SealMiss{t, r, "genuine, rejected"})
	case t.Kind == "G1" && r.Verdict != models.Match:
		s.Worst = append(s.Worst, SealMiss{t, r, "genuine and good, not passed"})
	}
}

func (m SealMiss) String() string {
	score := "no score"
	if m.Result.Score != nil {
		score = fmt.Sprintf("score %.3f", *m.Result.Score)
	}
	return fmt.Sprintf("%s  %s: %s %s %s, %s", m.Truth.ID, m.What, m.Truth.Kind, m.Truth.Level, m.Truth.Notes, score)
}
