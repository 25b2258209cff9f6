package ocr

import "testing"

// TestTornLabels: behind a number set wide, and in two lines of a cell; other words in a cell stay apart.
func TestTornLabels(t *testing.T) {
	torn := func(second string, x, y, cell int, first string) *page {
		a, b := textAt(first, 20, 0), textAt(second, x, y)
		a.cell, b.cell, a.extent, b.extent = cell, cell, wholeRead, wholeRead
		return &page{texts: []*text{a, b}}
	}
	for name, c := range map[string]struct {
		p    *page
		want role
	}{
		"numbered":           {torn("号:", 70, 0, -1, "1.账"), roleAccount},
		"numbered, too far":  {torn("号:", 170, 0, -1, "1.账"), roleNone},
		"in two lines":       {torn("结果", 20, 16, 3, "核对"), roleResult},
		"outside of a cell":  {torn("结果", 20, 16, -1, "核对"), roleNone},
		"other words":        {torn("余额", 20, 16, 3, "账户"), roleAccount},
		"a heading":          {torn("余额", 20, 16, 3, "账面"), roleNone}, // of two lines: read where tables are
		"a line in between":  {torn("结果", 20, 60, 3, "核对"), roleNone},
		"a word and a value": {torn("相符", 20, 16, 3, "核对"), roleNone},
	} {
		if err := (&Reader{}).joinTorn(t.Context(), c.p); err != nil {
			t.Fatal(err)
		}
		got := roleNone
		if hits := c.p.texts[0].hits(); len(hits) > 0 && hits[0].from == 0 {
			got = hits[0].role
		}
		if got != c.want {
			t.Errorf("%s: role %v, want %v", name, got, c.want)
		}
	}
}
