package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// Wrong passwords a user may give before he must wait: one minute, doubled by
// each further one, at most maxLock.
const (
	freeFailures = 5
	firstLock    = time.Minute
	maxLock      = 15 * time.Minute
)

var (
	errLoginWrong  = errors.New("wrong user name or password")
	errLoginLocked = errors.New("too many wrong passwords")
)

// authenticate checks a login and gives the user's id. The attempt is counted
// before the password is looked at, so that guesses sent at once count too.
func (s *server) authenticate(ctx context.Context, login, password string) (int64, error) {
	login = strings.ToLower(strings.TrimSpace(login))
	var id int64
	var hash string
	var locked bool
	err := s.store.DB.QueryRow(ctx, `SELECT id, password_hash, coalesce(locked_until > now(), false) FROM users
 WHERE login = $1 AND disabled_at IS NULL`, login).Scan(&id, &hash, &locked)
	if errors.Is(err, pgx.ErrNoRows) {
		// Take as long as for a real user: the time must not tell who exists.
		if _, err := s.passwords.matches(ctx, s.decoy, password); err != nil {
			return 0, err
		}
		slog.InfoContext(ctx, "login of an unknown user refused")
		return 0, errLoginWrong
	}
	if err != nil {
		return 0, fmt.Errorf("login: %w", err)
	}
	if locked {
		return 0, errLoginLocked
	}
	tag, err := s.store.DB.Exec(ctx, `UPDATE users SET failed_logins = failed_logins + 1,
       locked_until = CASE WHEN failed_logins + 1 >= $2 THEN now() + least($3::interval * power(2, least(failed_logins + 1 - $2, 10)), $4::interval) END
 WHERE id = $1 AND (locked_until IS NULL OR locked_until <= now())`, id, freeFailures, firstLock, maxLock)
	if err != nil {
		return 0, fmt.Errorf("login: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return 0, errLoginLocked
	}
	ok, err := s.passwords.matches(ctx, hash, password)
	if err != nil {
		return 0, fmt.Errorf("login: %w", err)
	}
	return id, s.recordLogin(ctx, id, ok)
}

// recordLogin writes the outcome of an attempt to the user and the audit; it
// gives errLoginWrong for a wrong password.
func (s *server) recordLogin(ctx context.Context, id int64, ok bool) error {
	action := "user.login_failed"
	if ok {
		action = "user.login"
	}
	actor := models.Actor{Kind: userKind, ID: id}
	err := s.store.InTx(ctx, func(tx pgx.Tx) error {
		if ok {
			if _, err := tx.Exec(ctx, `UPDATE users SET failed_logins = 0, locked_until = NULL, last_login_at = now() WHERE id = $1`, id); err != nil {
				return err
			}
		}
		return storage.Record(ctx, tx, storage.Event{Actor: actor.String(), Action: action, Object: actor.String()})
	})
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	if !ok {
		return errLoginWrong
	}
	return nil
}

type loginForm struct{ Name string }

func (s *server) loginShow(w http.ResponseWriter, r *http.Request) error {
	if principalOf(r.Context()) != nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	return s.render(w, r, "login", "login.title", loginForm{})
}

func (s *server) loginSubmit(w http.ResponseWriter, r *http.Request) error {
	name := r.PostFormValue("name")
	id, err := s.authenticate(r.Context(), name, r.PostFormValue("password"))
	switch {
	case errors.Is(err, errLoginWrong):
		return s.renderNotice(w, r, http.StatusUnauthorized, "login", "login.title", "login.failed", loginForm{name})
	case errors.Is(err, errLoginLocked):
		return s.renderNotice(w, r, http.StatusTooManyRequests, "login", "login.title", "login.locked", loginForm{name})
	case err != nil:
		return err
	}
	// A new token: whoever planted the old one does not share the login.
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return fmt.Errorf("login: %w", err)
	}
	s.sessions.Put(r.Context(), sessionUser, id)
	if err := s.sessionStore.sweep(r.Context()); err != nil {
		return fmt.Errorf("login: %w", err)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (s *server) logout(w http.ResponseWriter, r *http.Request) error {
	actor := actorOf(r.Context())
	err := s.store.InTx(r.Context(), func(tx pgx.Tx) error {
		return storage.Record(r.Context(), tx, storage.Event{Actor: actor.String(), Action: "user.logout", Object: actor.String()})
	})
	if err != nil {
		return err
	}
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return fmt.Errorf("logout: %w", err)
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}
