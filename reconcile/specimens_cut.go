package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"heyin/models"
)

// SpecimenReport says how good a row's picture is and what it was made of.
type SpecimenReport struct {
	Line       int              `json:"line"` // of the file, from 1
	CustomerNo string           `json:"customer_no,omitempty"`
	Ref        string           `json:"ref"`
	Quality    models.Quality   `json:"quality"`
	Made       bool             `json:"made"`               // heyin cut it out of a card, or averaged it
	Averaged   []models.Verdict `json:"averaged,omitempty"` // on each imprint; only those that match were taken in
}

// cutKey names one look at a file.
type cutKey struct {
	sha    string
	dpi    float64
	within models.Box
}

// cut finds each row's seal. What is wrong with a picture is reported; an error is
// about something else, or ctx ended.
func (p *specimensPlan) cut(ctx context.Context, report *Report) error {
	cards, err := p.cutAll(ctx)
	if err != nil {
		return err
	}
	for i := range p.rows {
		s := &p.rows[i]
		if s.broken {
			continue
		}
		before := len(report.Errors)
		if err := p.take(ctx, s, cards, report); err != nil {
			return err
		}
		s.broken = len(report.Errors) > before
		if s.seal.Quality.Grade != "" {
			report.Specimens = append(report.Specimens, SpecimenReport{s.line, s.customer, s.ref, s.seal.Quality, s.made, s.fits})
		}
		if !s.broken {
			p.keep(s.seal.Image)
		}
	}
	return nil
}

// cutOutcome is what came of one look; fault is what is wrong with the file.
type cutOutcome struct {
	card  models.Card
	fault *models.Fault
}

// cutAll looks at every file once for each resolution and box it is named with.
func (p *specimensPlan) cutAll(ctx context.Context) (map[cutKey]cutOutcome, error) {
	cards := map[cutKey]cutOutcome{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, p.opts.Jobs))
	for _, s := range p.rows {
		for _, src := range s.sources {
			key := src.key(s.dpi)
			mu.Lock()
			_, begun := cards[key]
			cards[key] = cutOutcome{}
			mu.Unlock()
			if begun || s.broken {
				continue
			}
			group.Go(func() error {
				card, err := p.opts.Cut(ctx, p.images[key.sha], key.dpi, key.within)
				fault, ok := errors.AsType[*models.Fault](err)
				if err != nil && (!ok || fault.Class == models.Retryable) {
					return fmt.Errorf("cut seals: %w", err)
				}
				mu.Lock()
				defer mu.Unlock()
				cards[key] = cutOutcome{card, fault}
				return nil
			})
		}
	}
	return cards, group.Wait()
}

func (s Source) key(dpi float64) cutKey {
	k := cutKey{sha: s.SHA256, dpi: dpi}
	if s.Box != nil {
		k.within = *s.Box
	}
	return k
}

// take gives a row the seal it names.
func (p *specimensPlan) take(ctx context.Context, s *specimenRow, cards map[cutKey]cutOutcome, report *Report) error {
	var imprints []models.CardSeal
	for _, src := range s.sources {
		seal, made, err := pick(cards[src.key(s.dpi)], src)
		if err == nil && made {
			err = s.looksLike(seal)
		}
		if err != nil {
			report.wrong(s.line, "file", "%v", err)
			return nil
		}
		s.made = s.made || made
		imprints = append(imprints, seal)
	}
	s.seal = imprints[0]
	if len(imprints) > 1 {
		s.made = true
		seal, fits, err := p.opts.Average(ctx, imprints)
		if fault, ok := errors.AsType[*models.Fault](err); ok && fault.Class != models.Retryable {
			report.wrong(s.line, "file", "%s", fault.Reason)
			return nil
		}
		if err != nil {
			return fmt.Errorf("average imprints: %w", err)
		}
		s.seal, s.fits = seal, fits
	}
	switch {
	case s.seal.Quality.Grade == models.QualityRescan && s.note == "":
		report.wrong(s.line, "file", "not fit for a specimen: %s. Or say in the column accept_poor why it is wanted all the same", reasonsOf(s.seal.Quality))
	case s.made && p.maker == 0:
		report.wrong(s.line, "file", "this seal is cut out of a card, or averaged, here, and nobody has checked that: name who takes it in with --maker, and a second person approves it")
	}
	return nil
}

// pick chooses the seal a source names.
func pick(c cutOutcome, src Source) (seal models.CardSeal, made bool, err error) {
	n := len(c.card.Seals)
	switch {
	case c.fault != nil:
		return seal, false, errors.New(c.fault.Reason)
	case n == 0:
		return seal, false, errors.New("no seal is found on it; stamp and scan the card again, or give its box")
	case src.Place > n:
		return seal, false, fmt.Errorf("place %d of %d seals found", src.Place, n)
	case src.Place == 0 && n > 1:
		return seal, false, fmt.Errorf("it holds %d seals; say which in the column place, or box", n)
	}
	return c.card.Seals[max(src.Place-1, 0)], !c.card.Whole || src.Box != nil, nil
}

// looksLike refuses a seal whose outline is surely not that of the row: then the
// row names the wrong place. Round and oval, square and rect are easily taken for
// each other.
func (s *specimenRow) looksLike(seal models.CardSeal) error {
	angular := func(shape models.SealShape) bool { return shape == models.Square || shape == models.Rect }
	if seal.Shape != "" && angular(seal.Shape) != angular(models.SealShape(s.shape)) {
		return fmt.Errorf("the seal found there looks %s, the row says %s", seal.Shape, s.shape)
	}
	return nil
}

// reasonsOf are the findings in one line.
func reasonsOf(q models.Quality) string {
	reasons := make([]string, len(q.Findings))
	for i, f := range q.Findings {
		reasons[i] = f.Reason
	}
	return strings.Join(reasons, "; ")
}
