package readerproc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"heyin/models"
)

// CardCutter cuts the seals out of the scan of a card (pipeline.CutCard): a
// Processor that can do that too. A Pool is one; its children must be.
type CardCutter interface {
	CutCard(ctx context.Context, data []byte, dpi float64, within models.Box) (models.Card, error)
}

var _ CardCutter = (*Pool)(nil)

// cardOrder says how a card is to be looked at; its scan is the only blob.
type cardOrder struct {
	DPI    float64    `json:"dpi"`
	Within models.Box `json:"within"`
}

// maxCardSeals is how many seals a card may have; an A4 sheet has room for 30.
const maxCardSeals = 64

// CutCard has an idle child cut the card, like Process.
func (p *Pool) CutCard(ctx context.Context, data []byte, dpi float64, within models.Box) (models.Card, error) {
	return borrow(ctx, p, func(c *child) (models.Card, error) {
		return converse(ctx, c, p.cfg, data, func(*watcher) (models.Card, error) { return c.cutCard(data, cardOrder{dpi, within}) })
	})
}

// cutCard is the conversation over one card, from the worker's side; errors as those
// of exchange.run.
func (c *child) cutCard(data []byte, order cardOrder) (models.Card, error) {
	if err := send(c.in, message{Kind: kindCard, Seq: c.seq, Order: &order, blobs: [][]byte{data}}); err != nil {
		return models.Card{}, err
	}
	m, err := receive(c.out)
	switch {
	case err != nil:
		return models.Card{}, err
	case m.Seq != c.seq:
		return models.Card{}, fmt.Errorf("%w: %s of page %d, want page %d", errGarbled, m.Kind, m.Seq, c.seq)
	case m.Kind == kindFault:
		if err := m.Fault.check(); err != nil {
			return models.Card{}, err
		}
		return models.Card{}, m.Fault.fault()
	case m.Kind != kindSeals || m.Card == nil || len(m.Card.Seals) != len(m.blobs) || len(m.blobs) > maxCardSeals || m.Card.Whole && len(m.blobs) != 1:
		return models.Card{}, fmt.Errorf("%w: %s with %d pictures for a card", errGarbled, m.Kind, len(m.blobs))
	}
	for i := range m.Card.Seals {
		s := &m.Card.Seals[i]
		s.Image = m.blobs[i]
		if !slices.Contains([]models.QualityGrade{models.QualityGood, models.QualityUsable, models.QualityRescan}, s.Quality.Grade) ||
			s.DPI != order.DPI || s.Box.W < 1 || s.Box.H < 1 || !bytes.HasPrefix(s.Image, []byte("\x89PNG\r\n\x1a\n")) {
			return models.Card{}, fmt.Errorf("%w: seal %d of a card, %s", errGarbled, i+1, s.Quality.Grade)
		}
	}
	return *m.Card, nil
}

// card cuts one card in the child and answers with its seals or a fault.
func (s session) card(ctx context.Context, p Processor, m message) error {
	cutter, ok := p.(CardCutter)
	if !ok || m.Order == nil {
		return fmt.Errorf("%w: a card for a reader that cuts none, or without an order", errGarbled)
	}
	card, err := cutter.CutCard(ctx, m.blobs[0], m.Order.DPI, m.Order.Within)
	if err == nil {
		answer := message{Kind: kindSeals, Seq: m.Seq, Card: &card}
		for _, seal := range card.Seals {
			answer.blobs = append(answer.blobs, seal.Image)
		}
		if err = send(s.out, answer); !errors.Is(err, errUnsendable) {
			return err
		}
		err = models.NewFault(models.Permanent, CodeUnencodable, "the seals of the card could not be written down", err)
	}
	return send(s.out, message{Kind: kindFault, Seq: m.Seq, Fault: toWire(err)})
}
