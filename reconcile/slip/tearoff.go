package slip

// drawTearOff is the A4 form in two parts: the customer keeps the upper one and
// returns the lower. When both come back, every account is on the page twice.
func drawTearOff(p *pen, o Order) Places {
	const w, h, left, right = 210.0, 297.0, 18.0, 192.0
	p.page(w, h)
	s := o.Statement
	columns := func(no, iso, balance string) []column {
		return []column{
			{no, 72, faceDigits, 'c', func(i int) string { return s.Lines[i].AccountNo }},
			{iso, 28, faceSong, 'c', func(i int) string { return CurrencyName(s.Lines[i].Currency) }},
			{balance, 74, faceDigits, 'r', func(i int) string { return s.Lines[i].Balance.Printed() }},
		}
	}
	p.center(faceSong, 17, w/2, 20, o.Issuer.Bank+" 客户对账单")
	p.text(faceSong, 10.5, left, 30, "户名："+s.Customer)
	p.label(10.5, left, 37, "对账单号：", s.No)
	p.right(faceSong, 10.5, right, 37, "余额截止日："+chineseDate(s.CutOff))
	p.table(left, 41, 8, 10.5, len(s.Lines), columns("账号", "币种", "期末余额"))
	p.text(faceSong, 9, left, 105, "本联由客户留存。请核对后填写下联，加盖预留印鉴，于二十个工作日内退回"+o.Issuer.Branch+"。")
	if o.Codes.Code128 {
		p.code128(right-66, 110, 66, 9, o.codeText())
	}
	if o.Codes.QR {
		p.qr(left, 108, 19, o.codeText())
	}
	const cut = 132.0
	p.dashed(8, cut, w-8, cut)
	p.center(faceSong, 8, w/2, cut+4.5, "—— 由此撕下，下联退回银行 ——")

	p.center(faceSong, 16, w/2, cut+15, "对账单回单联")
	p.text(faceSong, 10.5, left, cut+24, "户名："+s.Customer)
	p.label(10.5, right-70, cut+24, "单号：", s.No)
	accounts := p.table(left, cut+28, 8, 10.5, len(s.Lines), columns("账号", "币种", "账面余额"))
	y := accounts.Y + accounts.H + 8
	p.text(faceSong, 11, left, y, "核对结果：")
	agree, differ := Rect{left + 26, y - 4, 4.6, 4.6}, Rect{left + 62, y - 4, 4.6, 4.6}
	p.rect(agree)
	p.text(faceSong, 11, agree.X+6.5, y, "相符")
	p.rect(differ)
	p.text(faceSong, 11, differ.X+6.5, y, "不符，单位余额")
	amount := Rect{differ.X + 38, y - 8, 62, 9}
	p.line(amount.X, y+1, amount.X+amount.W, y+1)
	p.text(faceSong, 10.5, left, y+12, "单位盖章：")
	p.text(faceSong, 10.5, left, 284, "复核人：")
	p.text(faceSong, 10.5, left+110, 284, "盖章日期：")
	return Places{
		Width: w, Height: h, Agree: agree, Differ: differ,
		Result:   Rect{agree.X + 2, y + 3, 58, 12},
		Amount:   amount,
		Seals:    Rect{left + 24, y + 6, 140, 276 - y - 8},
		BankSeal: Rect{left + 44, 106, 44, 24},
		Signer:   Rect{left + 18, 277, 34, 8},
		Date:     Rect{left + 130, 277, 36, 8},
		Balances: lastCells(accounts, 74, len(s.Lines)),
	}
}
