package ocr

import (
	"testing"

	"heyin/imaging"
)

// grid is a page of a ruled table: columns x0..x3 and rows y0.. in layout pixels,
// with a line of print in every cell; lost drops the rules below the rows named,
// for the columns from..to.
func grid(columns, rows []int, lost map[int][2]int) *page {
	p := &page{ink: &ink{w: 1240, h: 1754, scale: 1, perMM: layoutDPI / mmPerInch}, rules: &ruling{}}
	for c := 0; c+1 < len(columns); c++ {
		top := rows[0]
		for r := 1; r < len(rows); r++ {
			middle := (rows[r-1] + rows[r]) / 2
			p.texts = append(p.texts, &text{line: line{box: box{columns[c] + 20, middle - 8, columns[c+1] - 20, middle + 8}, cell: len(p.rules.cells)}})
			if l, ok := lost[r-1]; ok && c >= l[0] && c <= l[1] {
				continue
			}
			p.rules.cells = append(p.rules.cells, cell{box{columns[c] + 2, top + 2, columns[c+1] - 2, rows[r] - 2}})
			top = rows[r]
		}
	}
	return p
}

// TestRowsOutliveLostRules: whatever rule is lost, each account keeps a row of its
// own; a row taken for two would give one account the other's balance.
func TestRowsOutliveLostRules(t *testing.T) {
	columns, rows := []int{100, 400, 600, 900}, []int{200, 240, 280, 320, 360}
	head := func(c int) box { return box{columns[c] + 2, 202, columns[c+1] - 2, 238} }
	table := ruledTable{account: head(0), currency: head(1), balance: head(2), heads: []box{head(0), head(1), head(2)}}
	for name, lost := range map[string]map[int][2]int{
		"none":                   nil,
		"below the first number": {1: {0, 0}},
		"below two balances":     {1: {2, 2}, 2: {2, 2}},
		"below a whole row":      {2: {0, 2}},
		"below every row":        {1: {0, 2}, 2: {0, 2}},
	} {
		p := grid(columns, rows, lost)
		found := p.rowsBelow(table)
		if len(found) != 3 {
			t.Errorf("%s: %d rows %v, want 3", name, len(found), found)
			continue
		}
		for i, r := range found {
			for _, c := range []box{table.account, table.balance} {
				if n := len(p.textsIn(meet(c, r))); n != 1 {
					t.Errorf("%s: row %d %v holds %d lines of a column, want 1", name, i, r, n)
				}
			}
		}
	}
}

// TestColumnUnderSplitsAHeading: a heading cell that swallowed its neighbour is
// cut to the column below the label.
func TestColumnUnderSplitsAHeading(t *testing.T) {
	p := grid([]int{100, 200, 500}, []int{200, 240, 280}, nil)
	joined := box{102, 202, 498, 238}
	p.rules.cells = []cell{{joined}, {box{102, 242, 198, 278}}, {box{202, 242, 498, 278}}}
	if got := p.columnUnder(joined, box{320, 210, 380, 230}); got != (box{202, 202, 498, 238}) {
		t.Errorf("the column of the second label is %v", got)
	}
	if got := p.columnUnder(joined, box{120, 210, 180, 230}); got != (box{102, 202, 198, 238}) {
		t.Errorf("the column of the first label is %v", got)
	}
}

// TestSeveral: a row that shows two values of a kind cannot be vouched for.
func TestSeveral(t *testing.T) {
	p := &page{ink: &ink{perMM: layoutDPI / mmPerInch}, rules: &ruling{}}
	cell := box{0, 0, 400, 100}
	for i, s := range []string{"1,234.56", "某某公司", "6,543.21"} {
		x := textOf(s)
		x.box = box{10, 30 * i, 90, 30*i + 20}
		p.texts = append(p.texts, x)
	}
	if !p.several(cell, looksLikeAmount) {
		t.Error("two amounts in a cell are not seen")
	}
	p.texts = p.texts[:2]
	if p.several(cell, looksLikeAmount) {
		t.Error("an amount and a name are taken for two amounts")
	}
}

// TestLongestPart: the number of the row is left out of the account's, the gaps
// between its groups are not.
func TestLongestPart(t *testing.T) {
	plane := imaging.NewPlane(400, 40)
	ink := func(x0, x1 int) {
		for y := 10; y < 30; y++ {
			for x := x0; x < x1; x++ {
				plane.Pix[y*plane.W+x] = 1
			}
		}
	}
	ink(20, 28) // the row's number
	ink(100, 180)
	ink(196, 300) // 16 columns on: 0.8 of the height
	if x0, x1 := longestPart(plane, box{0, 5, 400, 35}); x0 != 99 || x1 != 301 {
		t.Errorf("the longest part reaches from %d to %d, want 99 to 301", x0, x1)
	}
}

// TestLongestPartOfGroups: groups set wide are one number, the row's number is none of them.
func TestLongestPartOfGroups(t *testing.T) {
	for name, c := range map[string]struct {
		print [][2]int
		want  [2]int
	}{
		"groups":                      {[][2]int{{20, 70}, {98, 148}, {174, 224}, {252, 280}}, [2]int{19, 281}},
		"the row's number and groups": {[][2]int{{20, 28}, {60, 110}, {138, 188}, {214, 264}}, [2]int{59, 265}},
		"two parts":                   {[][2]int{{20, 70}, {98, 180}}, [2]int{97, 181}},
	} {
		plane := imaging.NewPlane(400, 40)
		for _, x := range c.print {
			for y := 10; y < 30; y++ {
				for i := x[0]; i < x[1]; i++ {
					plane.Pix[y*plane.W+i] = 1
				}
			}
		}
		if x0, x1 := longestPart(plane, box{0, 5, 400, 35}); x0 != c.want[0] || x1 != c.want[1] {
			t.Errorf("%s: the number reaches from %d to %d, want %v", name, x0, x1, c.want)
		}
	}
}

func TestJoinedCharactersSetWide(t *testing.T) {
	piece := func(x0, x1, y0 int) written { return written{box: box{x0, y0, x1, y0 + 30}, black: true} }
	got := joined([]written{piece(0, 30, 0), piece(70, 100, 2), piece(200, 230, 0), piece(40, 60, 60)})
	if len(got) != 3 || got[0].box != (box{0, 0, 100, 32}) {
		t.Errorf("joined to %+v", got)
	}
}
