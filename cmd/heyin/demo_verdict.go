package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"heyin/eval/sim"
	"heyin/models"
	"heyin/storage"
)

// demoVerdict compares what became of each receipt with what should have.
type demoVerdict struct {
	Rows        []demoRow `json:"rows"`
	AsExpected  int       `json:"as_expected"`
	ToPerson    int       `json:"to_person"`    // could have passed; the machine was not sure
	Other       int       `json:"other"`        // review where quarantine was expected, or the reverse
	FalsePassed int       `json:"false_passed"` // the worst
	Lost        int       `json:"lost"`
}

type demoRow struct {
	File     string              `json:"file"`
	Page     int                 `json:"page"`
	Scenario sim.Scenario        `json:"scenario"`
	Expected models.ReceiptState `json:"expected"`
	Actual   models.ReceiptState `json:"actual"`
	Reasons  []models.ReasonCode `json:"reasons,omitempty"`
	Note     string              `json:"note"`
}

// pageKey names one page of one uploaded file.
type pageKey struct {
	file string
	page int
}

func judgeDemo(truth []sim.Truth, outcomes []storage.Outcome) demoVerdict {
	found := map[pageKey]storage.Outcome{}
	for _, o := range outcomes {
		found[pageKey{o.FileName, o.Page}] = o
	}
	// Of two files with the same bytes one receipt is made, under the name that
	// came first.
	same := map[string]string{}
	for _, t := range truth {
		if t.SameAs != "" {
			same[t.File], same[t.SameAs] = t.SameAs, t.File
		}
	}
	outcome := func(file string, page int) (storage.Outcome, bool) {
		o, ok := found[pageKey{file, page}]
		if !ok {
			o, ok = found[pageKey{same[file], page}]
		}
		return o, ok
	}
	var v demoVerdict
	for _, t := range truth {
		row := demoRow{File: t.File, Page: t.Page, Scenario: t.Scenario, Expected: t.Expected}
		o, ok := outcome(t.File, t.Page)
		row.Actual, row.Reasons = o.State, o.Reasons
		twin, twinFound := outcome(t.Twin, t.Page)
		switch {
		case !ok:
			v.Lost++
			row.Note = "LOST"
		case o.State == models.Passed && twinFound && twin.State == models.Passed:
			v.FalsePassed++
			row.Note = "FALSE PASSED: both scans of one paper"
		case o.State == models.Passed && t.Expected != models.Passed && !t.MayPass:
			v.FalsePassed++
			row.Note = "FALSE PASSED"
		case o.State == t.Expected || o.State == models.Passed:
			v.AsExpected++
			row.Note = "as expected"
		case t.Expected == models.Passed:
			v.ToPerson++
			row.Note = "left to a person"
		default:
			v.Other++
			row.Note = "differs"
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

func (v demoVerdict) text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var errs error
	line := func(format string, args ...any) {
		_, err := fmt.Fprintf(t, format, args...)
		errs = errors.Join(errs, err)
	}
	line("\nscan\tscenario\texpected\tactual\t\treasons\n")
	for _, r := range v.Rows {
		name := r.File
		if r.Page > 1 {
			name = fmt.Sprintf("%s page %d", r.File, r.Page)
		}
		var reasons []string
		for _, code := range r.Reasons {
			if s := string(code); len(reasons) == 0 || reasons[len(reasons)-1] != s {
				reasons = append(reasons, s)
			}
		}
		line("%s\t%s\t%s\t%s\t%s\t%s\n", name, r.Scenario, r.Expected, cmp.Or(r.Actual, "-"), r.Note, strings.Join(reasons, " "))
	}
	line("\n%d pages: %d as expected, %d left to a person, %d otherwise; false passed %d, lost %d\n",
		len(v.Rows), v.AsExpected, v.ToPerson, v.Other, v.FalsePassed, v.Lost)
	return errors.Join(errs, t.Flush())
}
