package slip

// drawStrip is the A5 landscape receipt: everything in one ruled frame, and the
// result is written out, not ticked.
func drawStrip(p *pen, o Order) Places {
	const w, h, left, right = 210.0, 148.0, 14.0, 196.0
	p.page(w, h)
	s := o.Statement
	p.text(faceSong, 15, left, 16, o.Issuer.Bank)
	p.text(faceSong, 15, left+96, 16, "对 账 回 执")
	p.label(10, left, 23, "回执编号：", s.No)
	p.text(faceSong, 10, left+96, 23, "余额日期 "+s.CutOff.Format("2006-01-02"))
	if o.Codes.QR {
		p.qr(right-17, 6, 17, o.codeText())
	}
	p.frame(Rect{left, 26, right - left, 9})
	p.text(faceSong, 10.5, left+3, 32, "单位名称")
	p.line(left+24, 26, left+24, 35)
	p.text(faceKai, 12, left+28, 32.2, s.Customer)

	const rowMM = 7.0
	accounts := p.table(left, 35, rowMM, 10.5, len(s.Lines), []column{
		{"账户号码", 78, faceDigits, 'l', func(i int) string { return s.Lines[i].AccountNo }},
		{"货币", 30, faceDigits, 'c', func(i int) string { return s.Lines[i].Currency }},
		{"银行账面余额", 74, faceDigits, 'r', func(i int) string { return s.Lines[i].Balance.Printed() }},
	})
	y := accounts.Y + accounts.H
	p.frame(Rect{left, y, right - left, 13})
	p.text(faceSong, 10.5, left+3, y+8, "核对情况")
	p.line(left+24, y, left+24, y+13)
	p.text(faceSong, 7.5, right-47, y+11, "（写明相符或不符及单位余额）")
	result := Rect{left + 28, y + 1, 58, 11}
	p.frame(Rect{left, y + 13, right - left, 136 - y - 13})
	p.text(faceSong, 10.5, left+3, y+20, "单位印章：")
	p.text(faceSong, 9.5, left+3, 133, "填写人：")
	p.text(faceSong, 9.5, left+130, 133, "填写日期：")
	if o.Codes.Code128 {
		p.code128(left, 138, 58, 6, o.codeText())
	}
	p.right(faceSong, 8, right, 142, "加盖预留印鉴后交回 "+o.Issuer.Branch)
	return Places{
		Width: w, Height: h,
		Result:   result,
		Amount:   Rect{left + 90, y + 1, 48, 11},
		Seals:    Rect{left + 30, y + 14, 144, 134 - y - 15},
		BankSeal: Rect{left + 52, 4, 40, 26},
		Signer:   Rect{left + 18, 126, 30, 8},
		Date:     Rect{left + 148, 126, 32, 8},
		Balances: lastCells(accounts, 74, len(s.Lines)),
	}
}
