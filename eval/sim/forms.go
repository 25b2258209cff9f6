package sim

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"heyin/reconcile/slip"
)

// formOfOthers is a receipt as another printer would lay it out, while it is
// drawn: A4 upright, from top to bottom. Lengths are millimetres of the page.
type formOfOthers struct {
	st          *Studio
	d           dice
	page        *paper
	ink         color.RGBA
	face        Face
	size        float64 // of labels and values
	left, right float64
	y           float64 // middle of the next line
	colon       string
	places      slip.Places
	asked       question
}

// question is how the form asks for the answer.
type question struct {
	words  [2]string    // offered: agree, differ; empty where there is only a place to write
	at     [2]slip.Rect // of the words
	box    [2]slip.Rect // beside them; empty: none
	stroke string       // what stands between words without a box
}

// formInks print forms: black mostly, at times the bank's colour.
var formInks = []color.RGBA{{0, 0, 0, 255}, {0, 0, 0, 255}, {0, 0, 0, 255}, {20, 20, 22, 255}, {40, 60, 150, 255}, {30, 110, 70, 255}, {176, 40, 44, 255}, {96, 96, 96, 255}}

// answerPairs are what forms offer.
var answerPairs = [][2]string{{"相符", "不符"}, {"核对相符", "核对不符"}, {"余额相符", "余额不符"}, {"一致", "不一致"}, {"核对无误", "核对有误"}, {"相符", "不相符"}}

// asking is how a form asks for the answer.
type asking int

const (
	asksAnyhow    asking = iota
	offersAnswers        // two to choose from
	leavesPlace          // to write or stamp
)

// printOther prints an order on a form of another printer.
func (st *Studio) printOther(d dice, o slip.Order, dpi float64, asks asking) *formOfOthers {
	px := dpi / 25.4
	f := &formOfOthers{
		st: st, d: d, page: newPaper(int(a4Width*px), int(a4Height*px), dpi, color.RGBA{255, 255, 255, 255}),
		ink: pick(d, formInks), face: pick(d, []Face{Song, Song, Kai}), size: d.between(3.6, 4.8), colon: pick(d, []string{"：", "：", ":", ""}),
	}
	f.left = d.between(14, 24)
	f.right = a4Width - d.between(14, 24)
	f.y = d.between(14, 24)
	f.heading(o)
	f.accounts(o)
	f.sentence(o)
	f.ask(asks)
	f.signing(o)
	f.places.Width, f.places.Height = a4Width, a4Height
	return f
}

// text prints from a point on and returns where it ends.
func (f *formOfOthers) text(face Face, size float64, at point, s string) float64 {
	line, length := f.st.line(face, size, s)
	f.page.draw(line.place(1, 1, 0, at), f.ink, 1)
	return at.X + length
}

// rule draws a straight line.
func (f *formOfOthers) rule(a, b point) {
	f.page.draw(stroke([]point{a, b}, []float64{0.25, 0.25}), f.ink, 1)
}

func (f *formOfOthers) frame(r slip.Rect) {
	tl, tr, bl, br := point{r.X, r.Y}, point{r.X + r.W, r.Y}, point{r.X, r.Y + r.H}, point{r.X + r.W, r.Y + r.H}
	f.rule(tl, tr)
	f.rule(bl, br)
	f.rule(tl, bl)
	f.rule(tr, br)
}

// line is the height of a line of the form.
func (f *formOfOthers) line() float64 { return f.size * 1.9 }

// field prints a label and its value from a point on.
func (f *formOfOthers) field(at point, label, value string) {
	if runes := []rune(label); len(runes) == 2 && f.d.chance(0.3) {
		label = string(runes[0]) + "　" + string(runes[1]) // set wide
	}
	x := f.text(f.face, f.size, at, label+f.colon)
	face := f.face
	if strings.Trim(value, "0123456789-,.") == "" {
		face = Digits
	}
	f.text(face, f.size, point{x + f.d.between(0.5, 3), at.Y}, value)
}

func (f *formOfOthers) heading(o slip.Order) {
	title := pick(f.d, []string{"银企对账单", "余额对账单（回执）", "银企余额对账回单", "对账回执", "单位账户余额核对单"})
	if f.d.chance(0.5) {
		title = o.Issuer.Bank + title
	} else {
		f.text(f.face, f.size, point{f.left, f.y}, o.Issuer.Branch)
		f.y += f.line()
	}
	size := f.d.between(5, 7)
	_, length := f.st.line(f.face, size, title)
	f.text(f.face, size, point{(a4Width - length) / 2, f.y}, title)
	f.y += f.d.between(10, 14)
	no := pick(f.d, []string{"对账单编号", "对账单号", "编号", "回执编号", "账单编号"})
	date := o.Statement.CutOff.Format(pick(f.d, []string{"2006年01月02日", "2006-01-02", "2006年1月2日"}))
	dated := pick(f.d, []string{"截止日期", "对账日期", "对账截止日"})
	name := pick(f.d, []string{"户名", "单位名称", "客户名称", "账户名称"})
	if f.d.chance(0.5) { // number and date on one line
		f.field(point{f.left, f.y}, no, o.Statement.No)
		f.field(point{f.left + (f.right-f.left)*0.58, f.y}, dated, date)
		f.y += f.line()
		f.field(point{f.left, f.y}, name, o.Statement.Customer)
	} else {
		f.field(point{f.left, f.y}, name, o.Statement.Customer)
		f.y += f.line()
		f.field(point{f.left, f.y}, no, o.Statement.No)
		f.y += f.line()
		f.field(point{f.left, f.y}, dated, date)
	}
	f.y += f.line()
}

// currencyNames are how forms name currencies.
var currencyNames = map[string]string{"CNY": "人民币", "USD": "美元", "HKD": "港币", "EUR": "欧元"}

// accounts prints the lines of the statement: a table with all its rules, one with
// level rules only, or blocks of label and value.
func (f *formOfOthers) accounts(o slip.Order) {
	number := pick(f.d, []string{"账号", "账　号", "银行账号"})
	amount := pick(f.d, []string{"余额", "账户余额", "账面余额", "对账日余额"})
	named := f.d.chance(0.6)
	currency := func(code string) string {
		if named {
			return currencyNames[code]
		}
		return code
	}
	if f.d.chance(0.3) {
		for _, l := range o.Statement.Lines {
			f.field(point{f.left, f.y}, number, l.AccountNo)
			f.field(point{f.left + (f.right-f.left)*0.6, f.y}, "币种", currency(l.Currency))
			f.y += f.line()
			f.field(point{f.left, f.y}, amount, l.Balance.Printed())
			f.y += f.line() * 1.1
		}
		return
	}
	upright := f.d.chance(0.65)
	row := f.line() * f.d.between(1, 1.3)
	columns := []float64{f.left, f.left + (f.right-f.left)*0.48, f.left + (f.right-f.left)*0.66, f.right}
	top := f.y - row/2
	f.rule(point{f.left, top}, point{f.right, top})
	cells := [][3]string{{number, "币种", amount}}
	for _, l := range o.Statement.Lines {
		cells = append(cells, [3]string{l.AccountNo, currency(l.Currency), l.Balance.Printed()})
	}
	for i, c := range cells {
		for k, s := range c {
			face := f.face
			if i > 0 && k != 1 {
				face = Digits
			}
			_, length := f.st.line(face, f.size, s)
			x := columns[k] + 2
			if i > 0 && k == 2 {
				x = columns[k+1] - 2 - length
			}
			f.text(face, f.size, point{x, f.y}, s)
		}
		f.y += row
		f.rule(point{f.left, f.y - row/2}, point{f.right, f.y - row/2})
	}
	if upright {
		for _, x := range columns {
			f.rule(point{x, top}, point{x, f.y - row/2})
		}
	}
	f.y += f.line() * 0.4
}

func (f *formOfOthers) sentence(o slip.Order) {
	f.y += f.d.between(0, 6)
	if f.d.chance(0.6) {
		f.text(f.face, f.size*0.9, point{f.left, f.y}, pick(f.d, []string{
			"请贵单位核对上述余额，并将本回执签章后退回我行。", "以上余额如与贵单位账面记录不一致，请注明原因。", "收到后请于十日内核对并交回" + o.Issuer.Bank + "。",
		}))
		f.y += f.line()
	}
	f.y += f.d.between(2, 8)
}

// ask prints the question: boxes of several kinds with their words, words alone, a
// line to write on, or a cell of a table.
func (f *formOfOthers) ask(asks asking) {
	label := pick(f.d, []string{"核对结果", "对账结果", "核对情况", "回复意见", "单位核对意见"})
	line := f.size * f.d.between(2, 2.6)
	f.y += line / 2
	defer func() { f.y += line }()
	r := f.d.Float64()
	const offering = 0.65 // share of forms that offer two answers
	switch asks {
	case offersAnswers:
		r *= offering
	case leavesPlace:
		r = offering + (1-offering)*r
	}
	switch {
	case r < 0.5:
		f.offer(label, pick(f.d, []string{"square", "square", "square", "circle", "（　）", "[ ]"}))
	case r < offering:
		f.asked.stroke = pick(f.d, []string{"　　", "／", "、"})
		f.offer(label+pick(f.d, []string{"（请圈选）", ""}), "")
	case r < 0.85:
		x := f.text(f.face, f.size, point{f.left, f.y}, label+f.colon) + 1
		f.places.Result = slip.Rect{X: x, Y: f.y - 5.5, W: f.d.between(50, 70), H: 9}
		f.rule(point{x, f.y + f.size*0.7}, point{x + f.places.Result.W, f.y + f.size*0.7})
	default:
		cell := slip.Rect{X: f.left, Y: f.y - 2, W: f.right - f.left, H: f.d.between(13, 18)}
		f.frame(cell)
		_, length := f.st.line(f.face, f.size, label)
		f.text(f.face, f.size, point{f.left + 3, cell.Y + cell.H/2}, label)
		f.rule(point{f.left + length + 6, cell.Y}, point{f.left + length + 6, cell.Y + cell.H})
		f.places.Result = slip.Rect{X: f.left + length + 9, Y: cell.Y + 1, W: 70, H: cell.H - 2}
		f.y = cell.Y + cell.H - line/2
	}
}

// offer prints the two answers, beside each other or one above the other, each with
// its box before or behind it.
func (f *formOfOthers) offer(label, box string) {
	q := &f.asked
	q.words = pick(f.d, answerPairs)
	behind, above := f.d.chance(0.3), f.d.chance(0.2)
	at := point{f.text(f.face, f.size, point{f.left, f.y}, label+f.colon) + f.d.between(1, 6), f.y}
	gap := f.d.between(0.8, 2)
	start := at.X
	for i, word := range q.words {
		if box != "" && !behind {
			q.box[i], at.X = f.box(at, box)
			at.X += gap
		}
		from := at.X
		at.X = f.text(f.face, f.size, at, word)
		q.at[i] = slip.Rect{X: from, Y: at.Y - f.size/2, W: at.X - from, H: f.size}
		if box != "" && behind {
			q.box[i], at.X = f.box(point{at.X + gap, at.Y}, box)
		}
		if i == 1 {
			break
		}
		switch {
		case box == "":
			at.X = f.text(f.face, f.size, at, q.stroke)
		case above:
			at = point{start, at.Y + f.line()}
		default:
			at.X += f.d.between(6, 18)
		}
	}
	f.places.Amount = slip.Rect{X: at.X + 4, Y: at.Y - 4, W: math.Max(25, f.right-at.X-6), H: 8}
	f.y = at.Y
}

// box prints a box to tick and returns its place and where it ends.
func (f *formOfOthers) box(at point, kind string) (slip.Rect, float64) {
	side := f.size * f.d.between(0.8, 1)
	r := slip.Rect{X: at.X, Y: at.Y - side/2, W: side, H: side}
	switch kind {
	case "square":
		f.frame(r)
	case "circle":
		o := ellipse(side/2, side/2, func(float64) float64 { return 0 })
		in := ellipse(side/2-0.3, side/2-0.3, func(float64) float64 { return 0 })
		f.page.draw(shape{o, reversed(in)}.place(1, 1, 0, point{at.X + side/2, at.Y}), f.ink, 1)
	default:
		end := f.text(f.face, f.size, at, kind)
		return slip.Rect{X: at.X, Y: at.Y - f.size/2, W: end - at.X, H: f.size}, end
	}
	return r, at.X + side
}

// signing prints where seals, signature and date go.
func (f *formOfOthers) signing(o slip.Order) {
	f.y += f.d.between(4, 10)
	top := f.y
	f.text(f.face, f.size, point{f.left, f.y}, pick(f.d, []string{"单位签章（预留印鉴）", "（公司盖章处）", "预留印鉴", "单位盖章"})+f.colon)
	f.places.Seals = slip.Rect{X: f.left + 4, Y: top + 4, W: 110, H: 48}
	if f.d.chance(0.12) {
		f.places.Seals.Y -= f.d.between(12, 24) // some companies stamp over what they answered
	}
	if f.d.chance(0.4) {
		f.frame(slip.Rect{X: f.left, Y: top - f.line()/2, W: 120, H: 58})
	}
	x := f.left + 124
	f.places.Signer = slip.Rect{X: f.text(f.face, f.size, point{x, top + 10}, "经办人"+f.colon) + 1, Y: top + 6, W: 24, H: 8}
	f.places.Date = slip.Rect{X: f.text(f.face, f.size, point{x, top + 22}, "日期"+f.colon) + 1, Y: top + 18, W: 30, H: 8}
	f.y = top + 66
	f.text(f.face, f.size*0.9, point{f.left, f.y}, fmt.Sprintf("%s　联系电话%s", o.Issuer.Branch, o.Issuer.Phone))
	f.places.BankSeal = slip.Rect{X: f.right - 48, Y: f.y - 16, W: 44, H: 32}
}
