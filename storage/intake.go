package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// Upload is one file a station sends.
type Upload struct {
	BatchID        int64
	IdempotencyKey string // 1 to 128 bytes; a SHA-256 in hex is checked against the bytes
	FileName       string // as the station knows it; for people only
	ContentType    string
}

// Accepted is the answer to an upload.
type Accepted struct {
	ReceiptID   int64               `json:"receipt_id"`
	SHA256      string              `json:"sha256"`
	State       models.ReceiptState `json:"state"`
	DuplicateOf int64               `json:"duplicate_of,omitempty"` // the branch's first receipt with these bytes
	Replayed    bool                `json:"-"`                      // the upload had been answered before
}

// Receive takes a file in: spooled and hashed, stored and read back, then
// accepted (see Accept). Faults besides Accept's: hash_mismatch when the key is
// a SHA-256 and not that of the bytes, too_large, empty, and the Retryable ones
// of a store that is down, after which nothing has been accepted.
func (s *Store) Receive(ctx context.Context, who models.Actor, u Upload, body io.Reader) (_ Accepted, err error) {
	if err := s.mayUpload(ctx, who, u); err != nil {
		return Accepted{}, err
	}
	spooled, err := s.Objects.Spool(ctx, body)
	if err != nil {
		return Accepted{}, err
	}
	defer func() { err = errors.Join(err, spooled.Close()) }()
	// A key already used is answered by its receipt, before the key is doubted.
	if a, err := s.replay(ctx, s.DB, u, spooled.SHA256); err != nil || a.Replayed {
		return a, err
	}
	if hexSHA256.MatchString(u.IdempotencyKey) && u.IdempotencyKey != spooled.SHA256 {
		return Accepted{}, models.NewFault(models.Permanent, "hash_mismatch",
			"the bytes have SHA-256 "+spooled.SHA256+", not the announced one: send the file again", nil)
	}
	object, err := s.Objects.Store(ctx, spooled, u.ContentType)
	if err != nil {
		return Accepted{}, err
	}
	return s.Accept(ctx, who, u, object)
}

// mayUpload refuses early what Accept would refuse after the work.
func (s *Store) mayUpload(ctx context.Context, who models.Actor, u Upload) error {
	if n := len(u.IdempotencyKey); n < 1 || n > 128 || !utf8.ValidString(u.IdempotencyKey) || strings.ContainsFunc(u.IdempotencyKey, unicode.IsControl) {
		return models.NewFault(models.Permanent, "key_malformed", "idempotency key: want 1 to 128 printable bytes", nil)
	}
	var there bool
	err := s.DB.QueryRow(ctx, `SELECT EXISTS (SELECT FROM batches b WHERE id = $1 AND `+batchScope+`)`, u.BatchID, who.BranchID, stationID(who)).Scan(&there)
	if err != nil {
		return classed(err)
	}
	if !there {
		return errNotFound("batch")
	}
	return nil
}

// querier is a pool or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// replay finds the receipt an earlier upload with this key made; the zero answer
// when there is none. Fault idempotency_conflict when it had other bytes.
func (s *Store) replay(ctx context.Context, q querier, u Upload, sha string) (Accepted, error) {
	var a Accepted
	err := q.QueryRow(ctx, `SELECT id, object_sha256, state, coalesce(duplicate_of, 0) FROM receipts WHERE batch_id = $1 AND idempotency_key = $2`,
		u.BatchID, u.IdempotencyKey).Scan(&a.ReceiptID, &a.SHA256, &a.State, &a.DuplicateOf)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Accepted{}, nil
	case err != nil:
		return Accepted{}, classed(err)
	case a.SHA256 != sha:
		return Accepted{}, models.NewFault(models.Permanent, "idempotency_conflict",
			"this key was used in this batch for other bytes: use the SHA-256 of the file as key", nil)
	}
	a.Replayed = true
	return a, nil
}

// Accept makes a receipt, its job, the outbox entry and the audit in one
// transaction. object must be durable. The same key with the same bytes gives
// the same receipt, however often and however many at once; with other bytes
// the fault is idempotency_conflict. The same bytes under another key or in
// another batch make a new receipt, linked to the first. Other faults:
// not_found, batch_closed.
func (s *Store) Accept(ctx context.Context, who models.Actor, u Upload, object Object) (Accepted, error) {
	if err := s.mayUpload(ctx, who, u); err != nil {
		return Accepted{}, err
	}
	var a Accepted
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		// One upload of the same bytes at a time: else two would each think itself the first.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, object.SHA256); err != nil {
			return err
		}
		// A replay is answered even when the batch has been closed since.
		var err error
		if a, err = s.replay(ctx, tx, u, object.SHA256); err != nil || a.Replayed {
			return err
		}
		state, _, err := lockBatch(ctx, tx, who, u.BatchID)
		if err != nil {
			return err
		}
		if state != "open" {
			return models.NewFault(models.Permanent, "batch_closed", "the batch is closed; open another", nil)
		}
		// Other bytes may have taken the key while we waited for the batch.
		if a, err = s.replay(ctx, tx, u, object.SHA256); err != nil || a.Replayed {
			return err
		}
		if err := SaveObject(ctx, tx, object); err != nil {
			return err
		}
		a = Accepted{SHA256: object.SHA256, State: models.InProgress}
		err = tx.QueryRow(ctx, `
INSERT INTO receipts (batch_id, branch_id, object_sha256, duplicate_of, file_name, idempotency_key)
SELECT b.id, b.branch_id, $2, (SELECT min(r.id) FROM receipts r WHERE r.object_sha256 = $2 AND r.branch_id = b.branch_id AND r.page = 1), $3, $4
  FROM batches b WHERE b.id = $1
RETURNING id, coalesce(duplicate_of, 0)`, u.BatchID, object.SHA256, cleanName(u.FileName), u.IdempotencyKey).Scan(&a.ReceiptID, &a.DuplicateOf)
		if err != nil {
			return err
		}
		if err := queueJob(ctx, tx, a.ReceiptID); err != nil {
			return err
		}
		return Record(ctx, tx, Event{Actor: who.String(), Action: actionAccepted, Object: objectName("receipt", a.ReceiptID),
			Detail: map[string]any{"batch": u.BatchID, "sha256": object.SHA256, "size": object.Size, "page": 1, "duplicate_of": a.DuplicateOf}})
	})
	if err != nil {
		return Accepted{}, fmt.Errorf("accept receipt: %w", err)
	}
	return a, nil
}

// actionAccepted is counted by Accounting: one entry a receipt.
const actionAccepted = "receipt.accepted"

// SaveObject names a stored object in tx, so that rows may refer to it. Saving it
// again changes nothing.
func SaveObject(ctx context.Context, tx pgx.Tx, o Object) error {
	_, err := tx.Exec(ctx, `INSERT INTO objects (sha256, bucket, key, version_id, size_bytes, content_type)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, o.SHA256, o.Bucket, o.Key, o.VersionID, o.Size, o.ContentType)
	if err != nil {
		return fmt.Errorf("object %s: %w", o.SHA256, err)
	}
	return nil
}

// queueJob makes the job that reads the receipt's current version.
func queueJob(ctx context.Context, tx pgx.Tx, receiptID int64) error {
	_, err := tx.Exec(ctx, `WITH job AS (
  INSERT INTO jobs (receipt_id, receipt_version) SELECT id, version FROM receipts WHERE id = $1 RETURNING id)
INSERT INTO outbox (job_id) SELECT id FROM job`, receiptID)
	if err != nil {
		return fmt.Errorf("job of receipt %d: %w", receiptID, err)
	}
	return nil
}

// maxFileName is the length the table allows, in characters.
const maxFileName = 255

// cleanName makes a file name fit to be stored and shown: hostile names are data
// like any other, but text in Postgres holds no NUL and no broken UTF-8.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		// Marks that turn the direction of writing make a name read as another.
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD"))
	if runes := []rune(name); len(runes) > maxFileName {
		name = string(runes[len(runes)-maxFileName:]) // the end tells pages apart
	}
	return name
}
