package models

// Words are words printed on a page that tell something of the page itself.
type Words struct {
	Text string `json:"text"`
	Box  Box    `json:"box"` // on the stored page
}

// FormReading is what the print tells of the form: whose it is, which copy, of
// which day. A zero field means that nothing was said, or not legibly.
type FormReading struct {
	FirstCopy Words `json:"first_copy,omitzero"` // says that this is the copy the customer keeps (客户留存联)
	OtherBank Words `json:"other_bank,omitzero"` // the name of a bank that is not ours, where the issuer stands
	CutOff    Words `json:"cut_off,omitzero"`    // the printed cut-off date as 2025-12-31
	Unknown   bool  `json:"unknown,omitempty"`   // there is print, but none of a statement
	// Layout is the name of the layout file by which the form was known, "" without one.
	Layout string `json:"layout,omitempty"`
}

// Oddity is in what a printed digit differs from those printed with it.
type Oddity string

// Oddities.
const (
	OddShape  Oddity = "shape"  // of another typeface than the same digit elsewhere
	OddStroke Oddity = "stroke" // bolder or thinner
	OddSize   Oddity = "size"
	OddLine   Oddity = "line" // above or below the line
	OddInk    Oddity = "ink"
	OddPaper  Oddity = "paper" // around it
)

// OddDigit is a digit of a balance that was not printed with the others.
type OddDigit struct {
	Digit  string `json:"digit"`
	Oddity Oddity `json:"oddity"`
	Box    Box    `json:"box"` // on the stored page
}
