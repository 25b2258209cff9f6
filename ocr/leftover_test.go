package ocr

import (
	"context"
	"slices"
	"testing"

	"heyin/models"
)

// TestWideAnswer: an answer with the place for an amount behind it is longer than what is read
// whole at once, and yet both answers must be seen for a tick to stand.
func TestWideAnswer(t *testing.T) {
	r, ctx := openReader(t), context.Background()
	form := newPen(t, "form_blank.png")
	form.reprint(box{156, 380, 166, 406}, 546, 380) // the colon, then the end of another label
	form.reprint(box{70, 600, 205, 626}, 556, 380)
	p, err := r.page(ctx, form.page(t), goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ensure(ctx, p, headRead, p.texts...); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(p.texts, func(t *text) bool { return len(t.options()) > 0 && t.w() > int(longLine*float64(t.h())) })
	if i < 0 || p.texts[i].extent != headRead {
		t.Fatal("no long piece begins with an answer")
	}
	if err := r.readZone(ctx, p, []box{{0, 0, p.ink.w, p.ink.h}}); err != nil || p.texts[i].extent != wholeRead {
		t.Errorf("%q was not read whole: %v", p.texts[i], err)
	}
}

// reprint prints a part of the page again elsewhere.
func (p *pen) reprint(b box, x0, y0 int) {
	for y := range b.h() {
		copy(p.pix[3*((y0+y)*p.w+x0):], p.pix[3*((b.y0+y)*p.w+b.x0):][:3*b.w()])
	}
}

func TestBesideRule(t *testing.T) {
	const w, h = 300, 200
	p := &page{ink: &ink{w: w, h: h, scale: 1}, rules: &ruling{mask: make([]uint8, w*h)}}
	ink := make([]uint8, w*h)
	for y := 50; y < 70; y++ {
		ink[y*w+101], ink[y*w+151] = 1, 1
		p.rules.mask[y*w+102] = 1
	}
	pieces, runs := components(ink, w, h, 1)
	for i, c := range pieces {
		if got := p.besideRule(&patch{}, runs, i); got != (c.x0 == 101) {
			t.Errorf("%v adjoins the rule: %v", c.box, got)
		}
	}
}

// TestPenOnALabel: a 不 put in before a stamp stands on the label's last character.
func TestPenOnALabel(t *testing.T) {
	for _, denied := range []bool{false, true} {
		p := newPen(t, "form_stamped_agree.png")
		p.wipe(box{230, 370, 560, 420})
		p.reprint(box{298, 438, 468, 492}, 172, 368)
		p.wipe(box{298, 438, 468, 492})
		want := models.Agree
		if denied {
			want = models.Unclear
			p.stroke([2]int{146, 376}, [2]int{160, 376})
			p.stroke([2]int{153, 376}, [2]int{146, 390})
			p.stroke([2]int{153, 378}, [2]int{153, 394})
		}
		if got := readGolden(t, p.page(t)); got.Mark.Mark != want {
			t.Errorf("denied %v: %+v, want %s", denied, got.Mark, want)
		}
	}
}

// TestWordsBesideAnAnswer: what is written close behind an answer offered is no part of its print.
func TestWordsBesideAnAnswer(t *testing.T) {
	p := &page{ink: &ink{w: 900, h: 300, perMM: layoutDPI / mmPerInch}, rules: &ruling{}}
	p.texts = []*text{textAt("相符", 100, 100), textAt("餐餐", 180, 100)}
	for _, t := range p.texts {
		t.x1, t.y1 = t.x0+50, t.y0+25
	}
	word := p.texts[0].box
	pieces := p.writtenPieces([]box{{0, 0, 900, 300}}, []option{{agree: true, word: word}}, nil)
	if len(pieces) != 1 || pieces[0].box != p.texts[1].box {
		t.Errorf("written: %v, want %v alone", pieces, p.texts[1].box)
	}
}

// TestBoxReadWithItsWord: a tick in brackets that were read with the word is one in a box, where what stands beside it counts.
func TestBoxReadWithItsWord(t *testing.T) {
	r, ctx := openReader(t), context.Background()
	for _, denied := range []bool{false, true} {
		form := newPen(t, "form_blank.png")
		form.offer("brackets")
		form.tick(goldenBoxes[0].x0+8, goldenBoxes[0].y0+12)
		if denied {
			form.stroke([2]int{294, 363}, [2]int{310, 363})
			form.stroke([2]int{302, 363}, [2]int{294, 374})
			form.stroke([2]int{302, 366}, [2]int{302, 376})
		}
		p, err := r.page(ctx, form.page(t), goldenDPI)
		if err != nil {
			t.Fatal(err)
		}
		agree := option{agree: true, text: textOf("相符"), end: 2, chars: 2, word: goldenBoxes[0].union(goldenWords[0]), tick: tickSet, frame: goldenBoxes[0]}
		differ := option{text: textOf("不符"), end: 2, chars: 2, word: goldenWords[1], tick: tickEmpty, frame: goldenBoxes[1]}
		if doubt, err := r.strayAtTick(ctx, p, agree.frame, []option{agree, differ}); err != nil || doubt != denied {
			t.Errorf("denied %v: doubt %v, %v", denied, doubt, err)
		}
	}
}
