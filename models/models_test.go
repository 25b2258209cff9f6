package models

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestParseAmount(t *testing.T) {
	for in, want := range map[string]string{
		"0.00": "0.00", "¥1,234.50": "1234.50", "￥１，２３４．５０": "1234.50", "-0.35": "-0.35",
		"(12.00)": "-12.00", "（1,000.00）": "-1000.00", "12345.67": "12345.67", "CNY 7.10": "7.10",
		"-1,234,567,890.12": "-1234567890.12", "0,123.00": "123.00",
	} {
		got, err := ParseAmount(in)
		if err != nil || got.String() != want {
			t.Errorf("ParseAmount(%q) = %v, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "1", "1.2", "1.234", "1,23.45", "1,2345.00", ",123.00", "l23.00", "--1.00", "(-1.00)", "1.00-", "1.00 2.00", "1e3.00", "∞.00"} {
		if got, err := ParseAmount(in); !errors.Is(err, ErrAmount) {
			t.Errorf("ParseAmount(%q) = %v, want ErrAmount", in, got)
		}
	}
}

func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{"1,234.50", "(0.01)", "-99.99", "￥１．００"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAmount(s)
		if err != nil {
			return
		}
		for _, form := range []string{a.String(), a.Printed()} {
			if b, err := ParseAmount(form); err != nil || !b.Equal(a) {
				t.Errorf("%q → %s → %v, %v", s, form, b, err)
			}
		}
	})
}

func TestAmountFits(t *testing.T) {
	for in, want := range map[string]bool{"0.00": true, "-999999999999999999.99": true, "1000000000000000000.00": false} {
		if got := MustAmount(in).Fits(); got != want {
			t.Errorf("%s fits: %t", in, got)
		}
	}
}

func TestAmountPrinted(t *testing.T) {
	for in, want := range map[string]string{"0.00": "0.00", "-999.99": "-999.99", "1000.00": "1,000.00", "-1234567.80": "-1,234,567.80"} {
		if got := MustAmount(in).Printed(); got != want {
			t.Errorf("%s printed %s, want %s", in, got, want)
		}
	}
}

func TestSealRule(t *testing.T) {
	kinds := map[string]SealKind{"gong": SealCompany, "cai": SealFinance, "ren": SealPersonal, "ren2": SealPersonal}
	one := func(ref string) SealRule { return SealRule{Seal: ref} }
	either := SealRule{All: []SealRule{{Any: []SealRule{one("gong"), one("cai")}}, one("ren")}}
	if err := either.Validate(kinds); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		matched string
		want    bool
	}{{"", false}, {"ren", false}, {"gong", false}, {"gong ren", true}, {"cai ren", true}, {"gong cai", false}} {
		got := either.Satisfied(func(ref string) bool {
			return slices.Contains(strings.Fields(tc.matched), ref)
		})
		if got != tc.want {
			t.Errorf("matched %q: satisfied %v", tc.matched, got)
		}
	}
	if got := fmt.Sprint(either.Refs()); got != "[gong cai ren]" {
		t.Errorf("refs %s", got)
	}
	for name, bad := range map[string]SealRule{
		"empty":             {},
		"two forms at once": {Seal: "gong", Any: []SealRule{one("cai")}},
		"empty branch":      {All: []SealRule{one("gong"), {}}},
		"unknown specimen":  one("nobody"),
		"personal alone":    one("ren"),
		"personal in any":   {Any: []SealRule{one("gong"), one("ren")}},
		"two personal":      {All: []SealRule{one("ren"), one("ren2")}},
		"验资 within":         {All: []SealRule{one("gong"), {Seal: "ren", CapitalVerification: true}}},
		"验资 unknown":        {Seal: "nobody", CapitalVerification: true},
		"验资 empty":          {CapitalVerification: true},
	} {
		if err := bad.Validate(kinds); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := (SealRule{Seal: "ren", CapitalVerification: true}).Validate(kinds); err != nil {
		t.Errorf("personal seal of a company in formation: %v", err)
	}
	if (SealRule{}).Satisfied(func(string) bool { return true }) {
		t.Error("the empty rule must never be satisfied")
	}
}

func TestTransitions(t *testing.T) {
	if InProgress.CanMove(Decided) || Quarantined.CanMove(Passed) || Decided.CanMove(Passed) || InReview.CanMove(Passed) {
		t.Error("only the machine passes a receipt, only a person decides one")
	}
	for _, s := range ReceiptStates() {
		if s.CanMove(s) {
			t.Errorf("%s moves to itself", s)
		}
		if len(transitions[s]) == 0 {
			t.Errorf("%s is a dead end", s)
		}
	}
}

func TestClassOf(t *testing.T) {
	inner := NewFault(Permanent, "bad_image", "not an image", nil)
	if got := ClassOf(fmt.Errorf("decode: %w", inner)); got != Permanent {
		t.Errorf("wrapped fault: %s", got)
	}
	if got := ClassOf(errors.New("surprise")); got != Retryable {
		t.Errorf("unclassed error: %s", got)
	}
}

func TestBoxWithin(t *testing.T) {
	small, large := Box{10, 10, 10, 10}, Box{0, 0, 100, 100}
	for _, tc := range []struct {
		b, o Box
		want float64
	}{{small, large, 1}, {large, small, 0.01}, {small, Box{15, 10, 10, 10}, 0.5}, {small, Box{20, 10, 5, 5}, 0}, {Box{}, large, 0}} {
		if got := tc.b.Within(tc.o); got != tc.want {
			t.Errorf("%v within %v: %v, want %v", tc.b, tc.o, got, tc.want)
		}
	}
}
