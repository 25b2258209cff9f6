package ocr

import (
	"context"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// capitalDigits are the figures of an amount in words (大写金额), with the forms
// that are written for them.
var capitalDigits = map[rune]int64{
	'零': 0, '〇': 0, '壹': 1, '贰': 2, '貳': 2, '叁': 3, '叄': 3, '肆': 4, '伍': 5, '陆': 6, '陸': 6, '柒': 7, '捌': 8, '玖': 9,
}

// capitalUnits multiply the figure before them; capitalGroups all that stands
// before them since the last group.
var (
	capitalUnits  = map[rune]int64{'拾': 10, '佰': 100, '仟': 1000}
	capitalGroups = map[rune]int64{'万': 1e4, '萬': 1e4, '亿': 1e8, '億': 1e8}
)

// leastCapitals is the number of capital figures and units that make an amount in
// words, and no name that holds one of them.
const leastCapitals = 3

// capitalAmount reads an amount in words, such as 壹万贰仟元零伍分, in the plain
// form of kindAmount. ok is false for everything that is not one from end to end.
func capitalAmount(s string) (plain string, ok bool) {
	s = strings.NewReplacer("圆", "元", "整", "", "正", "", "人民币", "", " ", "").Replace(s)
	whole, fraction, found := strings.Cut(s, "元")
	if !found {
		whole, fraction = "", s
	}
	n, okWhole := capitalInteger(whole)
	jiao, rest := int64(0), fraction
	if before, after, found := strings.Cut(fraction, "角"); found {
		d, ok := capitalDigit(before)
		if !ok {
			return "", false
		}
		jiao, rest = d, after
	}
	fen := int64(0)
	if before, found := strings.CutSuffix(rest, "分"); found {
		d, ok := capitalDigit(strings.TrimPrefix(before, "零"))
		if !ok {
			return "", false
		}
		fen, rest = d, ""
	}
	if rest != "" || !okWhole || whole == "" && jiao == 0 && fen == 0 {
		return "", false
	}
	return decimal.New(n*100+jiao*10+fen, -2).StringFixed(2), true
}

func capitalDigit(s string) (int64, bool) {
	runes := []rune(s)
	if len(runes) != 1 {
		return 0, false
	}
	d, ok := capitalDigits[runes[0]]
	return d, ok
}

// capitalInteger reads the yuan of an amount in words; "" is 0.
func capitalInteger(s string) (n int64, ok bool) {
	const largest = 1e15 // yuan: no account holds more
	group, digit, open := int64(0), int64(0), false
	for _, r := range s {
		d, isDigit := capitalDigits[r]
		unit, isUnit := capitalUnits[r]
		times, isGroup := capitalGroups[r]
		switch {
		case isDigit && d == 0:
			if open {
				return 0, false // a figure without its unit
			}
		case isDigit && !open:
			digit, open = d, true
		case isUnit && (open || unit == 10 && group == 0):
			group, digit, open = group+max(digit, 1)*unit, 0, false
		case isGroup && (open || group > 0 || n > 0):
			group, digit, open = group+digit, 0, false
			if times == 1e8 {
				n, group = (n+group)*times, 0
			} else {
				n, group = n+group*times, 0
			}
		default:
			return 0, false
		}
		if n > largest {
			return 0, false
		}
	}
	return n + group + digit, true
}

// capitalsIn tells how many characters of an amount in words a text holds.
func capitalsIn(s string) (n int) {
	for _, r := range s {
		_, digit := capitalDigits[r]
		_, unit := capitalUnits[r]
		if digit || unit {
			n++
		}
	}
	return n
}

// capitals are the amounts in words of a page, in plain form: the third, independent print
// of a balance. currency is that of the words before them, "" when they name none or several.
type capitals struct {
	amounts  []string
	currency string
}

// readCapitals reads the amounts in words of a page. They may be set longer than any label.
func (r *Reader) readCapitals(ctx context.Context, p *page) (capitals, error) {
	var out capitals
	named := map[string]bool{}
	for _, t := range p.texts {
		if float64(t.w()) > sentence*float64(t.h()) {
			if err := r.ensure(ctx, p, headRead, t); err != nil {
				return capitals{}, err
			}
		}
		if s := t.String(); !strings.Contains(s, "大写") && capitalsIn(s) < leastCapitals {
			continue
		}
		if err := r.ensure(ctx, p, wholeRead, t); err != nil {
			return capitals{}, err
		}
		runes := t.runes()
		if from := slices.IndexFunc(runes, func(c rune) bool { return capitalsIn(string(c)) > 0 }); from >= 0 {
			words := strings.TrimRight(string(runes[from:]), ").。")
			if plain, ok := capitalAmount(words); ok {
				if c := currency(string(runes[:from])); c != "" {
					named[c], out.currency = true, c
				}
				if !slices.Contains(out.amounts, plain) {
					out.amounts = append(out.amounts, plain)
				}
			}
		}
	}
	if len(named) > 1 {
		out.currency = ""
	}
	return out, nil
}
