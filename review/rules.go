package review

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// RuleSet is a rule set with its history: proposed, approved or refused.
type RuleSet struct {
	ID int64 `json:"id"`
	models.RuleSet
	Maker   string     `json:"maker,omitempty"` // empty: as installed
	MadeAt  time.Time  `json:"made_at"`
	State   string     `json:"state"` // proposed, approved, refused
	Checker string     `json:"checker,omitempty"`
	Checked *time.Time `json:"checked_at,omitempty"`
	Own     bool       `json:"own"`      // the reader proposed it: another must check it
	InForce bool       `json:"in_force"` // today
}

// rulesPage bounds the list: rule sets change a few times a year.
const rulesPage = 100

const rulesSQL = `SELECT s.id, s.valid_from, s.all_valid, s.amount_over, s.classes, s.sample, s.blind, s.undo_s, s.hidden, s.passed_sample, s.least_score, s.note,
       coalesce(m.name, ''), s.made_at, s.state, coalesce(c.name, ''), s.checked_at, coalesce(s.maker = $1, false), s.id = rule_set_on(bank_date(now()))
  FROM rule_sets s LEFT JOIN users m ON m.id = s.maker LEFT JOIN users c ON c.id = s.checker`

// RuleSets lists the rule sets, newest first.
func (q *Queue) RuleSets(ctx context.Context, who models.Actor) ([]RuleSet, error) {
	rows, err := q.store.DB.Query(ctx, rulesSQL+` ORDER BY s.id DESC LIMIT $2`, who.ID, rulesPage)
	if err != nil {
		return nil, fmt.Errorf("rule sets: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s RuleSet, err error) {
		return s, row.Scan(&s.ID, &s.ValidFrom, &s.AllValid, &s.AmountOver, &s.Classes, &s.Sample, &s.Blind, &s.UndoS, &s.Hidden, &s.PassedSample, &s.LeastScore, &s.Note,
			&s.Maker, &s.MadeAt, &s.State, &s.Checker, &s.Checked, &s.Own, &s.InForce)
	})
	if err != nil {
		return nil, fmt.Errorf("rule sets: %w", err)
	}
	return list, nil
}

// ProposeRules files a rule set for another person to check. Fault rules_invalid.
func (q *Queue) ProposeRules(ctx context.Context, who models.Actor, r models.RuleSet) (id int64, err error) {
	if err := r.Validate(); err != nil {
		return 0, err
	}
	err = q.store.InTx(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `INSERT INTO rule_sets (valid_from, all_valid, amount_over, classes, sample, blind, undo_s, hidden, passed_sample, least_score, note, maker)
VALUES ($1, $2, $3::numeric, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`, r.ValidFrom.Format(time.DateOnly), r.AllValid, numeric(r.AmountOver),
			append([]string{}, r.Classes...), r.Sample, r.Blind, r.UndoS, r.Hidden, r.PassedSample, r.LeastScore, r.Note, who.ID).Scan(&id)
		if err != nil {
			return err
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "rules.proposed", Object: fmt.Sprintf("rule_set:%d", id), Detail: r})
	})
	if err != nil {
		return 0, fmt.Errorf("propose rules: %w", err)
	}
	return id, nil
}

// CheckRules approves or refuses a proposed rule set. An approved one is in force
// from its day, but never before the day of the approval: what was judged stays
// judged by what was in force. Faults: not_found, own_rules, rules_closed.
func (q *Queue) CheckRules(ctx context.Context, who models.Actor, id int64, approve bool) error {
	err := q.store.InTx(ctx, func(tx pgx.Tx) error {
		var state string
		var own bool
		err := tx.QueryRow(ctx, `SELECT state, coalesce(maker = $2, false) FROM rule_sets WHERE id = $1 FOR UPDATE`, id, who.ID).Scan(&state, &own)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return models.NewFault(models.Permanent, "not_found", "there is no such rule set", nil)
		case err != nil:
			return err
		case state != "proposed":
			return models.NewFault(models.Permanent, "rules_closed", "the rule set was checked already", nil)
		case own:
			return models.NewFault(models.Permanent, "own_rules", "you proposed this rule set: another person must check it", nil)
		}
		next := "refused"
		if approve {
			next = "approved"
		}
		_, err = tx.Exec(ctx, `UPDATE rule_sets SET state = $2, checker = $3, checked_at = clock_timestamp(),
       valid_from = CASE WHEN $2 = 'approved' THEN greatest(valid_from, bank_date(now())) ELSE valid_from END WHERE id = $1`, id, next, who.ID)
		if err != nil {
			return err
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "rules." + next, Object: fmt.Sprintf("rule_set:%d", id)})
	})
	if err != nil {
		return fmt.Errorf("check rules %d: %w", id, err)
	}
	return nil
}

// Rehearsal tells what a rule set would have meant for the decisions of the last
// quarter and for what the machine passed in it: counts only, no receipt is named.
type Rehearsal struct {
	Decisions int            `json:"decisions"` // of persons, valid or invalid
	Second    int            `json:"second"`    // of them had two people
	Would     int            `json:"would"`     // would need two
	More      int            `json:"more"`      // would move from one person to two
	Fewer     int            `json:"fewer"`     // would move from two to one
	Why       map[string]int `json:"why"`       // would need two, by reason; one may count for several

	Passes int `json:"passes"` // of the machine, those that the rules then took away too
	Low    int `json:"low"`    // would go to a person: the weakest match scores too low
	Drawn  int `json:"drawn"`  // would be drawn
	Moved  int `json:"moved"`  // would go to a person, for either
}

// rehearsalDays is a quarter.
const rehearsalDays = 92

// Rehearse holds a rule set, proposed or not, against the last quarter. The draw of
// the sample is made with a seed of its own: a rehearsal foretells how many, not which.
func (q *Queue) Rehearse(ctx context.Context, r models.RuleSet) (Rehearsal, error) {
	if err := r.Validate(); err != nil {
		return Rehearsal{}, err
	}
	var h Rehearsal
	err := q.store.DB.QueryRow(ctx, `
WITH rules AS (SELECT (jsonb_populate_record(s, jsonb_build_object('all_valid', $1::boolean, 'amount_over', $2::numeric, 'classes', $3::text[],
                 'sample', $4::integer, 'seed', '\\x' || repeat('5a', 32)))) AS s FROM rule_sets s WHERE s.id = 1),
past AS (SELECT d.second_by IS NOT NULL AS two, second_person_for(rules.s, d.receipt_id, d.receipt_version, coalesce(d.statement_id, r.statement_id), d.decision) AS why
           FROM rules, decisions d JOIN receipts r ON r.id = d.receipt_id
          WHERE d.at > now() - make_interval(days => $5) AND d.decision IN ('valid', 'invalid') AND d.undone_at IS NULL)
SELECT count(*), count(*) FILTER (WHERE two), count(*) FILTER (WHERE cardinality(why) > 0), count(*) FILTER (WHERE cardinality(why) > 0 AND NOT two),
       count(*) FILTER (WHERE cardinality(why) = 0 AND two),
       coalesce((SELECT jsonb_object_agg(code, n) FROM (SELECT code, count(*) AS n FROM past, unnest(why) code GROUP BY code) x), '{}')
  FROM past`, r.AllValid, numeric(r.AmountOver), append([]string{}, r.Classes...), r.Sample, rehearsalDays).
		Scan(&h.Decisions, &h.Second, &h.Would, &h.More, &h.Fewer, &h.Why)
	if err != nil {
		return h, fmt.Errorf("rehearse rules: %w", err)
	}
	err = q.store.DB.QueryRow(ctx, `
WITH past AS (
  SELECT coalesce((SELECT min(v.score) FROM readings x JOIN verifications v ON v.reading_id = x.id
                    WHERE x.receipt_id = r.id AND v.verdict = 'match') * 1000000 < $1::integer, false) AS low,
         passed_draw(decode(repeat('5a', 32), 'hex'), r.statement_id) < $2::integer AS drawn
    FROM receipts r WHERE r.accepted_at > now() - make_interval(days => $3) AND r.statement_id IS NOT NULL
     AND (r.state = 'passed' OR EXISTS (SELECT FROM review_items i WHERE i.receipt_id = r.id
           AND (i.reasons @> '[{"code": "sampled"}]' OR i.reasons @> '[{"code": "score_low"}]'))))
SELECT count(*), count(*) FILTER (WHERE low), count(*) FILTER (WHERE drawn), count(*) FILTER (WHERE low OR drawn) FROM past`,
		r.LeastScore, r.PassedSample, rehearsalDays).Scan(&h.Passes, &h.Low, &h.Drawn, &h.Moved)
	if err != nil {
		return h, fmt.Errorf("rehearse rules: %w", err)
	}
	return h, nil
}
