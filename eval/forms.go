package eval

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"heyin/eval/sim"
)

// FormScores is how receipts on forms of other printers are read, and answers that
// were taken back.
type FormScores struct{ Forms, Struck PageScore }

// MeasureForms makes cfg.Forms receipts on forms of other printers, and cfg.Struck
// ones with each strike through the answer, and reads them. With cfg.WorkDir the
// pages stay there.
func MeasureForms(ctx context.Context, cfg Config) (s FormScores, err error) {
	studio, err := sim.NewStudio(cfg.FontDir)
	if err != nil {
		return s, err
	}
	if cfg.Forms > 0 {
		if s.Forms, err = cfg.scorePages(ctx, "forms", cfg.Forms, studio.FormPages); err != nil {
			return s, fmt.Errorf("eval: forms: %w", err)
		}
	}
	if cfg.Struck > 0 {
		if s.Struck, err = cfg.scorePages(ctx, "struck", cfg.Struck, studio.StruckPages); err != nil {
			return s, fmt.Errorf("eval: struck answers: %w", err)
		}
	}
	return s, nil
}

// forms prints both tables.
func (r *report) forms(s FormScores) {
	if s.Forms.Pages > 0 {
		r.section("forms of other printers")
		r.pages(s.Forms)
		r.list("forms", s.Forms.Worst)
	}
	if s.Struck.Pages == 0 {
		return
	}
	r.line("\nAgreements struck out    read as agree: lower is better             passed")
	const prefix = "mark_form struck: "
	var rows []string
	for g := range s.Struck.Groups {
		if strings.HasPrefix(g, prefix) {
			rows = append(rows, g)
		}
	}
	slices.Sort(rows)
	for _, g := range append(rows, "all") {
		danger := s.Struck.Rate(g, "danger")
		r.line("  %-20s %-42s %7d", strings.TrimPrefix(g, prefix), danger.text(danger.Wilson), s.Struck.Rate(g, "danger_pass").K)
	}
	r.list("struck answers", s.Struck.Worst)
}

// WriteForms prints the tables of MeasureForms alone.
func WriteForms(w io.Writer, s FormScores) error {
	r := newReport(w)
	r.forms(s)
	return r.err
}
