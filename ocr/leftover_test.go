package ocr

import (
	"context"
	"slices"
	"testing"

	"heyin/imaging"
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

// leftovers is a patch of a page, pixel for pixel, with red or black pieces of ink.
func leftovers(red, black []box) (*page, *patch, []component, []imaging.Run) {
	const w, h = 300, 200
	in := &ink{w: w, h: h, perMM: layoutDPI / mmPerInch, scale: 1}
	cut := &patch{box: models.Box{W: w, H: h}, inks: inks{total: imaging.NewPlane(w, h), warm: imaging.NewPlane(w, h)}}
	fill := func(p *imaging.Plane, pieces []box) {
		for _, b := range pieces {
			for y := b.y0; y < b.y1; y++ {
				for x := b.x0; x < b.x1; x++ {
					p.Pix[y*w+x] = 1
				}
			}
		}
	}
	fill(cut.total, append(red, black...))
	fill(cut.warm, red)
	pieces, runs := components(inkOver(cut.total, clearInk), w, h, 1)
	return &page{ink: in, rules: &ruling{mask: make([]uint8, w*h)}}, cut, pieces, runs
}

// TestSealFoundInPart: the pieces of a faint seal lead from one to the next, print beside it and red
// ink far from it do not belong to it.
func TestSealFoundInPart(t *testing.T) {
	want := map[box]bool{
		{20, 120, 60, 150}:  true,  // found
		{62, 110, 90, 118}:  true,  // goes on from it
		{93, 102, 110, 109}: true,  // and from that
		{95, 88, 105, 97}:   false, // black
		{200, 20, 220, 60}:  false, // too far
	}
	p, cut, pieces, runs := leftovers([]box{{20, 120, 60, 150}, {62, 110, 90, 118}, {93, 102, 110, 109}, {200, 20, 220, 60}}, []box{{95, 88, 105, 97}})
	p.seals = []box{{20, 120, 60, 150}}
	for i, of := range p.ofSeals(cut, pieces, runs) {
		if of != want[pieces[i].box] {
			t.Errorf("%v is of the seal: %v", pieces[i].box, of)
		}
	}
}

func TestBesideRule(t *testing.T) {
	p, cut, pieces, runs := leftovers(nil, []box{{100, 50, 102, 70}, {150, 50, 152, 70}})
	for y := 40; y < 80; y++ {
		p.rules.mask[y*p.ink.w+102] = 1
	}
	for i, c := range pieces {
		if got := p.besideRule(cut, runs, i); got != (c.x0 == 100) {
			t.Errorf("%v adjoins the rule: %v", c.box, got)
		}
	}
}
