package models

import (
	"regexp"
	"slices"
	"time"
	"unicode/utf8"
)

// RuleSet (规则集) says when a person's decision needs a second person, which passes
// of the machine a person sees, and what else of judging a bank may choose. It is dated, proposed by one person and
// approved by another; every decision names the one that judged it.
type RuleSet struct {
	ValidFrom  time.Time `json:"valid_from"`            // first day in force, in BankTime
	AllValid   bool      `json:"all_valid"`             // every manual pass needs a second person
	AmountOver *Amount   `json:"amount_over,omitempty"` // so does valid or invalid above this sum in CNY, or in any other currency
	Classes    []string  `json:"classes"`               // … of these account classes
	Sample     int       `json:"sample"`                // … drawn at random: so many of a million
	Blind      bool      `json:"blind"`                 // the second person sees neither the first answer nor that there is one
	UndoS      int       `json:"undo_s"`                // seconds in which a decision may be taken back
	Hidden     int       `json:"hidden"`                // of a million claims, so many are of a receipt with a known answer
	// Machine passes that go to a person all the same: so many of a million drawn, and
	// those whose weakest match scores less than so many millionths.
	PassedSample int    `json:"passed_sample"`
	LeastScore   int    `json:"least_score"`
	Note         string `json:"note"` // what is changed, and why
}

// Limits of a rule set; the table has the same.
const (
	PPM        = 1_000_000 // parts of a draw
	MaxHidden  = PPM / 10  // more would slow the queue
	MaxUndoS   = 60        // seconds (issue: undo within a minute)
	maxNote    = 1000      // characters
	maxClasses = 32
)

// Validate answers rules_invalid with what is wrong.
func (r RuleSet) Validate() error {
	bad := func(reason string) error { return NewFault(Permanent, "rules_invalid", reason, nil) }
	switch {
	case r.ValidFrom.Year() < 2000 || r.ValidFrom.Year() > 9999:
		return bad("valid_from: want a date like 2026-12-01")
	case r.AmountOver != nil && (r.AmountOver.IsNegative() || !r.AmountOver.Fits()):
		return bad("amount_over: want 0 or more")
	case r.Sample < 0 || r.Sample > PPM:
		return bad("sample: want 0 to 1000000 of a million")
	case r.Hidden < 0 || r.Hidden > MaxHidden:
		return bad("hidden: want 0 to 100000 of a million")
	case r.PassedSample < 0 || r.PassedSample > PPM || r.LeastScore < 0 || r.LeastScore > PPM:
		return bad("passed_sample, least_score: want 0 to 1000000 of a million")
	case r.UndoS < 0 || r.UndoS > MaxUndoS:
		return bad("undo_s: want 0 to 60 seconds")
	case len(r.Classes) > maxClasses || slices.ContainsFunc(r.Classes, func(c string) bool { return !AccountClass(c) || c == "" }):
		return bad("classes: want at most 32 codes of up to 16 characters without spaces")
	case r.Note == "" || utf8.RuneCountInString(r.Note) > maxNote:
		return bad("note: say in 1 to 1000 characters what is changed and why")
	}
	return nil
}

var accountClass = regexp.MustCompile(`^\S{0,16}$`)

// AccountClass reports whether s can be an account class (账户分类): a code of the
// bank's own, as "key" and "special" mean opposite things in two rule books. Empty
// is none.
func AccountClass(s string) bool { return accountClass.MatchString(s) }
