package review

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"heyin/models"
	"heyin/storage"
)

// Everything a person of a branch asks of the queue is asked behind the fence: with its
// gate shut he finds nothing, though his filters are as before, and the centre does.
func TestQueueStandsBehindTheFence(t *testing.T) {
	s := newScene(t)
	held, free := s.receipt(t), s.receipt(t)
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, held))
	for _, table := range []string{"receipts", "review_items", "statements"} {
		shut := func(sql string) {
			t.Helper()
			if _, err := world.Store.DB.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
		shut(`CREATE POLICY shut ON ` + table + ` AS RESTRICTIVE FOR ALL TO heyin_branch USING (false)`)
		_, seekErr := s.queue.Candidates(t.Context(), s.anna, held, "Acme")
		nameErr := s.queue.Name(t.Context(), s.anna, held, item.Version, "any")
		if table != "statements" {
			if list := must[List](t)(s.queue.List(t.Context(), s.anna, Filter{})); len(list.Entries) != 0 {
				t.Errorf("%s shut: lists %+v", table, list.Entries)
			}
			if total, _, err := s.queue.Tally(t.Context(), s.anna); total != 0 || err != nil {
				t.Errorf("%s shut: tally %d, %v", table, total, err)
			}
			for what, ask := range map[string]func() error{
				"claim":      func() error { _, err := s.queue.Claim(t.Context(), s.bert, free); return err },
				"claim next": func() error { _, err := s.queue.ClaimNext(t.Context(), s.bert, Filter{}); return err },
				"held":       func() error { _, err := s.queue.Held(t.Context(), s.anna, held); return err },
				"decide": func() error {
					_, err := s.queue.Decide(t.Context(), s.anna, held, Judgement{Version: item.Version, Decision: models.Valid})
					return err
				},
				"undo":   func() error { return s.queue.Undo(t.Context(), s.anna, held) },
				"search": func() error { return seekErr }, "name": func() error { return nameErr },
			} {
				var fault *models.Fault
				if err := ask(); !errors.As(err, &fault) || fault.Class != models.Permanent {
					t.Errorf("%s shut: %s answers %v", table, what, err)
				}
			}
			if list := must[List](t)(s.queue.List(t.Context(), models.Actor{Kind: "user", ID: s.anna.ID, Roles: s.anna.Roles}, Filter{Branch: s.code})); len(list.Entries) != 2 {
				t.Errorf("%s shut: the centre lists %d", table, len(list.Entries))
			}
		} else if wantFault(t, nameErr, "statement_unknown"); seekErr != nil {
			t.Error(seekErr)
		}
		shut(`DROP POLICY shut ON ` + table)
	}
	if state := must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.anna, held, Judgement{Version: item.Version, Decision: models.Valid})); state == "" {
		t.Error("with the gate open nothing was decided")
	}
}

// The role may claim, and only in its branch; it may not decide.
func TestFenceOfClaims(t *testing.T) {
	s, foreign := newScene(t), newScene(t)
	own, other := s.receipt(t), foreign.receipt(t)
	change := func(sql string, id int64) (int, error) {
		ids, err := storage.Rows(t.Context(), world.Store, s.anna, pgx.RowTo[int64], sql, id)
		return len(ids), err
	}
	const claim = `UPDATE review_items SET version = version + 1 WHERE receipt_id = $1 RETURNING id`
	if n, err := change(claim, own); n != 1 || err != nil {
		t.Errorf("its own: %d, %v", n, err)
	}
	if n, err := change(claim, other); n != 0 || err != nil {
		t.Errorf("another branch's: %d, %v", n, err)
	}
	for _, sql := range []string{
		`UPDATE review_items SET closed_at = now() WHERE receipt_id = $1 RETURNING id`, `UPDATE receipts SET answers = true WHERE id = $1 RETURNING id`,
		`SELECT octet_length(seed)::bigint FROM rule_sets WHERE id = $1`,
		`INSERT INTO decisions (review_item_id, receipt_id, receipt_version, decision, by_user) VALUES (1, $1, 1, 'valid', 1) RETURNING id`,
	} {
		_, err := change(sql, own)
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.Code != "42501" {
			t.Errorf("%s: %v, want it refused", sql, err)
		}
	}
	given := `INSERT INTO hidden_items (receipt_id, truth, given_to, reasons, priority, deadline, opened_at, lease_until, rule_set_id)
 VALUES ($1, 'valid', (SELECT min(id) FROM users), '[]', 1, now(), now(), now(), 1) RETURNING id`
	_, err := change(given, other)
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.Code != "42501" {
		t.Errorf("a hidden item of another branch: %v, want it refused", err)
	}
}

// A claim goes on past what is not there: the fence is down again when nothing was found.
func TestClaimGoesOnBehindTheFence(t *testing.T) {
	s := newScene(t)
	world.Under(t, models.RuleSet{AllValid: true, Hidden: models.MaxHidden, Blind: true})
	stuck, free := s.receipt(t), s.receipt(t)
	who := s.tested(t) // a hidden item is due, and there is none
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE review_items SET claimed_by = $1, lease_until = now(), stage = 'supervisor' WHERE receipt_id = $2`, who.ID, stuck); err != nil {
		t.Fatal(err)
	}
	if item := must[*Item](t)(s.queue.ClaimNext(t.Context(), who, Filter{})); item.Dossier.ReceiptID != free {
		t.Errorf("claimed %d, want %d", item.Dossier.ReceiptID, free)
	}
}
