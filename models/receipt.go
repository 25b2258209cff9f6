package models

import (
	"slices"
	"time"
)

// ReceiptState is where a receipt stands. Every accepted receipt is in exactly
// one of them; the accounting equation (architecture: promise 2) adds them up.
type ReceiptState string

// States of a receipt.
const (
	InProgress  ReceiptState = "in_progress" // accepted; a job will read it
	Passed      ReceiptState = "passed"      // the machine found nothing to object to
	InReview    ReceiptState = "in_review"   // a person must decide
	Decided     ReceiptState = "decided"     // a person has decided
	Quarantined ReceiptState = "quarantined" // the bytes are no readable image; the station must scan again
)

// transitions lists the legal moves; everything else is a bug or an attack.
// A passed receipt may be called back to review (sampling, reused-imprint alarm).
var transitions = map[ReceiptState][]ReceiptState{
	InProgress:  {Passed, InReview, Quarantined},
	Passed:      {InReview},
	InReview:    {Decided},
	Decided:     {InReview}, // refer up, undo
	Quarantined: {InProgress},
}

// CanMove reports whether a receipt in state s may go to next.
func (s ReceiptState) CanMove(next ReceiptState) bool {
	return slices.Contains(transitions[s], next)
}

// ReceiptStates lists all states in the order a person meets them.
func ReceiptStates() []ReceiptState {
	return []ReceiptState{InProgress, Passed, InReview, Decided, Quarantined}
}

// Decision is what a person says of a receipt in review.
type Decision string

// Decisions (人工结论).
const (
	Valid   Decision = "valid"    // 有效
	Invalid Decision = "invalid"  // 无效: goes to the second round
	Rescan  Decision = "rescan"   // 重扫
	ReferUp Decision = "refer_up" // 上报主管: stays in review for a supervisor
)

// Known reports whether d is one of the four decisions.
func (d Decision) Known() bool {
	return d == Valid || d == Invalid || d == Rescan || d == ReferUp
}

// ReasonCode says why a receipt did not pass. Codes are stable; the desk
// translates them.
type ReasonCode string

// Reasons for review. The first group carries the names used by the benchmark.
const (
	ReasonMarkDiffer     ReasonCode = "mark_differ"     // 客户填写不符
	ReasonMarkMissing    ReasonCode = "mark_missing"    // 未填写核对结果
	ReasonMarkUnclear    ReasonCode = "mark_unclear"    // 核对结果不清
	ReasonSealMismatch   ReasonCode = "seal_mismatch"   // 印章与预留印鉴不符
	ReasonSealMissing    ReasonCode = "seal_missing"    // 缺少应盖印章
	ReasonSealUnsure     ReasonCode = "seal_unsure"     // 印章无法自动判定
	ReasonImprintReused  ReasonCode = "imprint_reused"  // 印文系复制
	ReasonSealSuperseded ReasonCode = "seal_superseded" // 印文与已停用（或尚未启用）的印鉴一致
	ReasonSealOther      ReasonCode = "seal_other"      // 印文与客户其他印鉴一致，但不在印鉴组合内
	ReasonNoSpecimen     ReasonCode = "no_specimen"     // 无预留印鉴
	ReasonBalanceDiffers ReasonCode = "balance_differs" // 回执金额与账面不一致
	ReasonBalanceUnread  ReasonCode = "balance_unread"  // 金额未能可靠识读
	ReasonAccountDiffers ReasonCode = "account_differs" // 账号或币种与对账单不一致
	ReasonUnreadable     ReasonCode = "unreadable"      // 影像质量不合格
	ReasonUnidentified   ReasonCode = "unidentified"    // 无法确定对账单
	ReasonUnknownNumber  ReasonCode = "unknown_number"  // 对账单编号不在册
	ReasonCodeConflict   ReasonCode = "code_conflict"   // 条码与印刷编号不一致
	ReasonFirstCopy      ReasonCode = "first_copy"      // 误扫客户留存联
	ReasonWrongPeriod    ReasonCode = "wrong_period"    // 印刷日期不属该对账单账期
	ReasonOtherBank      ReasonCode = "other_bank"      // 他行单据
	ReasonUnknownForm    ReasonCode = "unknown_form"    // 不是对账回执
	ReasonAlteredPrint   ReasonCode = "altered_print"   // 印刷内容疑似被改动
	ReasonPeriodClosed   ReasonCode = "period_closed"   // 账期已关闭
	ReasonAnswered       ReasonCode = "already_answered"
	ReasonReaderFailed   ReasonCode = "reader_failed" // 识读程序异常
	ReasonSampled        ReasonCode = "sampled"       // 抽查
	ReasonScoreLow       ReasonCode = "score_low"     // 验印评分低于规则下限
)

// Reason is one objection, with the detail a reviewer needs to act on it.
type Reason struct {
	Code     ReasonCode `json:"code"`
	Detail   string     `json:"detail,omitempty"`    // e.g. which account, printed and booked value
	DetailZH string     `json:"detail_zh,omitempty"` // the same in Chinese; empty for what only the log explains
	Box      *Box       `json:"box,omitempty"`       // where on the page, if anywhere
}

// Statement is what the bank's books say of one 余额对账单.
type Statement struct {
	ID         int64           `json:"id,omitempty"`
	No         string          `json:"statement_no"`
	Customer   string          `json:"customer"`
	CutOff     time.Time       `json:"cut_off,omitzero"`
	PeriodOpen bool            `json:"period_open"`
	Answered   bool            `json:"answered"` // another receipt has passed or been found valid
	Lines      []StatementLine `json:"lines"`
	Rule       SealRule        `json:"seal_rule"`
	Specimens  []Specimen      `json:"specimens"` // in force on the stamping date, the bank's own seals included
	// Former are the customer's specimens that are no longer or not yet in force,
	// the latest first. They explain a failure and never make a pass.
	Former []Specimen `json:"former,omitempty"`
}

// StatementLine is one account of a statement.
type StatementLine struct {
	AccountNo string `json:"account_no"` // digits, no spaces
	Currency  string `json:"currency"`   // ISO 4217
	Balance   Amount `json:"balance"`
}

// Specimen is one 预留印鉴 as the reader gets it.
type Specimen struct {
	Ref   string    `json:"ref"` // how the seal rule names it
	ID    int64     `json:"id,omitempty"`
	Kind  SealKind  `json:"kind"`
	Shape SealShape `json:"shape"`
	Role  SealRole  `json:"role"`
	DPI   float64   `json:"dpi"`
	Image []byte    `json:"image"` // encoded PNG, JPEG or TIFF

	ValidFrom time.Time `json:"valid_from,omitzero"` // first day in force; of Former
	ValidTo   time.Time `json:"valid_to,omitzero"`   // first day out, when there is one; of Former
}
