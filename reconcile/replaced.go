package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// DoubtfulSpecimen is a specimen in force that the customer's latest legible
// receipts did not match: most likely the seal was replaced and the file was not
// (已更换未更新), or the specimen is too poor to be matched.
type DoubtfulSpecimen struct {
	CustomerNo  string          `json:"customer_no"`
	Customer    string          `json:"customer"`
	Branch      string          `json:"branch"`
	Ref         string          `json:"ref"`
	Kind        models.SealKind `json:"kind"`
	SpecimenID  int64           `json:"specimen_id"`
	ValidFrom   string          `json:"valid_from"`
	Unmatched   int             `json:"unmatched"`    // receipts since the last match
	Mismatches  int             `json:"mismatches"`   // of them, surely another seal
	FoundValid  int             `json:"found_valid"`  // of them, valid in a person's eyes: rather a poor specimen
	FoundFault  int             `json:"found_fault"`  // of them, a person blamed the specimen
	Receipts    []int64         `json:"receipts"`     // the latest of them, newest first, at most 5
	LastAt      time.Time       `json:"last_at"`      // the newest was accepted
	LastMatched *time.Time      `json:"last_matched"` // null: not within the 400 days looked at
	ProposalID  int64           `json:"proposal_id"`  // a new one waits to be approved; 0: none
}

// Bounds of the search for doubtful specimens.
const (
	LeastUnmatched = 2                    // one receipt may be stamped badly; two in a row have a cause
	doubtPage      = 200                  // rows a list has at most
	doubtReach     = 400 * 24 * time.Hour // what is looked at: a year, and the late answers of the one before
)

// DoubtfulSpecimens lists specimens in force that at least so many receipts in a row
// did not match, the surest first. A receipt counts when its page was legible and an
// imprint on it, which no other specimen matched either, was compared with this one.
// It reads a year of verifications: a report, for nobody's hot path.
func DoubtfulSpecimens(ctx context.Context, store *storage.Store, who models.Actor, least int) ([]DoubtfulSpecimen, error) {
	now := time.Now()
	list, err := storage.Rows(ctx, store, who, pgx.RowToStructByPos[DoubtfulSpecimen], `
WITH tries AS ( -- each receipt against each specimen in force of its customer
  SELECT v.specimen_id, v.receipt_id, r.accepted_at, bool_or(v.verdict = 'match') AS matched, bool_or(v.verdict = 'mismatch') AS differs
    FROM specimens s JOIN verifications v ON v.specimen_id = s.id
    JOIN receipts r ON r.id = v.receipt_id JOIN pages g ON g.receipt_id = r.id
    JOIN customers c ON c.id = s.customer_id
   WHERE daterange(s.valid_from, s.valid_to) @> $2::date AND r.duplicate_of IS NULL AND g.grade <> 'rescan'
     AND ($1::bigint = 0 OR c.branch_id = $1) AND r.accepted_at > $4
   GROUP BY v.specimen_id, v.receipt_id, r.accepted_at
), since AS ( -- those after the last match
  SELECT t.*, m.at AS matched_at FROM tries t
    LEFT JOIN (SELECT specimen_id, max(accepted_at) AS at FROM tries WHERE matched GROUP BY specimen_id) m USING (specimen_id)
   WHERE NOT t.matched AND (m.at IS NULL OR t.accepted_at > m.at)
)
SELECT c.no, c.name, b.code, s.ref, s.kind, s.id, s.valid_from::text, count(*), count(*) FILTER (WHERE n.differs),
       count(*) FILTER (WHERE d.decision = 'valid'), count(*) FILTER (WHERE d.reason_code = 'specimen_fault'),
       (array_agg(n.receipt_id ORDER BY n.accepted_at DESC, n.receipt_id DESC))[1:5], max(n.accepted_at), max(n.matched_at),
       coalesce((SELECT p.id FROM specimen_proposals p WHERE p.customer_id = c.id AND p.ref = s.ref AND p.state = 'proposed'), 0)
  FROM since n JOIN specimens s ON s.id = n.specimen_id JOIN customers c ON c.id = s.customer_id JOIN branches b ON b.id = c.branch_id
  LEFT JOIN LATERAL (SELECT decision, reason_code FROM decisions x WHERE x.receipt_id = n.receipt_id AND x.decision <> 'refer_up' AND x.undone_at IS NULL
                      ORDER BY x.receipt_version DESC LIMIT 1) d ON true
 GROUP BY c.id, b.code, s.id
HAVING count(*) >= $3
 ORDER BY 9 DESC, 8 DESC, max(n.accepted_at) DESC, s.id LIMIT $5`,
		who.BranchID, day(now.In(models.BankTime)), max(least, 1), now.Add(-doubtReach), doubtPage)
	if err != nil {
		return nil, fmt.Errorf("doubtful specimens: %w", err)
	}
	return list, nil
}
