package ocr

import (
	"slices"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

func TestCurrency(t *testing.T) {
	for text, want := range map[string]string{
		"人民币": "CNY", "RMB": "CNY", "cny": "CNY", "¥": "CNY", "人民 币": "CNY", "人民市": "CNY",
		"美元": "USD", "USD": "USD", "US$": "USD", "港币": "HKD", "港元": "HKD", "HKD": "HKD", "港市": "HKD",
		"欧元": "EUR", "日元": "JPY", "英镑": "GBP", "澳大利亚元": "AUD", "新西兰元": "NZD",
		"": "", "账号": "", "USDEUR": "",
	} {
		if got := currency(text); got != want {
			t.Errorf("currency(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestLabelAt(t *testing.T) {
	for _, c := range []struct {
		text string
		want role
		n    int
	}{
		{"账号", roleAccount, 2},
		{"账户号码", roleAccount, 4},
		{"账面余额", roleBalance, 4},
		{"银行账面余额", roleBalance, 6},
		{"银行账面佘额", roleBalance, 6}, // one character misread
		{"企业账面余额", roleOther, 6},   // the customer's own figure
		{"对账单编号:2025", roleStatement, 5},
		{"币种", roleCurrency, 2},
		{"核对结果", roleResult, 4},
		{"核对结果栏", roleResult, 5},
		{"核对结果核对相符", roleResult, 4}, // no 核对结果栏 misread
		{"不符原因", roleOther, 4},
		{"相符", roleNone, 0},
		{"2025", roleNone, 0},
	} {
		if r, n := labelAt([]rune(c.text), 0); r != c.want || n != c.n {
			t.Errorf("labelAt(%q) = %d, %d; want %d, %d", c.text, r, n, c.want, c.n)
		}
	}
}

// textOf sets characters ten pixels wide on a line twelve high.
func textOf(s string) *text {
	t := &text{line: line{box: box{0, 0, 10 * len([]rune(s)), 12}, cell: -1}, extent: wholeRead}
	for i, r := range []rune(s) {
		t.glyphs = append(t.glyphs, placed{char: fold(r), x0: float64(10 * i), x1: float64(10*i + 4), p: 1})
	}
	return t
}

func TestHitsOnALine(t *testing.T) {
	hits := textOf("账号：6222021234567890123 户名：某某公司").hits()
	if len(hits) != 2 || hits[0].role != roleAccount || hits[1].role != roleCustomer {
		t.Fatalf("hits = %+v, want account and customer", hits)
	}
	value := hits[0].text.glyphs[hits[0].valueFrom():hits[0].next]
	if n := countDigits(value); n != 19 {
		t.Errorf("the account's value has %d digits, want 19", n)
	}
	if hits := textOf("截止2025年12月31日余额：1,905.00").hits(); len(hits) != 1 || hits[0].role != roleBalance {
		t.Errorf("a label before a colon inside a sentence: %+v, want one balance", hits)
	}
}

func TestOptionsOnALine(t *testing.T) {
	for _, c := range []struct {
		text string
		want []bool
	}{
		{"□相符□不符", []bool{true, false}},
		{"相符 不相符", []bool{true, false}},
		{"不符原因:", nil},
		{"若不符,请列明", nil},
		{"□余额相符□余额不符", []bool{true, false}},
		{"□经核对相符□经核对不符", []bool{true, false}},
		{"□账务相符□账务不相符", []bool{true, false}},
	} {
		options := textOf(c.text).options()
		if len(options) != len(c.want) {
			t.Errorf("%q: %d options, want %d", c.text, len(options), len(c.want))
			continue
		}
		for i, o := range options {
			if o.agree != c.want[i] {
				t.Errorf("%q: option %d agree = %v", c.text, i, o.agree)
			}
		}
	}
}

func TestCodedNumberIsConfirmedByPrint(t *testing.T) {
	codes := []models.Code{{Kind: "qr", Text: "DZ202509-984545"}}
	printed := func(s string) []*value {
		return []*value{{kind: &kindStatement, plain: s, word: word{text: s, posterior: 1, fit: 1}}}
	}
	twice := append(slices.Clone(codes), models.Code{Kind: "code128", Text: "DZ202509-984545"})
	both := append(printed("DZ202509-984546"), printed("DZ202509-984546")...) // one print is confirmed by the second reader
	doubtful := printed("DZ202509-984546")
	doubtful[0].contested = true
	for _, c := range []struct {
		name    string
		codes   []models.Code
		printed []*value
		want    models.Voted // its values alone
	}{
		{"equal print and code", codes, printed("DZ202509-984545"), models.Voted{First: "DZ202509-984545", Second: "DZ202509-984545", Agreed: true}},
		{"print read by one differs", codes, doubtful, models.Voted{First: "DZ202509-984546", Second: "DZ202509-984545"}},
		{"print read twice differs", codes, both, models.Voted{First: "DZ202509-984546", Second: "DZ202509-984546"}},
		{"a code alone", codes, nil, models.Voted{Second: "DZ202509-984545"}},
		{"two equal codes", twice, nil, models.Voted{Second: "DZ202509-984545", Agreed: true}},
	} {
		v, err := (&Reader{}).voteCoded(t.Context(), codedNumbers(c.codes), c.printed)
		if err != nil || v.Value != "DZ202509-984545" || v.First != c.want.First || v.Second != c.want.Second || v.Agreed != c.want.Agreed {
			t.Errorf("%s: %+v, %v; want %+v", c.name, v, err, c.want)
		}
	}
	inURL := codedNumbers([]models.Code{{Kind: "qr", Text: "https://b.example/r?n=DZ202509-984545"}})
	if len(inURL) != 1 || inURL[0].text != "DZ202509-984545" {
		t.Errorf("number in an address: %+v", inURL)
	}
}

func TestJudge(t *testing.T) {
	sign := func(o opinion) evidence { return evidence{opinion: o, form: formTick, confidence: 0.9} }
	for _, c := range []struct {
		name    string
		signs   []evidence
		stray   int
		located bool
		want    models.Mark
	}{
		{"tick", []evidence{sign(opinionAgree)}, 0, true, models.Agree},
		{"tick and equal phrase", []evidence{sign(opinionAgree), sign(opinionAgree)}, 0, true, models.Agree},
		{"both ticked", []evidence{sign(opinionAgree), sign(opinionDiffer)}, 0, true, models.Unclear},
		{"agree beside a doubtful box", []evidence{sign(opinionAgree), sign(opinionUnclear)}, 0, true, models.Unclear},
		{"agree with a figure", []evidence{sign(opinionAgree), sign(opinionFigure)}, 0, true, models.Unclear},
		{"differ with a figure", []evidence{sign(opinionFigure), sign(opinionDiffer)}, 0, true, models.Differ},
		{"a figure alone", []evidence{sign(opinionFigure)}, 0, true, models.Unclear},
		{"nothing", nil, 0, true, models.Blank},
		{"nothing, but ink", nil, 1, true, models.Unclear},
		{"nothing, no place found", nil, 0, false, models.Unclear},
	} {
		if got, _ := judge(c.signs, c.stray, c.located); got.Mark != c.want {
			t.Errorf("%s: %s, want %s", c.name, got.Mark, c.want)
		}
	}
}

func FuzzPlainForms(f *testing.F) {
	for _, s := range []string{"1,234.50", "-0.35", "(12.00)", "¥1", "6222 0212 3456 7890 123", "DZ2025-01", "人民币", "．，"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v := plainAmountText(s); v != "" {
			if again := plainAmountText(v); again != v {
				t.Errorf("amount %q → %q → %q", s, v, again)
			}
		}
		if v := plainAccount(s); v != "" && plainAccount(v) != v {
			t.Errorf("account %q → %q", s, v)
		}
		if v := plainStatement(s); v != "" && plainStatement(v) != v {
			t.Errorf("statement %q → %q", s, v)
		}
		currency(s)
		line := textOf(s)
		line.options()
		line.hits()
		isName(s)
	})
}

// A day is no statement number, though it has the form of one.
func TestDayIsNoStatementNumber(t *testing.T) {
	for text, want := range map[string]string{"2026-03-31": "", "2026-03-32": "2026-03-32", "2026-03-31-7": "2026-03-31-7", "20260331": "20260331"} {
		if got := plainStatement(text); got != want {
			t.Errorf("plainStatement(%s) = %q, want %q", text, got, want)
		}
	}
}

func TestPlainDate(t *testing.T) {
	for text, want := range map[string]string{
		"2025年12月31日": "2025-12-31", "2025-9-30": "2025-09-30", "2025/06/30": "2025-06-30", "2025.6.30": "2025-06-30", "20250630": "2025-06-30",
		"2025年2月30日": "", "12月31日": "", "2025": "", "": "",
	} {
		if got := plainDate(text); got != want {
			t.Errorf("plainDate(%q) = %q, want %q", text, got, want)
		}
	}
}

// A page with both halves names both copies; the customer's half alone, or a
// sentence where nothing is asked, does not.
func TestWhichCopy(t *testing.T) {
	im, err := imaging.FromPixels(1, 1, 1, []byte{255})
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	const sentence = "本联由客户留存。请核对后填写下联，加盖预留印鉴，于二十个工作日内退回本行。"
	for name, c := range map[string]struct {
		print   []string
		located bool
		first   bool
	}{
		"the customer's":      {[]string{"第一联（客户留存）", "核对结果：", sentence}, true, true},
		"torn off":            {[]string{"账号", sentence}, false, true},
		"both halves":         {[]string{sentence, "由此撕下", "核对结果："}, true, false},
		"both halves, titled": {[]string{sentence, "对账单回单联", "核对结果："}, true, false},
		"the bank's":          {[]string{"第二联 银行留存", "核对结果："}, true, false},
		"neither":             {[]string{"账号", "请将第一联由客户留存，其余各联盖章后交回"}, true, false},
	} {
		p := &page{image: im, ink: &ink{scale: 1}}
		for _, s := range c.print {
			p.texts = append(p.texts, textOf(s))
		}
		first := !p.returned(nil) && p.customerCopy(nil, c.located).Text != ""
		if first != c.first {
			t.Errorf("%s: the customer's copy %t, want %t", name, first, c.first)
		}
	}
}

// TestOptionsReadRoughly: an answer with 一 read as a stroke counts, and one behind a box misread,
// but not behind a character that makes something else of it.
func TestOptionsReadRoughly(t *testing.T) {
	for s, want := range map[string]int{"-致": 1, "核对-致 核对不-致": 2, "-个": 0, "人相符": 1, "如相符": 0, "若不符": 0, "口核对无误": 1, "1、核对不一致": 1, "2.余额一致": 1} {
		if got := textOf(s).options(); len(got) != want {
			t.Errorf("%q offers %d answers, want %d", s, len(got), want)
		}
	}
}

// TestLabelsOfTheAnswer: names of the answer's place that banks print; a title is none.
func TestLabelsOfTheAnswer(t *testing.T) {
	for s, want := range map[string]bool{"客户核对意见": true, "回签意见:": true, "单位核对情况": true, "贵单位意见:": true, "回执意见": true, "对账回执": false, "贵单位余额": false} {
		hits := textOf(s).hits()
		if got := len(hits) == 1 && hits[0].role == roleResult; got != want {
			t.Errorf("%q is a label of the answer: %v, want %v", s, got, want)
		}
	}
}
