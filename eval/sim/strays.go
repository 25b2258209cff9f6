package sim

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"
	"strings"

	"heyin/models"
	"heyin/reconcile/slip"
)

// Stray is what is wrong with a well scanned page: no receipt of ours, not the
// copy for the bank, or print that has been altered.
type Stray string

// Strays. The print of the altered ones says what the books say: only how it
// looks gives them away.
const (
	Genuine      Stray = "genuine"
	CustomerCopy Stray = "first_copy"
	OtherPeriod  Stray = "wrong_period"
	OtherBank    Stray = "other_bank"
	OtherForm    Stray = "unknown_form"
	DigitFace    Stray = "digit: typeface" // one digit of a balance set in another face
	DigitInk     Stray = "digit: ink"
	DigitSize    Stray = "digit: size"
	DigitRaised  Stray = "digit: off line"
	DigitPasted  Stray = "digit: pasted" // on a piece of other paper
	AmountFace   Stray = "amount: typeface"
	AmountSize   Stray = "amount: size"
	AmountPasted Stray = "amount: pasted"
	OtherCode    Stray = "other code" // the codes carry the number of another statement
)

// Strays lists them with the reason that names each; Genuine, the first, has none.
func Strays() ([]Stray, map[Stray]models.ReasonCode) {
	kinds := []Stray{Genuine, CustomerCopy, OtherPeriod, OtherBank, OtherForm, OtherCode,
		DigitFace, DigitInk, DigitSize, DigitRaised, DigitPasted, AmountFace, AmountSize, AmountPasted}
	reasons := map[Stray]models.ReasonCode{
		CustomerCopy: models.ReasonFirstCopy, OtherPeriod: models.ReasonWrongPeriod, OtherBank: models.ReasonOtherBank, OtherForm: models.ReasonUnknownForm,
		OtherCode: models.ReasonCodeConflict,
	}
	for _, k := range kinds[6:] {
		reasons[k] = models.ReasonAlteredPrint
	}
	return kinds, reasons
}

// StrayPage is one page of the set, by the name of its file.
type StrayPage struct {
	File  string
	Stray Stray
}

// StraySet is what Strays wrote: the pages, and the name of the bank whose books
// lie beside them.
type StraySet struct {
	Pages []StrayPage
	Bank  string
}

// StrayPages writes so many pages of each kind to dir, with the books as
// ledger.jsonl and specimens.csv.
func (st *Studio) StrayPages(ctx context.Context, dir string, seed uint64, each int) (StraySet, error) {
	if err := os.MkdirAll(filepath.Join(dir, "specimens"), 0o755); err != nil {
		return StraySet{}, fmt.Errorf("sim: strays: %w", err)
	}
	kinds, _ := Strays()
	p := NewPeriod(seed, 0)
	set := StraySet{Bank: p.Issuer.Bank}
	for i := range each {
		for k, kind := range kinds {
			d := newDice(seed, "stray", i, k)
			p.add(Agreeing)
			pg := &p.Files[len(p.Files)-1].Pages[0]
			p.turnInto(d, kind, pg)
			set.Pages = append(set.Pages, StrayPage{fmt.Sprintf("stray-%03d-%d.jpg", i, k), kind})
		}
	}
	places, err := st.print(filepath.Join(dir, PrintedFile), p)
	if err != nil {
		return StraySet{}, err
	}
	err = inParallel(len(set.Pages), func(i int) error {
		pg := p.Files[i].Pages[0]
		s, err := st.strayPage(ctx, dir, p, pg, places, set.Pages[i].Stray)
		if err != nil {
			return err
		}
		data, err := encodeJPEG(s.img, s.quality, pg.DPI, s.gray)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, set.Pages[i].File), data, 0o644)
	})
	if err != nil {
		return StraySet{}, err
	}
	return set, st.writeLedger(dir, p)
}

// turnInto changes the plan of an agreeing receipt to that of a stray.
func (p *Period) turnInto(d dice, kind Stray, pg *Page) {
	o, c := &pg.Order, &p.Customers[pg.Customer]
	switch kind {
	case CustomerCopy:
		if o.Form == slip.FormStrip { // it has no second copy
			o.Form = pick(d, []slip.Form{slip.FormLetter, slip.FormTearOff})
		}
	case OtherPeriod:
		o.Statement.CutOff = p.CutOff.AddDate(0, 0, 1).AddDate(0, -3*(1+d.IntN(4)), -1) // the end of a quarter before
	case OtherCode:
		if !o.Codes.QR && !o.Codes.Code128 {
			o.Codes.QR = true
		}
		o.Codes.Text = statementNo(p.CutOff, 1000000+d.IntN(1000000)) // none of this period's
	case OtherBank:
		for o.Issuer.Bank == p.Issuer.Bank {
			o.Issuer.Bank = pick(d, bankMarks) + pick(d, []string{"商业银行", "农村商业银行", "银行"})
		}
		o.Issuer.Branch = o.Issuer.Bank + pick(d, quarters) + "支行"
		c.OnBooks = false
	}
}

// strayPage prints, answers and scans one page.
func (st *Studio) strayPage(ctx context.Context, dir string, p *Period, pg Page, places []slip.Places, kind Stray) (scanned, error) {
	sheet, err := rasterise(ctx, filepath.Join(dir, PrintedFile), pg.Customer+1, pg.DPI)
	if err != nil {
		return scanned{}, err
	}
	d := newDice(pg.seed, "stray")
	page := &paper{sheet, pg.DPI / 25.4}
	at := places[pg.Customer]
	switch kind {
	case CustomerCopy:
		if pg.Order.Form == slip.FormTearOff {
			const cut = 131.0 // mm: where the form is torn
			page.img = cropped(page.img, int(cut*page.px))
			return st.unanswered(d, page), nil
		}
		st.set(page, Song, 4, point{24, 14}, pick(d, []string{"第一联 客户留存", "第一联（客户留存联）", "客户留存联", "客户联"}))
		if d.chance(0.5) {
			return st.unanswered(d, page), nil
		}
	case OtherForm:
		st.letterOfOthers(d, page)
		return st.unanswered(d, page), nil
	case DigitFace, DigitInk, DigitSize, DigitRaised, DigitPasted, AmountFace, AmountSize, AmountPasted:
		i := d.IntN(len(at.Balances))
		st.alter(d, page, at.Balances[i], pg.Order.Statement.Lines[i].Balance.Printed(), kind)
	}
	return st.fill(p, pg, sheet, at, newDice(pg.seed, "sound").Uint64(), st.answer), nil
}

// unanswered scans a page nobody has answered.
func (st *Studio) unanswered(d dice, page *paper) scanned {
	s, quality := scannerFor(d, Agreeing, &PageTruth{})
	img, _ := scan(d, page.img, s)
	return scanned{img: img, quality: quality, gray: s.Gray}
}

func cropped(img *image.RGBA, h int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, img.Rect.Dx(), h))
	draw.Draw(out, out.Rect, img, image.Point{}, draw.Src)
	return out
}

// printInk is that of the form's print.
var printInk = color.RGBA{0, 0, 0, 255}

// set prints text of size mm from a point on, its middle line at the point's height.
func (st *Studio) set(page *paper, face Face, size float64, at point, text string) {
	x := at.X
	for _, r := range text {
		g := st.glyph(face, r)
		page.draw(g.outline.place(size, size, 0, point{x + g.advance*size/2, at.Y}), printInk, 1)
		x += g.advance * size
	}
}

// letterOfOthers clears the page and prints what else lies in an office's tray.
func (st *Studio) letterOfOthers(d dice, page *paper) {
	draw.Draw(page.img, page.img.Rect, image.White, image.Point{}, draw.Src)
	title := pick(d, []string{"关于召开年度会议的通知", "送货清单", "设备维修记录", "员工考勤表", "采购合同"})
	st.set(page, Song, 7, point{60, 24}, title)
	words := []string{"各部门请按要求完成本月工作并上报", "货物名称规格数量单价合计", "联系人电话地址备注", "以上内容经双方确认后生效", "会议定于下周一上午九时召开请准时参加",
		"维修项目更换滤芯检查线路", "出勤二十二天请假一天", "甲方乙方签字盖章"}
	for y := 40.0; y < float64(page.img.Rect.Dy())/page.px-20; y += d.between(8, 14) {
		line := pick(d, words)
		if d.chance(0.4) {
			line += strings.Repeat(" ", 2) + d.digits(4)
		}
		st.set(page, Song, 4, point{22 + d.between(0, 10), y}, line)
	}
}
