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

// authenticate checks a login's password and gives the user's id, and whether he
// must give a code of his second factor as well.
func (s *server) authenticate(ctx context.Context, login, password string) (id int64, code bool, err error) {
	login = strings.ToLower(strings.TrimSpace(login))
	err = s.store.DB.QueryRow(ctx, `SELECT id, totp_secret IS NOT NULL FROM users WHERE login = $1 AND disabled_at IS NULL`, login).Scan(&id, &code)
	if errors.Is(err, pgx.ErrNoRows) {
		// Take as long as for a real user: the time must not tell who exists.
		if _, err := s.passwords.matches(ctx, s.decoy, password); err != nil {
			return 0, false, err
		}
		slog.InfoContext(ctx, "login of an unknown user refused")
		return 0, false, errLoginWrong
	}
	if err != nil {
		return 0, false, fmt.Errorf("login: %w", err)
	}
	return id, code, s.attempt(ctx, id, s.passwordIs(id, password))
}

// passwordIs checks a password for attempt.
func (s *server) passwordIs(id int64, password string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		var hash string
		if err := s.store.DB.QueryRow(ctx, `SELECT password_hash FROM users WHERE id = $1`, id).Scan(&hash); err != nil {
			return false, err
		}
		return s.passwords.matches(ctx, hash, password)
	}
}

// attempt runs one check of a password or a code. It is counted before it is
// looked at, so that guesses sent at once count too; a right one takes back its
// own count and lock only: the others are forgiven when the sign-in is whole, as
// somebody who knows the password may not try codes for ever.
func (s *server) attempt(ctx context.Context, id int64, check func(context.Context) (bool, error)) error {
	var lock *time.Time
	err := s.store.DB.QueryRow(ctx, `UPDATE users SET failed_logins = failed_logins + 1,
       locked_until = CASE WHEN failed_logins + 1 >= $2 THEN now() + least($3::interval * power(2, least(failed_logins + 1 - $2, 10)), $4::interval) END
 WHERE id = $1 AND (locked_until IS NULL OR locked_until <= now()) RETURNING locked_until`, id, freeFailures, firstLock, maxLock).Scan(&lock)
	if errors.Is(err, pgx.ErrNoRows) {
		return errLoginLocked
	}
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	ok, err := check(ctx)
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	if ok {
		_, err := s.store.DB.Exec(ctx, `UPDATE users SET failed_logins = greatest(0, failed_logins - 1),
       locked_until = CASE WHEN locked_until IS DISTINCT FROM $2 THEN locked_until END WHERE id = $1`, id, lock)
		return err
	}
	actor := models.Actor{Kind: userKind, ID: id}
	err = s.store.InTx(ctx, func(tx pgx.Tx) error {
		return storage.Record(ctx, tx, storage.Event{Actor: actor.String(), Action: "user.login_failed", Object: actor.String()})
	})
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	return errLoginWrong
}

// signIn opens a session for a user who has shown all that is asked of him, by the
// identity provider (sso) or here, and sends him to his first page.
func (s *server) signIn(w http.ResponseWriter, r *http.Request, id int64, sso bool) error {
	actor := models.Actor{Kind: userKind, ID: id}
	err := s.store.InTx(r.Context(), func(tx pgx.Tx) error {
		_, err := tx.Exec(r.Context(), `UPDATE users SET failed_logins = 0, locked_until = NULL, last_login_at = now() WHERE id = $1`, id)
		if err != nil {
			return err
		}
		return storage.Record(r.Context(), tx, storage.Event{Actor: actor.String(), Action: "user.login", Object: actor.String(), Detail: map[string]any{"sso": sso}})
	})
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	// A new token: whoever planted the old one does not share the login.
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return fmt.Errorf("login: %w", err)
	}
	s.sessions.Remove(r.Context(), sessionPending)
	s.sessions.Put(r.Context(), sessionUser, id)
	s.sessions.Put(r.Context(), sessionSince, time.Now().UnixMicro())
	s.sessions.Put(r.Context(), sessionSSO, sso)
	if err := s.sessionStore.sweep(r.Context()); err != nil {
		return fmt.Errorf("login: %w", err)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

type loginForm struct {
	Name     string
	Provider bool // there is an identity provider
}

func (s *server) loginForm(name string) loginForm { return loginForm{name, s.provider != nil} }

func (s *server) loginShow(w http.ResponseWriter, r *http.Request) error {
	if principalOf(r.Context()) != nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	return s.render(w, r, "login", "login.title", s.loginForm(""))
}

func (s *server) loginSubmit(w http.ResponseWriter, r *http.Request) error {
	name := r.PostFormValue("name")
	id, code, err := s.authenticate(r.Context(), name, r.PostFormValue("password"))
	switch {
	case errors.Is(err, errLoginWrong):
		return s.renderNotice(w, r, http.StatusUnauthorized, "login", "login.title", "login.failed", s.loginForm(name))
	case errors.Is(err, errLoginLocked):
		return s.renderNotice(w, r, http.StatusTooManyRequests, "login", "login.title", "login.locked", s.loginForm(name))
	case err != nil:
		return err
	case code:
		if err := s.sessions.RenewToken(r.Context()); err != nil {
			return fmt.Errorf("login: %w", err)
		}
		s.sessions.Remove(r.Context(), sessionUser) // whoever was signed in here before
		s.sessions.Put(r.Context(), sessionPending, id)
		s.sessions.Put(r.Context(), sessionSince, time.Now().UnixMicro())
		http.Redirect(w, r, "/login/code", http.StatusSeeOther)
		return nil
	}
	return s.signIn(w, r, id, false)
}

// codeLimit is how long a right password waits for its code.
const codeLimit = 5 * time.Minute

// pending is the user who has given his password and not yet his code; 0: nobody.
func (s *server) pending(r *http.Request) int64 {
	if time.Since(time.UnixMicro(s.sessions.GetInt64(r.Context(), sessionSince))) > codeLimit {
		return 0
	}
	return s.sessions.GetInt64(r.Context(), sessionPending)
}

func (s *server) codeShow(w http.ResponseWriter, r *http.Request) error {
	if s.pending(r) == 0 {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return nil
	}
	return s.render(w, r, "code", "login.title", nil)
}

// codeSubmit takes the code of the second factor.
func (s *server) codeSubmit(w http.ResponseWriter, r *http.Request) error {
	id := s.pending(r)
	if id == 0 {
		return s.loginAgain(w, r, "login.expired")
	}
	err := s.checkTOTP(r.Context(), id, r.PostFormValue("code"))
	switch {
	case errors.Is(err, errLoginWrong):
		return s.renderNotice(w, r, http.StatusUnauthorized, "code", "login.title", "login.code_failed", nil)
	case errors.Is(err, errLoginLocked):
		s.sessions.Remove(r.Context(), sessionPending)
		return s.loginAgain(w, r, "login.locked")
	case err != nil:
		return err
	}
	return s.signIn(w, r, id, false)
}

// loginAgain sends back to the login page with a word of why.
func (s *server) loginAgain(w http.ResponseWriter, r *http.Request, key string) error {
	s.notify(r, "error", key)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
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
