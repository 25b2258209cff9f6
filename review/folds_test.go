package review

import (
	"math"
	"strings"
	"testing"

	"heyin/archive"
	"heyin/models"
)

func aFold() models.FoldUse {
	return models.FoldUse{SpecimenRef: "finance", View: "fold", Channel: "scan", Crease: models.Crease{AngleDeg: 45, OffsetMM: -3.5}, Swapped: true, ShiftMM: [2]float64{0.05, 0}, TurnDeg: 0.1}
}

// The fold a person used lies in the dossier beside his decision, and cannot be changed.
func TestFoldIsKeptWithTheDecision(t *testing.T) {
	s := newScene(t)
	id := s.receipt(t)
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: item.Version, Decision: models.ReferUp, ReasonCode: "unsure", Folds: []models.FoldUse{aFold()}}))
	item = must[*Item](t)(s.queue.Claim(t.Context(), s.chief, id))
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.chief, id, Judgement{Version: item.Version, Decision: models.Valid}))
	d := must[*archive.Dossier](t)(archive.New(world.Store).View(t.Context(), s.chief, id))
	if len(d.Decisions) != 2 || len(d.Decisions[0].Folds) != 1 || d.Decisions[0].Folds[0] != aFold() || len(d.Decisions[1].Folds) != 0 {
		t.Errorf("decisions %+v; want the fold of the first person only", d.Decisions)
	}
	for _, change := range []string{`UPDATE folds SET folds = '[1]'`, `DELETE FROM folds`} {
		if _, err := world.Store.DB.Exec(t.Context(), change); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", change, err)
		}
	}
}

func TestFoldsThatCannotHaveBeenShown(t *testing.T) {
	s := newScene(t)
	id := s.receipt(t)
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
	for name, spoil := range map[string]func(*models.FoldUse){
		"no specimen":         func(f *models.FoldUse) { f.SpecimenRef = "" },
		"unknown view":        func(f *models.FoldUse) { f.View = "elastic" },
		"unknown channel":     func(f *models.FoldUse) { f.Channel = "red" },
		"negative angle":      func(f *models.FoldUse) { f.Crease.AngleDeg = -1 },
		"no number":           func(f *models.FoldUse) { f.Crease.OffsetMM = math.NaN() },
		"beyond the seal":     func(f *models.FoldUse) { f.Crease.OffsetMM = 91 },
		"moved too far":       func(f *models.FoldUse) { f.ShiftMM[1] = -5.1 },
		"turned too far":      func(f *models.FoldUse) { f.TurnDeg = 10.1 },
		"negative imprint":    func(f *models.FoldUse) { f.Imprint = -1 },
		"box of the verifier": func(f *models.FoldUse) { f.Box = &models.Box{W: 9, H: 9} },
		"empty box":           func(f *models.FoldUse) { f.SpecimenID, f.Imprint, f.Box = 1, -1, &models.Box{W: 9} },
		"turned about":        func(f *models.FoldUse) { f.SpecimenID, f.TurnDeg = 1, 181 },
		"another's specimen":  func(f *models.FoldUse) { f.SpecimenID, f.TurnDeg = 1<<40, 180 },
	} {
		f := aFold()
		spoil(&f)
		_, err := s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: item.Version, Decision: models.Valid, Folds: []models.FoldUse{aFold(), f}})
		t.Log(name)
		wantFault(t, err, "fold_bad")
	}
	_, err := s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: item.Version, Decision: models.Valid, Folds: make([]models.FoldUse, maxFolds+1)})
	wantFault(t, err, "fold_bad")
}

// What is claimed ahead is what the next claim gives; nobody else gets it.
func TestAheadIsWhatComesNext(t *testing.T) {
	s := newScene(t)
	first, second, third := s.receipt(t), s.receipt(t), s.receipt(t)
	now := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, first))
	ahead := must[*Item](t)(s.queue.Ahead(t.Context(), s.anna, first, Filter{}))
	if ahead == nil || ahead.Dossier.ReceiptID != second {
		t.Fatalf("ahead of %d: %+v, want %d", first, ahead, second)
	}
	if again := must[*Item](t)(s.queue.Ahead(t.Context(), s.anna, first, Filter{})); again.Dossier.ReceiptID != second || again.Version <= ahead.Version {
		t.Error("asking again does not renew the claim")
	}
	if others := must[*Item](t)(s.queue.ClaimNext(t.Context(), s.bert, Filter{})); others.Dossier.ReceiptID != third {
		t.Errorf("another reviewer got %d, want %d", others.Dossier.ReceiptID, third)
	}
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.anna, first, Judgement{Version: now.Version, Decision: models.Valid}))
	if next := must[*Item](t)(s.queue.ClaimNext(t.Context(), s.anna, Filter{})); next.Dossier.ReceiptID != second {
		t.Errorf("then came %d, want %d", next.Dossier.ReceiptID, second)
	}
	if more := must[*Item](t)(s.queue.Ahead(t.Context(), s.anna, second, Filter{})); more != nil {
		t.Errorf("ahead of the last: %+v", more)
	}
}
