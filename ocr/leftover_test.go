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
