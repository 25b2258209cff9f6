package pipeline

import (
	"context"
	"fmt"
	"slices"
	"time"

	"heyin/imaging"
	"heyin/models"
)

// formerMatch is an imprint of a seal that is filed, but not in force. It lives
// apart from the verifications, so that no seal rule can count it.
type formerMatch struct {
	imprint  int
	specimen models.Specimen
}

// tryFormer compares the imprints that match no specimen in force with the
// customer's others. A card that cannot be used explains nothing and is passed over.
func (p *Pipeline) tryFormer(ctx context.Context, sheet *imaging.Sheet, imprints []models.Imprint, inForce []verified, former []models.Specimen) ([]formerMatch, error) {
	var found []formerMatch
	for i, im := range imprints {
		if im.Role == models.RoleBank || slices.ContainsFunc(inForce, func(v verified) bool { return v.Imprint == i && v.Verdict == models.Match }) {
			continue
		}
		for _, s := range former {
			ref, err := p.references.get(s)
			if models.ClassOf(err) == models.NeedsReview {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("former specimen %s: %w", s.Ref, err)
			}
			if !comparable(ref, im, sheet.DPI) {
				continue
			}
			v, err := verifyOne(ctx, sheet, ref, im)
			if err != nil {
				return nil, fmt.Errorf("imprint %d against former specimen %s: %w", i, s.Ref, err)
			}
			if v.Verdict == models.Match {
				found = append(found, formerMatch{i, s})
				break
			}
		}
	}
	return found, nil
}

// heedFormer adds to a judgement what the other seals of the customer explain. It
// can take a pass away and never gives one.
func heedFormer(state models.ReceiptState, reasons []models.Reason, imprints []models.Imprint, st *models.Statement,
	vs []models.Verification, former []formerMatch) (models.ReceiptState, []models.Reason) {
	object := func(code models.ReasonCode, imprint int, w words) {
		box := imprints[imprint].Box // a box of its own: it is turned to stored pixels apart from the reading
		reasons = append(reasons, models.Reason{Code: code, Detail: w.en, DetailZH: w.zh, Box: &box})
		state = models.InReview
	}
	objectToFormer(former, object)
	if state == models.InReview {
		objectToOthers(st, vs, object)
	}
	return state, reasons
}

// objectToFormer says which imprints are of a seal no longer, or not yet, in
// force: beside a missing seal that is the cause; on a page that satisfies the
// rule all the same it is an alarm.
func objectToFormer(former []formerMatch, object func(models.ReasonCode, int, words)) {
	for _, f := range former {
		ref := f.specimen.Ref
		if to := f.specimen.ValidTo; to.IsZero() {
			from := f.specimen.ValidFrom.Format(time.DateOnly)
			object(models.ReasonSealSuperseded, f.imprint, say("印文与尚未启用的印鉴 %s（%s 启用）一致", "matches specimen %s, in force only from %s", ref, from))
		} else {
			day := to.Format(time.DateOnly)
			object(models.ReasonSealSuperseded, f.imprint, say("印文与已停用的印鉴 %s（%s 停用）一致", "matches specimen %s, replaced on %s", ref, day))
		}
	}
}

// objectToOthers says, of a page in review anyway, which imprints are of the
// customer's seals in force that the rule does not name: the usual slip is the
// contract seal in place of the finance seal.
func objectToOthers(st *models.Statement, vs []models.Verification, object func(models.ReasonCode, int, words)) {
	asked := st.Rule.Refs()
	for _, v := range vs {
		if v.Verdict == models.Match && !slices.Contains(asked, v.SpecimenRef) {
			object(models.ReasonSealOther, v.Imprint, say("印文与印鉴 %s 一致，但印鉴组合未约定该印鉴", "matches specimen %s, which the seal rule does not name", v.SpecimenRef))
		}
	}
}
