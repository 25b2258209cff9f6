package models

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// SealKind is the use of a seal.
type SealKind string

// Seal kinds.
const (
	SealCompany  SealKind = "company"  // 公章
	SealFinance  SealKind = "finance"  // 财务专用章
	SealPersonal SealKind = "personal" // 个人名章, 法人章
	SealBank     SealKind = "bank"     // the bank's own reconciliation seal
	SealOther    SealKind = "other"
)

// SealShape is the outline of a seal.
type SealShape string

// Seal shapes.
const (
	Round  SealShape = "round"
	Oval   SealShape = "oval"
	Square SealShape = "square"
	Rect   SealShape = "rect"
)

// SealRole tells whose seal it is.
type SealRole string

// Roles of a seal on a receipt.
const (
	RoleClient SealRole = "client"
	RoleBank   SealRole = "bank"
)

// Verdict is the machine's word on one imprint against one specimen.
type Verdict string

// Verdicts (系统结论).
const (
	Match        Verdict = "match"
	Mismatch     Verdict = "mismatch"
	Inconclusive Verdict = "inconclusive"
)

// Imprint is a stamp found on a page.
type Imprint struct {
	Box   Box       `json:"box"` // on the stored page
	Shape SealShape `json:"shape"`
	Role  SealRole  `json:"role"`
	Ink   string    `json:"ink"` // red, blue, black, purple, gray
}

// Verification is the comparison of one imprint with one specimen. Scores are
// 0..1, higher = more alike; lengths are millimetres on paper.
type Verification struct {
	SpecimenRef string             `json:"specimen_ref"`
	Imprint     int                `json:"imprint"` // index into Reading.Imprints
	Verdict     Verdict            `json:"verdict"`
	Score       float64            `json:"score"`
	RotationDeg float64            `json:"rotation_deg"` // imprint against specimen, clockwise
	Scale       float64            `json:"scale"`
	ShiftMM     [2]float64         `json:"shift_mm"`
	SubScores   map[string]float64 `json:"sub_scores"`
	ReasonZH    string             `json:"reason_zh"`
	ReasonEN    string             `json:"reason_en"`
	Doubt       Doubt              `json:"doubt,omitempty"` // what a person should look at first
	Params      string             `json:"params"`          // version of the parameter set that judged
	Crease      *Crease            `json:"crease,omitempty"`
	Print       Print              `json:"print,omitempty"`
	Evidence    map[string]string  `json:"evidence,omitempty"` // name → key of the stored image
	PxMM        float64            `json:"px_mm,omitempty"`    // pixels a millimetre of those images
}

// Doubt names what a verification wants a person to look at; "" is nothing in particular.
type Doubt string

// DoubtCode says that the code's digits are not legible or differ.
const DoubtCode Doubt = "code"

// Crease is the line along which a fold comparison breaks most.
type Crease struct {
	AngleDeg float64 `json:"angle_deg"`
	OffsetMM float64 `json:"offset_mm"` // from the specimen's centre
}

// FoldUse is how a person looked at an imprint beside its specimen (折角比对) when
// he judged. Moves are of the imprint, rigid, on top of the verifier's alignment; of
// a pair laid by hand they are all there is: middle on middle, then moved.
type FoldUse struct {
	SpecimenRef string     `json:"specimen_ref"`
	SpecimenID  int64      `json:"specimen_id,omitempty"` // laid by hand against this picture on file, in force or not; 0: as the verifier aligned
	Imprint     int        `json:"imprint"`               // index into Reading.Imprints; -1: Box
	Box         *Box       `json:"box,omitempty"`         // drawn by hand around an imprint nobody found, in pixels of the picture "page"
	View        string     `json:"view"`                  // one of FoldViews
	Crease      Crease     `json:"crease"`
	Swapped     bool       `json:"swapped"`  // the imprint lies before the crease, the specimen beyond
	Channel     string     `json:"channel"`  // one of FoldChannels
	ShiftMM     [2]float64 `json:"shift_mm"` // right, down
	TurnDeg     float64    `json:"turn_deg"` // clockwise
}

// FoldViews are the ways in which the fold table can show a pair.
func FoldViews() []string { return []string{"fold", "overlay", "blink", "opacity", "side", "heat"} }

// FoldChannels are what it can show of each picture.
func FoldChannels() []string { return []string{"scan", "ink", "black", "paper"} }

// Bounds of a fold: a crease crosses the seal, and what a hand corrects is small.
const (
	maxFoldOffsetMM = 90.0 // the largest picture of a seal
	maxFoldShiftMM  = 5.0
	maxFoldTurnDeg  = 10.0
	maxHandShiftMM  = maxFoldOffsetMM // laid by hand: anywhere on the picture
	maxHandTurnDeg  = 180.0
)

// Validate refuses what the fold table cannot have shown.
func (f FoldUse) Validate() error {
	within := func(v, most float64) bool { return math.Abs(v) <= most } // false for NaN
	shift, turn := maxFoldShiftMM, maxFoldTurnDeg
	if f.SpecimenID > 0 {
		shift, turn = maxHandShiftMM, maxHandTurnDeg
	}
	boxed := f.Box != nil && f.SpecimenID > 0 && f.Imprint == -1 && min(f.Box.X, f.Box.Y) >= 0 && min(f.Box.W, f.Box.H) > 0
	switch {
	case f.SpecimenRef == "" || len(f.SpecimenRef) > 64 || f.SpecimenID < 0 || !boxed && (f.Box != nil || f.Imprint < 0):
		return errors.New("fold: want the specimen and the imprint it showed")
	case !slices.Contains(FoldViews(), f.View):
		return fmt.Errorf("fold: view %q is not known", f.View)
	case !slices.Contains(FoldChannels(), f.Channel):
		return fmt.Errorf("fold: channel %q is not known", f.Channel)
	case !(f.Crease.AngleDeg >= 0 && f.Crease.AngleDeg <= 180) || !within(f.Crease.OffsetMM, maxFoldOffsetMM):
		return errors.New("fold: the crease does not cross the seal")
	case !within(f.ShiftMM[0], shift) || !within(f.ShiftMM[1], shift) || !within(f.TurnDeg, turn):
		return errors.New("fold: the imprint was moved too far")
	}
	return nil
}

// SealRule (印鉴组合) says which specimens must match: exactly one of Seal, All and
// Any is set. The JSON form is {"seal":"a"}, {"all":[…]} or {"any":[…]}.
type SealRule struct {
	Seal string     `json:"seal,omitempty"`
	All  []SealRule `json:"all,omitempty"`
	Any  []SealRule `json:"any,omitempty"`
	// CapitalVerification marks the rule of a company in formation (验资账户), which
	// has no seal of its own yet: its founder's personal seal alone may answer. Only
	// at the top; the rule ends when the company's seal is filed.
	CapitalVerification bool `json:"capital_verification,omitempty"`
}

// Refs lists the specimens the rule names, in order, once each.
func (r SealRule) Refs() []string {
	var refs []string
	seen := map[string]bool{}
	r.walk(func(ref string) {
		if !seen[ref] {
			seen[ref] = true
			refs = append(refs, ref)
		}
	})
	return refs
}

func (r SealRule) walk(visit func(string)) {
	if r.Seal != "" {
		visit(r.Seal)
	}
	for _, s := range r.All {
		s.walk(visit)
	}
	for _, s := range r.Any {
		s.walk(visit)
	}
}

// Satisfied evaluates the rule; the empty rule is never satisfied (fail closed).
func (r SealRule) Satisfied(matched func(ref string) bool) bool {
	switch {
	case r.Seal != "":
		return matched(r.Seal)
	case len(r.All) > 0:
		for _, s := range r.All {
			if !s.Satisfied(matched) {
				return false
			}
		}
		return true
	default:
		for _, s := range r.Any {
			if s.Satisfied(matched) {
				return true
			}
		}
		return false
	}
}

// ErrPersonalOnly is returned for a rule that a personal seal alone would satisfy.
var ErrPersonalOnly = errors.New("a personal seal alone is never valid: require a company or finance seal beside it")

// Validate checks the form of the rule, that each name is known, and that no
// personal seal alone satisfies it, 验资 apart. kinds maps specimen refs to their kind.
func (r SealRule) Validate(kinds map[string]SealKind) error {
	if err := r.wellFormed(); err != nil {
		return err
	}
	for _, ref := range r.Refs() {
		if _, ok := kinds[ref]; !ok {
			return fmt.Errorf("seal rule names specimen %q, which is not on file", ref)
		}
	}
	if !r.CapitalVerification && r.Satisfied(func(ref string) bool { return kinds[ref] == SealPersonal }) {
		return ErrPersonalOnly
	}
	return nil
}

func (r SealRule) wellFormed() error {
	set := 0
	for _, on := range []bool{r.Seal != "", len(r.All) > 0, len(r.Any) > 0} {
		if on {
			set++
		}
	}
	if set != 1 {
		return errors.New(`seal rule: exactly one of "seal", "all", "any" must be given`)
	}
	for _, s := range append(append([]SealRule{}, r.All...), r.Any...) {
		if s.CapitalVerification {
			return errors.New(`seal rule: "capital_verification" stands at the top only`)
		}
		if err := s.wellFormed(); err != nil {
			return err
		}
	}
	return nil
}
