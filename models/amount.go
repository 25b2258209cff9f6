package models

import (
	"errors"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

// Amount is money with exactly two decimal places; never a float.
type Amount struct{ decimal.Decimal }

// printedAmount is the grammar of a printed balance: optional currency sign,
// groups of three (or none), exactly two decimals, minus before or brackets
// around a negative. Full-width forms are folded before matching.
var printedAmount = regexp.MustCompile(`^(-)?(\d{1,3}(?:,\d{3})+|\d+)\.(\d{2})$`)

var foldAmount = strings.NewReplacer("，", ",", "．", ".", "￥", "", "¥", "", "－", "-", "−", "-", " ", "",
	"０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9",
	"（", "(", "）", ")")

// ErrAmount is returned for text that is not a printed balance.
var ErrAmount = errors.New("not an amount: want digits, optional groups of three, a point and two decimals, like -1,234.50")

// ParseAmount reads a printed balance like "¥1,234.50", "(12.00)" or "-0.35".
func ParseAmount(s string) (Amount, error) {
	s = foldAmount.Replace(strings.TrimSpace(s))
	for _, p := range []string{"CNY", "RMB"} {
		s = strings.TrimPrefix(s, p)
	}
	neg := false
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		s, neg = s[1:len(s)-1], true
	}
	m := printedAmount.FindStringSubmatch(s)
	if m == nil || (neg && m[1] != "") {
		return Amount{}, ErrAmount
	}
	d, err := decimal.NewFromString(m[1] + strings.ReplaceAll(m[2], ",", "") + "." + m[3])
	if err != nil {
		return Amount{}, ErrAmount
	}
	if neg {
		d = d.Neg()
	}
	return Amount{d}, nil
}

// MustAmount is ParseAmount for constants in tests and samples; it panics.
func MustAmount(s string) Amount {
	a, err := ParseAmount(s)
	if err != nil {
		panic(s + ": " + err.Error())
	}
	return a
}

// String gives the plain form "-1234.50".
func (a Amount) String() string { return a.StringFixed(2) }

// Printed gives the form with groups, "-1,234.50".
func (a Amount) Printed() string {
	s := a.Abs().StringFixed(2)
	whole, frac := s[:len(s)-3], s[len(s)-3:]
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if a.IsNegative() {
		whole = "-" + whole
	}
	return whole + frac
}

// MarshalJSON writes the plain form as a string: JSON numbers lose cents.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(`"` + a.String() + `"`), nil }

// maxWholeDigits is what the books hold before the point: numeric(20, 2).
const maxWholeDigits = 18

// Fits reports whether the books can hold a.
func (a Amount) Fits() bool { return len(a.Abs().Truncate(0).String()) <= maxWholeDigits }

// Equal reports whether two amounts are the same number.
func (a Amount) Equal(b Amount) bool { return a.Decimal.Equal(b.Decimal) }
