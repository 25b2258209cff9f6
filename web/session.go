package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Limits of a login, for desks in an open office.
const (
	idleLimit     = 15 * time.Minute
	absoluteLimit = 8 * time.Hour
)

// Keys of session data.
const (
	sessionUser    = "user"
	sessionSince   = "since"   // when he (microseconds) signed in, or gave his password
	sessionSSO     = "sso"     // signed in by the identity provider
	sessionPending = "pending" // user whose code is awaited
	sessionTOTP    = "totp"    // address of the second factor being enrolled, encrypted
	sessionOIDC    = "oidc"    // state, nonce and verifier of a sign-in on its way
	sessionNotice  = "notice"
	sessionKind    = "notice_kind"
	sessionUndo    = "notice_undo"  // receipt whose judgement the notice offers to take back
	sessionFilter  = "queue_filter" // query of the queue page
)

// newSessions makes the session manager. The cookie has the __Host- prefix,
// which browsers accept over TLS only; on loopback http it has a plain name.
func newSessions(db *pgxpool.Pool, tls bool) *scs.SessionManager {
	m := scs.New()
	m.Store = &sessionStore{db: db}
	m.HashTokenInStore = true // a copy of the table opens no session
	m.IdleTimeout, m.Lifetime = idleLimit, absoluteLimit
	m.Cookie.Name, m.Cookie.Secure = "heyin_session", tls
	if tls {
		m.Cookie.Name = "__Host-heyin_session"
	}
	m.Cookie.HttpOnly, m.Cookie.Path, m.Cookie.Persist = true, "/", false
	m.Cookie.SameSite = http.SameSiteLaxMode
	return m
}

// sessionStore keeps scs sessions in Postgres. Unlike scs/pgxstore it takes the
// request's context, and it marks an ended session instead of deleting it: a
// request that was under way during logout saves its session afterwards and
// would bring it back to life.
type sessionStore struct{ db *pgxpool.Pool }

var (
	_ scs.CtxStore = (*sessionStore)(nil)

	errSessionContext = errors.New("sessions need the request's context")
)

// FindCtx gives the data of a live session.
func (s *sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	err := s.db.QueryRow(ctx, `SELECT data FROM sessions WHERE token = $1 AND expiry > now() AND data <> ''`, token).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx saves a session, unless it has been ended meanwhile.
func (s *sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	_, err := s.db.Exec(ctx, `INSERT INTO sessions (token, data, expiry) VALUES ($1, $2, $3)
 ON CONFLICT (token) DO UPDATE SET data = excluded.data, expiry = excluded.expiry WHERE sessions.data <> ''`, token, data, expiry)
	return err
}

// DeleteCtx ends a session; the mark stays until no request can be under way.
func (s *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	_, err := s.db.Exec(ctx, `UPDATE sessions SET data = '', expiry = now() + interval '1 hour' WHERE token = $1`, token)
	return err
}

// sweep forgets sessions whose time is over; login calls it.
func (s *sessionStore) sweep(ctx context.Context) error {
	_, err := s.db.Exec(ctx, `DELETE FROM sessions WHERE expiry < now()`)
	return err
}

// Find, Commit and Delete are scs's older form; the manager never calls them
// on a store that takes a context.
func (s *sessionStore) Find(string) ([]byte, bool, error)      { return nil, false, errSessionContext }
func (s *sessionStore) Commit(string, []byte, time.Time) error { return errSessionContext }
func (s *sessionStore) Delete(string) error                    { return errSessionContext }
