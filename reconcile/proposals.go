package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// ProposalState is how far a proposed specimen has come.
type ProposalState string

// States of a proposal; the last two are final.
const (
	Proposed ProposalState = "proposed"
	Approved ProposalState = "approved"
	Refused  ProposalState = "refused"
)

// Proposal is a specimen one person proposes and another approves or refuses.
type Proposal struct {
	ID         int64            `json:"id"`
	CustomerNo string           `json:"customer_no"` // empty: the bank's own seal
	Customer   string           `json:"customer"`
	Branch     string           `json:"branch"`
	Ref        string           `json:"ref"`
	Kind       models.SealKind  `json:"kind"`
	Shape      models.SealShape `json:"shape"`
	DPI        float64          `json:"dpi"`
	ValidFrom  string           `json:"valid_from"` // as asked; in force no earlier than approved
	Sources    []Source         `json:"sources"`
	Quality    models.Quality   `json:"quality"`
	Note       string           `json:"note,omitempty"` // why a poor one is wanted
	State      ProposalState    `json:"state"`
	Maker      string           `json:"maker"` // login
	MadeAt     time.Time        `json:"made_at"`
	Own        bool             `json:"own"` // who asks made it, so another must check
	Checker    string           `json:"checker,omitempty"`
	CheckedAt  *time.Time       `json:"checked_at,omitempty"`
	Reason     string           `json:"reason,omitempty"` // of a refusal
	SpecimenID int64            `json:"specimen_id,omitempty"`
	// Before is the day from which the specimen it would replace is in force; empty
	// when there is none. BeforeShown: its picture may be looked at.
	Before      string `json:"before,omitempty"`
	BeforeShown bool   `json:"before_shown,omitempty"`
}

// ProposalPage is how many proposals a list has at most.
const ProposalPage = 50

// Pictures of a proposal.
const (
	PictureSeal   = "seal"   // as proposed
	PictureBefore = "before" // the specimen it would replace
)

func proposalObject(id int64) string { return fmt.Sprintf("specimen_proposal:%d", id) }

// visibleProposals restricts proposals p of customers c to those of an actor's
// branch ($1); 0 sees all, the bank's own seals too.
const visibleProposals = ` ($1::bigint = 0 OR c.branch_id = $1)`

// inForceBefore is the specimen that proposal p would replace. Only a picture heyin
// drew is shown: a file as it came from outside is not for a browser.
const inForceBefore = `LEFT JOIN LATERAL (SELECT s.valid_from, s.object_sha256, s.sources <> '[]' AS drawn FROM specimens s
  WHERE s.customer_id IS NOT DISTINCT FROM p.customer_id AND s.ref = p.ref AND s.id IS DISTINCT FROM p.specimen_id
  ORDER BY s.valid_from DESC LIMIT 1) b ON true`

// Proposals lists proposals in a state, oldest first, after the id given.
func Proposals(ctx context.Context, store *storage.Store, who models.Actor, state ProposalState, after int64) ([]Proposal, error) {
	list, err := storage.Rows(ctx, store, who, func(row pgx.CollectableRow) (Proposal, error) {
		var p Proposal
		return p, row.Scan(&p.ID, &p.CustomerNo, &p.Customer, &p.Branch, &p.Ref, &p.Kind, &p.Shape, &p.DPI, &p.ValidFrom, &p.Sources,
			&p.Quality.Grade, &p.Quality.Findings, &p.Note, &p.State, &p.Maker, &p.MadeAt, &p.Own, &p.Checker, &p.CheckedAt, &p.Reason,
			&p.SpecimenID, &p.Before, &p.BeforeShown)
	}, `SELECT p.id, coalesce(c.no, ''), coalesce(c.name, ''), coalesce(br.code, ''), p.ref, p.kind, p.shape, p.dpi,
       p.valid_from::text, p.sources, p.grade, p.findings, p.note, p.state, m.login, p.made_at, p.maker = $4,
       coalesce(k.login, ''), p.checked_at, p.reason, coalesce(p.specimen_id, 0), coalesce(b.valid_from::text, ''), coalesce(b.drawn, false)
  FROM specimen_proposals p LEFT JOIN customers c ON c.id = p.customer_id LEFT JOIN branches br ON br.id = c.branch_id
  JOIN users m ON m.id = p.maker LEFT JOIN users k ON k.id = p.checker `+inForceBefore+`
 WHERE`+visibleProposals+` AND p.state = $2 AND p.id > $3 ORDER BY p.id LIMIT $5`, who.BranchID, string(state), after, who.ID, ProposalPage)
	if err != nil {
		return nil, fmt.Errorf("proposals: %w", err)
	}
	return list, nil
}

// ProposalPicture gives a picture of a proposal as PNG; the view is recorded before
// the caller gets a byte. Fault not_found when there is no such picture to see.
func ProposalPicture(ctx context.Context, store *storage.Store, who models.Actor, id int64, name string) ([]byte, error) {
	var sha string
	err := store.InTx(ctx, func(tx pgx.Tx) error {
		err := storage.Fenced(ctx, tx, who, func() error {
			return tx.QueryRow(ctx, `SELECT coalesce(CASE WHEN $3 = '`+PictureSeal+`' THEN p.object_sha256 WHEN $3 = '`+PictureBefore+`' AND b.drawn THEN b.object_sha256 END, '')
  FROM specimen_proposals p LEFT JOIN customers c ON c.id = p.customer_id `+inForceBefore+`
 WHERE`+visibleProposals+` AND p.id = $2`, who.BranchID, id, name).Scan(&sha)
		})
		if errors.Is(err, pgx.ErrNoRows) || err == nil && sha == "" {
			return proposalNotFound()
		}
		if err != nil {
			return err
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "image.viewed", Object: proposalObject(id),
			Detail: map[string]any{"image": name, "sha256": sha}})
	})
	if err != nil {
		return nil, fmt.Errorf("picture %s of proposal %d: %w", name, id, err)
	}
	return store.Objects.Get(ctx, sha)
}

func proposalNotFound() error {
	return models.NewFault(models.Permanent, "not_found", "there is no such proposal", nil)
}

// Approve puts a proposed specimen in force from its day, but no earlier than
// today: what was judged before stays judged by what was in force then. The one it
// replaces ends there. Faults: not_found, own_proposal (its maker never checks it),
// proposal_closed, specimen_newer (one from the same day or later is on file by now).
func Approve(ctx context.Context, store *storage.Store, who models.Actor, id int64) (specimenID int64, err error) {
	today := day(time.Now().In(models.BankTime))
	err = store.InTx(ctx, func(tx pgx.Tx) error {
		// An import may file the same specimen: one of the two at a time.
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(importLock)); err != nil {
			return err
		}
		if err := openProposal(ctx, tx, who, id); err != nil {
			return err
		}
		if err := notOvertaken(ctx, tx, id, today); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE specimens s SET valid_to = greatest(p.valid_from, $2::date) FROM specimen_proposals p
 WHERE p.id = $1 AND s.customer_id IS NOT DISTINCT FROM p.customer_id AND s.ref = p.ref
   AND coalesce(s.valid_to > greatest(p.valid_from, $2::date), true)`, id, today)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `INSERT INTO specimens (customer_id, ref, kind, shape, role, dpi, object_sha256, valid_from, sources, grade, findings, note, maker, checker)
SELECT customer_id, ref, kind, shape, role, dpi, object_sha256, greatest(valid_from, $2::date), sources, grade, findings, note, maker, $3
  FROM specimen_proposals WHERE id = $1 RETURNING id`, id, today, who.ID).Scan(&specimenID)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE specimen_proposals SET state = 'approved', checker = $2, checked_at = now(), specimen_id = $3 WHERE id = $1`, id, who.ID, specimenID)
		if err != nil {
			return err
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "specimen.approved", Object: proposalObject(id),
			Detail: map[string]any{"specimen": specimenID}})
	})
	if err != nil {
		return 0, fmt.Errorf("approve proposal %d: %w", id, err)
	}
	return specimenID, nil
}

// openProposal locks a proposal that the actor may check.
func openProposal(ctx context.Context, tx pgx.Tx, who models.Actor, id int64) error {
	var maker int64
	var state ProposalState
	err := tx.QueryRow(ctx, `SELECT p.maker, p.state FROM specimen_proposals p LEFT JOIN customers c ON c.id = p.customer_id
 WHERE`+visibleProposals+` AND p.id = $2 FOR UPDATE OF p`, who.BranchID, id).Scan(&maker, &state)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return proposalNotFound()
	case err != nil:
		return err
	case maker == who.ID:
		return models.NewFault(models.Permanent, "own_proposal", "you proposed this specimen; another person must check it", nil)
	case state != Proposed:
		return models.NewFault(models.Permanent, "proposal_closed", "this proposal has been "+string(state)+" already", nil)
	}
	return nil
}

// notOvertaken refuses a proposal when the books have moved on under it.
func notOvertaken(ctx context.Context, tx pgx.Tx, id int64, today string) error {
	var from, kind string
	err := tx.QueryRow(ctx, `SELECT s.valid_from::text, s.kind FROM specimen_proposals p JOIN specimens s ON s.customer_id IS NOT DISTINCT FROM p.customer_id AND s.ref = p.ref
 WHERE p.id = $1 AND (s.valid_from >= greatest(p.valid_from, $2::date) OR s.kind <> p.kind) ORDER BY s.valid_from DESC LIMIT 1`, id, today).Scan(&from, &kind)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return models.NewFault(models.Permanent, "specimen_newer", "a specimen ("+kind+") of this name is on file from "+from+"; refuse this one and propose it anew", nil)
}

// Refuse ends a proposal with a reason. Faults: not_found, own_proposal,
// proposal_closed, reason_required, note_too_long.
func Refuse(ctx context.Context, store *storage.Store, who models.Actor, id int64, reason string) error {
	reason = strings.TrimSpace(reason)
	switch {
	case reason == "":
		return models.NewFault(models.Permanent, "reason_required", "say why the specimen is refused", nil)
	case utf8.RuneCountInString(reason) > maxNote:
		return models.NewFault(models.Permanent, "note_too_long", fmt.Sprintf("the reason has more than %d characters", maxNote), nil)
	}
	err := store.InTx(ctx, func(tx pgx.Tx) error {
		if err := openProposal(ctx, tx, who, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE specimen_proposals SET state = 'refused', checker = $2, checked_at = now(), reason = $3 WHERE id = $1`, id, who.ID, reason)
		if err != nil {
			return err
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "specimen.refused", Object: proposalObject(id), Detail: map[string]any{"reason": reason}})
	})
	if err != nil {
		return fmt.Errorf("refuse proposal %d: %w", id, err)
	}
	return nil
}

// CardOrder says what a seal on an uploaded card is.
type CardOrder struct {
	CustomerNo string // empty: the bank's own seal
	Ref        string
	Kind       models.SealKind
	Shape      models.SealShape // empty: as it looks
	DPI        float64
	ValidFrom  string // like 2026-02-01
	Place      int    // the seal's on the card, from 1 in reading order; 0: the card has one
	AcceptPoor string // why a poor one is wanted all the same
}

// Propose takes a seal off a card and proposes it as a specimen, by who. The same
// card proposed again gives the same proposal. Faults: card_refused (with everything
// that is wrong), not_found for a customer of another branch or none, and those of
// the Cutter.
func Propose(ctx context.Context, store *storage.Store, cut Cutter, who models.Actor, o CardOrder, card []byte) (id int64, q models.Quality, err error) {
	if err := checkPicture(card); err != nil {
		return 0, q, cardRefused("the file " + err.Error())
	}
	found, err := cut(ctx, card, o.DPI, models.Box{})
	if err != nil {
		return 0, q, fmt.Errorf("cut the card: %w", err)
	}
	p := newSpecimensPlan(SpecimenOptions{Options: Options{Actor: who}, Cut: func(context.Context, []byte, float64, models.Box) (models.Card, error) { return found, nil }})
	p.maker = who.ID
	s := specimenRow{customer: o.CustomerNo, ref: o.Ref, kind: string(o.Kind), shape: string(o.Shape), role: string(models.RoleClient), validFrom: o.ValidFrom,
		dpi: o.DPI, note: strings.TrimSpace(o.AcceptPoor), sources: []Source{{SHA256: p.keep(card), Place: o.Place}}}
	if o.CustomerNo == "" {
		s.role = string(models.RoleBank)
	}
	if s.shape == "" {
		if s.shape, err = lookOf(found, o.Place); err != nil {
			return 0, q, err
		}
	}
	p.rows = []specimenRow{s}
	var report Report
	p.rows[0].want(&report)
	if err := p.cut(ctx, &report); err != nil {
		return 0, q, err
	}
	if len(report.Errors) > 0 {
		return 0, q, cardRefused(reasonsIn(report))
	}
	if err := p.store(ctx, store); err != nil {
		return 0, q, fmt.Errorf("keep the card: %w", err)
	}
	err = store.InTx(ctx, func(tx pgx.Tx) error { return p.propose(ctx, tx, who) })
	if err != nil {
		return 0, q, fmt.Errorf("propose specimen: %w", err)
	}
	return p.rows[0].id, p.rows[0].seal.Quality, nil
}

// propose enters the plan's only row.
func (p *specimensPlan) propose(ctx context.Context, tx pgx.Tx, who models.Actor) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(importLock)); err != nil {
		return err
	}
	s := &p.rows[0]
	var seen bool
	err := tx.QueryRow(ctx, `SELECT $2::bigint = 0 OR EXISTS (SELECT FROM customers WHERE no = $1 AND branch_id = $2)`, s.customer, who.BranchID).Scan(&seen)
	if err != nil {
		return err
	}
	if !seen {
		return models.NewFault(models.Permanent, "not_found", "there is no such customer", nil)
	}
	var report Report
	if err := p.check(ctx, tx, &report); err != nil {
		return err
	}
	if len(report.Errors) > 0 {
		return cardRefused(reasonsIn(report))
	}
	if s.filed {
		if s.id == 0 {
			return cardRefused("this very specimen is in force already")
		}
		return nil
	}
	events, err := p.enter(ctx, tx)
	if err != nil {
		return err
	}
	return storage.Record(ctx, tx, events...)
}

// lookOf is the shape of a seal, where the card shows it.
func lookOf(card models.Card, place int) (string, error) {
	seal, _, err := pick(cutOutcome{card: card}, Source{Place: place})
	if err != nil {
		return "", cardRefused(err.Error())
	}
	if seal.Shape == "" {
		return "", cardRefused("what shape the seal has cannot be told; give it")
	}
	return string(seal.Shape), nil
}

func cardRefused(reason string) error {
	return models.NewFault(models.Permanent, "card_refused", reason, nil)
}

func reasonsIn(r Report) string {
	reasons := make([]string, len(r.Errors))
	for i, e := range r.Errors {
		reasons[i] = strings.TrimPrefix(e.Field+": "+e.Reason, ": ")
	}
	return strings.Join(reasons, "; ")
}

// findPeople looks the maker and the checker of an import up: two different users of
// the centre who may do that.
func (p *specimensPlan) findPeople(ctx context.Context, store *storage.Store) error {
	if p.opts.Checker != "" && p.opts.Maker == "" {
		return models.NewFault(models.Permanent, "maker_unknown", "a checker checks what a maker made: name the maker too", nil)
	}
	for _, person := range []struct {
		login string
		role  models.Role
		id    *int64
	}{{p.opts.Maker, models.RoleOperator, &p.maker}, {p.opts.Checker, models.RoleSupervisor, &p.checker}} {
		if person.login == "" {
			continue
		}
		err := store.DB.QueryRow(ctx, `SELECT id FROM users WHERE login = lower($1) AND disabled_at IS NULL AND branch_id IS NULL AND $2 = ANY (roles)`,
			person.login, string(person.role)).Scan(person.id)
		if errors.Is(err, pgx.ErrNoRows) {
			return models.NewFault(models.Permanent, "maker_unknown", fmt.Sprintf("%q is no active user of the centre with the role %s", person.login, person.role), nil)
		}
		if err != nil {
			return fmt.Errorf("maker and checker: %w", err)
		}
	}
	if p.maker != 0 && p.maker == p.checker {
		return models.NewFault(models.Permanent, "maker_is_checker", "maker and checker must be two persons", nil)
	}
	return nil
}
