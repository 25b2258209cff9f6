package pipeline

import "heyin/models"

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
