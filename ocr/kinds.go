package ocr

import (
	"strings"
	"time"

	"heyin/models"
)

// kind is a kind of field: the grammar of its print and the plain form in which
// two readings are compared.
type kind struct {
	name    string
	grammar func() *grammar
	// letters is what the second reader may answer with.
	letters string
	// plain gives the comparable form, or "" for text that is not of this kind.
	plain func(string) string
}

const digits = "0123456789"

// signs that may stand before or behind a printed amount.
const amountPattern = `(?:¥|\$|RMB|CNY|USD|HKD|EUR|JPY|GBP|人民币|美元|港[币元]|欧元|日元|英镑)?(?:` + plainAmount + `|\(` + unsignedAmount + `\))元?\.?`

const (
	unsignedAmount = `(?:[0-9]{1,3}(?:,[0-9]{3}){0,5}|[0-9]{4,16})\.[0-9]{2}`
	plainAmount    = `-?¥?` + unsignedAmount
)

// accountPattern: some banks set the groups of a number apart by hyphens.
const accountPattern = `(?:[0-9]{10,32}|[0-9]{2,16}(?:-[0-9]{2,20}){1,4})`

const statementPattern = `[A-Z]{0,6}-?[0-9]{2,24}(?:-[0-9A-HJ-NP-Z]{1,20}){0,4}`

var (
	kindAmount = kind{
		name: "amount",
		grammar: func() *grammar {
			return newGrammar(amountPattern, digits+",.-¥$()元RMBCNYUSDHKEJPG人民币美港欧日英镑")
		},
		letters: digits + ",.-()",
		plain:   plainAmountText,
	}
	kindAccount = kind{
		name:    "account",
		grammar: func() *grammar { return newGrammar(accountPattern, digits+"-") },
		letters: digits + "-",
		plain:   plainAccount,
	}
	// Statement numbers hold digits, often a short word of capitals before, and
	// groups set apart by hyphens. Within figures O and I are never used, because
	// nobody tells them from 0 and 1.
	kindStatement = kind{
		name: "statement",
		grammar: func() *grammar {
			return newGrammar(statementPattern, digits+"ABCDEFGHIJKLMNOPQRSTUVWXYZ-")
		},
		letters: digits + "ABCDEFGHIJKLMNOPQRSTUVWXYZ-",
		plain:   plainStatement,
	}
)

func plainAmountText(s string) string {
	s = strings.NewReplacer(" ", "", "$", "").Replace(s)
	for _, word := range []string{"RMB", "CNY", "USD", "HKD", "EUR", "JPY", "GBP", "人民币", "美元", "港币", "港元", "欧元", "日元", "英镑"} {
		s = strings.TrimPrefix(s, word)
	}
	s = strings.TrimSuffix(strings.TrimRight(s, ".,"), "元") // a sentence may end with the amount
	a, err := models.ParseAmount(s)
	if err != nil {
		return ""
	}
	return a.String()
}

func plainAccount(s string) string {
	s = strings.NewReplacer(" ", "", "-", "").Replace(s)
	if len(s) < 10 || len(s) > 32 || strings.Trim(s, digits) != "" {
		return ""
	}
	return s
}

// minStatementLength is the shortest statement number taken for one.
const minStatementLength = 6

func plainStatement(s string) string {
	s = strings.Trim(strings.ToUpper(strings.ReplaceAll(s, " ", "")), "-")
	if len(s) < minStatementLength || len(s) > 40 || !strings.ContainsAny(s, digits) {
		return ""
	}
	if strings.Trim(s, digits+"ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, s); err == nil { // the day beside it
		return ""
	}
	return s
}
