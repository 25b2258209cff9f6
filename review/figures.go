package review

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"heyin/models"
)

// figureDays is the stretch the figures look back on.
const figureDays = 30

// Figures is what a supervisor watches: what waits, until when, and what was done
// in the last 30 days. Hidden items are in none of it but Reviewers.
type Figures struct {
	Deadlines []DeadlineCount  `json:"deadlines"` // of what waits, the most urgent first
	Ages      []AgeCount       `json:"ages"`      // of what waits, the youngest first
	Stages    map[string]int   `json:"stages"`    // of what waits: open, second, supervisor
	Days      []DayCount       `json:"days"`      // oldest first
	Reasons   []ReasonCount    `json:"reasons"`   // of what came into review
	Reviewers []Reviewer       `json:"reviewers"`
	Sampled   Sampled          `json:"sampled"`
	Branches  []BranchDeadline `json:"branches"` // of what waits, the most overdue first
}

// Sampled is what people said of the passes of the machine that were drawn for them.
type Sampled struct {
	Drawn   int `json:"drawn"`
	Valid   int `json:"valid"`
	Invalid int `json:"invalid"` // should not have passed
}

// DeadlineCount is how many items fall due in so many working days; Days below 0
// is overdue, 5 is five and more.
type DeadlineCount struct {
	Days  int `json:"days"`
	Count int `json:"count"`
}

// AgeCount is how many items wait so many days; 7 is seven and more.
type AgeCount struct {
	Days  int `json:"days"`
	Count int `json:"count"`
}

// BranchDeadline is what waits of one branch.
type BranchDeadline struct {
	Branch  string `json:"branch"`
	Waiting int    `json:"waiting"`
	Overdue int    `json:"overdue"`
	Today   int    `json:"today"`
}

// DayCount is what became of the receipts accepted on a day, and what people
// decided on it.
type DayCount struct {
	Day      time.Time `json:"day"`
	Accepted int       `json:"accepted"`
	Passed   int       `json:"passed"` // by the machine, and not called back
	Finished int       `json:"finished"`
	Decided  int       `json:"decided"`
}

// PassRate is the share of a stretch that passed without a person, 0..1, of what
// the machine has finished with.
func (f Figures) PassRate() float64 {
	passed, finished := 0, 0
	for _, d := range f.Days {
		passed, finished = passed+d.Passed, finished+d.Finished
	}
	if finished == 0 {
		return 0
	}
	return float64(passed) / float64(finished)
}

// Reviewer is how one person judged. Compared counts his answers on receipts that
// two people judged and that are decided; Upheld are those the decision agrees with.
type Reviewer struct {
	Login       string `json:"login"`
	Judged      int    `json:"judged"` // answers that stand
	Referred    int    `json:"referred"`
	Undone      int    `json:"undone"`
	Compared    int    `json:"compared"`
	Upheld      int    `json:"upheld"`
	Hidden      int    `json:"hidden"` // answered valid or invalid
	HiddenRight int    `json:"hidden_right"`
}

const waitingSQL = ` FROM review_items i JOIN receipts r ON r.id = i.receipt_id WHERE i.closed_at IS NULL AND ($1::bigint = 0 OR r.branch_id = $1)`

// Figures counts what the actor's branch, or the whole centre, has waiting and done.
func (q *Queue) Figures(ctx context.Context, who models.Actor) (Figures, error) {
	f := Figures{Stages: map[string]int{}}
	for _, part := range []struct {
		into any
		sql  string
	}{
		{&f.Deadlines, `SELECT json_build_object('days', days, 'count', count(*)) AS row FROM (SELECT greatest(-1, least(5, working_days_between(bank_date(now()), i.due)
          + CASE WHEN i.deadline < now() AND i.due = bank_date(now()) THEN -1 ELSE 0 END)) AS days` + waitingSQL + `) x GROUP BY days ORDER BY days`},
		{&f.Ages, `SELECT json_build_object('days', days, 'count', count(*)) AS row FROM (SELECT least(7, bank_date(now()) - bank_date(i.opened_at)) AS days` + waitingSQL + `) x GROUP BY days ORDER BY days`},
		{&f.Branches, `SELECT json_build_object('branch', b.code, 'waiting', count(*), 'overdue', count(*) FILTER (WHERE i.deadline < now()),
          'today', count(*) FILTER (WHERE i.due = bank_date(now()) AND i.deadline >= now())) AS row
          FROM review_items i JOIN receipts r ON r.id = i.receipt_id JOIN branches b ON b.id = r.branch_id
         WHERE i.closed_at IS NULL AND ($1::bigint = 0 OR r.branch_id = $1) GROUP BY b.code
         ORDER BY count(*) FILTER (WHERE i.deadline < now()) DESC, count(*) DESC, b.code LIMIT 20`},
		{&f.Days, `SELECT json_build_object('day', to_char(d, 'YYYY-MM-DD') || 'T00:00:00Z', 'accepted', coalesce(a.n, 0), 'passed', coalesce(a.passed, 0),
          'finished', coalesce(a.finished, 0), 'decided', coalesce(c.n, 0)) AS row
          FROM generate_series(bank_date(now()) - $2::integer + 1, bank_date(now()), interval '1 day') d
          LEFT JOIN (SELECT bank_date(accepted_at) AS day, count(*) AS n, count(*) FILTER (WHERE state = 'passed') AS passed,
                            count(*) FILTER (WHERE state NOT IN ('in_progress', 'quarantined')) AS finished
                       FROM receipts r WHERE accepted_at > now() - make_interval(days => $2::integer + 1) AND ($1::bigint = 0 OR r.branch_id = $1) GROUP BY 1) a ON a.day = d::date
          LEFT JOIN (SELECT bank_date(x.at) AS day, count(*) AS n FROM decisions x JOIN receipts r ON r.id = x.receipt_id
                      WHERE x.at > now() - make_interval(days => $2::integer + 1) AND x.decision <> 'refer_up' AND x.undone_at IS NULL
                        AND ($1::bigint = 0 OR r.branch_id = $1) GROUP BY 1) c ON c.day = d::date ORDER BY d`},
		{&f.Reasons, `SELECT json_build_object('code', code, 'count', n) AS row FROM (SELECT x ->> 'code' AS code, count(DISTINCT i.id) AS n
          FROM review_items i JOIN receipts r ON r.id = i.receipt_id, jsonb_array_elements(i.reasons) x
         WHERE i.opened_at > now() - make_interval(days => $2::integer) AND ($1::bigint = 0 OR r.branch_id = $1) GROUP BY 1) t ORDER BY n DESC, code`},
	} {
		if err := q.collect(ctx, part.into, part.sql, who.BranchID); err != nil {
			return f, err
		}
	}
	rows := []struct {
		Stage string
		Count int
	}{}
	if err := q.collect(ctx, &rows, `SELECT json_build_object('stage', i.stage, 'count', count(*)) AS row`+waitingSQL+` GROUP BY i.stage`, who.BranchID); err != nil {
		return f, err
	}
	for _, r := range rows {
		f.Stages[r.Stage] = r.Count
	}
	err := q.store.DB.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE d.decision = 'valid'), count(*) FILTER (WHERE d.decision = 'invalid')
  FROM review_items i JOIN receipts r ON r.id = i.receipt_id LEFT JOIN decisions d ON d.review_item_id = i.id AND d.decision <> 'refer_up' AND d.undone_at IS NULL
 WHERE i.opened_at > now() - make_interval(days => $2) AND ($1::bigint = 0 OR r.branch_id = $1) AND i.reasons @> '[{"code": "sampled"}]'`, who.BranchID, figureDays).
		Scan(&f.Sampled.Drawn, &f.Sampled.Valid, &f.Sampled.Invalid)
	if err != nil {
		return f, fmt.Errorf("figures: %w", err)
	}
	f.Reviewers, err = q.Reviewers(ctx, who)
	return f, err
}

// Reviewers tells how each person of the branch, or of the whole centre, judged in
// the last 30 days.
func (q *Queue) Reviewers(ctx context.Context, who models.Actor) ([]Reviewer, error) {
	list := []Reviewer{}
	err := q.collect(ctx, &list, `
WITH words AS (
  SELECT x.by_user, x.review_item_id AS item, x.decision, x.undone_at, x.two FROM (
    SELECT by_user, review_item_id, receipt_id, decision, undone_at, at, true AS two FROM opinions
    UNION ALL SELECT by_user, review_item_id, receipt_id, decision, undone_at, at, false FROM decisions WHERE second_by IS NULL) x
   JOIN receipts r ON r.id = x.receipt_id WHERE x.at > now() - make_interval(days => $2::integer) AND ($1::bigint = 0 OR r.branch_id = $1)),
said AS (
  SELECT w.by_user, count(*) FILTER (WHERE w.undone_at IS NULL AND w.decision <> 'refer_up') AS judged,
         count(*) FILTER (WHERE w.undone_at IS NULL AND w.decision = 'refer_up') AS referred, count(*) FILTER (WHERE w.undone_at IS NOT NULL) AS undone,
         count(d.id) FILTER (WHERE w.two AND w.undone_at IS NULL) AS compared,
         count(d.id) FILTER (WHERE w.two AND w.undone_at IS NULL AND d.decision = w.decision) AS upheld
    FROM words w LEFT JOIN decisions d ON d.review_item_id = w.item AND d.decision <> 'refer_up' AND d.undone_at IS NULL GROUP BY w.by_user),
tested AS (
  SELECT h.given_to, count(*) AS n, count(*) FILTER (WHERE h.decision = h.truth) AS correct FROM hidden_items h JOIN receipts r ON r.id = h.receipt_id
   WHERE h.decision IN ('valid', 'invalid') AND h.ended_at > now() - make_interval(days => $2::integer) AND ($1::bigint = 0 OR r.branch_id = $1) GROUP BY h.given_to)
SELECT json_build_object('login', u.login, 'judged', coalesce(s.judged, 0), 'referred', coalesce(s.referred, 0), 'undone', coalesce(s.undone, 0),
       'compared', coalesce(s.compared, 0), 'upheld', coalesce(s.upheld, 0), 'hidden', coalesce(t.n, 0), 'hidden_right', coalesce(t.correct, 0)) AS row
  FROM users u LEFT JOIN said s ON s.by_user = u.id LEFT JOIN tested t ON t.given_to = u.id
 WHERE s.by_user IS NOT NULL OR t.given_to IS NOT NULL ORDER BY coalesce(s.judged, 0) DESC, u.login`, who.BranchID)
	return list, err
}

// collect fills a list from a query of JSON rows; $1 is the branch, $2 figureDays.
func (q *Queue) collect(ctx context.Context, into any, sql string, branchID int64) error {
	var list []byte
	err := q.store.DB.QueryRow(ctx, `SELECT coalesce(json_agg(f.row), '[]') FROM (`+sql+`) f WHERE $1::bigint >= 0 AND $2::integer > 0`, branchID, figureDays).Scan(&list)
	if err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	if err := json.Unmarshal(list, into); err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	return nil
}
