package models

// Result is the verdict on one page, with everything a person or a replay
// needs to check it. It is what the reader process answers.
type Result struct {
	Page          int               `json:"page"`       // 1-based page of the scan
	PageCount     int               `json:"page_count"` // pages in the scan
	Reading       Reading           `json:"reading"`
	StatementID   int64             `json:"statement_id,omitempty"`
	Verifications []Verification    `json:"verifications"`
	State         ReceiptState      `json:"state"` // Passed, InReview or Quarantined
	Reasons       []Reason          `json:"reasons,omitempty"`
	Software      string            `json:"software"` // version of heyin that judged
	Params        string            `json:"params"`   // version of the parameter sets that judged
	ElapsedMS     float64           `json:"elapsed_ms"`
	Evidence      map[string][]byte `json:"-"` // name → PNG; travels beside the JSON
	// Places says where the named crops of the evidence lie on its picture "page",
	// in pixels of that.
	Places map[string]Box `json:"places,omitempty"`
	// PagePxMM is the pixels a millimetre of the picture "page"; 0: not known.
	PagePxMM float64 `json:"page_px_mm,omitempty"`
	// Bank is our bank's name as the reader was told it, "" for not told; nil where the
	// record is of before it was kept.
	Bank *string `json:"bank,omitempty"`
}
