package main

import (
	"strings"
	"testing"

	"heyin/eval/sim"
	"heyin/models"
	"heyin/storage"
)

func TestJudgeDemo(t *testing.T) {
	truth := []sim.Truth{
		{File: "good.png", Page: 1, Expected: models.Passed},
		{File: "unsure.png", Page: 1, Expected: models.Passed},
		{File: "forged.png", Page: 1, Expected: models.InReview},
		{File: "may.png", Page: 1, Expected: models.InReview, MayPass: true},
		{File: "lost.png", Page: 1, Expected: models.Passed},
		{File: "two.pdf", Page: 2, Expected: models.InReview},
		{File: "broken.png", Page: 1, Expected: models.Quarantined},
		{File: "copy.png", Page: 1, Expected: models.Passed, SameAs: "good.png"},
		{File: "twin1.png", Page: 1, Expected: models.Passed, Twin: "twin2.png"},
		{File: "twin2.png", Page: 1, Expected: models.Passed, Twin: "twin1.png"},
	}
	found := func(file string, page int, state models.ReceiptState) storage.Outcome {
		return storage.Outcome{FileName: file, Page: page, State: state}
	}
	v := judgeDemo(truth, []storage.Outcome{
		found("good.png", 1, models.Passed), found("unsure.png", 1, models.InReview), found("forged.png", 1, models.Passed),
		found("may.png", 1, models.Passed), found("two.pdf", 1, models.Passed), found("two.pdf", 2, models.InReview),
		found("broken.png", 1, models.InReview), found("twin1.png", 1, models.Passed), found("twin2.png", 1, models.Passed),
	})
	want := []string{"as expected", "left to a person", "FALSE PASSED", "as expected", "LOST", "as expected", "differs", "as expected",
		"FALSE PASSED: both scans of one paper", "FALSE PASSED: both scans of one paper"}
	for i, r := range v.Rows {
		if r.Note != want[i] {
			t.Errorf("%s page %d: %q, want %q", r.File, r.Page, r.Note, want[i])
		}
	}
	if len(v.Rows) != len(want) || v.AsExpected != 4 || v.ToPerson != 1 || v.Other != 1 || v.FalsePassed != 3 || v.Lost != 1 {
		t.Errorf("counts: %+v", v)
	}
	var text strings.Builder
	if err := v.text(&text); err != nil || !strings.Contains(text.String(), "two.pdf page 2") || !strings.Contains(text.String(), "false passed 3, lost 1") {
		t.Errorf("%v in\n%s", err, text.String())
	}
}
