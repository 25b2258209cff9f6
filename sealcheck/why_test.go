package sealcheck

import (
	"strings"
	"testing"

	"heyin/models"
)

// The cause is read from stored figures alone: the one that exceeds its limit most.
func TestCauseOf(t *testing.T) {
	for name, tc := range map[string]struct {
		figures map[string]float64
		want    Cause
	}{
		"good":               {map[string]float64{"beyond": 0.01, "overlaid": 0.02, "bare": 0.02, "trail": 0.05, "density": 0.7}, CauseNone},
		"nothing measured":   {nil, CauseNone},
		"cut off":            {map[string]float64{"beyond": 0.3, "bare": 0.13, "density": 0.7}, CauseCutOff},
		"under print":        {map[string]float64{"overlaid": 0.2, "trail": 0.11, "density": 0.7}, CauseOverlapped},
		"under another seal": {map[string]float64{"foreign": 0.2, "trail": 0.2, "density": 0.7}, CauseOverlapped},
		"dry":                {map[string]float64{"bare": 0.4, "density": 0.7}, CauseFaint},
		"pale":               {map[string]float64{"bare": 0.02, "density": 0.2}, CauseFaint},
		"smeared":            {map[string]float64{"trail": 0.5, "foreign": 0.01, "density": 0.7}, CauseSmeared},
	} {
		if got := CauseOf(tc.figures); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// An open verdict begins with what is wrong on the paper, in both languages.
func TestReasonNamesTheCause(t *testing.T) {
	seal := newDrawnSeal(1)
	ref := seal.reference(t)
	for name, tc := range map[string]struct {
		change func(*stamping)
		cause  Cause
	}{
		"half hidden by print": {func(s *stamping) { s.hidden = true }, CauseOverlapped},
		"half off the scan":    {func(s *stamping) { s.offsetMM = [2]float64{22, 0} }, CauseCutOff},
		"hardly any ink":       {func(s *stamping) { s.gain = 0.03 }, CauseFaint},
	} {
		s := carefully(300)
		tc.change(&s)
		v := seal.verify(t, ref, s)
		why := causeReasons[tc.cause]
		if v.Verdict != models.Inconclusive || CauseOf(v.SubScores) != tc.cause || !strings.HasPrefix(v.ReasonZH, why.zh) || !strings.HasPrefix(v.ReasonEN, why.en) {
			t.Errorf("%s: %s, %q, figures %v", name, v.Verdict, v.ReasonEN, v.SubScores)
		}
	}
}
