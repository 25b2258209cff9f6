package ocr

import (
	"math"
	"strings"
)

// currencies lists how each currency is printed, longest names first within a
// code. 圆/元 alone is the renminbi.
var currencies = []struct {
	iso   string
	names []string
}{
	{"CNY", []string{"人民币", "RMB", "CNY", "CNH", "¥", "￥", "本币"}},
	{"USD", []string{"美元", "美金", "USD", "US$"}},
	{"HKD", []string{"港币", "港元", "港纸", "HKD", "HK$"}},
	{"EUR", []string{"欧元", "EUR", "€"}},
	{"JPY", []string{"日元", "日圆", "JPY"}},
	{"GBP", []string{"英镑", "GBP", "£"}},
	{"AUD", []string{"澳大利亚元", "澳元", "AUD"}},
	{"CAD", []string{"加拿大元", "加元", "CAD"}},
	{"CHF", []string{"瑞士法郎", "CHF"}},
	{"SGD", []string{"新加坡元", "新元", "SGD"}},
	{"KRW", []string{"韩元", "韩圆", "KRW"}},
	{"MOP", []string{"澳门元", "澳门币", "MOP"}},
	{"TWD", []string{"新台币", "TWD"}},
	{"NZD", []string{"新西兰元", "NZD"}},
	{"RUB", []string{"卢布", "RUB"}},
	{"THB", []string{"泰铢", "THB"}},
	{"SEK", []string{"瑞典克朗", "SEK"}},
	{"DKK", []string{"丹麦克朗", "DKK"}},
	{"NOK", []string{"挪威克朗", "NOK"}},
}

// lookAlikes undoes what the recogniser makes of 币 in small print.
var lookAlikes = strings.NewReplacer(" ", "", "市", "币", "巾", "币")

// currency gives the ISO code of a printed currency, or "" when the text names
// none, or two.
func currency(text string) string {
	text = lookAlikes.Replace(strings.ToUpper(text))
	found := ""
	length := 0
	for _, c := range currencies {
		for _, name := range c.names {
			if !strings.Contains(text, name) || len(name) < length {
				continue
			}
			if len(name) == length && found != c.iso {
				return ""
			}
			found, length = c.iso, len(name)
		}
	}
	return found
}

// Limits for a currency read in its own column, in natural logarithms per
// character: nothing else stands there, so the fit may be loose, not the margin.
const (
	currencyFit    = -3.0
	currencyMargin = 1.0
)

// readCurrency gives the ISO code of the currency whose name explains the strip
// best, or "" when two do alike or none does.
func readCurrency(l *lattice) string {
	greedy, _ := l.text()
	if iso := currency(greedy); iso != "" {
		return iso
	}
	best, second, iso := math.Inf(-1), math.Inf(-1), ""
	free := l.logBestPath()
	for _, c := range currencies {
		score := math.Inf(-1)
		for _, name := range c.names {
			if n := len([]rune(name)); n > 1 {
				score = max(score, (l.logForward(name)-free)/float64(n))
			}
		}
		if score > best {
			best, second, iso = score, best, c.iso
		} else {
			second = max(second, score)
		}
	}
	if best < currencyFit || best-second < currencyMargin {
		return ""
	}
	return iso
}
