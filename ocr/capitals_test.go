package ocr

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

func TestCapitalAmount(t *testing.T) {
	for words, want := range map[string]string{
		"壹仟贰佰叁拾肆元伍角陆分": "1234.56", "人民币壹万元整": "10000.00", "壹拾万零伍佰元零叁分": "100500.03", "拾伍元整": "15.00",
		"叁亿零贰佰万元柒角整": "302000000.70", "零元整": "0.00", "伍角整": "0.50", "玖分": "0.09", "壹佰圆正": "100.00",
	} {
		if got, ok := capitalAmount(words); !ok || got != want {
			t.Errorf("%s is %q, %v; want %s", words, got, ok, want)
		}
	}
	for _, words := range []string{"", "元", "壹贰元整", "佰元", "壹佰", "万元", "壹元贰", "壹元贰角叁", "一百元", "壹仟元整贵单位", "壹零元"} {
		if got, ok := capitalAmount(words); ok {
			t.Errorf("%q is taken for %s", words, got)
		}
	}
}

// inWords writes an amount of fen as the rules for bills ask.
func inWords(fen int64) string {
	const figures = "零壹贰叁肆伍陆柒捌玖"
	figure := func(d int64) string { return string([]rune(figures)[d]) }
	yuan, jiao, rest := fen/100, fen/10%10, fen%10
	var b strings.Builder
	zero := false
	for i, unit := range []struct {
		worth int64
		name  string
	}{{1e8, "亿"}, {1e4, "万"}, {1, ""}} {
		group := yuan / unit.worth % 1e4
		if i == 0 {
			group = yuan / unit.worth
		}
		if group == 0 {
			zero = zero || b.Len() > 0
			continue
		}
		for _, u := range []struct {
			worth int64
			name  string
		}{{1000, "仟"}, {100, "佰"}, {10, "拾"}, {1, ""}} {
			d := group / u.worth % 10
			if d == 0 {
				zero = b.Len() > 0
				continue
			}
			if zero {
				b.WriteString("零")
				zero = false
			}
			b.WriteString(figure(d) + u.name)
		}
		b.WriteString(unit.name)
	}
	if yuan == 0 {
		b.WriteString("零")
	}
	b.WriteString("元")
	switch {
	case jiao > 0 && rest > 0:
		return b.String() + figure(jiao) + "角" + figure(rest) + "分"
	case jiao > 0:
		return b.String() + figure(jiao) + "角整"
	case rest > 0:
		return b.String() + "零" + figure(rest) + "分"
	}
	return b.String() + "整"
}

func TestCapitalsReadWhatIsWritten(t *testing.T) {
	dice := rand.New(rand.NewPCG(4, 2))
	for range 20000 {
		fen := dice.Int64N([]int64{100, 1e6, 1e9, 1e12}[dice.IntN(4)])
		want := decimal.New(fen, -2).StringFixed(2)
		if got, ok := capitalAmount(inWords(fen)); !ok || got != want {
			t.Fatalf("%s is %q, %v; want %s", inWords(fen), got, ok, want)
		}
	}
}

func FuzzCapitalAmount(f *testing.F) {
	f.Add("壹仟贰佰元零伍分")
	f.Fuzz(func(t *testing.T, s string) {
		if plain, ok := capitalAmount(s); ok && plainAmountText(plain) != plain {
			t.Errorf("%q gave %q, no amount", s, plain)
		}
	})
}

// TestWordsBearWitness: an amount in words settles a balance it equals, and
// unsettles one it does not.
func TestWordsBearWitness(t *testing.T) {
	r := &Reader{}
	printed := func() *value {
		return &value{kind: &kindAmount, plain: "1234.56", word: word{text: "1,234.56", posterior: 1, fit: 1}}
	}
	for _, c := range []struct {
		copies []*value
		words  string
		want   bool
	}{
		{[]*value{printed()}, "1234.56", true},
		{[]*value{printed(), printed()}, "1234.56", true},
		{[]*value{printed(), printed()}, "1234.65", false},
	} {
		if v, err := r.voteCopies(t.Context(), c.copies, c.words); err != nil || v.Agreed != c.want {
			t.Errorf("%d times 1234.56 in figures, %s in words: agreed %v, %v; want %v", len(c.copies), c.words, v.Agreed, err, c.want)
		}
	}
}

// TestCurrencyInWords: of 美元壹万元整 the words before the amount name the currency; those of
// two kinds name none.
func TestCurrencyInWords(t *testing.T) {
	for want, print := range map[string][]string{"USD": {"大写:美元壹万贰仟元整"}, "CNY": {"人民币(大写):壹万贰仟元整"}, "": {"大写:美元壹万元整", "大写:欧元壹万元整"}} {
		p := &page{}
		for i, s := range print {
			p.texts = append(p.texts, textAt(s, 0, 30*i))
		}
		words, err := (&Reader{}).readCapitals(context.Background(), p)
		if err != nil || words.currency != want {
			t.Errorf("%v: currency %q, want %q: %v", print, words.currency, want, err)
		}
		lines := []accountLine{{row{}, &value{kind: &kindAccount, plain: "6222021234567890"}, &value{kind: &kindAmount, plain: "12000.00"}}}
		lines[0].account.contested, lines[0].balance.contested = true, true // the second reader is not asked
		if got, err := (&Reader{}).voteAccount(context.Background(), p, lines, words); err != nil || got.Currency != want {
			t.Errorf("%v: the account is in %q, want %q: %v", print, got.Currency, want, err)
		}
	}
}

// TestCapitalsOfALongLine: a piece too long for a label may be an amount in words.
func TestCapitalsOfALongLine(t *testing.T) {
	r, ctx := openReader(t), context.Background()
	p, err := r.page(ctx, loadGolden(t, "form_blank.png"), goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	long := &text{line: line{box{60, 112, 60 + 25*20, 132}, -1}}
	p.texts = []*text{long}
	if _, err := r.readCapitals(ctx, p); err != nil || long.extent == unread {
		t.Errorf("it stays unread: %v", err)
	}
}
