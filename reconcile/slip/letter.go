package slip

import "strconv"

// drawLetter is the A4 letter: a sentence, one table, two boxes to tick, a line
// for the customer's figure, and the place for the seals on the right.
func drawLetter(p *pen, o Order) Places {
	const w, h, left, right = 210.0, 297.0, 22.0, 188.0
	p.page(w, h)
	s := o.Statement
	p.center(faceSong, 20, w/2, 26, o.Issuer.Bank)
	p.center(faceSong, 16, w/2, 36, "单位账户余额核对函")
	p.line(left, 40, right, 40)
	p.label(10.5, left, 47, "编号：", s.No)
	p.right(faceSong, 10.5, right, 47, "核对基准日："+chineseDate(s.CutOff))
	if o.Codes.QR {
		p.qr(right-21, 10, 21, o.codeText())
	}
	p.text(faceKai, 13, left, 57, s.Customer+"：")
	p.text(faceSong, 11, left+8, 65, "截至核对基准日营业终了，贵单位在"+o.Issuer.Branch+"开立的账户余额如下，请予核对。")

	accounts := p.table(left, 70, 9, 11, len(s.Lines), []column{
		{"序号", 14, faceDigits, 'c', func(i int) string { return strconv.Itoa(i + 1) }},
		{"账 号", 66, faceDigits, 'c', func(i int) string { return s.Lines[i].AccountNo }},
		{"币 种", 26, faceSong, 'c', func(i int) string { return CurrencyName(s.Lines[i].Currency) }},
		{"余 额（元）", 60, faceDigits, 'r', func(i int) string { return s.Lines[i].Balance.Printed() }},
	})

	y := accounts.Y + accounts.H + 12
	p.text(faceSong, 12, left, y, "核对结论")
	p.text(faceSong, 9, left+20, y, "（请在相应方框内划勾）")
	agree, differ := Rect{left + 8, y + 6, 5.5, 5.5}, Rect{left + 8, y + 18, 5.5, 5.5}
	p.rect(agree)
	p.text(faceSong, 12, agree.X+9, agree.Y+4.6, "核对相符")
	p.rect(differ)
	p.text(faceSong, 12, differ.X+9, differ.Y+4.6, "核对不符，我单位账面余额为：")
	amount := Rect{differ.X + 66, differ.Y - 3, 70, 9}
	p.line(amount.X, amount.Y+amount.H, amount.X+amount.W, amount.Y+amount.H)

	top := y + 34
	box := Rect{left, top, right - left, 78}
	p.frame(box)
	p.text(faceSong, 11, box.X+4, box.Y+8, "单位签章")
	p.text(faceSong, 9, box.X+4, box.Y+13, "（预留银行印鉴）")
	p.text(faceSong, 10.5, box.X+4, box.Y+box.H-6, "经办：")
	p.text(faceSong, 10.5, box.X+112, box.Y+box.H-6, "日期：")
	if o.Codes.Code128 {
		p.code128(left, 268, 62, 9, o.codeText())
		p.center(faceDigits, 8, left+31, 280.5, s.No)
	}
	p.right(faceSong, 9, right, 272, "请于收到后二十日内寄回或交回开户网点")
	p.right(faceSong, 9, right, 278, "咨询电话 "+o.Issuer.Phone)
	return Places{
		Width: w, Height: h, Agree: agree, Differ: differ,
		Result:   Rect{agree.X + 36, agree.Y - 4, 60, 12},
		Amount:   amount,
		Seals:    Rect{box.X + 34, box.Y + 4, 128, 62},
		BankSeal: Rect{100, 259, 42, 30},
		Signer:   Rect{box.X + 16, box.Y + box.H - 13, 34, 9},
		Date:     Rect{box.X + 124, box.Y + box.H - 13, 38, 9},
		Balances: lastCells(accounts, 60, len(s.Lines)),
	}
}
