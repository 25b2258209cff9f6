package eval

import (
	"io"
	"path/filepath"
	"runtime"
	"testing"

	"heyin/eval/sim"
)

func newStudio(t *testing.T) *sim.Studio {
	t.Helper()
	studio, err := sim.NewStudio("")
	if err != nil {
		t.Fatal(err)
	}
	return studio
}

// Copies are told from stampings, also of a nicked seal. The rates are those of
// `heyin eval reuse`; this keeps them from being lost unseen.
func TestCopiesAreToldFromStampings(t *testing.T) {
	dir := t.TempDir()
	if _, err := newStudio(t).Stampings(dir, 5, 2, 4); err != nil {
		t.Fatal(err)
	}
	rows, err := MeasureReuse(t.Context(), filepath.Join(dir, "pairs.csv"), runtime.NumCPU())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Rate{ReuseSeparate: {0, 12}, ReuseCard: {0, 8}, string(sim.Pasted): {8, 8}, string(sim.Printed): {8, 8}, string(sim.Rescanned): {8, 8},
		"specimen pasted": {2, 2}, "specimen printed": {2, 2}}
	for _, row := range rows {
		if w, ok := want[row.Name]; ok && row.Alarms != w {
			t.Errorf("%s: %d alarms of %d, want %d of %d; likeness %.2f", row.Name, row.Alarms.K, row.Alarms.N, w.K, w.N, row.Likened)
		}
		delete(want, row.Name)
	}
	if len(want) > 0 {
		t.Errorf("not measured: %v", want)
	}
}

// What spoilt an imprint is told. Two in three is far below what is measured
// (`heyin eval causes`) and far above chance, one in five.
func TestCausesAreTold(t *testing.T) {
	dir := t.TempDir()
	if _, err := newStudio(t).Spoilt(dir, 5, 3); err != nil {
		t.Fatal(err)
	}
	rows, err := MeasureCauses(t.Context(), filepath.Join(dir, "pairs.csv"), runtime.NumCPU(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(sim.Spoilings()) {
		t.Errorf("%d kinds measured", len(rows))
	}
	for _, row := range rows {
		cause := row.Spoilt
		if cause == string(sim.Unspoilt) {
			cause = ""
		}
		if row.N != 3 || row.Told[cause] < 2 {
			t.Errorf("%s: told %v", row.Spoilt, row.Told)
		}
	}
}
