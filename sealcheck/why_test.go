package sealcheck

import (
	"math"
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

// A trail is looked for wherever a stroke lies beside the paper, in any direction.
func TestTrailMissesNoStroke(t *testing.T) {
	r := newDrawnSeal(1).reference(t)
	most := 0.0
	for deg := 0; deg < 360; deg += trailDegree {
		s, c := math.Sincos(float64(deg) * math.Pi / 180)
		dx, dy := int(math.Round(trailMM*workPxMM*c)), int(math.Round(trailMM*workPxMM*s))
		for i := range r.strokes {
			if x, y := i%r.w+dx, i/r.w+dy; x >= 0 && y >= 0 && x < r.w && y < r.h && r.strokes[y*r.w+x] {
				most = max(most, float64(r.sdf.Pix[i]))
			}
		}
	}
	if most > trailNear || most < trailMM {
		t.Errorf("paper %.2f mm from strokes has one beside it; looked at up to %.2f mm", most, trailNear)
	}
}
