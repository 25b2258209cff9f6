package reconcile_test

import (
	"errors"
	"testing"
	"time"

	"heyin/models"
	"heyin/reconcile"
)

func TestIssued(t *testing.T) {
	s := open(t)
	importAll(t.Context(), t, s, opts)
	cutOff := time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)
	list, err := reconcile.Issued(t.Context(), s, cutOff)
	fatal(t, err)
	if len(list) != 2 || list[0].No != "S-1" || list[1].No != "S-2" || list[0].Customer != "First Trading" || !list[1].CutOff.Equal(cutOff) {
		t.Fatalf("issued: %+v", list)
	}
	first, second := list[0].Lines, list[1].Lines
	if len(first) != 2 || first[0].Currency != "CNY" || first[0].Balance.String() != "-12.50" || first[1].Currency != "USD" {
		t.Errorf("lines of S-1: %+v", first)
	}
	if len(second) != 1 || second[0].Balance.String() != "999999999999999999.99" {
		t.Errorf("lines of S-2: %+v", second)
	}
	_, err = reconcile.Issued(t.Context(), s, cutOff.AddDate(0, 0, 1))
	if f, ok := errors.AsType[*models.Fault](err); !ok || f.Code != "period_unknown" {
		t.Errorf("a date without statements: %v", err)
	}
}
