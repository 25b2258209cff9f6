package web

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"heyin/models"
)

// idp is a small OpenID provider: it asks nobody anything and says what it is told
// to say of who comes.
type idp struct {
	*httptest.Server
	key    *rsa.PrivateKey
	claims map[string]any // over the right ones
	asked  url.Values     // of the last authorization request
	used   bool           // its code has been redeemed
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{key: key}
	b64 := base64.RawURLEncoding.EncodeToString
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig", "n": b64(key.N.Bytes()), "e": "AQAB"}}})
	})
	mux.HandleFunc("GET /auth", func(w http.ResponseWriter, r *http.Request) {
		p.asked, p.used = r.URL.Query(), false
		http.Redirect(w, r, p.asked.Get("redirect_uri")+"?"+url.Values{"code": {"the-code"}, "state": {p.asked.Get("state")}}.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if p.used || r.PostFormValue("code") != "the-code" || b64(challenge[:]) != p.asked.Get("code_challenge") {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		p.used = true
		claims := map[string]any{"iss": p.URL, "aud": "heyin", "sub": "42", "nonce": p.asked.Get("nonce"), "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix()}
		for k, v := range p.claims {
			claims[k] = v
		}
		body, _ := json.Marshal(claims)
		signed := b64([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + b64(body)
		sum := sha256.Sum256([]byte(signed))
		sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			t.Error(err)
		}
		answer(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": signed + "." + b64(sig)})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// through signs in by the provider and gives heyin's answer to who comes back.
func (p *idp) through(t *testing.T, c *client) answer {
	t.Helper()
	a := c.get("/login/oidc").want(t, http.StatusSeeOther)
	resp, err := c.http.Get(a.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	back, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return c.get(back.RequestURI())
}

func newSSOSite(t *testing.T) (*site, *idp) {
	t.Helper()
	p := newIDP(t)
	return newSite(t, func(c *Config, _ *Deps) {
		c.RequireTOTP = true
		c.OIDC = OIDC{Issuer: p.URL, ClientID: "heyin", ClientSecret: "s", PublicURL: "http://127.0.0.1"}
	}), p
}

func TestSignInByTheProvider(t *testing.T) {
	s, p := newSSOSite(t)
	name := s.user(t, s.branch, models.RoleReviewer)
	subject := fmt.Sprint(world.Serial())
	p.claims = map[string]any{"sub": subject, "preferred_username": strings.ToUpper(name)}
	c := s.client(t)
	if page := c.get("/login").body; !strings.Contains(page, "/login/oidc") {
		t.Error("the login page does not offer the provider")
	}
	if a := p.through(t, c).want(t, http.StatusSeeOther); a.header.Get("Location") != "/" {
		t.Fatalf("back from the provider: %s", a.header.Get("Location"))
	}
	c.get("/review").want(t, http.StatusOK) // the provider's factors count

	// The subject is bound: another one who claims the login is not he, and he stays
	// himself whatever he is called now.
	p.claims = map[string]any{"sub": subject + "x", "preferred_username": name}
	if a := p.through(t, s.client(t)); a.header.Get("Location") != "/login" {
		t.Error("another subject took over a bound login")
	}
	other := s.user(t, s.branch, models.RoleReviewer)
	p.claims = map[string]any{"sub": subject, "preferred_username": other}
	renamed := s.client(t)
	p.through(t, renamed)
	if page := renamed.get("/review").want(t, http.StatusOK).body; !strings.Contains(page, name) || strings.Contains(page, other) {
		t.Error("a bound subject became somebody else")
	}
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE users SET disabled_at = now() WHERE login = $1`, name); err != nil {
		t.Fatal(err)
	}
	if a := p.through(t, s.client(t)); a.header.Get("Location") != "/login" {
		t.Error("a disabled user came in by the provider")
	}
}

// Whatever is wrong with the way back, nobody is signed in.
func TestProviderAnswersThatAreRefused(t *testing.T) {
	s, p := newSSOSite(t)
	for name, claims := range map[string]map[string]any{
		"unknown person": {"preferred_username": "nobody-here"}, "no name": {}, "other client": {"aud": "other"}, "other issuer": {"iss": "https://evil.example"},
		"expired": {"exp": time.Now().Add(-time.Hour).Unix()}, "nonce of another": {"nonce": "replayed"}, "no nonce": {"nonce": ""}, "name no text": {"preferred_username": 7},
	} {
		user := s.user(t, s.branch, models.RoleReviewer)
		p.claims = map[string]any{"sub": fmt.Sprint(world.Serial()), "preferred_username": user}
		for k, v := range claims {
			p.claims[k] = v
		}
		if name == "no name" {
			delete(p.claims, "preferred_username")
		}
		c := s.client(t)
		if a := p.through(t, c); a.status != http.StatusSeeOther || a.header.Get("Location") != "/login" {
			t.Errorf("%s: %d to %s", name, a.status, a.header.Get("Location"))
		}
		c.get("/api/v1/review").want(t, http.StatusUnauthorized)
	}
	c := s.client(t)
	for _, query := range []string{"", "?code=the-code", "?code=the-code&state=guessed", "?state=&code=", "?error=access_denied&state=x"} {
		if a := c.get("/login/oidc/callback"+query).want(t, http.StatusSeeOther); a.header.Get("Location") != "/login" {
			t.Errorf("callback%s leads to %s", query, a.header.Get("Location"))
		}
	}
	plain := newSite(t).client(t)
	plain.get("/login/oidc").want(t, http.StatusNotFound)
	plain.get("/login/oidc/callback?code=x&state=y").want(t, http.StatusNotFound)
	p.Close()
	if a := newSite(t, func(c *Config, _ *Deps) {
		c.OIDC = OIDC{Issuer: p.URL, ClientID: "heyin", PublicURL: "http://127.0.0.1"}
	}).client(t).get("/login/oidc"); a.status != http.StatusServiceUnavailable {
		t.Errorf("provider down: %d", a.status)
	}
	for _, bad := range []OIDC{{Issuer: "http://idp.example", ClientID: "h", PublicURL: "https://h"}, {Issuer: "https://idp.example", PublicURL: "https://h"}, {Issuer: "https://idp.example", ClientID: "h"}} {
		cfg := DefaultConfig()
		cfg.OIDC = bad
		if cfg.Validate() == nil {
			t.Errorf("%+v is valid", bad)
		}
	}
}
