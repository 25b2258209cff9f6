package ocr

import (
	"context"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// TestWordWithoutItsBox: a tick joins the box to the word, or the circle printed before it.
func TestWordWithoutItsBox(t *testing.T) {
	at := func(b box) *text { return &text{line: line{box: b}} }
	circle := textOf("○不符")
	circle.box = box{200, 200, 250, 220}
	unread := textOf("不符")
	unread.box = circle.box
	for name, c := range map[string]struct {
		known  option
		piece  box
		want   box
		joined bool
	}{
		"box on the left":     {option{tick: tickEmpty, word: box{230, 100, 270, 120}, frame: box{200, 100, 220, 120}}, box{50, 100, 120, 120}, box{80, 100, 120, 120}, true},
		"box on the right":    {option{tick: tickEmpty, word: box{230, 100, 270, 120}, frame: box{280, 100, 300, 120}}, box{50, 100, 120, 120}, box{50, 100, 90, 120}, true},
		"circle read":         {option{text: circle, from: 1, word: box{225, 200, 250, 220}}, box{50, 200, 120, 220}, box{75, 200, 120, 220}, true},
		"circle not read":     {option{text: unread, word: box{225, 200, 250, 220}}, box{50, 200, 120, 220}, box{75, 200, 120, 220}, true},
		"circle below":        {option{text: circle, from: 1, word: box{225, 200, 250, 220}}, box{200, 150, 260, 185}, box{225, 165, 260, 185}, true},
		"the word alone":      {option{tick: tickEmpty, word: box{230, 100, 270, 120}, frame: box{200, 100, 220, 120}}, box{50, 100, 90, 120}, box{80, 100, 90, 120}, false},
		"words without a box": {option{text: textOf("不符"), word: box{0, 0, 20, 12}}, box{50, 0, 120, 12}, box{50, 0, 120, 12}, false},
	} {
		w := option{agree: true, text: at(c.piece), word: c.piece}
		if got, joined := c.known.withoutBox(w); joined != c.joined || joined && got != c.want {
			t.Errorf("%s: %+v %v, want %+v %v", name, got, joined, c.want, c.joined)
		}
	}
}

// TestPrintBeforeAnswers: the number before a box, and the sentence that an answer completes.
func TestPrintBeforeAnswers(t *testing.T) {
	if from, end := textOf("2.口不符").options()[0].number('2'); from != 0 || end != 2 {
		t.Errorf("number before a box from %d to %d", from, end)
	}
	for s, want := range map[string]int{"经核对上述余额口相符": 7, "上述不余额口相符": 0, "口相符": 0, "余额口相符": 0} {
		if got := textOf(s).options()[0].sentence(); got != want {
			t.Errorf("%s: %d glyphs of a sentence, want %d", s, got, want)
		}
	}
}

func TestQuotedWordsAreNotOffered(t *testing.T) {
	if got := textOf("(请填写“相符”或“不符”)").options(); len(got) > 0 {
		t.Errorf("%d answers in an explanation", len(got))
	}
	if got := textOf("口相符 口不符").options(); len(got) != 2 {
		t.Errorf("%d answers, want 2", len(got))
	}
}

// TestLabelInThePensColour is cut off the writing that follows it.
func TestLabelInThePensColour(t *testing.T) {
	p := &page{texts: []*text{textOf("核对结果:相符")}}
	if got := p.behindLabel(box{0, 0, 90, 12}); got.x0 < 38 || got.x0 > 52 {
		t.Errorf("writing begins at %d", got.x0)
	}
	for _, b := range []box{{60, 0, 90, 12}, {0, 20, 90, 32}, {0, 0, 42, 12}} {
		if got := p.behindLabel(b); got != b {
			t.Errorf("%+v became %+v", b, got)
		}
	}
}

func TestWordBesideItsFrame(t *testing.T) {
	if got := besideFrame(box{95, 0, 135, 10}, box{60, 0, 80, 10}, box{230, 0, 290, 10}, box{200, 0, 220, 10}); got != (box{90, 0, 130, 10}) {
		t.Errorf("frame on the left: %+v", got)
	}
	if got := besideFrame(box{15, 0, 55, 10}, box{60, 0, 80, 10}, box{230, 0, 290, 10}, box{300, 0, 320, 10}); got != (box{10, 0, 50, 10}) {
		t.Errorf("frame on the right: %+v", got)
	}
}

// drawn are two answers of two characters each, 20 pixels high, at 100 and 200, with frames of lines
// one pixel thick before them; the first is clean, the other drawn a pixel higher on its left half.
func drawn(marks ...box) *offers {
	v := &offers{w: 260, h: 60, perMM: 6, level: 1, high: 20, whole: [2]bool{true, true}}
	v.mask = make([]uint8, v.w*v.h)
	fill := func(b box) {
		for y := b.y0; y < b.y1; y++ {
			for x := b.x0; x < b.x1; x++ {
				v.mask[y*v.w+x] = 1
			}
		}
	}
	for k, x := range []int{100, 200} {
		v.word[k] = box{x, 20, x + 42, 40}
		v.reach[k] = v.word[k].grow(60)
		fill(box{x, 20, x + 20, 40})
		fill(box{x + 22, 20, x + 42, 40})
		off := k
		fill(box{x - 22, 22 - off, x - 12, 23 - off})
		fill(box{x - 12, 22, x - 2, 23})
		fill(box{x - 22, 41 - off, x - 12, 42 - off})
		fill(box{x - 12, 41, x - 2, 42})
		fill(box{x - 22, 22 - off, x - 21, 42 - off})
		fill(box{x - 3, 22, x - 2, 42})
	}
	for _, m := range marks {
		fill(m)
	}
	v.pieces, v.runs = components(v.mask, v.w, v.h, 1)
	return v
}

// TestTwinOfAFrame: a frame drawn a pixel off is still the twin of the clean one; it may be empty,
// ticked, or, where the word's place is known roughly, reach into that.
func TestTwinOfAFrame(t *testing.T) {
	clean := emptyFrame{box: box{78, 22, 98, 42}, inner: box{84, 28, 92, 36}}
	for name, c := range map[string]struct {
		marks []box
		moved int // of the word, from where it is
		whole bool
		want  tickState
	}{
		"empty":                     {nil, 0, true, tickEmpty},
		"ticked":                    {[]box{{186, 25, 189, 39}}, 0, true, tickSet},
		"filled in":                 {[]box{{178, 22, 197, 41}}, 0, true, tickStruck},
		"ticked, word known":        {[]box{{186, 25, 189, 39}}, -9, true, tickNoBox},
		"ticked, word known at all": {[]box{{186, 25, 189, 39}}, -9, false, tickSet},
	} {
		v := drawn(c.marks...)
		v.word[1].x0 += c.moved
		v.word[1].x1 += c.moved
		v.whole[1] = c.whole
		if _, got := v.twin(clean, 0); got != c.want {
			t.Errorf("%s: state %d, want %d", name, got, c.want)
		}
	}
	scribbled := drawn(box{78, 22, 97, 41}, box{84, 8, 90, 30}) // 相符
	if _, got := scribbled.twin(emptyFrame{box: box{178, 22, 198, 42}, inner: box{184, 28, 192, 36}}, 1); got != tickDoubtful {
		t.Errorf("scribbled over: state %d", got)
	}
}

// TestTightWord: characters in parts are as high as their line, and the box to tick is none of them.
func TestTightWord(t *testing.T) {
	v := &offers{w: 200, h: 60, high: 20}
	v.pieces = []component{{box: box{100, 20, 120, 40}}, {box: box{122, 20, 142, 26}}, {box: box{122, 27, 131, 40}}, {box: box{132, 27, 142, 40}}}
	if got, whole := v.tight(box{100, 20, 142, 40}, box{}, 2); !whole || got != (box{100, 20, 142, 40}) {
		t.Errorf("word in parts: %+v %v", got, whole)
	}
	v.pieces = []component{{box: box{80, 18, 98, 40}}, {box: box{100, 20, 120, 40}}, {box: box{122, 20, 142, 40}}}
	if got, whole := v.tight(box{90, 20, 132, 40}, box{78, 20, 98, 40}, 2); !whole || got != (box{100, 20, 142, 40}) {
		t.Errorf("word beside its box: %+v %v", got, whole)
	}
	v.pieces[0].area = 300
	if got, whole := v.tight(box{90, 20, 132, 40}, box{}, 2); !whole || got != (box{100, 20, 142, 40}) {
		t.Errorf("word beside a box filled in: %+v %v", got, whole)
	}
}

// TestRingThroughItsBox: a ring around a word may run through its box.
func TestRingThroughItsBox(t *testing.T) {
	r := openReader(t)
	p := newPen(t, "form_blank.png")
	p.offer("circles")
	w := goldenWords[1]
	p.ring(box{w.x0 - 30, w.y0 - 14, w.x1 + 14, w.y1 + 14})
	got, err := r.Read(context.Background(), &imaging.Sheet{Image: p.page(t), DPI: goldenDPI}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Mark.Mark != models.Differ {
		t.Errorf("mark %+v, want differ", got.Mark)
	}
}

// TestCharactersAreNoBoxes: a character amid words looks like a box; the label that an answer begins with is none.
func TestCharactersAreNoBoxes(t *testing.T) {
	p := &page{texts: []*text{textOf("对账回复")}}
	if !p.inLabel(box{21, 1, 29, 11}) || p.inLabel(box{1, 1, 9, 11}) {
		t.Error("回 amid 对账回复 is a box, or what words begin with is none")
	}
	p.texts[0].extent = headRead
	if p.inLabel(box{21, 1, 29, 11}) {
		t.Error("no box stands amid words of which not all were read")
	}
	p.texts = []*text{textOf("余额相符")}
	if p.inLabel(box{1, 1, 9, 11}) {
		t.Error("what 余额相符 begins with is a label's")
	}
}

// TestWordKnownRoughly: of a word that could not be read the place is known by the other's, and what
// stands outside of it is not taken for something put in.
func TestWordKnownRoughly(t *testing.T) {
	r, ctx := openReader(t), context.Background()
	form := newPen(t, "form_blank.png")
	form.tick(goldenBoxes[0].x0+8, goldenBoxes[0].y0+12)
	p, err := r.page(ctx, form.page(t), goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	agree := option{agree: true, word: goldenWords[0], tick: tickSet, frame: goldenBoxes[0]}
	agree.word.x0, agree.word.x1 = agree.word.x0+12, agree.word.x1+36
	differ := option{text: textOf("不符"), end: 2, chars: 2, word: goldenWords[1], tick: tickEmpty, frame: goldenBoxes[1]}
	if doubt, err := r.strayAtTick(ctx, p, agree.frame, []option{agree, differ}); err != nil || doubt {
		t.Errorf("doubt %v, %v", doubt, err)
	}
}
