package ocr

import "testing"

// TestEnglishNameOfALabel: what stands between a label and its value in another language is no value.
func TestEnglishNameOfALabel(t *testing.T) {
	for s, want := range map[string]string{
		"对账单号StatementNo.:374149972365": "374149972365",
		"账号A/CNo.4943278600123456":      "4943278600123456",
		"账户余额Balance:CNY2,596.02":       "CNY2,596.02",
		"账户余额USD:2,596.02":              "USD:2,596.02",
		"账户余额CNY2,596.02":               "CNY2,596.02",
		"对账单号DZ202509-343094":           "DZ202509-343094",
		"编号No.0729-09103896":            "0729-09103896",
	} {
		h := textOf(s).hits()[0]
		if got := string(h.text.runes()[h.valueFrom():h.next]); got != want {
			t.Errorf("the value in %q is %q, want %q", s, got, want)
		}
	}
	if textOf("账户余额!").hits()[0].hasValue() {
		t.Error("a colon misread is taken for the value")
	}
	head := textOf("对账单号Stat")
	head.extent = headRead
	if !head.hits()[0].needsRest() {
		t.Error("the English name of a label, cut off, is taken for its value")
	}
}

// TestOwnAnswerIsNotOffered: what stands beside both answers with their boxes was written, on their line only.
func TestOwnAnswerIsNotOffered(t *testing.T) {
	at := func(agree bool, x, y int, tick tickState) option {
		return option{agree: agree, word: box{x, y, x + 40, y + 20}, tick: tick}
	}
	words := []option{at(true, 100, 0, tickEmpty), at(false, 200, 0, tickSet)}
	for own, want := range map[option]bool{at(true, 300, 4, tickNoBox): true, at(false, 300, 4, tickNoBox): true, at(true, 300, 60, tickNoBox): false} {
		if got := writtenBeside(append(words, own), own); got != want {
			t.Errorf("%+v is written: %v", own.word, got)
		}
		if writtenBeside([]option{words[0], own}, own) {
			t.Errorf("%+v is written beside one answer", own.word)
		}
	}
}

// TestSlashBetweenPieces is print half way between the answers; elsewhere it may be a pen's.
func TestSlashBetweenPieces(t *testing.T) {
	for x, want := range map[int]bool{30: true, 28: true, 44: false} { // of the second piece, which begins with the slash
		first, second := textOf("相符"), textAt("/不符", x, 0)
		second.glyphs[1].x0, second.glyphs[1].x1 = 50, 60
		second.glyphs[2].x0, second.glyphs[2].x1 = 60, 70
		second.x1 = 70
		a, d := first.options()[0], second.options()[0]
		d.word = box{50, 0, 70, 12}
		v := &offers{w: 200, h: 20, mask: make([]uint8, 200*20), cut: &patch{}}
		v.mask[5*200+x+4] = 1
		v.clearBeside(&page{ink: &ink{w: 200, h: 20, perMM: 6, scale: 1}}, a, d)
		if got := !v.inked(x+4, 5); got != want {
			t.Errorf("a slash at %d is taken out: %v", x, got)
		}
	}
}

// TestPrintInInk: a label or explanation of a coloured form, however low its characters are in their line.
func TestPrintInInk(t *testing.T) {
	label, told := textAt("核对结果", 0, 0), textAt("(请填写相符或不符)", 100, 0)
	label.y1, told.y1 = 20, 20
	p := &page{texts: []*text{label, told}}
	hits := p.findHits()
	for name, c := range map[string]struct {
		b    box
		want bool
	}{
		"label":                {box{2, 2, 38, 16}, true},
		"word of a sentence":   {box{140, 3, 160, 17}, true},
		"a dot in a line":      {box{140, 8, 144, 12}, false},
		"higher than its line": {box{140, -20, 160, 20}, false},
		"beside":               {box{60, 2, 90, 16}, false},
	} {
		if got := p.isPrint(written{box: c.b, form: formHandwritten}, hits); got != c.want {
			t.Errorf("%s is print: %v", name, got)
		}
		if got := p.isPrint(written{box: c.b, form: formStamped}, hits); got != (c.want && name == "label") {
			t.Errorf("%s in red is print: %v", name, got)
		}
	}
}

// TestBothAnswers: print that a pen has ringed, or an answer corrected, is neither.
func TestBothAnswers(t *testing.T) {
	for s, want := range map[string]bool{"相符／不符": true, "经核对相符口经核对不符": true, "不相符": false, "核对相符": false, "余额不一致": false, "不符,应为12.00": false} {
		if got := offersBoth(s); got != want {
			t.Errorf("%q offers both: %v", s, got)
		}
	}
}

// TestFigureIsNoOffer: beside a differing tick an amount as high as the labels is the customer's own.
func TestFigureIsNoOffer(t *testing.T) {
	for o, want := range map[opinion]bool{opinionNone: false, opinionFigure: false, opinionAgree: true, opinionDiffer: true, opinionUnclear: true} {
		if got := (phraseReading{opinion: o}).answers(); got != want {
			t.Errorf("opinion %d is an answer in words: %v", o, got)
		}
	}
}

// TestDateOfTheCustomer: figures above 年 月 日 or behind 日期 are no amount of the customer's own.
func TestDateOfTheCustomer(t *testing.T) {
	p := &page{ink: &ink{perMM: layoutDPI / mmPerInch}, texts: []*text{textAt("年月日", 500, 100), textAt("日期:", 40, 300), textAt("2026年1月", 700, 500)}}
	for name, c := range map[string]struct {
		b    box
		want bool
	}{
		"above the words":  {box{490, 75, 560, 95}, true},
		"behind the label": {box{80, 295, 150, 315}, true},
		"elsewhere":        {box{40, 100, 110, 120}, false},
		"at printed dates": {box{700, 480, 760, 498}, false},
	} {
		if got := p.dated(c.b); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestAnswerToBeWritten: where the form asks for words it offers none.
func TestAnswerToBeWritten(t *testing.T) {
	zone := []box{{0, 0, 400, 60}}
	for s, want := range map[string]bool{"(请填写相符或不符)": true, "(请在□内填√,相符)": false, "相符处填√": false, "填表人": false} {
		p := &page{texts: []*text{textAt(s, 20, 20)}}
		if got := p.asksToWrite(zone, box{240, 20, 280, 32}); got != want {
			t.Errorf("%q asks to write: %v", s, got)
		}
		if p.asksToWrite([]box{{0, 100, 400, 160}}, box{240, 20, 280, 32}) || p.asksToWrite(zone, box{p.texts[0].x1 + 10, 20, p.texts[0].x1 + 50, 32}) {
			t.Errorf("%q asks elsewhere, or for its own words", s)
		}
	}
}

// TestPartedWords: a line at the foot of words may be a pen's through them; one farther off, or shorter, is not.
func TestPartedWords(t *testing.T) {
	words := box{100, 40, 160, 60}
	for name, c := range map[string]struct {
		y, x0, x1 int
		want      bool
	}{
		"at the foot":  {61, 90, 170, true},
		"at the top":   {38, 90, 170, true},
		"farther down": {70, 90, 170, false},
		"shorter":      {61, 120, 160, false},
	} {
		p := &page{ink: &ink{w: 300, h: 100, perMM: layoutDPI / mmPerInch, scale: 1}, rules: &ruling{mask: make([]uint8, 300*100)}}
		for x := c.x0; x < c.x1; x++ {
			p.rules.mask[c.y*300+x] = 1
		}
		if got := p.parted(words); got != c.want {
			t.Errorf("a line %s parts the words: %v", name, got)
		}
	}
}

// TestRestOfPiece: of two answers that a ring joins, the one that was not read stands before the other.
func TestRestOfPiece(t *testing.T) {
	for s, want := range map[string]int{"符/不符": 0, "目相//不符": 18, "/不符": 0, "不符": 0} {
		piece := textOf(s)
		if got, ok := piece.options()[0].restOfPiece(); ok != (want > 0) || ok && (got.w() < want || got.x1 > 26) {
			t.Errorf("before the answer in %q: %v %+v", s, ok, got)
		}
	}
}

// TestCutInOption: a piece whose beginning ends within an answer has to be read on.
func TestCutInOption(t *testing.T) {
	for s, want := range map[string]bool{"口经核对相": true, "C余额": true, "核对相符": false, "请在": false} {
		head := textOf(s)
		head.extent = headRead
		if got := head.cutInOption(); got != want {
			t.Errorf("%q is cut in an answer: %v", s, got)
		}
	}
}
