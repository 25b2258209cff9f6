package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"heyin/imaging"
	"heyin/models"
)

// decide weighs what was read and compared against the books. It collects every
// objection, not only the first; a page without any passes. It is pure: same
// input, same verdict (promise 6).
func decide(r models.Reading, seen Identified, st *models.Statement, vs []models.Verification) (models.ReceiptState, []models.Reason) {
	var reasons []models.Reason
	object := func(code models.ReasonCode, box *models.Box, w words) {
		if box != nil { // a box of its own: reading and reasons are turned to stored pixels one after the other
			own := *box
			box = &own
		}
		reasons = append(reasons, models.Reason{Code: code, Detail: w.en, DetailZH: w.zh, Box: box})
	}
	objectToQuality(r.Quality, object)
	objectToMark(r.Mark, object)
	objectToForm(r, st, object)
	objectToOddDigits(r.Accounts, object)
	objectToNumbers(r, seen, st, object)
	if st == nil {
		if len(seen.Candidates) == 0 {
			object(models.ReasonUnidentified, nil, say("条码和对账单编号均未读出", "no bar code and no statement number could be read"))
		} else {
			object(models.ReasonUnknownNumber, nil, say("读出编号 %s，账务中没有该对账单", "read %s, which is not in the books", seen.Candidates[0]))
		}
		return models.InReview, reasons
	}
	objectToIdentity(r, seen, st, object)
	objectToAccounts(r.Accounts, st.Lines, object)
	objectToSeals(r.Imprints, st, vs, object)
	objectToCopies(r.Imprints, vs, object)
	if len(reasons) > 0 {
		return models.InReview, reasons
	}
	return models.Passed, nil
}

type objector func(code models.ReasonCode, box *models.Box, w words)

// words are an objection's detail in both languages.
type words struct{ zh, en string }

func say(zh, en string, args ...any) words {
	return words{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}
}

func objectToQuality(q models.Quality, object objector) {
	if q.Grade == models.QualityGood {
		return
	}
	if len(q.Findings) == 0 {
		object(models.ReasonUnreadable, nil, say("影像质量等级为 %s", "scan graded %s", q.Grade))
	}
	for _, f := range q.Findings {
		object(models.ReasonUnreadable, f.Box, words{flawsZH[f.Code], fmt.Sprintf("%s: %s", f.Code, f.Reason)})
	}
}

// flawsZH says what is wrong with a scan.
var flawsZH = map[string]string{
	imaging.FindingLowResolution: "分辨率过低", imaging.FindingBlur: "影像模糊", imaging.FindingFaint: "字迹太淡", imaging.FindingDark: "影像过暗",
	imaging.FindingBlank: "空白页", imaging.FindingClipped: "页边被裁切", imaging.FindingSkew: "页面歪斜", imaging.FindingGray: "灰度扫描，印章颜色丢失",
	imaging.FindingShadow: "有阴影", imaging.FindingStain: "有污渍", imaging.FindingCorner: "折角或缺角", imaging.FindingOverlap: "与其他纸张重叠",
	imaging.FindingUnseen: "影像质量未能检查",
}

// answered tells how the customer answered, and in which words.
func answered(m models.MarkReading) words {
	zh := map[string]string{"tick": "勾选", "handwritten": "手写", "stamped": "盖章"}[m.Form]
	return words{strings.TrimSpace(zh + " " + m.Text), strings.TrimSpace(strings.TrimPrefix(m.Form, "none") + " " + m.Text)}
}

func objectToMark(m models.MarkReading, object objector) {
	switch m.Mark {
	case models.Agree:
	case models.Differ:
		object(models.ReasonMarkDiffer, &m.Box, answered(m))
	case models.Blank:
		object(models.ReasonMarkMissing, &m.Box, say("未填写", "nothing entered"))
	default:
		object(models.ReasonMarkUnclear, &m.Box, answered(m))
	}
}

// objectToNumbers: every code and the print must carry one number, that of the
// statement. Without a statement they are held against the first of them.
func objectToNumbers(r models.Reading, seen Identified, st *models.Statement, object objector) {
	var no string
	switch {
	case st != nil:
		no = st.No
	case len(seen.Candidates) > 0:
		no = seen.Candidates[0]
	default:
		return
	}
	for _, c := range seen.Codes {
		if n := statementNo(c.Text); n != "" && n != no {
			object(models.ReasonCodeConflict, &c.Box, say("%s 码为 %s，对账单编号为 %s", "%s code says %s, the statement is %s", c.Kind, n, no))
		}
	}
	p := r.StatementNo
	printed := ""
	switch {
	case p.Agreed:
		printed = p.Value
	case p.First == p.Second: // both read it so, against the codes
		printed = p.First
	}
	if printed != "" && printed != no {
		object(models.ReasonCodeConflict, &p.Box, say("印刷编号为 %s，对账单编号为 %s", "printed number %s, the statement is %s", printed, no))
	}
}

// objectToIdentity: the number that named the statement must stand on the page
// without contradiction, in an open period, for the first time.
func objectToIdentity(r models.Reading, seen Identified, st *models.Statement, object objector) {
	// Without a bar code the printed number stands alone, so both readers must
	// agree on it; a code carries its own checksum.
	named := r.StatementNo.Agreed && r.StatementNo.Value == st.No ||
		slices.ContainsFunc(seen.Codes, func(c models.Code) bool { return statementNo(c.Text) == st.No })
	if !named {
		object(models.ReasonUnidentified, &r.StatementNo.Box, say("对账单编号 %s 仅一次识读得出", "statement number %s was read by one reader only", st.No))
	}
	if !st.PeriodOpen {
		object(models.ReasonPeriodClosed, nil, say("对账单 %s 的账期已关闭", "the period of statement %s is closed", st.No))
	}
	if st.Answered {
		object(models.ReasonAnswered, nil, say("对账单 %s 已有有效回执", "statement %s has an effective receipt already", st.No))
	}
}

// objectToAccounts: every booked line must be printed on the page, read by two
// readers, and equal; and the page must print nothing else. Each printed line
// answers for one booked line: an account printed once more, with another
// balance, is an objection. One account may be booked in several currencies.
func objectToAccounts(printed []models.AccountReading, lines []models.StatementLine, object objector) {
	left := slices.Clone(printed)
	for _, line := range lines {
		i := slices.IndexFunc(left, func(a models.AccountReading) bool {
			return a.AccountNo.Value == line.AccountNo && a.Currency == line.Currency
		})
		if i < 0 {
			i = slices.IndexFunc(left, func(a models.AccountReading) bool { return a.AccountNo.Value == line.AccountNo })
		}
		if i < 0 {
			object(models.ReasonAccountDiffers, nil, say("页面上没有找到账户 %s", "account %s was not found on the page", line.AccountNo))
			continue
		}
		a := left[i]
		left = slices.Delete(left, i, i+1)
		if !a.AccountNo.Agreed {
			object(models.ReasonAccountDiffers, &a.AccountNo.Box, say("账号 %s 仅一次识读得出", "account %s was read by one reader only", line.AccountNo))
		}
		if a.Currency != line.Currency {
			object(models.ReasonAccountDiffers, &a.AccountNo.Box, say("账户 %s：币种读为“%s”，账面为 %s", "account %s: currency read %q, booked %s", line.AccountNo, a.Currency, line.Currency))
		}
		objectToBalance(line, a.Balance, object)
	}
	for _, a := range left {
		object(models.ReasonAccountDiffers, &a.AccountNo.Box, say("页面上的账户 %s 不在对账单内", "the page shows account %s beyond the lines of the statement", a.AccountNo.Value))
	}
}

func objectToBalance(line models.StatementLine, b models.Voted, object objector) {
	value, err := models.ParseAmount(b.Value)
	switch {
	case err != nil || !b.Agreed:
		object(models.ReasonBalanceUnread, &b.Box, say("账户 %s：两次识读为“%s”和“%s”，账面为 %s", "account %s: readers gave %q and %q, booked %s", line.AccountNo, b.First, b.Second, line.Balance.Printed()))
	case !value.Equal(line.Balance):
		object(models.ReasonBalanceDiffers, &b.Box, say("账户 %s：印刷金额 %s，账面 %s", "account %s: printed %s, booked %s", line.AccountNo, value.Printed(), line.Balance.Printed()))
	}
}

// objectToSeals: the rule must be satisfied by match verdicts alone.
func objectToSeals(imprints []models.Imprint, st *models.Statement, vs []models.Verification, object objector) {
	kinds := map[string]models.SealKind{}
	for _, s := range st.Specimens {
		kinds[s.Ref] = s.Kind
	}
	if err := st.Rule.Validate(kinds); err != nil {
		object(models.ReasonNoSpecimen, nil, words{"印鉴组合所列印鉴不全或无效", err.Error()})
		return
	}
	for _, ref := range lacking(st.Rule, vs) {
		i, seal := slices.IndexFunc(vs, func(v models.Verification) bool { return v.SpecimenRef == ref }), sealNamed(kinds[ref], ref)
		if i < 0 {
			object(models.ReasonSealMissing, nil, words{"页面上没有可与" + seal.zh + "比对的印文", "no imprint on the page can be the " + seal.en})
			continue
		}
		v := vs[i]
		code := models.ReasonSealUnsure
		if v.Verdict == models.Mismatch {
			code = models.ReasonSealMismatch
		}
		object(code, &imprints[v.Imprint].Box, words{seal.zh + "：" + v.ReasonZH, seal.en + ": " + v.ReasonEN})
	}
}

// sealNamed says which seal: by its use, as people call it, and by its name on file.
func sealNamed(kind models.SealKind, ref string) words {
	use, ok := sealUses[kind]
	if !ok {
		use = words{"印鉴", "seal"}
	}
	return words{use.zh + "（" + ref + "）", use.en + " (" + ref + ")"}
}

var sealUses = map[models.SealKind]words{
	models.SealCompany: {"公章", "company seal"}, models.SealFinance: {"财务专用章", "finance seal"}, models.SealPersonal: {"个人名章", "personal seal"},
}

// lacking lists the specimens the rule still needs. Of alternatives it follows
// the one nearest to being satisfied: a customer who may stamp either of two
// seals is not asked for the other.
func lacking(rule models.SealRule, vs []models.Verification) []string {
	switch {
	case rule.Seal != "":
		if slices.ContainsFunc(vs, func(v models.Verification) bool { return v.SpecimenRef == rule.Seal && v.Verdict == models.Match }) {
			return nil
		}
		return []string{rule.Seal}
	case len(rule.All) > 0:
		var need []string
		for _, r := range rule.All {
			need = append(need, lacking(r, vs)...)
		}
		return need
	}
	// A seal that is not there weighs more than one that is there and unsure.
	weight := func(refs []string) (w int) {
		for _, ref := range refs {
			w++
			if !slices.ContainsFunc(vs, func(v models.Verification) bool { return v.SpecimenRef == ref }) {
				w++
			}
		}
		return w
	}
	best := lacking(rule.Any[0], vs)
	for _, r := range rule.Any[1:] {
		if need := lacking(r, vs); weight(need) < weight(best) {
			best = need
		}
	}
	return best
}
