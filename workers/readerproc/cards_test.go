package readerproc

import (
	"testing"
	"time"

	"heyin/models"
)

func TestPoolCutsCards(t *testing.T) {
	p := openPool(t, testConfig())
	card, err := p.CutCard(t.Context(), []byte("card"), 300, models.Box{W: 41})
	if err != nil || len(card.Seals) != 1 || card.Seals[0].Box.W != 42 || card.Seals[0].DPI != 300 || len(card.Seals[0].Image) == 0 {
		t.Fatalf("%+v, %v", card, err)
	}
	if card, err := p.CutCard(t.Context(), []byte("none"), 300, models.Box{}); err != nil || len(card.Seals) != 0 {
		t.Errorf("a card without seals: %+v, %v", card, err)
	}
	_, err = p.CutCard(t.Context(), []byte("fault permanent"), 300, models.Box{})
	wantFault(t, err, models.Permanent, "scripted")
	_, err = p.CutCard(t.Context(), nil, 300, models.Box{})
	wantFault(t, err, models.Permanent, CodeSize)
	if got := say(t, p, "say pages too"); got != "pages too" {
		t.Errorf("a page after cards: %q", got)
	}
}

// A child in the hands of whoever made the card says what it likes; what can be
// checked is.
func TestPoolTrustsNoCard(t *testing.T) {
	cfg := testConfig()
	cfg.WallPerPage = 2 * time.Second
	p := openPool(t, cfg)
	for order, code := range map[string]string{"svg": CodeGarbled, "grade": CodeGarbled, "dpi": CodeGarbled, "whole": CodeGarbled, "exit": CodeDied, "sleep": CodeTimeout} {
		_, err := p.CutCard(t.Context(), []byte(order), 300, models.Box{})
		wantFault(t, err, models.Retryable, code)
	}
	if card, err := p.CutCard(t.Context(), []byte("card"), 300, models.Box{}); err != nil || len(card.Seals) != 1 {
		t.Errorf("afterwards: %+v, %v", card, err)
	}
}
