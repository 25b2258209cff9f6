package ocr

import "testing"

func TestPhraseOpinion(t *testing.T) {
	a := testAlphabet("视同逾期未回复的如相符不核对无误一致余额有应为0123456789.,请填写或注明金张建国印年月日 —")
	for _, c := range []struct {
		written string
		want    opinion
	}{
		{"核对相符", opinionAgree},
		{"相符", opinionAgree},
		{"核对无误", opinionAgree},
		{"余额一致", opinionAgree},
		{"不符", opinionDiffer},
		{"不相符", opinionDiffer},
		{"余额有误", opinionDiffer},
		{"余额应为6,070.08", opinionDiffer},
		{"不符122,293.54", opinionDiffer},
		{"核对不相符", opinionDiffer},
		{"12,882.29", opinionFigure},
		{"2026.1.8", opinionNone},
		{"张建国", opinionNone},
		{"逾期未回复的,视同核对无误", opinionNone},
		{"如不符请注明", opinionNone},
		{"", opinionNone},
	} {
		if got := readPhrase(spell(a, c.written, 0.95)); got.opinion != c.want {
			t.Errorf("%q: opinion %d, want %d (%+v)", c.written, got.opinion, c.want, got)
		}
	}
}

// A trace of 不 before 相符 must never pass for agreement.
func TestTraceOfNegationIsUnclear(t *testing.T) {
	a := testAlphabet("视同逾期未回复的如相符不核对无误一致余额有差错未否非")
	l := spell(a, "核对相符", 0.9)
	no := a.class['不']
	for _, p := range []float32{0.15, 0.3, 0.45} {
		l.p[3*l.classes+no] = p
		if got := readPhrase(l); got.opinion == opinionAgree {
			t.Errorf("不 with probability %.2f inside 核对相符 read as agreement", p)
		}
	}
}

// Printed instructions quote the phrases; they are no answer.
func TestInstructionsAreNoAnswer(t *testing.T) {
	for _, s := range []string{"(请填写\"核对相符\"或注明不符金额)", "若不符,请列明原因", "不符原因:", "(请在□内打√)"} {
		if !isInstruction(s) {
			t.Errorf("%q is not recognised as an instruction", s)
		}
	}
	for _, s := range []string{"核对相符", "不符", "余额应为100.00"} {
		if isInstruction(s) {
			t.Errorf("%q is taken for an instruction", s)
		}
	}
}

func TestAgreeWithItsBoxIsAnOffer(t *testing.T) {
	for text, want := range map[string]bool{"一致": false, "□一致": true, "一致○": true, "(相符)": false} {
		if got := (phraseReading{opinion: opinionAgree, text: text}).isOffer(); got != want {
			t.Errorf("%s is an offer: %v", text, got)
		}
	}
	if (phraseReading{opinion: opinionDiffer, text: "□不符"}).isOffer() {
		t.Error("what reads as differ is left")
	}
}

// TestCharacterBeforeAnAgreement: what a 不 in a stamp's frame is read as belongs to no phrase.
func TestCharacterBeforeAnAgreement(t *testing.T) {
	for s, want := range map[string]bool{
		"核对相符": false, "木核对相符": true, "经核对相符": false, "余额核对相符": false, "口核对相符": false, "|核对相符": false, "扶对相符": false,
	} {
		if got := precededIn(s); got != want {
			t.Errorf("%s: %v, want %v", s, got, want)
		}
	}
}

// TestRemarkObjects: a remark that speaks of a difference speaks against agreement.
func TestRemarkObjects(t *testing.T) {
	for s, want := range map[string]bool{"有误": true, "差100元": true, "待查": true, "张明远": false, "2026.1.8": false} {
		if got := (phraseReading{text: s}).objects(); got != want {
			t.Errorf("%s: %v, want %v", s, got, want)
		}
	}
}
