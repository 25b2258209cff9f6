package storage_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// The database allows exactly the moves models allows.
func TestTransitionsAgreeWithModels(t *testing.T) {
	d := newDesk(t)
	states := append(models.ReceiptStates(), "unheard_of")
	for _, was := range states {
		for _, next := range states {
			var can bool
			must(t, d.DB.QueryRow(t.Context(), `SELECT receipt_can_move($1, $2)`, was, next).Scan(&can))
			if can != was.CanMove(next) {
				t.Errorf("%s → %s: the database says %t, models say %t", was, next, can, was.CanMove(next))
			}
		}
	}
}

// Each of these would break a promise; the database refuses it, whoever asks.
func TestConstraintsRefuse(t *testing.T) {
	d := newDesk(t)
	statement := d.statement("S-1")
	passed, job := d.receipt("passed")
	_, err := d.Finish(t.Context(), d.take(job), passing(statement), nil)
	must(t, err)
	waiting, _ := d.receipt("waiting")
	reviewed, job := d.receipt("reviewed")
	_, err = d.Finish(t.Context(), d.take(job), models.Result{State: models.InReview}, nil)
	must(t, err)
	var user int64
	must(t, d.DB.QueryRow(t.Context(), `INSERT INTO users (login, name, password_hash, roles) VALUES ('u', 'U', '$argon2id$', '{reviewer}') RETURNING id`).Scan(&user))

	args := pgx.NamedArgs{"passed": passed, "waiting": waiting, "reviewed": reviewed, "user": user, "statement": statement, "batch": d.batch(), "other": d.statement("S-2")}
	_, err = d.PutBranch(t.Context(), system, "B2", "Second branch")
	must(t, err)
	for name, c := range map[string]struct{ want, sql string }{
		"pass without a statement":     {"receipts_answer_is_final", `UPDATE receipts SET state = 'passed', answers = true WHERE id = @waiting`},
		"pass, job still running":      {"live job: t", `UPDATE receipts SET state = 'passed', answers = true, statement_id = @other WHERE id = @waiting`},
		"second answer":                {"receipts_one_answer", `UPDATE receipts SET state = 'decided', answers = true, statement_id = @statement WHERE id = @reviewed`},
		"pass out of review":           {"cannot move", `UPDATE receipts SET state = 'passed' WHERE id = @reviewed`},
		"review without an item":       {"open review item: f", `UPDATE receipts SET state = 'in_review', answers = false WHERE id = @passed`},
		"item of a passed receipt":     {"open review item: t", `INSERT INTO review_items (receipt_id, receipt_version, reasons, priority, deadline) VALUES (@passed, 1, '[{}]', 5, now())`},
		"close an item, no decision":   {"open review item: f", `UPDATE review_items SET closed_at = now() WHERE receipt_id = @reviewed`},
		"decided by nobody":            {"no decision", `WITH i AS (UPDATE review_items SET closed_at = now() WHERE receipt_id = @reviewed) UPDATE receipts SET state = 'decided' WHERE id = @reviewed`},
		"item without reasons":         {"review_items_reasons_check", `UPDATE review_items SET reasons = '[]' WHERE receipt_id = @reviewed`},
		"half a claim":                 {"review_items_claim_is_whole", `UPDATE review_items SET claimed_by = @user WHERE receipt_id = @reviewed`},
		"end a job in between":         {"live job: f", `UPDATE jobs SET state = 'done', attempt = 1, finished_at = now() WHERE receipt_id = @waiting`},
		"half a lease":                 {"jobs_lease_is_whole", `UPDATE jobs SET state = 'leased', attempt = 1, worker = 'w' WHERE receipt_id = @waiting`},
		"lease that never ends":        {"jobs_lease_is_whole", `UPDATE jobs SET worker = 'w' WHERE receipt_id = @waiting`},
		"other bytes":                  {"never change", `UPDATE receipts SET object_sha256 = repeat('0', 64) WHERE id = @passed`},
		"delete a receipt":             {"cannot be deleted", `DELETE FROM receipts WHERE id = @waiting`},
		"born passed":                  {"starts in_progress", `INSERT INTO receipts (batch_id, branch_id, object_sha256, idempotency_key, state, answers, statement_id) SELECT batch_id, branch_id, object_sha256, 'x', 'passed', true, @statement FROM receipts WHERE id = @waiting`},
		"born without a job":           {"live job: f", `INSERT INTO receipts (batch_id, branch_id, object_sha256, idempotency_key) SELECT batch_id, branch_id, object_sha256, 'x' FROM receipts WHERE id = @waiting`},
		"page 2 without page 1":        {"receipts_page_has_parent", `INSERT INTO receipts (batch_id, branch_id, object_sha256, page) SELECT batch_id, branch_id, object_sha256, 2 FROM receipts WHERE id = @waiting`},
		"page 0":                       {"receipts_page_check", `INSERT INTO receipts (batch_id, branch_id, object_sha256, page, parent_id) SELECT batch_id, branch_id, object_sha256, 0, id FROM receipts WHERE id = @waiting`},
		"key used twice":               {"receipts_idempotency", `INSERT INTO receipts (batch_id, branch_id, object_sha256, idempotency_key) SELECT batch_id, branch_id, object_sha256, idempotency_key FROM receipts WHERE id = @waiting`},
		"second person is the first":   {"decisions_four_eyes", `INSERT INTO decisions (review_item_id, receipt_id, receipt_version, decision, by_user, second_by) SELECT id, receipt_id, 1, 'valid', @user, @user FROM review_items WHERE receipt_id = @reviewed`},
		"invalid without a reason":     {"decisions_reason_given", `INSERT INTO decisions (review_item_id, receipt_id, receipt_version, decision, by_user) SELECT id, receipt_id, 1, 'invalid', @user FROM review_items WHERE receipt_id = @reviewed`},
		"hash that is none":            {"objects_sha256_check", `INSERT INTO objects (sha256, bucket, key, size_bytes, content_type) VALUES ('abc', 'b', 'k', 1, 'x')`},
		"empty object":                 {"objects_size_bytes_check", `INSERT INTO objects (sha256, bucket, key, size_bytes, content_type) VALUES (repeat('0', 64), 'b', 'k', 0, 'x')`},
		"password in the clear":        {"users_password_hash_check", `INSERT INTO users (login, name, password_hash, roles) VALUES ('v', 'V', 'secret', '{reviewer}')`},
		"role nobody knows":            {"users_roles_check", `INSERT INTO users (login, name, password_hash, roles) VALUES ('v', 'V', '$argon2id$', '{root}')`},
		"batch of another's station":   {"batches_station_id_branch_id_fkey", `INSERT INTO batches (station_id, branch_id, paper_count) SELECT s.id, b.id, 1 FROM stations s, branches b WHERE b.id <> s.branch_id`},
		"balance in no currency":       {"statement_lines_currency_check", `UPDATE statement_lines SET currency = 'cny' WHERE statement_id = @statement`},
		"rule of two forms":            {"seal_rules_rule_check", `INSERT INTO seal_rules (customer_id, rule, valid_from) SELECT id, '{"seal": "a", "all": []}', '2026-01-01' FROM customers`},
		"two rules for a day":          {"seal_rules_one_in_force", `INSERT INTO seal_rules (customer_id, rule, valid_from) SELECT id, '{"seal": "a"}', d::date FROM customers, unnest(ARRAY['2026-01-01', '2026-02-01']) d`},
		"checker is the maker":         {"seal_rules_four_eyes", `INSERT INTO seal_rules (customer_id, rule, valid_from, maker, checker) SELECT id, '{"seal": "a"}', '2026-01-01', @user, @user FROM customers`},
		"closed period without a time": {"periods_check", `UPDATE periods SET state = 'closed'`},
	} {
		if _, err := d.DB.Exec(t.Context(), c.sql, args); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v; want a refusal by %q", name, err, c.want)
		}
	}
	d.balanced()
}

// A receipt taken back is judged anew: its version grows, and the decision on
// the version before stays.
func TestVersionGrowsWhenTakenBack(t *testing.T) {
	d := newDesk(t)
	statement := d.statement("S-1")
	receipt, job := d.receipt("page")
	_, err := d.Finish(t.Context(), d.take(job), passing(statement), nil)
	must(t, err)
	must(t, d.InTx(t.Context(), func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE receipts SET state = 'in_review', answers = false WHERE id = $1`, receipt)
		must(t, err)
		_, err = tx.Exec(t.Context(), `INSERT INTO review_items (receipt_id, receipt_version, reasons, priority, deadline)
SELECT id, version, '[{"code": "sampled"}]', 5, now() FROM receipts WHERE id = $1`, receipt)
		return err
	}))
	var version int
	must(t, d.DB.QueryRow(t.Context(), `SELECT version FROM receipts WHERE id = $1`, receipt).Scan(&version))
	if version != 2 {
		t.Errorf("version is %d after the receipt was called back; want 2", version)
	}
	d.balanced()
}

func TestAccountingNamesTheOddOne(t *testing.T) {
	d := newDesk(t)
	lost, _ := d.receipt("lost")
	d.receipt("kept")
	d.balanced()
	// Past every guard, as a superuser with a grudge would.
	_, err := d.DB.Exec(t.Context(), `SET session_replication_role = replica; DELETE FROM outbox; DELETE FROM jobs; DELETE FROM receipts WHERE id = `+
		"(SELECT min(id) FROM receipts); SET session_replication_role = DEFAULT")
	must(t, err)
	e, err := d.Accounting(t.Context())
	must(t, err)
	if e.Holds() || len(e.Odd) != 2 || e.Odd[0] != (storage.Odd{Receipt: "receipt:1", Why: "accepted, but the receipt is gone"}) || lost != 1 {
		t.Errorf("accounting says %+v", e)
	}
}
