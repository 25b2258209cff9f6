package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

var world localtest.World

func TestMain(m *testing.M) { os.Exit(localtest.Main(m, &world)) }

// testKeys encrypts second factors: base64 of 32 zero bytes.
const testKeys = "test:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

const testPassword = "correct horse battery"

// site is a running web with one branch, its station and its people.
type site struct {
	*httptest.Server
	branch   string
	branchID int64
	token    string
	station  models.Actor
}

func newSite(t testing.TB, edit ...func(*Config, *Deps)) *site {
	t.Helper()
	cfg, deps := DefaultConfig(), Deps{Store: world.Store}
	cfg.SecretKeys = testKeys
	for _, e := range edit {
		e(&cfg, &deps)
	}
	h, err := New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{Server: httptest.NewServer(h)}
	t.Cleanup(s.Close)
	s.branch, s.branchID = world.Branch(t)
	s.token = fmt.Sprintf("station-token-%d", world.Serial())
	s.station = world.Station(t, s.branchID, s.token)
	return s
}

// user makes somebody who may sign in; branch is a code, or empty for the centre.
func (s *site) user(t testing.TB, branch string, roles ...models.Role) (login string) {
	t.Helper()
	login = fmt.Sprintf("%s-%d", roles[0], world.Serial())
	_, err := world.Store.DB.Exec(t.Context(), `INSERT INTO users (branch_id, login, name, password_hash, roles)
 VALUES ((SELECT id FROM branches WHERE code = $1), $2, $2, $3, $4)`, branch, login, testHash(), roles)
	if err != nil {
		t.Fatal(err)
	}
	return login
}

// testHash is made once: argon2id is meant to be slow.
var testHash = sync.OnceValue(func() string {
	hash, err := newPasswords().hash(context.Background(), testPassword)
	if err != nil {
		panic(err)
	}
	return hash
})

// client is one browser, or one station when it has a token.
type client struct {
	t     *testing.T
	base  string
	http  *http.Client
	token string
}

func (s *site) client(t *testing.T) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &client{t: t, base: s.URL, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signedIn is a browser with a fresh login of a new user.
func (s *site) signedIn(t *testing.T, branch string, roles ...models.Role) *client {
	t.Helper()
	c := s.client(t)
	c.login(s.user(t, branch, roles...))
	return c
}

func (s *site) scanner(t *testing.T) *client {
	c := s.client(t)
	c.token = s.token
	return c
}

func (c *client) login(name string) {
	c.t.Helper()
	if a := c.post("/login", url.Values{"name": {name}, "password": {testPassword}}); a.status != http.StatusSeeOther {
		c.t.Fatalf("login of %s: %d %s", name, a.status, a.body)
	}
}

// answer is what came back, read whole.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) code(t *testing.T) string {
	t.Helper()
	var p problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("%d is no problem: %s", a.status, a.body)
	}
	return p.Code
}

func into[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return v
}

// send sends a request as the client: with its token, or as a browser would.
func (c *client) send(method, path string, body io.Reader, header map[string]string) answer {
	c.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, c.base+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	} else if method != http.MethodGet {
		r.Header.Set("Origin", c.base)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for k, v := range header {
		if v == "" {
			r.Header.Del(k)
		} else {
			r.Header.Set(k, v)
		}
	}
	resp, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(data)}
}

func (c *client) get(path string) answer {
	c.t.Helper()
	return c.send(http.MethodGet, path, nil, nil)
}

func (c *client) post(path string, form url.Values) answer {
	c.t.Helper()
	return c.send(http.MethodPost, path, strings.NewReader(form.Encode()), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
}

func (c *client) postJSON(path string, body any) answer {
	c.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.send(http.MethodPost, path, bytes.NewReader(data), map[string]string{"Content-Type": "application/json"})
}

func (a answer) want(t *testing.T, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}
