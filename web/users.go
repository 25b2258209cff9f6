package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"heyin/models"
	"heyin/storage"
)

// User is a person who may sign in, as administrators see him.
type User struct {
	ID       int64
	Login    string
	Branch   string // code; empty at the centre
	Roles    []models.Role
	Disabled bool
	HasTOTP  bool
}

// NewUser is what an administrator gives to create a user.
type NewUser struct {
	Login      string
	Password   string
	BranchCode string // empty: works at the centre, for all branches
	Roles      []models.Role
	MustChange bool // the password, at the first sign-in
}

func (u NewUser) validate() error {
	bad := func(code, reason string) error { return models.NewFault(models.Permanent, code, reason, nil) }
	administrator := slices.ContainsFunc(u.Roles, models.Role.Exclusive)
	switch {
	case u.Login == "" || len(u.Login) > 64 || strings.ContainsFunc(u.Login, notPrintable):
		return bad("bad_input", "login: want 1 to 64 bytes without spaces")
	case len(u.Roles) == 0 || slices.ContainsFunc(u.Roles, func(r models.Role) bool { return !slices.Contains(models.Roles(), r) }):
		return bad("bad_input", "roles: want at least one known role")
	case administrator && len(u.Roles) > 1:
		return bad("roles_exclusive", "admin, security and auditor hold no other role")
	case administrator && u.BranchCode != "":
		return bad("centre_only", "admin, security and auditor work for the whole house: give them no branch")
	case slices.Contains(u.Roles, models.RoleBranch) && u.BranchCode == "":
		return bad("branch_required", "the branch role needs a branch")
	}
	return nil
}

// CreateUser adds a user who may sign in at once. It answers user_exists,
// branch_unknown, password_short, or the fault of the field that is wrong.
func CreateUser(ctx context.Context, store *storage.Store, by models.Actor, u NewUser) error {
	return createUser(ctx, store, newPasswords(), by, u)
}

func createUser(ctx context.Context, store *storage.Store, pw *passwords, by models.Actor, u NewUser) error {
	u.Login = strings.ToLower(strings.TrimSpace(u.Login))
	if err := u.validate(); err != nil {
		return err
	}
	hash, err := pw.hash(ctx, u.Password)
	if errors.Is(err, errPasswordShort) || errors.Is(err, errPasswordLong) {
		return models.NewFault(models.Permanent, "password_short", err.Error(), err)
	}
	if err != nil {
		return err
	}
	return store.InTx(ctx, func(tx pgx.Tx) error {
		branch, err := branchID(ctx, tx, u.BranchCode)
		if err != nil {
			return err
		}
		var id int64
		err = tx.QueryRow(ctx, `INSERT INTO users (branch_id, login, name, password_hash, roles, must_change) VALUES ($1, $2, $2, $3, $4, $5) RETURNING id`,
			branch, u.Login, hash, u.Roles, u.MustChange).Scan(&id)
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.ConstraintName == "users_login_key" {
			return models.NewFault(models.Permanent, "user_exists", "this login is taken", err)
		}
		if err != nil {
			return fmt.Errorf("create user: %w", err)
		}
		return storage.Record(ctx, tx, storage.Event{Actor: by.String(), Action: "user.created", Object: fmt.Sprintf("user:%d", id),
			Detail: map[string]any{"login": u.Login, "roles": u.Roles, "branch": u.BranchCode}})
	})
}

// branchID gives the id of a branch, nil for the centre. Fault branch_unknown.
func branchID(ctx context.Context, tx pgx.Tx, code string) (id *int64, err error) {
	if code == "" {
		return nil, nil
	}
	err = tx.QueryRow(ctx, `SELECT id FROM branches WHERE code = $1`, code).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, models.NewFault(models.Permanent, "branch_unknown", "there is no branch with this code", nil)
	}
	return id, err
}

// setUserRoles gives somebody else other roles and another branch. It takes effect
// on his next request: the guard reads the user every time. Faults: not_found, and
// those of CreateUser.
func setUserRoles(ctx context.Context, store *storage.Store, by models.Actor, id int64, roles []models.Role, branchCode string) error {
	if err := (NewUser{Login: "x", Roles: roles, BranchCode: branchCode}).validate(); err != nil {
		return err
	}
	return store.InTx(ctx, func(tx pgx.Tx) error {
		branch, err := branchID(ctx, tx, branchCode)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE users SET roles = $2, branch_id = $3 WHERE id = $1 AND id <> $4`, id, roles, branch, by.ID)
		if err != nil {
			return fmt.Errorf("roles of user %d: %w", id, err)
		}
		if tag.RowsAffected() == 0 {
			return models.NewFault(models.Permanent, "not_found", "there is no such user, or it is yourself", nil)
		}
		return storage.Record(ctx, tx, storage.Event{Actor: by.String(), Action: "user.roles_set", Object: fmt.Sprintf("user:%d", id),
			Detail: map[string]any{"roles": roles, "branch": branchCode}})
	})
}

// notPrintable is true for what has no place in a name: spaces, controls and
// the marks that turn text around.
func notPrintable(r rune) bool {
	return r <= ' ' || r == 0x7f || (r >= 0x80 && r <= 0xa0) || (r >= 0x2000 && r <= 0x200f) || (r >= 0x2028 && r <= 0x202f) ||
		(r >= 0x2060 && r <= 0x206f) || r == 0x3000 || r == 0xfeff
}

// tokenBytes of randomness in a bootstrap password or a station token.
const tokenBytes = 18

func randomToken() string {
	raw := make([]byte, tokenBytes)
	// crypto/rand.Read never fails: it ends the process instead (Go 1.24).
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Bootstrap makes the first administrator when there are no users at all. The
// caller shows the password once; it is stored nowhere.
func Bootstrap(ctx context.Context, store *storage.Store) (login, password string, created bool, err error) {
	var users int
	if err := store.DB.QueryRow(ctx, `SELECT count(*) FROM users`).Scan(&users); err != nil {
		return "", "", false, fmt.Errorf("bootstrap: %w", err)
	}
	if users > 0 {
		return "", "", false, nil
	}
	login, password = "admin", randomToken()
	err = CreateUser(ctx, store, models.Actor{Kind: "system"}, NewUser{Login: login, Password: password, Roles: []models.Role{models.RoleAdmin}})
	if f, ok := errors.AsType[*models.Fault](err); ok && f.Code == "user_exists" {
		return "", "", false, nil // another process was first
	}
	if err != nil {
		return "", "", false, fmt.Errorf("bootstrap: %w", err)
	}
	return login, password, true, nil
}

// listUsers gives all users by name.
func listUsers(ctx context.Context, store *storage.Store) ([]User, error) {
	rows, err := store.DB.Query(ctx, `SELECT u.id, u.login, coalesce(b.code, ''), u.roles, u.disabled_at IS NOT NULL, u.totp_secret IS NOT NULL
  FROM users u LEFT JOIN branches b ON b.id = u.branch_id ORDER BY u.login`)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[User])
}

// setUserDisabled shuts a user out, or lets him in again. It takes effect on
// his next request: the guard reads the user every time.
func setUserDisabled(ctx context.Context, store *storage.Store, by models.Actor, id int64, disabled bool) error {
	action := "user.enabled"
	if disabled {
		action = "user.disabled"
	}
	return store.InTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE users SET disabled_at = CASE WHEN $2 THEN now() END, failed_logins = 0, locked_until = NULL
 WHERE id = $1 AND id <> $3`, id, disabled, by.ID)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return models.NewFault(models.Permanent, "not_found", "there is no such user, or it is yourself", nil)
		}
		return storage.Record(ctx, tx, storage.Event{Actor: by.String(), Action: action, Object: fmt.Sprintf("user:%d", id)})
	})
}

// findUser gives the principal of the request's session; nil when the user is
// disabled or gone, or was signed out since.
func (s *server) findUser(ctx context.Context, id int64) (*principal, error) {
	p := principal{Actor: models.Actor{Kind: userKind, ID: id}}
	var change, noTOTP bool
	err := s.store.DB.QueryRow(ctx, `SELECT name, login, roles, coalesce(branch_id, 0),
       must_change OR ($3::integer > 0 AND password_at < now() - make_interval(days => $3)), totp_secret IS NULL
  FROM users WHERE id = $1 AND disabled_at IS NULL AND coalesce(signed_out_at <= $2, true)`,
		id, time.UnixMicro(s.sessions.GetInt64(ctx, sessionSince)), s.cfg.Passwords.MaxDays).Scan(&p.Name, &p.Login, &p.Roles, &p.BranchID, &change, &noTOTP)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("user of the session: %w", err)
	}
	switch {
	case s.sessions.GetBool(ctx, sessionSSO):
	case change:
		p.must = "password"
	case noTOTP && s.cfg.RequireTOTP:
		p.must = "totp"
	}
	return &p, nil
}

// findStation gives the principal of a bearer token; nil when no enabled
// station has it. Only the token's hash is stored.
func findStation(ctx context.Context, store *storage.Store, token string) (*principal, error) {
	sum := sha256.Sum256([]byte(token))
	p := principal{Actor: models.Actor{Kind: stationKind}}
	err := store.DB.QueryRow(ctx, `SELECT id, name, branch_id FROM stations WHERE token_hash = $1 AND disabled_at IS NULL`, sum[:]).
		Scan(&p.ID, &p.Name, &p.BranchID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("station of the token: %w", err)
	}
	return &p, nil
}

// CreateStation adds a scanning station to a branch and gives its bearer
// token, which is shown once and stored hashed. An existing station of that
// name gets a new token: the old one stops working.
func CreateStation(ctx context.Context, store *storage.Store, by models.Actor, branchCode, name string) (token string, err error) {
	token = randomToken()
	sum := sha256.Sum256([]byte(token))
	err = store.InTx(ctx, func(tx pgx.Tx) error {
		var id int64
		err := tx.QueryRow(ctx, `INSERT INTO stations (branch_id, name, token_hash) SELECT id, $2, $3 FROM branches WHERE code = $1
 ON CONFLICT (branch_id, name) DO UPDATE SET token_hash = excluded.token_hash, disabled_at = NULL RETURNING id`, branchCode, name, sum[:]).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return models.NewFault(models.Permanent, "branch_unknown", "there is no branch with this code", nil)
		}
		if err != nil {
			return fmt.Errorf("create station: %w", err)
		}
		return storage.Record(ctx, tx, storage.Event{Actor: by.String(), Action: "station.token_issued", Object: fmt.Sprintf("station:%d", id)})
	})
	return token, err
}
