package ocr

import (
	"slices"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// TestWrittenAlone: words as high as print are the customer's where their ink is denser than the form's and nothing else stands beside them: who
// offers an answer offers another.
func TestWrittenAlone(t *testing.T) {
	for name, c := range map[string]struct {
		pale, other bool
		want        models.Mark
	}{
		"pale print":        {true, false, models.Agree},
		"black print":       {false, false, models.Unclear},
		"another beside it": {true, true, models.Unclear},
	} {
		p := newPen(t, "form_blank.png")
		p.wipe(goldenBoxes[0])
		p.wipe(goldenBoxes[1])
		w := goldenWords[1]
		p.wipe(w)
		if c.other {
			p.tint = [3]byte{30, 30, 30}
			p.stroke([2]int{w.x0, w.y0 + 12}, [2]int{w.x0 + 20, w.y0 + 12})
		}
		for i := range p.pix {
			x, y := i/3%p.w, i/3/p.w
			if c.pale && y > goldenWords[0].y0-10 && (x < goldenWords[0].x0 || y > goldenWords[0].y1) {
				p.pix[i] = 255 - (255-p.pix[i])/3
			}
		}
		if got := readGolden(t, p.page(t)); got.Mark.Mark != c.want {
			t.Errorf("%s: %+v, want %s", name, got.Mark, c.want)
		}
	}
}

// TestAnswerBehindItsLabel: 情况 of a label explains nothing that is written behind it.
func TestAnswerBehindItsLabel(t *testing.T) {
	for s, want := range map[string]string{"核对情况:检": "检", "核对情况": "核对情况", "请注明情况": "请注明情况"} {
		if got := textOf(s).answer(); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	label := textOf("核对情况:检")
	p := &page{texts: []*text{label}}
	if p.isPrint(written{box: box{50, 0, 60, 12}, form: formHandwritten}, label.hits()) {
		t.Error("what is written behind a label is taken for print")
	}
}

// TestTallestIn: rules beside print make a piece higher, none of its characters.
func TestTallestIn(t *testing.T) {
	r := openReader(t)
	p, err := r.page(t.Context(), loadGolden(t, "form_blank.png"), goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	cells := box{800, 170, 1182, 275} // two values with the table's rules
	high, err := p.tallestIn(cells)
	if err != nil || high < 10 || high > 24 {
		t.Errorf("characters are %d high, %v", high, err)
	}
}

// TestOnOutline: what lies along a stamp's frame is a part of it; what stands within it is not.
func TestOnOutline(t *testing.T) {
	const w, h = 400, 250
	answer := box{120, 115, 280, 165}
	for name, c := range map[string]struct {
		frame, piece box
		want         bool
	}{
		"a piece of its side":  {box{100, 100, 300, 180}, box{294, 120, 300, 140}, true},
		"beyond a worn corner": {box{100, 100, 300, 180}, box{290, 96, 305, 101}, true},
		"before the words":     {box{100, 100, 300, 180}, box{108, 130, 116, 150}, false},
		"outside":              {box{100, 100, 300, 180}, box{310, 120, 318, 140}, false},
		"no frame around":      {box{100, 100, 250, 180}, box{243, 120, 249, 140}, false},
	} {
		mask := make([]uint8, w*h)
		paint(mask, w, h, c.piece.y0, c.piece.y1, c.piece.x0, c.piece.x1)
		_, runs := components(mask, w, h, 1)
		if got := onOutline([]component{{box: c.frame}}, runs, 0, answer, 6); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestWornStamp: of a black stamp's frame, and of a character, pieces stay where the rest was taken for rules: they take nothing back. What
// stands within the frame does.
func TestWornStamp(t *testing.T) {
	r := openReader(t)
	for name, c := range map[string]struct {
		worn   [2]box
		rule   box // taken for one
		from   int // column at which the words begin, as they were found
		marked bool
		want   bool
	}{
		"nothing":          {from: 242},
		"a side in pieces": {worn: [2]box{{392, 382, 400, 387}, {392, 399, 400, 404}}, from: 242},
		"a character cut":  {worn: [2]box{{240, 374, 254, 420}}, rule: box{262, 366, 266, 424}, from: 264}, // 亥 of 核
		"a 不 before them":  {marked: true, from: 242, want: true},
	} {
		form := newPen(t, "form_stamped_agree.png")
		form.wipe(box{220, 370, 560, 420})
		form.reprint(box{298, 438, 468, 492}, 230, 368)
		form.wipe(box{298, 438, 468, 492})
		for i := 0; i < len(form.pix); i += 3 { // red to black
			if int(form.pix[i+2])-int(form.pix[i]) > 40 {
				form.pix[i+2] = form.pix[i]
			}
		}
		form.wipe(c.worn[0])
		form.wipe(c.worn[1])
		if c.marked {
			form.stroke([2]int{206, 382}, [2]int{226, 382})
			form.stroke([2]int{216, 382}, [2]int{206, 400})
			form.stroke([2]int{216, 386}, [2]int{216, 404})
		}
		p, err := r.page(t.Context(), form.page(t), goldenDPI)
		if err != nil {
			t.Fatal(err)
		}
		paint(p.rules.mask, p.ink.w, p.ink.h, c.rule.y0, c.rule.y1, c.rule.x0, c.rule.x1)
		got, err := p.strayAtWriting(formHandwritten, false, box{c.from, 378, 375, 414}, nil, nil)
		if err != nil || got != c.want {
			t.Errorf("%s: a stray stroke %v, %v", name, got, err)
		}
	}
}

// TestStampOnALine: a stamp set on a line to write on, whose frame it crosses, is not crossed out.
func TestStampOnALine(t *testing.T) {
	for y, want := range map[int]models.Mark{412: models.Agree, 394: models.Unclear} {
		p := newPen(t, "form_stamped_agree.png")
		p.wipe(box{230, 370, 560, 420})
		p.reprint(box{298, 438, 468, 492}, 230, 368)
		p.wipe(box{298, 438, 468, 492})
		p.tint = [3]byte{40, 40, 40}
		from, to := 210, 520
		if want == models.Unclear {
			from, to = 240, 390
		}
		p.stroke([2]int{from, y}, [2]int{to, y})
		if got := readGolden(t, p.page(t)); got.Mark.Mark != want {
			t.Errorf("a line at %d: %+v, want %s", y, got.Mark, want)
		}
	}
}

// TestPrintInAnotherRow: what stands in a cell above the answer's, and was not read, is no stroke at it.
func TestPrintInAnotherRow(t *testing.T) {
	answer := box{200, 120, 300, 150}
	p := &page{ink: &ink{w: 600, h: 300}, rules: &ruling{cells: []cell{{box{100, 50, 400, 100}}, {box{100, 104, 400, 160}}}}}
	for k, want := range []int{1, 0} {
		p.texts = []*text{{line: line{box{210, 60 + 50*k, 290, 90 + 50*k}, k}}}
		if got := p.printNear(answer.grow(60), answer, nil); len(got) != want {
			t.Errorf("in cell %d: %v", k, got)
		}
	}
}

// TestRedNear: the coloured edge of black print is no red ink.
func TestRedNear(t *testing.T) {
	for wide, want := range map[int]bool{1: false, 2: true} {
		c := &patch{inks: inks{warm: imaging.NewPlane(60, 60)}}
		for y := 10; y < 50; y++ {
			for x := range wide {
				c.warm.Pix[y*60+20+x] = 0.5
			}
		}
		if got := c.redNear(box{10, 10, 50, 50}); got != want {
			t.Errorf("%d pixels wide: %v", wide, got)
		}
	}
}

// TestTickInAColouredFrame: a tick that leaves the middle of its box free stands, unless a seal may have drawn it.
func TestTickInAColouredFrame(t *testing.T) {
	for wide, want := range map[int]tickState{1: tickSet, 2: tickDoubtful} {
		c := &patch{inks: inks{warm: imaging.NewPlane(80, 80), pen: imaging.NewPlane(80, 80)}}
		for d := range 40 {
			for k := range 3 {
				c.pen.Pix[(20+d)*80+22+k] = 1 // frame
				c.pen.Pix[(50+k)*80+20+d] = 1 // the tick's low stroke
			}
			for k := range wide {
				c.warm.Pix[(20+d)*80+20+k] = 0.5
			}
		}
		if got := c.tickIn(box{20, 20, 60, 60}, 1); got != want {
			t.Errorf("red ink %d pixels wide: state %d, want %d", wide, got, want)
		}
	}
}

// TestPenOnPrint: a level line in a pen's colour may be the edge of print, a 不 is a pen's.
func TestPenOnPrint(t *testing.T) {
	const w, h = 120, 80
	p := &page{ink: &ink{perMM: 8, scale: 1}}
	cut := &patch{inks: inks{total: imaging.NewPlane(w, h)}}
	pen := make([]uint8, w*h)
	paint(pen, w, h, 20, 23, 20, 40)
	if got := p.penOnPrint(cut, pen); len(got) != 0 {
		t.Errorf("a level line: %v", got)
	}
	paint(pen, w, h, 25, 45, 30, 33)
	if got := p.penOnPrint(cut, pen); len(got) != 1 || got[0] != (box{20, 20, 40, 45}) {
		t.Errorf("不: %v", got)
	}
	if got := p.penOnPrint(cut, nil); got != nil {
		t.Errorf("no pen: %v", got)
	}
}

// TestOfferedElsewhere: a word with something like a box, where both answers have theirs on another line, is written.
func TestOfferedElsewhere(t *testing.T) {
	at := func(agree bool, x, y int, tick tickState) option {
		return option{agree: agree, word: box{x, y, x + 50, y + 25}, tick: tick}
	}
	agree, differ, below := at(true, 100, 100, tickEmpty), at(false, 300, 100, tickEmpty), at(true, 110, 160, tickSet)
	for name, c := range map[string]struct {
		words []option
		o     option
		want  bool
	}{
		"below both":             {[]option{agree, differ, below}, below, true},
		"one of them":            {[]option{agree, differ, below}, agree, false},
		"below one":              {[]option{differ, below}, below, false},
		"in a column":            {[]option{agree, at(false, 100, 140, tickEmpty)}, agree, false},
		"another pair":           {[]option{agree, differ, below, at(false, 300, 160, tickEmpty)}, below, false},
		"words without a box":    {[]option{at(true, 100, 100, tickNoBox), at(false, 300, 100, tickNoBox), below}, below, false},
		"one of them has no box": {[]option{agree, at(false, 300, 100, tickNoBox), below}, below, false},
	} {
		if got := offeredElsewhere(c.words, c.o); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestBoxBelowBothAnswers: a third word with a ticked box chooses nothing.
func TestBoxBelowBothAnswers(t *testing.T) {
	p := newPen(t, "form_blank.png")
	p.reprint(box{238, 375, 326, 411}, 238, 440)
	p.tick(goldenBoxes[0].x0+8, 460)
	if got := readGolden(t, p.page(t)); got.Mark.Mark != models.Unclear {
		t.Errorf("%+v, want unclear", got.Mark)
	}
}

// TestPartnerOnAHigherLine: a ring around one answer makes the piece of both higher than print; the other is found by its print nevertheless.
func TestPartnerOnAHigherLine(t *testing.T) {
	r := openReader(t)
	form := newPen(t, "form_blank.png")
	form.wipe(goldenBoxes[0])
	form.wipe(goldenBoxes[1])
	p, err := r.page(t.Context(), form.page(t), goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ensure(t.Context(), p, headRead, p.texts...); err != nil {
		t.Fatal(err)
	}
	word := goldenWords[1]
	word.y0, word.y1 = word.y0-12, word.y1+12
	o := option{text: textOf("不符"), end: 2, chars: 2, word: word}
	got, err := p.partnerByPrint(o)
	if w := goldenWords[0]; err != nil || !got.agree || got.word.overlapX(w) < w.w()*2/3 || got.word.overlapY(w) < w.h()*2/3 {
		t.Errorf("partner %+v, %v; want 相符 at %v", got, err, w)
	}
	lower := func(by int) {
		for _, label := range p.texts {
			label.y1 = label.y0 + label.h()*by/100
		}
	}
	lower(85) // words a little higher than print are written, though their tight box is not
	o.word = goldenWords[1].grow(2)
	if got, err := p.partnerByPrint(o); err != nil || got.text != nil {
		t.Errorf("a word little higher than print has the partner %+v, %v", got, err)
	}
	o.word = word
	lower(60)
	if got, err := p.partnerByPrint(o); err != nil || got.text != nil {
		t.Errorf("a written word has the partner %+v, %v", got, err)
	}
}

// TestBoxReadAsACharacter: 二 behind an answer is its box.
func TestBoxReadAsACharacter(t *testing.T) {
	for s, want := range map[string]int{"不相符二": 1, "不符合": 0, "相符二不符二": 2} {
		if got := textOf(s).options(); len(got) != want {
			t.Errorf("%q offers %d answers, want %d", s, len(got), want)
		}
	}
}

// TestRuleInThePensColour: a slanting rule of a form printed in a pen's colour is no part of the writing that stands before it.
func TestRuleInThePensColour(t *testing.T) {
	in := &ink{w: 1200, h: 300, perMM: layoutDPI / mmPerInch, scale: 1, inks: inks{warm: imaging.NewPlane(1200, 300), cool: imaging.NewPlane(1200, 300)}}
	for x := 60; x < 1150; x++ {
		for d := range min(3, x%200) { // worn
			in.cool.Pix[(118-40*(x-60)/1090+d)*1200+x] = 0.6
		}
	}
	p := &page{ink: in, rules: &ruling{}, warm: []box{}, texts: []*text{textAt("余额", 268, 80), textAt("相符", 330, 78)}}
	for _, t := range p.texts {
		t.x1, t.y1 = t.x0+60, t.y0+36
	}
	pieces := p.writtenPieces([]box{{0, 0, 1200, 300}}, nil, nil)
	if want := (box{268, 78, 390, 116}); len(pieces) != 1 || pieces[0].box != want {
		t.Errorf("written: %+v, want %v alone", pieces, want)
	}
}

// TestWordHiddenBesideItsBox: a word that a ring makes unreadable beside its box is known by the print it shares with the other.
func TestWordHiddenBesideItsBox(t *testing.T) {
	r := openReader(t)
	form := newPen(t, "form_blank.png")
	form.tick(goldenBoxes[0].x0+8, goldenBoxes[0].y0+12)
	w := goldenWords[0]
	for y := w.y0 + 2; y < w.y1-2; y += 4 { // 相 is lost
		form.stroke([2]int{w.x0, y}, [2]int{w.x0 + 20, y})
	}
	p, err := r.page(t.Context(), form.page(t), goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ensure(t.Context(), p, wholeRead, p.texts...); err != nil {
		t.Fatal(err)
	}
	for _, t := range p.texts { // read as nothing
		if t.overlapX(goldenWords[0]) > 0 && t.overlapY(goldenWords[0]) > 0 {
			t.glyphs = nil
		}
	}
	options, err := r.findOptions(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(options, func(o option) bool { return o.agree })
	if len(options) != 2 || i < 0 || options[i].unknown || options[i].tick != tickSet {
		t.Errorf("%+v; want 相符 with a ticked box and 不符", options)
	}
}

// TestFilledFrame: a circle with a stroke in it is no clean one.
func TestFilledFrame(t *testing.T) {
	for name, c := range map[string]struct {
		stroke bool
		want   bool
	}{"clean": {false, false}, "with a stroke": {true, true}} {
		v := penned(func(v *offers) {
			v.drawOval(box{300, 60, 330, 90})
			if c.stroke {
				v.drawLine(305, 86, 325, 64)
			}
		})
		if got := v.filledFrame(box{300, 60, 330, 90}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if v.filledFrame(box{310, 70, 320, 80}) {
			t.Error("what is smaller is no frame")
		}
	}
}
