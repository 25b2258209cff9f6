package sim

import "heyin/models"

// Truth is what should become of one page of the sample period.
type Truth struct {
	File        string              `json:"file"` // base name below scans/
	Page        int                 `json:"page"` // from 1
	Scenario    Scenario            `json:"scenario"`
	StatementNo string              `json:"statement_no,omitempty"`
	Expected    models.ReceiptState `json:"expected"` // passed, in_review or quarantined
	// Reasons that belong to the scenario; the machine may have more.
	Reasons []models.ReasonCode `json:"reasons,omitempty"`
	// MayPass: the machine need not pass it, but would not be wrong to (a
	// genuine seal, badly stamped).
	MayPass bool `json:"may_pass,omitempty"`
	// Twin is the other scan of the same paper: at most one of the two passes,
	// whichever is read first.
	Twin string `json:"twin,omitempty"`
	// SameAs is a file of the same bytes: uploading this one again is a replay.
	SameAs string `json:"same_as,omitempty"`
}

// outcomes says what each scenario should end in.
var outcomes = map[Scenario]struct {
	state   models.ReceiptState
	reasons []models.ReasonCode
	mayPass bool
}{
	Agreeing:       {models.Passed, nil, false},
	Differing:      {models.InReview, []models.ReasonCode{models.ReasonMarkDiffer}, false},
	ForgedSeal:     {models.InReview, []models.ReasonCode{models.ReasonSealMismatch}, false},
	Unmarked:       {models.InReview, []models.ReasonCode{models.ReasonMarkMissing}, false},
	MissingSeal:    {models.InReview, []models.ReasonCode{models.ReasonSealMissing}, false},
	AlteredBalance: {models.InReview, []models.ReasonCode{models.ReasonBalanceDiffers}, false},
	BadlyStamped:   {models.InReview, []models.ReasonCode{models.ReasonSealUnsure}, true},
	Unreadable:     {models.InReview, []models.ReasonCode{models.ReasonUnreadable}, false},
	ScannedAgain:   {models.InReview, []models.ReasonCode{models.ReasonAnswered}, true},
	SameFile:       {models.Passed, nil, false},
	UnknownNumber:  {models.InReview, []models.ReasonCode{models.ReasonUnknownNumber}, false},
	BlankPage:      {models.InReview, []models.ReasonCode{models.ReasonUnidentified}, false},
	BrokenFile:     {models.Quarantined, nil, false},
}

// Truth lists every page of every file, in order.
func (p *Period) Truth() []Truth {
	var out []Truth
	for _, f := range p.Files {
		for i, page := range f.Pages {
			scenario := page.Scenario
			if f.SameAs != "" {
				scenario = SameFile
			}
			o := outcomes[scenario]
			t := Truth{
				File: f.Name, Page: i + 1, Scenario: scenario, Expected: o.state, Reasons: o.reasons,
				MayPass: o.mayPass, Twin: f.Twin, SameAs: f.SameAs,
			}
			if page.Customer >= 0 {
				t.StatementNo = p.Customers[page.Customer].StatementNo
			}
			out = append(out, t)
		}
	}
	return out
}

// PageTruth is what stands on a page, in the benchmark's format.
type PageTruth struct {
	File              string        `json:"file"`
	Layout            string        `json:"layout"`
	StatementNo       string        `json:"statement_no"`
	Code              string        `json:"code"` // qr, code128, both or empty
	Customer          string        `json:"customer"`
	Date              string        `json:"date"`
	Accounts          []AccountLine `json:"accounts"` // as printed
	Mark              models.Mark   `json:"mark"`
	MarkForm          string        `json:"mark_form"` // tick, handwritten, stamped, none
	HandwrittenAmount *string       `json:"handwritten_amount"`
	Seals             []SealTruth   `json:"seals"`
	OtherStamps       []StampTruth  `json:"other_stamps"`
	RequiredSeals     []string      `json:"required_seals"`
	Defects           []string      `json:"defects"`
	Readable          bool          `json:"readable"`
	Rotation          int           `json:"rotation"`
	DPI               int           `json:"dpi"`
	Expected          Disposition   `json:"expected"`
}

// AccountLine is one account as files carry it.
type AccountLine struct {
	AccountNo string        `json:"account_no"`
	Currency  string        `json:"currency"`
	Balance   models.Amount `json:"balance"`
}

// SealTruth is one imprint on a page; the box is x, y, w, h in stored pixels.
type SealTruth struct {
	Role     models.SealRole  `json:"role"`
	Shape    models.SealShape `json:"shape"`
	Identity string           `json:"identity"`
	Genuine  *bool            `json:"genuine,omitempty"`
	Kind     string           `json:"kind,omitempty"`
	Box      [4]int           `json:"bbox"`
}

// StampTruth is a rubber stamp that is no seal.
type StampTruth struct {
	What string `json:"what"`
	Box  [4]int `json:"bbox"`
}

// Disposition is what the machine should do with a page.
type Disposition struct {
	Disposition string              `json:"disposition"` // pass, review
	Reasons     []models.ReasonCode `json:"reasons"`
}
