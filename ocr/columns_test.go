package ocr

import (
	"context"
	"testing"
)

// TestBalanceColumn: of several columns that may hold the balances one is taken for a
// reason, or doubted.
func TestBalanceColumn(t *testing.T) {
	b := func(x int, label, group string) tableColumn {
		return tableColumn{box: box{x, 0, x + 90, 20}, role: roleBalance, label: label, group: group}
	}
	torn := b(0, "余额", "")
	torn.torn = true
	for name, c := range map[string]struct {
		columns []tableColumn
		x       int
		doubt   bool
	}{
		"one":                            {[]tableColumn{b(0, "余额", "")}, 0, false},
		"one without a label":            {[]tableColumn{b(0, "", "")}, 0, false},
		"two without labels":             {[]tableColumn{b(0, "", ""), b(100, "", "")}, 0, true},
		"a label counts before values":   {[]tableColumn{b(0, "", ""), b(100, "余额", "")}, 100, false},
		"what may be the rest of 上期余额":   {[]tableColumn{b(0, "余额", ""), b(100, "账面余额", "")}, 100, false},
		"two of a kind":                  {[]tableColumn{b(0, "账户余额", ""), b(100, "账面余额", "")}, 0, true},
		"the bank's":                     {[]tableColumn{b(0, "账面余额", ""), b(100, "银行余额", "")}, 100, false},
		"grouped as the customer's":      {[]tableColumn{b(0, "余额", "企业记录"), b(100, "余额", "账面记录")}, 100, false},
		"one, grouped as the customer's": {[]tableColumn{b(0, "余额", "客户账户情况")}, 0, false},
		"torn":                           {[]tableColumn{torn}, 0, true},
	} {
		found, doubt, ok := balanceColumn(c.columns)
		if !ok || found.x0 != c.x || doubt != c.doubt {
			t.Errorf("%s: column at %d, doubt %v; want %d, %v", name, found.x0, doubt, c.x, c.doubt)
		}
	}
	if _, _, ok := balanceColumn([]tableColumn{{role: roleAccount}}); ok {
		t.Error("a column of balances where there is none")
	}
}

// twoLineHeading is a table with a heading of two lines: 账号 joined over both, 余额 above the
// columns of the bank and the customer.
func twoLineHeading(bank, customer string) *page {
	p := &page{ink: &ink{w: 1240, h: 1754, scale: 1, perMM: layoutDPI / mmPerInch}, rules: &ruling{}}
	add := func(s string, x0, y0, x1, y1 int) {
		t := textAt(s, x0+4, (y0+y1)/2-6)
		t.cell, t.confidence = len(p.rules.cells), 1
		p.texts = append(p.texts, t)
		p.rules.cells = append(p.rules.cells, cell{box{x0, y0, x1, y1}})
	}
	add("账号", 102, 202, 398, 278)
	add("余额", 402, 202, 898, 238)
	add(bank, 402, 242, 648, 278)
	add(customer, 652, 242, 898, 278)
	add("6222021234567890", 102, 282, 398, 318)
	add("1,234.56", 402, 282, 648, 318)
	add("9,999.99", 652, 282, 898, 318)
	return p
}

// TestHeadingOfTwoLines: below 余额 stand the bank's balances and those that the customer
// fills in, and only the words of the second line say which.
func TestHeadingOfTwoLines(t *testing.T) {
	for name, c := range map[string]struct {
		first, second string
		x             int
		doubt         bool
	}{
		"the bank first":   {"银行方", "企业方", 402, false},
		"the bank second":  {"企业方", "银行方", 652, false},
		"labels":           {"贵公司余额", "银行余额", 652, false},
		"nothing says":     {"甲", "乙", 402, true},
		"customer unknown": {"企业方", "乙", 652, false},
		"only the bank":    {"乙", "银行方", 652, false},
	} {
		p := twoLineHeading(c.first, c.second)
		tables, err := (&Reader{}).ruledTables(context.Background(), p, p.findHits())
		if err != nil || len(tables) != 1 {
			t.Errorf("%s: %d tables, want 1: %v", name, len(tables), err)
			continue
		}
		if got := tables[0]; got.balance.x0 != c.x || got.balance.w() != 246 || got.doubt != c.doubt {
			t.Errorf("%s: balances in %v, doubt %v; want from %d, %v", name, got.balance, got.doubt, c.x, c.doubt)
		}
		if rows := p.rowsBelow(tables[0]); len(rows) != 1 || rows[0].y0 != 282 {
			t.Errorf("%s: rows %v, want the one below the second line", name, rows)
		}
	}
}

// TestPastRowNumbers: where the rule behind the numbers of the rows is lost, the accounts begin
// behind their label.
func TestPastRowNumbers(t *testing.T) {
	cell := box{102, 202, 598, 238}
	numbers := tableColumn{box: cell, role: roleOther, label: "序号", at: box{110, 210, 150, 230}}
	account := tableColumn{box: cell, role: roleAccount, label: "账号", at: box{350, 210, 390, 230}}
	got := pastRowNumbers([]tableColumn{numbers, account})
	if got[0].box != cell || got[1].box != (box{150, 202, 598, 238}) {
		t.Errorf("columns %v and %v", got[0].box, got[1].box)
	}
	numbers.label = "备注"
	if got := pastRowNumbers([]tableColumn{numbers, account}); got[1].box != cell {
		t.Errorf("behind remarks %v", got[1].box)
	}
}

// TestTornLabel: 余额 beside the traces of a seal may be the rest of 上期余额; beside its
// value, its currency, a remark or the next label it is whole.
func TestTornLabel(t *testing.T) {
	for beside, want := range map[string]bool{"进": true, "": true, "备注": false, "12.00": false, "人民币": false, "(元)": false} {
		p := &page{texts: []*text{textAt("余额", 40, 0), textAt("进", 200, 0), textAt("进", 10, 30)}}
		x := textAt(beside, 26, 0)
		x.x1 = 38
		p.texts = append(p.texts, x)
		if got := p.torn(p.texts[0].hits()[0]); got != want {
			t.Errorf("beside %q the label is torn: %v", beside, got)
		}
	}
}

// TestDoubtedColumn: two prints of a column that may be another's agree with each other and
// with the second reader, and are yet not sure; the same amount in words makes them so.
func TestDoubtedColumn(t *testing.T) {
	for name, c := range map[string]struct {
		doubts [2]bool
		words  []string
		want   bool
	}{
		"both":           {[2]bool{true, true}, nil, false},
		"one":            {[2]bool{true, false}, nil, true},
		"both, in words": {[2]bool{true, true}, []string{"12.00"}, true},
	} {
		var copies []accountLine
		for i, doubt := range c.doubts {
			v := &value{kind: &kindAmount, plain: "12.00"}
			copies = append(copies, accountLine{row{group: i, doubt: doubt}, &value{kind: &kindAccount, plain: "6222021234567890"}, v})
		}
		got, err := (&Reader{}).voteAccount(context.Background(), &page{}, copies, capitals{amounts: c.words})
		if err != nil || got.Balance.Agreed != c.want {
			t.Errorf("in doubt: %s: agreed %v, want %v: %v", name, got.Balance.Agreed, c.want, err)
		}
	}
}

// TestTablesSideBySide: the second table's balances do not make the first's doubtful.
func TestTablesSideBySide(t *testing.T) {
	var columns []tableColumn
	for i, label := range []string{"余额", "账号", "余额", "账号"} { // from the right
		c := tableColumn{box: box{x0: 400 - 100*i}, role: roleBalance, label: label}
		if label == "账号" {
			c.role = roleAccount
		}
		columns = append(columns, c)
	}
	found, doubt, ok := balanceColumn(firstTable(columns))
	if !ok || doubt || found.x0 != 200 {
		t.Errorf("balances at %d, doubt %v; want those at 200", found.x0, doubt)
	}
}
