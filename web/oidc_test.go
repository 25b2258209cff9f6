package web

import (
	"cmp"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"heyin/models"
)

// idp is a small OpenID provider: it asks nobody anything and says what it is told
// to say of who comes.
type idp struct {
	*httptest.Server
	key    *rsa.PrivateKey // that /keys gives out
	signer *rsa.PrivateKey // that signs
	kid    string
	alg    string
	issuer string         // as discovery says it; empty: the right one
	info   map[string]any // what /userinfo answers; nil: it has none
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
	p := &idp{key: key, signer: key, kid: "1", alg: "RS256"}
	b64 := base64.RawURLEncoding.EncodeToString
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		found := map[string]any{"issuer": cmp.Or(p.issuer, p.URL), "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}}
		if p.info != nil {
			found["userinfo_endpoint"] = p.URL + "/userinfo"
		}
		answer(w, found)
	})
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer x" {
			t.Error("user info asked without the access token")
		}
		answer(w, p.info)
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "kid": p.kid, "alg": "RS256", "use": "sig", "n": b64(p.key.N.Bytes()), "e": "AQAB"}}})
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
		signed := b64(fmt.Appendf(nil, `{"alg":%q,"kid":%q}`, p.alg, p.kid)) + "." + b64(body)
		var sig []byte
		switch p.alg {
		case "RS256":
			sum := sha256.Sum256([]byte(signed))
			var err error
			if sig, err = rsa.SignPKCS1v15(rand.Reader, p.signer, crypto.SHA256, sum[:]); err != nil {
				t.Error(err)
			}
		case "HS256": // with what everybody knows: the public key
			mac := hmac.New(sha256.New, x509.MarshalPKCS1PublicKey(&p.key.PublicKey))
			mac.Write([]byte(signed))
			sig = mac.Sum(nil)
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
		"unknown person": {"preferred_username": "nobody-here"}, "no name": {}, "other client": {"aud": "other"}, "made for another": {"aud": []string{"heyin", "other"}, "azp": "other"}, "made for nobody of two": {"aud": []string{"heyin", "other"}}, "other issuer": {"iss": "https://evil.example"},
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
	// A signature that anybody could make, or with no key of the provider.
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	right := *p
	for name, wrong := range map[string]func(){"alg none": func() { p.alg = "none" }, "alg HS256 by the public key": func() { p.alg = "HS256" },
		"another's key": func() { p.signer = stranger }} {
		p.claims = map[string]any{"sub": fmt.Sprint(world.Serial()), "preferred_username": s.user(t, s.branch, models.RoleReviewer)}
		wrong()
		if a := p.through(t, s.client(t)); a.header.Get("Location") != "/login" {
			t.Errorf("%s: signed in", name)
		}
		p.alg, p.signer = right.alg, right.signer
	}
	// The provider changes its key: the new one is fetched, the old one no longer counts.
	p.claims = map[string]any{"sub": fmt.Sprint(world.Serial()), "preferred_username": s.user(t, s.branch, models.RoleReviewer)}
	p.key, p.signer, p.kid = stranger, stranger, "2"
	if a := p.through(t, s.client(t)); a.header.Get("Location") != "/" {
		t.Errorf("the provider's new key leads to %s", a.header.Get("Location"))
	}
	p.signer = right.signer
	if a := p.through(t, s.client(t)); a.header.Get("Location") != "/login" {
		t.Error("the provider's old key is still good")
	}
	p.key, p.signer, p.kid = right.key, right.signer, right.kid

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
	liar := newIDP(t)
	liar.issuer = "https://evil.example"
	if a := newSite(t, func(c *Config, _ *Deps) {
		c.OIDC = OIDC{Issuer: liar.URL, ClientID: "heyin", PublicURL: "http://127.0.0.1"}
	}).client(t).get("/login/oidc"); a.status != http.StatusServiceUnavailable {
		t.Errorf("a provider of another name: %d", a.status)
	}
	for _, bad := range []OIDC{{Issuer: "http://idp.example", ClientID: "h", PublicURL: "https://h"}, {Issuer: "https://idp.example", PublicURL: "https://h"}, {Issuer: "https://idp.example", ClientID: "h"}} {
		cfg := DefaultConfig()
		cfg.OIDC = bad
		if cfg.Validate() == nil {
			t.Errorf("%+v is valid", bad)
		}
	}
}

// What the provider does not write into the ID token is asked of its user info, of the
// same person only.
func TestLoginOutOfUserInfo(t *testing.T) {
	p := newIDP(t)
	p.info = map[string]any{}
	s := newSite(t, func(c *Config, _ *Deps) {
		c.OIDC = OIDC{Issuer: p.URL, ClientID: "heyin", ClientSecret: "s", PublicURL: "http://127.0.0.1"}
	})
	name, subject := s.user(t, s.branch, models.RoleReviewer), fmt.Sprint(world.Serial())
	p.claims = map[string]any{"sub": subject}
	for _, who := range []string{subject + "x", subject} {
		p.info = map[string]any{"sub": who, "preferred_username": name}
		if a, want := p.through(t, s.client(t)), map[bool]string{true: "/", false: "/login"}[who == subject]; a.header.Get("Location") != want {
			t.Errorf("user info of %s leads to %s, want %s", who, a.header.Get("Location"), want)
		}
	}
}

// realProvider is a provider of a library that others run, with its users and pages.
func realProvider(t *testing.T) string {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	issuer := "http://" + srv.Listener.Addr().String()
	clients := map[string]*storage.Client{"heyin": storage.WebClient("heyin", "s", "http://127.0.0.1"+callbackPath)}
	srv.Config.Handler = exampleop.SetupServer(issuer, storage.NewStorageWithClients(storage.NewUserStore(issuer), clients), nil, false)
	srv.Start()
	t.Cleanup(srv.Close)
	return issuer
}

// atProvider goes from heyin to the provider, gives the password there and returns the
// address that leads back; empty when the provider lets nobody through.
func atProvider(t *testing.T, c *client, issuer, password string) string {
	t.Helper()
	next := c.get("/login/oidc").want(t, http.StatusSeeOther).header.Get("Location")
	var form url.Values
	for range 6 {
		if next = strings.TrimPrefix(next, issuer); strings.HasPrefix(next, "http") {
			back, err := url.Parse(next)
			if err != nil {
				t.Fatal(err)
			}
			return back.RequestURI()
		}
		ask, at := c.http.Get, issuer+next
		if form != nil {
			ask = func(at string) (*http.Response, error) { return c.http.PostForm(at, form) }
		}
		resp, err := ask(at)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		switch {
		case resp.StatusCode == http.StatusOK && form != nil:
			return "" // its page again
		case resp.StatusCode == http.StatusOK:
			u, _ := url.Parse(next)
			form = url.Values{"username": {"test-user@127.0.0.1"}, "password": {password}, "id": {u.Query().Get("authRequestID")}}
			next = u.Path
		default:
			next, form = resp.Header.Get("Location"), nil
		}
	}
	t.Fatal("the provider leads nowhere")
	return ""
}

// A whole sign-in at a provider we did not write, and what it and we refuse.
func TestSignInAtARealProvider(t *testing.T) {
	issuer := realProvider(t)
	with := func(secret string) *site {
		return newSite(t, func(c *Config, _ *Deps) {
			c.OIDC = OIDC{Issuer: issuer, ClientID: "heyin", ClientSecret: secret, PublicURL: "http://127.0.0.1"}
		})
	}
	s := with("s")
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE users SET login = 'test-user@127.0.0.1' WHERE login = $1`, s.user(t, s.branch, models.RoleReviewer)); err != nil {
		t.Fatal(err)
	}
	anna, eve := s.client(t), s.client(t)
	if back := atProvider(t, anna, issuer, "wrong"); back != "" {
		t.Fatalf("a wrong password leads back: %s", back)
	}
	back := atProvider(t, anna, issuer, "verysecure")
	stolen, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	// Eve has the code but not the browser it was asked from: state, then PKCE.
	if a := eve.get(back); a.header.Get("Location") != "/login" {
		t.Error("a code came in without its state")
	}
	asked, err := url.Parse(eve.get("/login/oidc").header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	q := stolen.Query()
	q.Set("state", asked.Query().Get("state"))
	if a := eve.get(stolen.Path + "?" + q.Encode()); a.header.Get("Location") != "/login" {
		t.Error("a code came in with another's verifier")
	}
	back = atProvider(t, anna, issuer, "verysecure") // the provider took the code back
	if a := anna.get(back).want(t, http.StatusSeeOther); a.header.Get("Location") != "/" {
		t.Fatalf("back from the provider: %s", a.header.Get("Location"))
	}
	anna.get("/review").want(t, http.StatusOK)
	if a := s.client(t).get(back); a.header.Get("Location") != "/login" {
		t.Error("a used answer came in again")
	}
	impostor := with("guessed")
	c := impostor.client(t)
	if a := c.get(atProvider(t, c, issuer, "verysecure")); a.header.Get("Location") != "/login" {
		t.Error("the provider took a guessed client secret")
	}
}
