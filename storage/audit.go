package storage

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// Event is one entry of the audit.
type Event struct {
	Actor  string // models.Actor.String(), or worker:NAME
	Action string // noun.verb: receipt.accepted, image.viewed
	Object string // receipt:12, batch:4
	Detail any    // becomes JSON; nil is {}
}

// auditLock is the advisory lock that puts entries in one order (any number
// nobody else uses: the bytes of "audit").
const auditLock = 0x6175646974

// Record appends events to the audit in tx. From its first call until tx ends no
// other transaction can append, so call it last: a transaction that waits for a
// row while it holds the audit stops everybody.
func Record(ctx context.Context, tx pgx.Tx, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	// Two statements: the second must see what the lock waited for.
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(auditLock)); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	var head auditEntry
	var at time.Time
	err := tx.QueryRow(ctx, `SELECT clock_timestamp(), coalesce(max(seq), 0),
       coalesce((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), decode(repeat('00', 32), 'hex')) FROM audit`).
		Scan(&at, &head.Seq, &head.Hash)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	for _, e := range events {
		detail := []byte("{}")
		if e.Detail != nil {
			if detail, err = json.Marshal(e.Detail); err != nil {
				return fmt.Errorf("audit: detail of %s: %w", e.Action, err)
			}
		}
		next := auditEntry{Seq: head.Seq + 1, At: at.UTC(), Actor: e.Actor, Action: e.Action, Object: e.Object,
			Detail: string(detail), PrevHash: head.Hash}
		next.Hash = next.sum()
		_, err := tx.Exec(ctx, `INSERT INTO audit (seq, at, actor, action, object, detail, prev_hash, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, next.Seq, next.At, next.Actor, next.Action, next.Object, next.Detail, next.PrevHash, next.Hash)
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		head = next
	}
	return nil
}

// auditEntry is a row of the audit. Times have the microseconds of Postgres.
type auditEntry struct {
	Seq      int64
	At       time.Time
	Actor    string
	Action   string
	Object   string
	Detail   string // JSON text, exactly as stored
	PrevHash []byte
	Hash     []byte
}

// auditForm starts every hashed text; it changes when the form does.
const auditForm = "heyin audit 1"

// sum is the SHA-256 over the form, the hash before and every field, each with
// its length in front, so that no two entries give the same text.
func (e auditEntry) sum() []byte {
	h := sha256.New()
	for _, field := range []string{
		auditForm, string(e.PrevHash), fmt.Sprint(e.Seq), e.At.UTC().Format("2006-01-02T15:04:05.000000Z"),
		e.Actor, e.Action, e.Object, e.Detail,
	} {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(field)))
		h.Write(size[:]) // a hash never fails to write
		h.Write([]byte(field))
	}
	return h.Sum(nil)
}

// AuditHead is the end of the audit: kept elsewhere, it betrays a cut tail.
type AuditHead struct {
	Seq  int64  `json:"seq"` // also the number of entries
	Hash string `json:"hash"`
}

// VerifyAudit recomputes the whole chain. A break is a Permanent fault
// audit_broken that names the first entry that does not fit. known, when not
// zero, is a head seen earlier, which must still be in the chain.
func (s *Store) VerifyAudit(ctx context.Context, known AuditHead) (AuditHead, error) {
	rows, err := s.DB.Query(ctx, `SELECT seq, at, actor, action, object, detail::text, prev_hash, hash FROM audit ORDER BY seq`)
	if err != nil {
		return AuditHead{}, classed(err)
	}
	defer rows.Close()
	head := auditEntry{Hash: make([]byte, sha256.Size)}
	broken := func(seq int64, what string) error {
		return models.NewFault(models.Permanent, "audit_broken", fmt.Sprintf("audit entry %d: %s", seq, what), nil)
	}
	for rows.Next() {
		var e auditEntry
		if err := rows.Scan(&e.Seq, &e.At, &e.Actor, &e.Action, &e.Object, &e.Detail, &e.PrevHash, &e.Hash); err != nil {
			return AuditHead{}, classed(err)
		}
		switch {
		case e.Seq != head.Seq+1:
			return AuditHead{}, broken(head.Seq+1, fmt.Sprintf("missing: the next is %d", e.Seq))
		case string(e.PrevHash) != string(head.Hash):
			return AuditHead{}, broken(e.Seq, "does not follow the entry before it")
		case string(e.sum()) != string(e.Hash):
			return AuditHead{}, broken(e.Seq, "was changed after it was written")
		case e.Seq == known.Seq && fmt.Sprintf("%x", e.Hash) != known.Hash:
			return AuditHead{}, broken(e.Seq, "is not the one seen earlier: the chain was written anew")
		}
		head = e
	}
	if err := rows.Err(); err != nil {
		return AuditHead{}, classed(err)
	}
	if head.Seq < known.Seq {
		return AuditHead{}, broken(head.Seq+1, fmt.Sprintf("missing: the chain once reached %d", known.Seq))
	}
	return AuditHead{Seq: head.Seq, Hash: fmt.Sprintf("%x", head.Hash)}, nil
}
