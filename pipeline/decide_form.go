package pipeline

import (
	"fmt"

	"heyin/models"
)

// objectToForm: the page must be a receipt of ours, the copy that the bank gets,
// of the statement's own period. st may be nil: most strays are of no statement.
func objectToForm(r models.Reading, st *models.Statement, object objector) {
	f := r.Form
	if w := f.FirstCopy; w.Text != "" {
		object(models.ReasonFirstCopy, &w.Box, say("印有“%s”，是客户留存的一联，应扫描回执联", "it says %q: the copy the customer keeps; scan the one for the bank", w.Text))
	}
	if w := f.OtherBank; w.Text != "" {
		object(models.ReasonOtherBank, &w.Box, say("印有他行名称“%s”", "the form names another bank, %q", w.Text))
	}
	if f.Unknown && r.Quality.Grade != models.QualityRescan { // of a spoilt scan nobody can say what it shows
		object(models.ReasonUnknownForm, nil, say("页面上没有对账单的编号、账户和核对结果栏", "no statement number, account or place for the answer stands on the page"))
	}
	if w := f.CutOff; st != nil && w.Text != "" && !st.CutOff.IsZero() && w.Text != st.CutOff.Format("2006-01-02") {
		object(models.ReasonWrongPeriod, &w.Box, say("印刷截止日期为 %s，对账单 %s 的账期为 %s", "printed cut-off date %s, the period of statement %s is %s",
			w.Text, st.No, st.CutOff.Format("2006-01-02")))
	}
}

// oddities says in what a digit stands out.
var oddities = map[models.Oddity]words{
	models.OddShape: {"字体", "typeface"}, models.OddStroke: {"笔画粗细", "weight of stroke"}, models.OddSize: {"字高", "size"},
	models.OddLine: {"基线", "line"}, models.OddInk: {"墨色", "ink"}, models.OddPaper: {"底纸", "paper around it"},
}

// objectToOddDigits: all balances of a page were printed at one time.
func objectToOddDigits(printed []models.AccountReading, object objector) {
	for _, a := range printed {
		for _, o := range a.OddDigits {
			w := oddities[o.Oddity]
			says := words{
				fmt.Sprintf("余额 %s 中的“%s”与其他数字的%s不一致，疑似改动", a.Balance.Value, o.Digit, w.zh),
				fmt.Sprintf("in the balance %s the %s differs from the other digits in its %s: it may have been altered", a.Balance.Value, o.Digit, w.en),
			}
			if o.Digit == a.Balance.Value {
				says = words{
					fmt.Sprintf("余额 %s 整体的%s与页面其他部分不一致，疑似改动", a.Balance.Value, w.zh),
					fmt.Sprintf("the whole balance %s differs from the rest of the page in its %s: it may have been altered", a.Balance.Value, w.en),
				}
			}
			object(models.ReasonAlteredPrint, &o.Box, says)
		}
	}
}
