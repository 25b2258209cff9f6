package reconcile

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"heyin/models"
	"heyin/storage"
)

// Address is where a customer's statements are to be posted.
type Address struct {
	Address  string `json:"address" maxLength:"200"`
	Postcode string `json:"postcode,omitempty" maxLength:"6" doc:"six digits"`
	Contact  string `json:"contact,omitempty" maxLength:"64"`
	Phone    string `json:"phone,omitempty" maxLength:"32"`
	Note     string `json:"note" maxLength:"1000" doc:"how the branch knows"`
}

// AddressCorrection is an address that one person of a branch enters and another
// approves or refuses; a customer's last approved one holds.
type AddressCorrection struct {
	ID         int64  `json:"id"`
	CustomerNo string `json:"customer_no"`
	Customer   string `json:"customer"`
	Branch     string `json:"branch"`
	Address
	Maker     string        `json:"maker"` // login
	MadeAt    time.Time     `json:"made_at"`
	Own       bool          `json:"own"` // who asks made it, so another must check
	State     ProposalState `json:"state"`
	Checker   string        `json:"checker,omitempty"`
	CheckedAt *time.Time    `json:"checked_at,omitempty"`
	Reason    string        `json:"reason,omitempty"` // of a refusal
}

// addressRows bounds a list, those to be checked first, then the newest.
const addressRows = 500

var (
	postcode = regexp.MustCompile(`^([0-9]{6})?$`)
	phone    = regexp.MustCompile(`^[0-9+() -]{0,32}$`)
)

// checked gives the address without blanks around it. Fault address_invalid.
func (a Address) checked() (Address, error) {
	for _, field := range []*string{&a.Address, &a.Postcode, &a.Contact, &a.Phone, &a.Note} {
		*field = strings.TrimSpace(*field)
	}
	within := func(s string, least, most int) bool {
		n := utf8.RuneCountInString(s)
		return n >= least && n <= most
	}
	if !within(a.Address, 1, 200) || !postcode.MatchString(a.Postcode) || !within(a.Contact, 0, 64) || !phone.MatchString(a.Phone) || !within(a.Note, 1, 1000) {
		return a, models.NewFault(models.Permanent, "address_invalid",
			"address: want 1 to 200 characters, a postcode of six digits or none, a phone of digits, and in note how the branch knows", nil)
	}
	return a, nil
}

func addressObject(id int64) string { return fmt.Sprintf("address_correction:%d", id) }

// CorrectAddress files an address for another person to check. Faults:
// address_invalid, customer_unknown outside the actor's branch, address_waits when
// the customer has one that is not checked yet.
func CorrectAddress(ctx context.Context, store *storage.Store, who models.Actor, customerNo string, a Address) (id int64, err error) {
	if a, err = a.checked(); err != nil {
		return 0, err
	}
	err = store.InTx(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `INSERT INTO address_corrections (customer_id, address, postcode, contact, phone, note, maker)
SELECT c.id, $3, $4, $5, $6, $7, $8 FROM customers c WHERE c.no = $1 AND ($2::bigint = 0 OR c.branch_id = $2) RETURNING id`,
			strings.TrimSpace(customerNo), who.BranchID, a.Address, a.Postcode, a.Contact, a.Phone, a.Note, who.ID).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return models.NewFault(models.Permanent, "customer_unknown", "customer_no: the branch has no such customer", nil)
		}
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.ConstraintName == "address_corrections_one_open" {
			return models.NewFault(models.Permanent, "address_waits", "a correction of this customer's address waits to be checked", err)
		}
		if err != nil {
			return err
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "address.proposed", Object: addressObject(id),
			Detail: map[string]any{"customer_no": customerNo, "address": a}})
	})
	if err != nil {
		return 0, fmt.Errorf("correct address: %w", err)
	}
	return id, nil
}

// CheckAddress approves a correction, or refuses it for a reason. Faults: not_found,
// own_address (its maker never checks it), address_closed, reason_required.
func CheckAddress(ctx context.Context, store *storage.Store, who models.Actor, id int64, approve bool, reason string) error {
	next, reason := Approved, strings.TrimSpace(reason)
	if !approve {
		next = Refused
		if n := utf8.RuneCountInString(reason); n < 1 || n > 1000 {
			return models.NewFault(models.Permanent, "reason_required", "reason: want 1 to 1000 characters", nil)
		}
	}
	err := store.InTx(ctx, func(tx pgx.Tx) error {
		var own bool
		var state ProposalState
		err := tx.QueryRow(ctx, `SELECT a.maker = $3, a.state FROM address_corrections a JOIN customers c ON c.id = a.customer_id
 WHERE a.id = $1 AND ($2::bigint = 0 OR c.branch_id = $2) FOR UPDATE OF a`, id, who.BranchID, who.ID).Scan(&own, &state)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return models.NewFault(models.Permanent, "not_found", "there is no such correction", nil)
		case err != nil:
			return err
		case state != Proposed:
			return models.NewFault(models.Permanent, "address_closed", "the correction was checked already", nil)
		case own:
			return models.NewFault(models.Permanent, "own_address", "you entered this address: another person must check it", nil)
		}
		if approve {
			reason = ""
		}
		if _, err := tx.Exec(ctx, `UPDATE address_corrections SET state = $2, checker = $3, checked_at = now(), reason = $4 WHERE id = $1`, id, string(next), who.ID, reason); err != nil {
			return err
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "address." + string(next), Object: addressObject(id), Detail: map[string]any{"reason": reason}})
	})
	if err != nil {
		return fmt.Errorf("check address %d: %w", id, err)
	}
	return nil
}

// Addresses lists corrections of the actor's branch, or of all at the centre.
func Addresses(ctx context.Context, store *storage.Store, who models.Actor) ([]AddressCorrection, error) {
	list, err := storage.Rows(ctx, store, who, func(row pgx.CollectableRow) (a AddressCorrection, err error) {
		return a, row.Scan(&a.ID, &a.CustomerNo, &a.Customer, &a.Branch, &a.Address.Address, &a.Postcode, &a.Contact, &a.Phone, &a.Note,
			&a.Maker, &a.MadeAt, &a.Own, &a.State, &a.Checker, &a.CheckedAt, &a.Reason)
	}, `
SELECT a.id, c.no, c.name, b.code, a.address, a.postcode, a.contact, a.phone, a.note, m.login, a.made_at, a.maker = $2, a.state, coalesce(k.login, ''), a.checked_at, a.reason
  FROM address_corrections a JOIN customers c ON c.id = a.customer_id JOIN branches b ON b.id = c.branch_id
  JOIN users m ON m.id = a.maker LEFT JOIN users k ON k.id = a.checker
 WHERE $1::bigint = 0 OR c.branch_id = $1 ORDER BY a.state <> 'proposed', a.id DESC LIMIT $3`, who.BranchID, who.ID, addressRows)
	if err != nil {
		return nil, fmt.Errorf("addresses: %w", err)
	}
	return list, nil
}

// AddressesInForce gives the last approved address of each customer of the actor's
// branch that has one, by customer number.
func AddressesInForce(ctx context.Context, store *storage.Store, who models.Actor) (map[string]Address, error) {
	type holder struct {
		CustomerNo string
		Address
	}
	list, err := storage.Rows(ctx, store, who, func(row pgx.CollectableRow) (h holder, err error) {
		return h, row.Scan(&h.CustomerNo, &h.Address.Address, &h.Postcode, &h.Contact, &h.Phone, &h.Note)
	}, `
SELECT DISTINCT ON (a.customer_id) c.no, a.address, a.postcode, a.contact, a.phone, a.note FROM address_corrections a JOIN customers c ON c.id = a.customer_id
 WHERE a.state = 'approved' AND ($1::bigint = 0 OR c.branch_id = $1) ORDER BY a.customer_id, a.checked_at DESC, a.id DESC`, who.BranchID)
	if err != nil {
		return nil, fmt.Errorf("addresses: %w", err)
	}
	all := map[string]Address{}
	for _, h := range list {
		all[h.CustomerNo] = h.Address
	}
	return all, nil
}
