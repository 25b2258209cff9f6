package web

import (
	"math"
	"strconv"
)

// Charts are drawn on the server as SVG: columns of one or two values. The numbers
// stand in the drawing, so a chart says what a table would.

// chart is a row of columns in a box of Width by Height units.
type chart struct {
	Width, Height float64
	Base          float64 // y of the ground line
	Columns       []column
	Second        string // key of the catalog that names the second value; empty: there is none
	First         string
}

// column is one place on the ground line.
type column struct {
	Mid      float64 // x of its label
	Label    string  // may be empty: every so many are named
	First    bar
	Second   bar
	Alarming bool // the style sheet shows it as such
}

type bar struct {
	X, Y, W, H float64
	Text       string // the value; empty when it is 0 or there is no room
	TextX      float64
	TextY      float64
}

// Sizes of a chart, in units of its view box.
const (
	chartHalf   = 640.0 // width of one of two in a row
	chartFull   = 1310.0
	chartHeight = 130.0
	chartHead   = 16.0 // room for the value above the highest column
	chartFoot   = 20.0 // room for the labels
	columnFill  = 0.72 // of a column's place
	textRoom    = 15.0 // a narrower column shows no value
	labelRoom   = 34.0 // a narrower one is not named each time
)

// datum is what a column shows.
type datum struct {
	Label         string
	First, Second int
	Alarming      bool
}

// newChart draws data; second is empty when it has one value a place.
func newChart(width float64, data []datum, first, second string) chart {
	c := chart{Width: width, Height: chartHeight, Base: chartHeight - chartFoot, First: first, Second: second}
	top := 1
	for _, d := range data {
		top = max(top, d.First, d.Second)
	}
	place := c.Width / float64(max(1, len(data)))
	every := max(1, int(math.Ceil(labelRoom/place)))
	bars := 1.0
	if second != "" {
		bars = 2
	}
	w := place * columnFill / bars
	draw := func(x float64, v int) bar {
		h := float64(v) / float64(top) * (c.Base - chartHead)
		b := bar{X: round(x), Y: round(c.Base - h), W: round(w), H: round(h), TextX: round(x + w/2), TextY: round(c.Base - h - 3)}
		if v > 0 && (w >= textRoom || v == top) {
			b.Text = strconv.Itoa(v)
		}
		return b
	}
	for i, d := range data {
		x := float64(i)*place + place*(1-columnFill)/2
		col := column{Mid: round((float64(i) + 0.5) * place), First: draw(x, d.First), Alarming: d.Alarming}
		if second != "" {
			col.Second = draw(x+w, d.Second)
		}
		if i%every == 0 {
			col.Label = d.Label
		}
		c.Columns = append(c.Columns, col)
	}
	return c
}

// round keeps a tenth of a unit: more only makes the page longer.
func round(v float64) float64 { return math.Round(v*10) / 10 }
