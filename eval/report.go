package eval

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// report writes the text. The first error sticks.
type report struct {
	w   io.Writer
	err error
}

func newReport(w io.Writer) *report { return &report{w: w} }

func (r *report) line(format string, args ...any) {
	if r.err == nil {
		_, r.err = fmt.Fprintf(r.w, format+"\n", args...)
	}
}

func (r *report) title(s string) {
	r.line("%s\n%s", s, strings.Repeat("=", len(s)))
	r.line("Rates with counts; 95 %% intervals: Clopper-Pearson for seals, Wilson for pages.")
}

func (r *report) section(s string) { r.line("\n%s\n%s", s, strings.Repeat("-", len(s))) }

// seals prints the verification tables.
func (r *report) seals(s SealScore) {
	r.line("\nSeals: %d pairs, %d without a result, %d malformed", s.Pairs, s.Missing, s.Malformed)
	r.line("  false acceptance, core kinds   %s", s.FAR.text(s.FAR.ClopperPearson))
	r.line("  false acceptance, all kinds    %s", s.FARAll.text(s.FARAll.ClopperPearson))
	for _, c := range []struct {
		name string
		*Curve
	}{{"core", s.Curve}, {"all", s.CurveAll}} {
		if c.Curve != nil {
			r.line("  scores, %-4s   AUC %.4f   EER %.2f %%   FRR at FAR ≤ %.1f %%: %.2f %%", c.name, c.AUC, 100*c.EER, 100*farTarget, 100*c.FRRAtFAR)
		}
	}
	r.sealTable("genuine", s.Genuine)
	r.sealTable("forged", s.Forged)
}

func (r *report) sealTable(label string, rows map[string]*SealRow) {
	r.line("\n  %-20s %5s   %-46s %9s %9s", label, "pairs", "match", "mismatch", "review")
	for _, g := range slices.Sorted(maps.Keys(rows)) {
		row := rows[g]
		r.line("  %-20s %5d   %-46s %7.2f %% %7.2f %%", g, row.Match.N, row.Match.text(row.Match.ClopperPearson),
			100*row.Mismatch.Share(), 100*row.Inconclusive.Share())
	}
}

// tableMeasures are the columns of the table by group.
var tableMeasures = []string{"statement_no", "account_no", "balance", "mark", "danger", "seal_recall", "seal_precision", "disposition"}

// pages prints the reading tables.
func (r *report) pages(s PageScore) {
	r.line("\nPages: %d, %d without a result", s.Pages, s.Missing)
	notes := map[string]string{
		"danger": "   differ or blank read as agree", "danger_pass": "   should go to review, passed",
		"balance_wrong": "   a wrong balance stated", "bank_as_client": "   lower is better",
	}
	for _, m := range pageMeasures {
		if rate := s.Rate("all", m); rate.N > 0 {
			r.line("  %-15s %s%s", m, rate.text(rate.Wilson), notes[m])
		}
	}
	var confusion []string
	for _, k := range slices.Sorted(maps.Keys(s.Confusion)) {
		confusion = append(confusion, fmt.Sprintf("%s %d", k, s.Confusion[k]))
	}
	r.line("  mark, truth>read: %s", strings.Join(confusion, "  "))
	head := fmt.Sprintf("\n  %-22s", "per cent (of)")
	for _, m := range tableMeasures {
		head += fmt.Sprintf("%16s", m)
	}
	r.line("%s", head)
	for _, g := range slices.Sorted(maps.Keys(s.Groups)) {
		row := fmt.Sprintf("  %-22s", g)
		for _, m := range tableMeasures {
			cell := "-"
			if rate := s.Rate(g, m); rate.N > 0 {
				cell = fmt.Sprintf("%.1f (%d)", 100*rate.Share(), rate.N)
			}
			row += fmt.Sprintf("%16s", cell)
		}
		r.line("%s", row)
	}
}

// maxWorst bounds the list of each kind: enough to start looking.
const maxWorst = 25

func (r *report) worst(s SealScore, p PageScore) {
	var seals []string
	for _, m := range s.Worst {
		seals = append(seals, m.String())
	}
	r.list("seals", seals)
	r.list("pages", p.Worst)
}

func (r *report) list(what string, lines []string) {
	r.line("\n  worst %s: %d", what, len(lines))
	for _, l := range lines[:min(len(lines), maxWorst)] {
		r.line("    %s", l)
	}
	if len(lines) > maxWorst {
		r.line("    … and %d more", len(lines)-maxWorst)
	}
}
