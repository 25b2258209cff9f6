package models

// Box is a rectangle in pixels, (X, Y) its top left corner.
type Box struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// Within is the share of b that lies in o, 0..1.
func (b Box) Within(o Box) float64 {
	w := min(b.X+b.W, o.X+o.W) - max(b.X, o.X)
	h := min(b.Y+b.H, o.Y+o.H) - max(b.Y, o.Y)
	if w <= 0 || h <= 0 {
		return 0
	}
	return float64(w*h) / float64(b.W*b.H)
}

// Mark is the customer's answer (核对结果).
type Mark string

// Marks. Any doubt is Unclear.
const (
	Agree   Mark = "agree"
	Differ  Mark = "differ"
	Blank   Mark = "blank"
	Unclear Mark = "unclear"
)

// Voted is a field read by two independent readers. It is Agreed only when both
// gave the same value; an unagreed Value is a best guess for a person's eye and
// never enters a verdict.
type Voted struct {
	Value      string  `json:"value"`
	First      string  `json:"first"`  // PP-OCR, grammar-constrained
	Second     string  `json:"second"` // Tesseract, or the second printed copy of the field
	Confidence float64 `json:"confidence"`
	Agreed     bool    `json:"agreed"`
	Box        Box     `json:"box"` // on the stored page
}

// AccountReading is one printed line of the receipt.
type AccountReading struct {
	AccountNo Voted  `json:"account_no"`
	Currency  string `json:"currency"` // ISO code, empty when unread
	Balance   Voted  `json:"balance"`
	// OddDigits of the balance look altered, each named once; one of them may be the
	// whole balance.
	OddDigits []OddDigit `json:"odd_digits,omitempty"`
}

// MarkReading is the mark with its evidence.
type MarkReading struct {
	Mark       Mark    `json:"mark"`
	Form       string  `json:"form"` // tick, handwritten, stamped, none
	Confidence float64 `json:"confidence"`
	Text       string  `json:"text,omitempty"` // what was read, for the reviewer
	Box        Box     `json:"box"`
}

// Reading is everything read from one page without knowing the books.
type Reading struct {
	StatementNo Voted            `json:"statement_no"`
	Codes       []Code           `json:"codes,omitempty"`
	Customer    string           `json:"customer,omitempty"`
	Form        FormReading      `json:"form,omitzero"`
	Accounts    []AccountReading `json:"accounts"`
	Mark        MarkReading      `json:"mark"`
	Imprints    []Imprint        `json:"imprints"`
	Quality     Quality          `json:"quality"`
	Rotation    int              `json:"rotation"` // 0, 90, 180 or 270: how far the stored page lies turned clockwise
	SkewDeg     float64          `json:"skew_deg"` // remaining turn after Rotation
	DPI         float64          `json:"dpi"`
}

// Code is a decoded bar code.
type Code struct {
	Kind string `json:"kind"` // qr, code128
	Text string `json:"text"`
	Box  Box    `json:"box"`
	Turn int    `json:"turn,omitempty"` // 0, 90, 180 or 270: how far it lies turned clockwise on the sheet
}

// QualityGrade is the verdict on a scan.
type QualityGrade string

// Grades of a scan.
const (
	QualityGood   QualityGrade = "good"
	QualityUsable QualityGrade = "usable" // readable, but no automatic pass
	QualityRescan QualityGrade = "rescan"
)

// Finding is one defect of a scan.
type Finding struct {
	Code   string  `json:"code"`  // skew, blur, dark, clipped, corner, blank, low_resolution, gray, ...: imaging names them
	Value  float64 `json:"value"` // in the unit the code implies
	Reason string  `json:"reason"`
	Box    *Box    `json:"box,omitempty"`
}

// Quality is a grade with the findings behind it.
type Quality struct {
	Grade    QualityGrade `json:"grade"`
	Findings []Finding    `json:"findings,omitempty"`
}
