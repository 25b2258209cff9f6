package sealcheck

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"heyin/imaging"
	"heyin/models"
)

// Codes of the findings of a specimen. Value is in the unit given.
const (
	FindingNoSeal        = "no_seal"        // no value
	FindingLowResolution = "low_resolution" // dpi
	FindingFaint         = "faint"          // share of the strokes, or the density of full ink
	FindingHidden        = "overlapped"     // share of the seal's area, or mm of foreign ink across its edge
	FindingIncomplete    = "incomplete"     // share of the outline that left ink
	FindingClipped       = "clipped"        // mm between seal and edge of the scan
	FindingFrame         = "frame"          // mm of paper kept around the seal
	FindingUnclear       = "unclear"        // share of the seal's area that can be trusted
	FindingAveraged      = "averaged"       // imprints it was made of
	FindingColourless    = "gray"           // no value
)

// severity orders grades from good to rescan.
var severity = map[models.QualityGrade]int{models.QualityGood: 0, models.QualityUsable: 1, models.QualityRescan: 2}

// grader collects findings and keeps the worst grade.
type grader struct{ q models.Quality }

func (g *grader) find(grade models.QualityGrade, code string, value float64, format string, args ...any) {
	if severity[grade] > severity[g.q.Grade] {
		g.q.Grade = grade
	}
	g.q.Findings = append(g.q.Findings, models.Finding{Code: code, Value: value, Reason: fmt.Sprintf(format, args...)})
}

// above notes a value that exceeds the limit of a usable or of a rescan.
func (g *grader) above(value, usable, rescan float64, code, reason string) {
	switch {
	case value > rescan:
		g.find(models.QualityRescan, code, value, "%s (%.0f %%); stamp and scan again", reason, 100*value)
	case value > usable:
		g.find(models.QualityUsable, code, value, "%s (%.0f %%)", reason, 100*value)
	}
}

// gradeSpecimen judges the picture of one seal as a specimen: what every later
// comparison will find faint, hidden or missing in it. QualityRescan means that it
// should not be put on file.
func gradeSpecimen(im *imaging.Image, dpi float64) models.Quality { return gradeScanned(im, dpi, dpi) }

// gradeScanned grades a picture drawn at dpi of what was scanned at scanDPI.
func gradeScanned(im *imaging.Image, dpi, scanDPI float64) models.Quality {
	g := grader{models.Quality{Grade: models.QualityGood}}
	switch {
	case scanDPI < rescanSpecimenDPI:
		g.find(models.QualityRescan, FindingLowResolution, scanDPI, "scanned at %.0f dpi; scan again at 300", scanDPI)
	case scanDPI < goodSpecimenDPI:
		g.find(models.QualityUsable, FindingLowResolution, scanDPI, "scanned at %.0f dpi; 300 shows the strokes better", scanDPI)
	}
	ink, err := inkOf(im, dpi)
	r := &Reference{}
	if err == nil {
		err = r.cropTo(ink)
	}
	if err != nil {
		why := reasonNoInk
		if errors.Is(err, errSize) {
			why = reasonSize
		}
		g.find(models.QualityRescan, FindingNoSeal, 0, "%s", why.en)
		return g.q
	}
	known := slices.Clone(r.clear) // before faint places are taken out too
	r.measure()
	g.density(ink)
	g.shares(r, known)
	return g.q
}

func (g *grader) density(ink *inked) {
	full := float64(ink.full)
	switch {
	case full < rescanFull:
		g.find(models.QualityRescan, FindingFaint, full, "the ink is hardly darker than the card; stamp and scan again")
	case full < usableFull:
		g.find(models.QualityUsable, FindingFaint, full, "the ink is pale")
	}
	if !ink.coloured {
		g.find(models.QualityGood, FindingColourless, 0, "without colour: print across the seal cannot be told from its ink")
	}
}

// shares judges what the specimen lacks.
func (g *grader) shares(r *Reference, known []bool) {
	smooth := blurred(r.soft, 0.7)
	var strokes, faint, area, hidden, clean float64
	var outline [360]bool // by direction from the centre, degrees
	cx, cy := float64(r.w-1)/2, float64(r.h-1)/2
	for i, outer := range r.outer.Pix {
		if outer > 0 {
			continue
		}
		area++
		if !known[i] {
			hidden++
		}
		if r.clear[i] {
			clean++
		}
		if r.sdf.Pix[i] < -faintEdgeMM {
			strokes++
			if smooth.Pix[i] < faintHigh {
				faint++
			}
		}
		if r.strokes[i] && outer > -hullWidthMM {
			deg := math.Atan2(float64(i/r.w)-cy, float64(i%r.w)-cx)*180/math.Pi + 360
			outline[int(deg)%len(outline)] = true
		}
	}
	covered := 0
	for _, on := range outline {
		if on {
			covered++
		}
	}
	g.above(faint/max(strokes, 1), usableFaint, rescanFaint, FindingFaint, "strokes are faint")
	g.above(hidden/max(area, 1), usableHidden, rescanHidden, FindingHidden, "print or pen lies across the seal")
	g.above(1-float64(covered)/float64(len(outline)), 1-usableOutline, 1-rescanOutline, FindingIncomplete, "a part of the outline is missing")
	g.above(1-clean/max(area, 1), 1-usableClear, 1-rescanClear, FindingUnclear, "a part is neither clean paper nor full ink")
}
