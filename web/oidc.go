package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/jackc/pgx/v5"
	"golang.org/x/oauth2"

	"heyin/models"
	"heyin/storage"
)

// OIDC names the bank's own identity provider; without an Issuer there is none.
// Who a person is comes from there, what he may do stays here: a login must exist.
type OIDC struct {
	Issuer       string // https://…
	ClientID     string
	ClientSecret string
	PublicURL    string // how browsers reach heyin: https://host[:port]
	LoginClaim   string // of the ID token, that is the login here
}

// defaultLoginClaim is the short name of a person in OpenID Connect Core.
const defaultLoginClaim = "preferred_username"

func (o OIDC) validate() error {
	if o.Issuer == "" {
		return nil
	}
	if o.ClientID == "" {
		return errors.New("OIDC.ClientID is empty: the provider gives it")
	}
	for name, v := range map[string]string{"Issuer": o.Issuer, "PublicURL": o.PublicURL} {
		u, err := url.Parse(v)
		loopback := err == nil && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost")
		if err != nil || u.Host == "" || (u.Scheme != "https" && (u.Scheme != "http" || !loopback)) {
			return fmt.Errorf("OIDC.%s is %q: want https://host", name, v)
		}
	}
	return nil
}

const callbackPath = "/login/oidc/callback"

// provider reaches the identity provider; it asks for its keys and addresses when
// somebody first signs in, so that heyin starts without it. Safe for concurrent use.
type provider struct {
	cfg OIDC

	mu    sync.Mutex
	found *oidc.Provider
	oauth *oauth2.Config
}

func (p *provider) discover(ctx context.Context) (*oauth2.Config, *oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.oauth, p.found, nil
	}
	// The provider keeps the context for later fetches of its keys: it must outlive the request.
	found, err := oidc.NewProvider(context.WithoutCancel(ctx), p.cfg.Issuer)
	if err != nil {
		return nil, nil, models.NewFault(models.Retryable, "provider_down", "the identity provider does not answer", err)
	}
	p.oauth = &oauth2.Config{ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, Endpoint: found.Endpoint(),
		RedirectURL: strings.TrimRight(p.cfg.PublicURL, "/") + callbackPath, Scopes: []string{oidc.ScopeOpenID, "profile"}}
	p.found = found
	return p.oauth, p.found, nil
}

// identity asks the provider who came back with this code: issuer and subject, and
// the login he claims.
func (p *provider) identity(ctx context.Context, code, verifier, nonce string) (subject, login string, err error) {
	oauth, found, err := p.discover(ctx)
	if err != nil {
		return "", "", err
	}
	answer, err := oauth.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return "", "", fmt.Errorf("code: %w", err)
	}
	raw, ok := answer.Extra("id_token").(string)
	if !ok {
		return "", "", errors.New("the provider sent no ID token")
	}
	token, err := found.Verifier(&oidc.Config{ClientID: p.cfg.ClientID}).Verify(ctx, raw)
	if err != nil {
		return "", "", fmt.Errorf("ID token: %w", err)
	}
	if nonce == "" || token.Nonce != nonce {
		return "", "", errors.New("ID token: it is not of this sign-in")
	}
	claims := map[string]any{}
	if err := token.Claims(&claims); err != nil {
		return "", "", fmt.Errorf("ID token: %w", err)
	}
	// Whom a token of several audiences was made for (OpenID Connect Core 3.1.3.7).
	if azp, ok := claims["azp"]; ok && azp != p.cfg.ClientID || !ok && len(token.Audience) > 1 {
		return "", "", errors.New("ID token: it was made for another")
	}
	claim := p.cfg.LoginClaim
	if claim == "" {
		claim = defaultLoginClaim
	}
	if _, told := claims[claim]; !told {
		if err := userInfo(ctx, found, answer, token.Subject, &claims); err != nil {
			return "", "", err
		}
	}
	login, _ = claims[claim].(string)
	return token.Issuer + " " + token.Subject, strings.ToLower(strings.TrimSpace(login)), nil
}

// userInfo asks the provider for the claims that it does not write into the ID token, of
// the same subject; a provider without the endpoint has none.
func userInfo(ctx context.Context, found *oidc.Provider, answer *oauth2.Token, subject string, claims *map[string]any) error {
	if found.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(answer))
	if err != nil {
		return fmt.Errorf("user info: %w", err)
	}
	if info.Subject != subject {
		return errors.New("user info: it is of somebody else")
	}
	return info.Claims(claims)
}

// oidcShow sends a person to the provider.
func (s *server) oidcShow(w http.ResponseWriter, r *http.Request) error {
	if s.provider == nil {
		return s.notFound(w, r)
	}
	oauth, _, err := s.provider.discover(r.Context())
	if err != nil {
		return err
	}
	state, nonce, verifier := randomToken(), randomToken(), oauth2.GenerateVerifier()
	s.sessions.Put(r.Context(), sessionOIDC, strings.Join([]string{state, nonce, verifier}, " "))
	http.Redirect(w, r, oauth.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), http.StatusSeeOther)
	return nil
}

// oidcCallback takes a person back from the provider. The secrets of the way are
// used up by the first answer, right or wrong.
func (s *server) oidcCallback(w http.ResponseWriter, r *http.Request) error {
	if s.provider == nil {
		return s.notFound(w, r)
	}
	secrets := strings.Split(s.sessions.PopString(r.Context(), sessionOIDC), " ")
	q := r.URL.Query()
	if len(secrets) != 3 || q.Get("state") != secrets[0] || q.Get("code") == "" {
		return s.loginAgain(w, r, "login.provider_failed")
	}
	subject, login, err := s.provider.identity(r.Context(), q.Get("code"), secrets[2], secrets[1])
	if _, down := errors.AsType[*models.Fault](err); down {
		return err
	}
	if err != nil {
		slog.WarnContext(r.Context(), "sign-in by the provider refused", "error", err)
		return s.loginAgain(w, r, "login.provider_failed")
	}
	id, err := s.personOf(r.Context(), subject, login)
	if err != nil {
		return err
	}
	if id == 0 {
		return s.loginAgain(w, r, "login.provider_unknown")
	}
	return s.signIn(w, r, id, true)
}

// personOf gives the user bound to a subject. At the first sign-in the subject is
// bound to the enabled login it claims, unless that one is bound already; 0 when
// there is none.
func (s *server) personOf(ctx context.Context, subject, login string) (id int64, err error) {
	err = s.store.InTx(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT id FROM users WHERE oidc_subject = $1 AND disabled_at IS NULL`, subject).Scan(&id)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		err = tx.QueryRow(ctx, `UPDATE users SET oidc_subject = $1 WHERE login = $2 AND oidc_subject IS NULL AND disabled_at IS NULL
   AND NOT EXISTS (SELECT FROM users x WHERE x.oidc_subject = $1) RETURNING id`, subject, login).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		who := models.Actor{Kind: userKind, ID: id}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "user.subject_bound", Object: who.String(), Detail: map[string]any{"subject": subject}})
	})
	if err != nil {
		return 0, fmt.Errorf("user of the provider: %w", err)
	}
	return id, nil
}
