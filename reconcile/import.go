package reconcile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// Options of an import.
type Options struct {
	DryRun bool         // check everything against the books, change nothing
	Actor  models.Actor // who answers for it, in the audit
}

// RowError is one thing wrong with one row.
type RowError struct {
	Line   int    `json:"line"` // of the file, from 1
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"` // what is wrong and what is wanted
}

func (e RowError) String() string {
	if e.Field == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
	}
	return fmt.Sprintf("line %d: %s: %s", e.Line, e.Field, e.Reason)
}

// Report says what an import did, or in a dry run would do. With errors nothing
// was changed.
type Report struct {
	Kind      string     `json:"kind"` // accounts, specimens, statements
	SHA256    string     `json:"sha256"`
	Rows      int        `json:"rows"`
	Added     int        `json:"added"`
	Unchanged int        `json:"unchanged"` // already on the books, the same
	DryRun    bool       `json:"dry_run"`
	Errors    []RowError `json:"errors,omitempty"`

	Specimens []SpecimenReport `json:"specimens,omitempty"` // of an import of specimens
}

func (r *Report) wrong(line int, field, format string, args ...any) {
	r.Errors = append(r.Errors, RowError{line, field, fmt.Sprintf(format, args...)})
}

// err is the fault of a file with wrong rows; nil without.
func (r *Report) err() error {
	if len(r.Errors) == 0 {
		return nil
	}
	slices.SortStableFunc(r.Errors, func(a, b RowError) int { return a.Line - b.Line })
	return models.NewFault(models.Permanent, "import_invalid",
		fmt.Sprintf("%d errors in %d rows; nothing was imported. First: %s", len(r.Errors), r.Rows, r.Errors[0]), nil)
}

// importLock lets one import run at a time (any number nobody else uses: the
// bytes of "import").
const importLock = 0x696d706f7274

// maxFileBytes bounds an import file, which is held in memory: a million
// statement lines are about 300 MB.
const maxFileBytes = 512 << 20

// plan is a parsed file that knows how to check itself against the books and
// enter itself into them.
type plan interface {
	// check reports rows that contradict the books and counts what is new.
	check(ctx context.Context, tx pgx.Tx, report *Report) error
	// enter writes what check found to be new, and gives what the audit should know
	// beside the import itself.
	enter(ctx context.Context, tx pgx.Tx) ([]storage.Event, error)
}

// run takes a parsed file to the end: check, then all or nothing. prepare stores
// what must lie in the object store before a row may name it.
func run(ctx context.Context, store *storage.Store, opts Options, report *Report, file []byte, p plan, prepare func() error) error {
	sum := sha256.Sum256(file)
	report.SHA256, report.DryRun = hex.EncodeToString(sum[:]), opts.DryRun
	if report.Rows == 0 && len(report.Errors) == 0 {
		report.wrong(1, "", "the file has no rows")
	}
	var kept storage.Object
	write := !opts.DryRun && len(report.Errors) == 0
	if write {
		var err error
		if kept, err = store.Objects.Put(ctx, bytes.NewReader(file), "text/plain; charset=utf-8"); err != nil {
			return fmt.Errorf("import %s: keep the file: %w", report.Kind, err)
		}
		if err := prepare(); err != nil {
			return fmt.Errorf("import %s: %w", report.Kind, err)
		}
	}
	err := store.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(importLock)); err != nil {
			return err
		}
		if err := p.check(ctx, tx, report); err != nil {
			return err
		}
		if err := report.err(); err != nil || !write || report.Added == 0 {
			return err
		}
		if err := storage.SaveObject(ctx, tx, kept); err != nil {
			return err
		}
		events, err := p.enter(ctx, tx)
		if err != nil {
			return err
		}
		return storage.Record(ctx, tx, append(events, storage.Event{
			Actor: opts.Actor.String(), Action: report.Kind + ".imported", Object: "object:" + kept.SHA256,
			Detail: map[string]int{"rows": report.Rows, "added": report.Added, "unchanged": report.Unchanged},
		})...)
	})
	if err != nil {
		return fmt.Errorf("import %s: %w", report.Kind, err)
	}
	return nil
}

// readFile reads an import file whole.
func readFile(r io.Reader) ([]byte, error) {
	file, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	if len(file) > maxFileBytes {
		return nil, models.NewFault(models.Permanent, "import_too_large", fmt.Sprintf("an import file may have %d MB; split it", maxFileBytes>>20), nil)
	}
	return file, nil
}

// Forms the tables allow; checked here so that a row is named, not a constraint.
var (
	anyName      = regexp.MustCompile(`^\S{1,64}$`)
	branchForm   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)
	accountForm  = regexp.MustCompile(`^[0-9]{4,40}$`)
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
)

// wantForm reports a field that does not have its form.
func (r *Report) wantForm(line int, field, value string, form *regexp.Regexp, want string) {
	if !form.MatchString(value) {
		r.wrong(line, field, "%q: want %s", value, want)
	}
}

// wantDate parses a date like 2025-12-31.
func (r *Report) wantDate(line int, field, value string) time.Time {
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		r.wrong(line, field, "%q: want a date like 2025-12-31", value)
	}
	return t
}

// send runs a batch and gives its first error.
func send(ctx context.Context, tx pgx.Tx, b *pgx.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, b).Close()
}
