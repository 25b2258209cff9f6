package slip

import (
	"image/color"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"
	"github.com/go-pdf/fpdf"
)

// Typefaces, by the name the PDF knows them.
const (
	faceSong   = "song"
	faceKai    = "kai"
	faceDigits = "digits"
)

// Line widths in millimetres.
const (
	ruleMM  = 0.2
	frameMM = 0.35
)

// pen draws on the current page. The first error sticks; the caller reads it at
// the end of the page.
type pen struct {
	doc *fpdf.Fpdf
	err error
}

// page starts a page of w×h millimetres.
func (p *pen) page(w, h float64) {
	// fpdf takes the size in portrait order and turns it itself.
	if w > h {
		p.doc.AddPageFormat("L", fpdf.SizeType{Wd: h, Ht: w})
	} else {
		p.doc.AddPageFormat("P", fpdf.SizeType{Wd: w, Ht: h})
	}
	p.doc.SetDrawColor(0, 0, 0)
	p.doc.SetTextColor(0, 0, 0)
	p.doc.SetLineWidth(ruleMM)
}

// text writes s with its baseline at y; size is in points.
func (p *pen) text(face string, size, x, y float64, s string) {
	p.doc.SetFont(face, "", size)
	p.doc.Text(x, y, s)
}

func (p *pen) center(face string, size, x, y float64, s string) {
	p.doc.SetFont(face, "", size)
	p.doc.Text(x-p.doc.GetStringWidth(s)/2, y, s)
}

func (p *pen) right(face string, size, x, y float64, s string) {
	p.doc.SetFont(face, "", size)
	p.doc.Text(x-p.doc.GetStringWidth(s), y, s)
}

// label writes a name in Song and a number beside it.
func (p *pen) label(size, x, y float64, name, value string) {
	p.text(faceSong, size, x, y, name)
	x += p.doc.GetStringWidth(name)
	p.text(faceDigits, size, x, y, value)
}

func (p *pen) rect(r Rect) { p.doc.Rect(r.X, r.Y, r.W, r.H, "D") }

func (p *pen) frame(r Rect) {
	p.doc.SetLineWidth(frameMM)
	p.rect(r)
	p.doc.SetLineWidth(ruleMM)
}

func (p *pen) line(x1, y1, x2, y2 float64) { p.doc.Line(x1, y1, x2, y2) }

func (p *pen) dashed(x1, y1, x2, y2 float64) {
	p.doc.SetDashPattern([]float64{2, 1.5}, 0)
	p.line(x1, y1, x2, y2)
	p.doc.SetDashPattern(nil, 0)
}

// column is one column of a table: its heading, width in millimetres, typeface,
// and how its cells are set.
type column struct {
	title string
	width float64
	face  string
	align byte // 'c', 'r' or 'l'
	cell  func(row int) string
}

// table draws rows of height h below a heading and returns its outline.
func (p *pen) table(x, y, h, size float64, rows int, cols []column) Rect {
	width := 0.0
	for _, c := range cols {
		width += c.width
	}
	base := h/2 + size*ptMM*0.36 // baseline that sets a line of capitals in the middle of its row
	for r := 0; r <= rows; r++ {
		top, cx := y+float64(r)*h, x
		p.line(x, top, x+width, top)
		for _, c := range cols {
			switch {
			case r == 0:
				p.center(faceSong, size, cx+c.width/2, top+base, c.title)
			case c.align == 'r':
				p.right(c.face, size, cx+c.width-2, top+base, c.cell(r-1))
			case c.align == 'l':
				p.text(c.face, size, cx+2, top+base, c.cell(r-1))
			default:
				p.center(c.face, size, cx+c.width/2, top+base, c.cell(r-1))
			}
			cx += c.width
		}
	}
	out := Rect{x, y, width, float64(rows+1) * h}
	cx := x
	for _, c := range cols[:len(cols)-1] {
		cx += c.width
		p.line(cx, y, cx, y+out.H)
	}
	p.frame(out)
	return out
}

// lastCells are the cells of a table's last column, of that width, below the heading.
func lastCells(table Rect, width float64, rows int) []Rect {
	out := make([]Rect, rows)
	h := table.H / float64(rows+1)
	for i := range out {
		out[i] = Rect{table.X + table.W - width, table.Y + float64(i+1)*h, width, h}
	}
	return out
}

// ptMM is one typographic point in millimetres.
const ptMM = 25.4 / 72

// qr draws text as a QR code of side mm with its corner at (x, y). The quiet
// zone is the paper around it.
func (p *pen) qr(x, y, side float64, text string) {
	// Not qr.Auto: it takes "-00" for a number and loses the hyphen.
	code, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		p.fail(err)
		return
	}
	p.modules(code, x, y, side, side)
}

// code128 draws text as a Code 128 of w×h mm with its corner at (x, y).
func (p *pen) code128(x, y, w, h float64, text string) {
	code, err := code128.Encode(text)
	if err != nil {
		p.fail(err)
		return
	}
	p.modules(code, x, y, w, h)
}

// modules fills every dark module of a code; runs in a row become one rectangle,
// so that no hair of paper shows between them.
func (p *pen) modules(code barcode.Barcode, x, y, w, h float64) {
	b := code.Bounds()
	mw, mh := w/float64(b.Dx()), h/float64(b.Dy())
	p.doc.SetFillColor(0, 0, 0)
	for j := range b.Dy() {
		for i := 0; i < b.Dx(); {
			run := i
			for run < b.Dx() && dark(code.At(b.Min.X+run, b.Min.Y+j)) {
				run++
			}
			if run > i {
				p.doc.Rect(x+float64(i)*mw, y+float64(j)*mh, float64(run-i)*mw, mh, "F")
				i = run
			} else {
				i++
			}
		}
	}
}

func dark(c color.Color) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x8000
}

func (p *pen) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}
