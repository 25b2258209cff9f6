package sim

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"heyin/models"
)

// luhn gives the check digit that makes digits+check pass the Luhn test.
func luhn(digits string) byte {
	sum := 0
	for i := range len(digits) {
		v := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			v *= 2
			if v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return byte('0' + (10-sum%10)%10)
}

// accountNo is 16 to 19 digits, the last a check digit.
func accountNo(d dice, prefix string) string {
	body := prefix + d.digits(9+d.IntN(4))
	return body + string(luhn(body))
}

// statementNo is the month of the cut-off, a serial number and a check digit.
func statementNo(cutOff time.Time, serial int) string {
	body := fmt.Sprintf("%s%07d", cutOff.Format("200601"), serial)
	return body[:6] + "-" + body[6:] + string(luhn(body))
}

// balance rolls an amount: mostly ordinary, at times zero, overdrawn or very large.
func balance(d dice) models.Amount {
	cents := func(lo, hi int64) models.Amount {
		return models.Amount{Decimal: decimal.New(lo+d.Int64N(hi-lo), -2)}
	}
	switch r := d.Float64(); {
	case r < 0.05:
		return models.Amount{Decimal: decimal.New(0, -2)}
	case r < 0.13:
		a := cents(100, 900_000_00)
		return models.Amount{Decimal: a.Neg()}
	case r < 0.2:
		return cents(100_000_000_00, 9_000_000_000_00)
	case r < 0.3:
		return cents(1, 999_99)
	default:
		return cents(1_000_00, 20_000_000_00)
	}
}

// otherAmount is near a but never equal: one digit differs.
func otherAmount(d dice, a models.Amount) models.Amount {
	step := pick(d, []int64{1, 100, 1_000_00, 30_000_00, 200_000_00})
	return models.Amount{Decimal: a.Add(decimal.New(step*int64(1+d.IntN(8)), -2))}
}
