package slip

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/go-pdf/fpdf"

	"heyin/models"
)

// Form is one of the printed forms.
type Form string

// Forms.
const (
	FormLetter  Form = "letter"  // A4, a letter with boxes to tick
	FormStrip   Form = "strip"   // A5 landscape, the result is written
	FormTearOff Form = "tearoff" // A4, the receipt is the lower part
)

// Forms lists all forms.
func Forms() []Form { return []Form{FormLetter, FormStrip, FormTearOff} }

// maxLines is how many accounts leave room for a 42 mm seal on each form.
var maxLines = map[Form]int{FormLetter: 6, FormStrip: 3, FormTearOff: 6}

// MaxLines tells how many accounts fit on the form; a customer with more gets
// several statements. It is 0 for an unknown form.
func (f Form) MaxLines() int { return maxLines[f] }

// Codes says which machine-readable copies of the statement number are printed.
type Codes struct {
	QR, Code128 bool
	Text        string // what they carry instead of the number, if given
}

// codeText is what the codes of an order carry.
func (o Order) codeText() string { return cmp.Or(o.Codes.Text, o.Statement.No) }

// Issuer is the bank as printed on the form.
type Issuer struct {
	Bank   string
	Branch string
	Phone  string
}

// Order is one statement to print.
type Order struct {
	Form      Form
	Issuer    Issuer
	Statement models.Statement // No, Customer, CutOff and Lines are printed
	Codes     Codes
}

// Rect is a place on the page in millimetres from its top left corner.
type Rect struct{ X, Y, W, H float64 }

// Empty reports whether the form has no such place.
func (r Rect) Empty() bool { return r.W == 0 || r.H == 0 }

// Places tells where on the printed page a customer answers, in millimetres. A
// form without boxes to tick leaves Agree and Differ empty.
type Places struct {
	Width, Height float64
	Agree, Differ Rect // boxes to tick
	Result        Rect // where 核对相符 or 不符 is written or stamped
	Amount        Rect // where the customer's own figure is written
	Seals         Rect // where the agreed seals go
	BankSeal      Rect // where the bank's reconciliation seal goes
	Signer, Date  Rect
	Balances      []Rect // the printed balance of each account on the part that comes back
}

// printedAt is the PDF's creation date: fixed, so that the same statements give
// the same bytes and a reprint can be compared by hash.
var printedAt = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Print writes one PDF with a page for each order and returns the places of
// each page. It fails on an order that does not fit its form; nothing useful has
// been written then.
func Print(w io.Writer, fonts Fonts, orders []Order) ([]Places, error) {
	if len(orders) == 0 {
		return nil, errors.New("slip: no statements to print")
	}
	doc := fpdf.New("P", "mm", "A4", "")
	doc.SetCreationDate(printedAt)
	doc.SetModificationDate(printedAt)
	doc.SetCatalogSort(true)
	doc.SetProducer("heyin", true)
	doc.SetAutoPageBreak(false, 0)
	doc.SetMargins(0, 0, 0)
	doc.AddUTF8FontFromBytes(faceSong, "", slices.Clone(fonts.Song))
	doc.AddUTF8FontFromBytes(faceKai, "", slices.Clone(fonts.Kai))
	doc.AddUTF8FontFromBytes(faceDigits, "", slices.Clone(fonts.Digits))
	places := make([]Places, len(orders))
	for i, o := range orders {
		p, err := drawOrder(&pen{doc: doc}, o)
		if err != nil {
			return nil, fmt.Errorf("slip: statement %s: %w", o.Statement.No, err)
		}
		places[i] = p
	}
	if err := doc.Output(w); err != nil {
		return nil, fmt.Errorf("slip: write PDF: %w", err)
	}
	return places, nil
}

func drawOrder(p *pen, o Order) (Places, error) {
	switch n, room := len(o.Statement.Lines), o.Form.MaxLines(); {
	case room == 0:
		return Places{}, fmt.Errorf("no such form %q; known: %v", o.Form, Forms())
	case n == 0:
		return Places{}, errors.New("it has no accounts")
	case n > room:
		return Places{}, fmt.Errorf("%d accounts, form %q holds %d: issue several statements", n, o.Form, room)
	}
	var places Places
	switch o.Form {
	case FormLetter:
		places = drawLetter(p, o)
	case FormStrip:
		places = drawStrip(p, o)
	case FormTearOff:
		places = drawTearOff(p, o)
	}
	return places, errors.Join(p.err, p.doc.Error())
}

// currencyNames are what customers read; other currencies print their ISO code.
var currencyNames = map[string]string{"CNY": "人民币", "USD": "美元", "HKD": "港币", "EUR": "欧元", "JPY": "日元", "GBP": "英镑"}

// CurrencyName gives the printed name of an ISO 4217 code.
func CurrencyName(iso string) string {
	if n, ok := currencyNames[iso]; ok {
		return n
	}
	return iso
}

func chineseDate(t time.Time) string {
	return fmt.Sprintf("%d年%d月%d日", t.Year(), int(t.Month()), t.Day())
}
