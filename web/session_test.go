package web

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

func sessionCookie(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	for _, line := range a.header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err == nil && strings.HasSuffix(c.Name, "heyin_session") {
			return c
		}
	}
	t.Fatalf("no session cookie in %v", a.header)
	return nil
}

func credentials(name, password string) url.Values {
	return url.Values{"name": {name}, "password": {password}}
}

func TestLoginAndLogout(t *testing.T) {
	s := newSite(t)
	name := s.user(t, s.branch, models.RoleReviewer)
	c := s.client(t)
	if a := c.get("/review").want(t, http.StatusSeeOther); a.header.Get("Location") != "/login" {
		t.Errorf("without a login: %s", a.header.Get("Location"))
	}
	c.get("/login").want(t, http.StatusOK)
	for _, wrong := range []url.Values{credentials(name, "wrong password"), credentials("nobody", testPassword), credentials(name, ""), credentials("", ""),
		credentials(name, strings.Repeat("x", 5000)), credentials(name+"' OR '1'='1", testPassword), credentials("\x00", "\x00")} {
		if a := c.post("/login", wrong); a.status != http.StatusUnauthorized && a.status != http.StatusUnprocessableEntity {
			t.Errorf("login %v: %d", wrong, a.status)
		}
	}
	a := c.post("/login", credentials(" "+strings.ToUpper(name), testPassword)).want(t, http.StatusSeeOther)
	cookie := sessionCookie(t, a)
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.MaxAge != 0 || cookie.Secure {
		t.Errorf("cookie on loopback http: %v", cookie)
	}
	if a := c.get("/").want(t, http.StatusSeeOther); a.header.Get("Location") != "/review" {
		t.Errorf("home of a reviewer: %s", a.header.Get("Location"))
	}
	c.get("/login").want(t, http.StatusSeeOther)
	c.post("/logout", nil).want(t, http.StatusSeeOther)
	c.get("/review").want(t, http.StatusSeeOther)
	old := s.client(t)
	old.send(http.MethodGet, "/review", nil, map[string]string{"Cookie": cookie.Name + "=" + cookie.Value}).want(t, http.StatusSeeOther)
}

func TestCookieOverTLSHasTheHostPrefix(t *testing.T) {
	s := newSite(t, func(c *Config, _ *Deps) { c.TLS = true })
	a := s.client(t).post("/login", credentials(s.user(t, s.branch, models.RoleReviewer), testPassword)).want(t, http.StatusSeeOther)
	if c := sessionCookie(t, a); c.Name != "__Host-heyin_session" || !c.Secure || c.Domain != "" || c.Path != "/" {
		t.Errorf("cookie %v", c)
	}
	if a.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS over TLS")
	}
}

// A token planted before the login is not the one after it.
func TestLoginRenewsTheSession(t *testing.T) {
	s := newSite(t)
	c := s.client(t)
	name := s.user(t, s.branch, models.RoleReviewer)
	c.login(name)
	planted := sessionCookie(t, c.post("/login", credentials(name, testPassword)))
	again := sessionCookie(t, c.post("/login", credentials(name, testPassword)))
	if planted.Value == again.Value {
		t.Error("the session token survived a login")
	}
	s.client(t).send(http.MethodGet, "/review", nil, map[string]string{"Cookie": planted.Name + "=" + planted.Value}).want(t, http.StatusSeeOther)
}

func TestForgedAndExpiredSessionsAreNobody(t *testing.T) {
	s := newSite(t)
	c := s.signedIn(t, s.branch, models.RoleReviewer)
	a := c.get("/review").want(t, http.StatusOK)
	cookie := sessionCookie(t, a)
	for i := range 40 {
		value := []byte(cookie.Value)
		value[i%len(value)] ^= 1
		forged := map[string]string{"Cookie": cookie.Name + "=" + string(value)}
		if a := s.client(t).send(http.MethodGet, "/api/v1/review", nil, forged); a.status != http.StatusUnauthorized && string(value) != cookie.Value {
			t.Fatalf("forged cookie %d: %d", i, a.status)
		}
	}
	for i, value := range []string{"", "x", "null", strings.Repeat("A", 8000), "' OR 1=1 --", "../../etc/passwd"} {
		a := s.client(t).send(http.MethodGet, "/api/v1/review", nil, map[string]string{"Cookie": cookie.Name + "=" + value})
		if a.status != http.StatusUnauthorized {
			t.Errorf("made-up cookie %d: %d", i, a.status)
		}
	}
	for i, token := range []string{"x", strings.Repeat("a", 4000), s.token + "x", strings.ToUpper(s.token), "' OR 1=1 --"} {
		a := s.client(t).send(http.MethodGet, "/api/v1/batches/1", nil, map[string]string{"Authorization": "Bearer " + token})
		if a.status != http.StatusUnauthorized {
			t.Errorf("made-up token %d: %d", i, a.status)
		}
	}
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE sessions SET expiry = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	c.get("/api/v1/review").want(t, http.StatusUnauthorized)
	if page := c.get("/review").want(t, http.StatusSeeOther); page.header.Get("Location") != "/login" {
		t.Error("an expired session is not sent to the login")
	}
	if page := c.get("/login"); !strings.Contains(page.body, "登录已过期") {
		t.Error("the login page does not say that the session ended")
	}
}

// The limits of the design: 15 minutes without a request, 8 hours in all.
func TestSessionTimes(t *testing.T) {
	s := newSite(t)
	c := s.signedIn(t, s.branch, models.RoleReviewer)
	expiry := func() (at time.Time) {
		t.Helper()
		err := world.Store.DB.QueryRow(t.Context(), `SELECT max(expiry) FROM sessions WHERE data <> ''`).Scan(&at)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	first := expiry()
	if left := time.Until(first); left > 15*time.Minute || left < 14*time.Minute {
		t.Errorf("idle time %s, want 15 min", left)
	}
	c.get("/review").want(t, http.StatusOK)
	if !expiry().After(first) {
		t.Error("a request did not renew the idle time")
	}
	if m := newSessions(world.Store.DB, false); m.Lifetime != 8*time.Hour || m.IdleTimeout != 15*time.Minute || !m.HashTokenInStore {
		t.Errorf("limits %s %s", m.Lifetime, m.IdleTimeout)
	}
}

// A request under way while its session ends must not bring it back.
func TestEndedSessionStaysEnded(t *testing.T) {
	store := &sessionStore{db: world.Store.DB}
	ctx := t.Context()
	token := fmt.Sprint("token ", world.Serial())
	until := time.Now().Add(time.Hour)
	for _, err := range []error{store.CommitCtx(ctx, token, []byte("data"), until), store.DeleteCtx(ctx, token), store.CommitCtx(ctx, token, []byte("late"), until)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, found, err := store.FindCtx(ctx, token); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestRightsBiteOnTheNextRequest(t *testing.T) {
	s := newSite(t)
	admin := s.signedIn(t, "", models.RoleAdmin)
	name := s.user(t, s.branch, models.RoleReviewer)
	c := s.client(t)
	c.login(name)
	c.get("/review").want(t, http.StatusOK)
	var id int64
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT id FROM users WHERE login = $1`, name).Scan(&id); err != nil {
		t.Fatal(err)
	}
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE users SET roles = '{operator}' WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	c.get("/review").want(t, http.StatusForbidden)
	c.get("/batches").want(t, http.StatusOK)
	admin.post(fmt.Sprintf("/users/%d/disable", id), nil).want(t, http.StatusSeeOther)
	c.get("/batches").want(t, http.StatusSeeOther)
	c.post("/login", credentials(name, testPassword)).want(t, http.StatusUnauthorized)
	admin.post(fmt.Sprintf("/users/%d/enable", id), nil).want(t, http.StatusSeeOther)
	c.login(name)
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE stations SET disabled_at = now() WHERE id = $1`, s.station.ID); err != nil {
		t.Fatal(err)
	}
	s.scanner(t).postJSON("/api/v1/batches", map[string]any{"paper_count": 1}).want(t, http.StatusUnauthorized)
}

func TestLoginAttemptsAreLimited(t *testing.T) {
	s := newSite(t)
	name := s.user(t, s.branch, models.RoleReviewer)
	// Many at once: each is counted before its password is looked at. The row is
	// held until all have seen it unlocked, so that none is saved by its timing.
	const attempts = 3 * freeFailures
	held, err := world.Store.DB.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := held.Exec(t.Context(), `SELECT FROM users WHERE login = $1 FOR UPDATE`, name); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	counts := map[int]int{}
	for range attempts {
		wg.Go(func() {
			status := s.client(t).post("/login", credentials(name, "wrong password")).status
			mu.Lock()
			defer mu.Unlock()
			counts[status]++
		})
	}
	deadline, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for waiting := 0; waiting < attempts; {
		// Outside the transaction, where the view would never change.
		err := world.Store.DB.QueryRow(deadline, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := held.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if counts[http.StatusUnauthorized] != freeFailures || counts[http.StatusTooManyRequests] != 2*freeFailures {
		t.Errorf("answers %v, want %d tries and then a wait", counts, freeFailures)
	}
	// The right password waits like the others, and is not answered differently.
	s.client(t).post("/login", credentials(name, testPassword)).want(t, http.StatusTooManyRequests)
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE users SET locked_until = now() - interval '1 second' WHERE login = $1`, name); err != nil {
		t.Fatal(err)
	}
	s.client(t).login(name)
	var failures int
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT failed_logins FROM users WHERE login = $1`, name).Scan(&failures); err != nil || failures != 0 {
		t.Errorf("%d failures after a good login, %v", failures, err)
	}
}

func TestCrossSiteRequestsAreRefused(t *testing.T) {
	s := newSite(t)
	c := s.signedIn(t, s.branch, models.RoleReviewer)
	for name, tc := range map[string]struct {
		header map[string]string
		status int
	}{
		"own page":                 {map[string]string{}, http.StatusSeeOther},
		"origin alone":             {map[string]string{"Sec-Fetch-Site": ""}, http.StatusSeeOther},
		"fetch metadata alone":     {map[string]string{"Origin": ""}, http.StatusSeeOther},
		"neither":                  {map[string]string{"Origin": "", "Sec-Fetch-Site": ""}, http.StatusForbidden},
		"another site":             {map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, http.StatusForbidden},
		"another site, old":        {map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": ""}, http.StatusForbidden},
		"another port":             {map[string]string{"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"}, http.StatusForbidden},
		"a sandbox":                {map[string]string{"Origin": "null", "Sec-Fetch-Site": "cross-site"}, http.StatusForbidden},
		"no session, another site": {map[string]string{"Cookie": "x=y", "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, http.StatusForbidden},
	} {
		for _, path := range []string{"/review/claim", "/api/v1/review/claim", "/login"} {
			status := tc.status
			if status != http.StatusForbidden {
				switch path {
				case "/api/v1/review/claim":
					status = http.StatusNotFound // nothing to claim: the request went through
				case "/login":
					status = http.StatusUnauthorized
				}
			}
			if a := c.send(http.MethodPost, path, nil, tc.header); a.status != status {
				t.Errorf("%s, %s: %d, want %d", path, name, a.status, status)
			}
		}
	}
}

func TestPasswords(t *testing.T) {
	p := newPasswords()
	hash, err := p.hash(t.Context(), testPassword)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=47104,t=1,p=1$") {
		t.Fatalf("hash %s, %v", hash, err)
	}
	for password, want := range map[string]bool{testPassword: true, testPassword + " ": false, "": false, strings.Repeat("x", 300): false} {
		if ok, err := p.matches(t.Context(), hash, password); ok != want || err != nil {
			t.Errorf("%q matches: %v, %v", password, ok, err)
		}
	}
	for _, bad := range []string{"", "$argon2i$v=19$m=1,t=1,p=1$AA$AA", "$argon2id$v=18$m=1,t=1,p=1$AA$AA", "$argon2id$v=19$m=x$AA$AA",
		"$argon2id$v=19$m=8,t=1,p=1$!$AA", "$argon2id$v=19$m=8,t=1,p=1$AAAA$"} {
		if ok, err := p.matches(t.Context(), bad, testPassword); ok || err == nil {
			t.Errorf("stored %q: %v, %v", bad, ok, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	p.slots <- struct{}{}
	p.slots <- struct{}{}
	if _, err := p.hash(ended, testPassword); err == nil {
		t.Error("a hash did not wait for its turn")
	}
}

func TestUserRules(t *testing.T) {
	s := newSite(t)
	for code, u := range map[string]NewUser{
		"password_short":  {Login: "a", Password: "short", Roles: []models.Role{models.RoleOperator}},
		"bad_input":       {Login: "a b", Password: testPassword, Roles: []models.Role{models.RoleOperator}},
		"roles_exclusive": {Login: "a", Password: testPassword, Roles: []models.Role{models.RoleAdmin, models.RoleReviewer}},
		"centre_only":     {Login: "a", Password: testPassword, Roles: []models.Role{models.RoleAuditor}, BranchCode: s.branch},
		"branch_required": {Login: "a", Password: testPassword, Roles: []models.Role{models.RoleBranch}},
		"branch_unknown":  {Login: "a", Password: testPassword, Roles: []models.Role{models.RoleBranch}, BranchCode: "nowhere"},
	} {
		if p := problemOf(t.Context(), CreateUser(t.Context(), world.Store, localtest.System, u)); p.Code != code {
			t.Errorf("%+v: %s, want %s", u, p.Code, code)
		}
	}
	admin := s.signedIn(t, "", models.RoleAdmin)
	name := fmt.Sprintf("made-%d", world.Serial())
	form := url.Values{"name": {name}, "password": {testPassword}, "role": {"reviewer", "archivist"}, "branch": {s.branch}}
	admin.post("/users", form).want(t, http.StatusSeeOther)
	if page := admin.get("/users"); !strings.Contains(page.body, "已新增用户 "+name) || strings.Contains(page.body, testPassword) {
		t.Error("the page does not tell of the new user")
	}
	admin.post("/users", form).want(t, http.StatusSeeOther)
	if page := admin.get("/users"); !strings.Contains(page.body, "用户名已存在") {
		t.Error("the page does not tell that the name is taken")
	}
	s.client(t).login(name)
}

func TestBootstrapOnce(t *testing.T) {
	store := localtest.New(t).Open(t)
	login, password, created, err := Bootstrap(t.Context(), store)
	if err != nil || !created || login == "" || len(password) < 20 {
		t.Fatalf("%q %v %v", login, created, err)
	}
	if _, _, again, err := Bootstrap(t.Context(), store); again || err != nil {
		t.Errorf("a second administrator: %v, %v", again, err)
	}
	var hash string
	if err := store.DB.QueryRow(t.Context(), `SELECT password_hash FROM users WHERE login = $1`, login).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	if ok, err := newPasswords().matches(t.Context(), hash, password); !ok || err != nil {
		t.Errorf("the password shown does not open: %v", err)
	}
}

func TestCreateStation(t *testing.T) {
	s := newSite(t)
	token, err := CreateStation(t.Context(), world.Store, localtest.System, s.branch, "front desk")
	if err != nil {
		t.Fatal(err)
	}
	c := s.client(t)
	c.token = token
	c.openBatch(1)
	renewed, err := CreateStation(t.Context(), world.Store, localtest.System, s.branch, "front desk")
	if err != nil || renewed == token {
		t.Fatalf("renewed %v", err)
	}
	c.postJSON("/api/v1/batches", map[string]any{"paper_count": 1}).want(t, http.StatusUnauthorized)
	if _, err := CreateStation(t.Context(), world.Store, localtest.System, "nowhere", "x"); problemOf(t.Context(), err).Code != "branch_unknown" {
		t.Errorf("unknown branch: %v", err)
	}
}

// deaf keeps no session: the database went away while the request was answered, or the
// browser did.
type deaf struct{ *sessionStore }

func (deaf) CommitCtx(context.Context, string, []byte, time.Time) error {
	return models.NewFault(models.Retryable, "store_down", "no database", nil)
}

// A session that cannot be kept is answered with one page, the refusal, and nothing of
// the page that was on its way.
func TestSessionThatCannotBeKept(t *testing.T) {
	s := newSite(t)
	c := s.signedIn(t, s.branch, models.RoleReviewer)
	srv, mux, err := build(DefaultConfig(), Deps{Store: world.Store})
	if err != nil {
		t.Fatal(err)
	}
	srv.sessions.Store = deaf{srv.sessionStore}
	var said strings.Builder
	failing := httptest.NewUnstartedServer(secureHeaders(false, mux))
	failing.Config.ErrorLog = log.New(&said, "", 0)
	failing.Start()
	c.base = failing.URL // cookies are the host's, whatever the port
	for _, path := range []string{"/review", "/api/v1/review"} {
		a := c.get(path).want(t, http.StatusServiceUnavailable)
		if n := strings.Count(a.body, "<!doctype") + strings.Count(a.body, `"code"`); n != 1 || strings.Contains(a.body, `"items"`) {
			t.Errorf("%s: %d answers in one: %s", path, n, a.body)
		}
	}
	failing.Close()
	if said.Len() > 0 {
		t.Errorf("the server complains: %s", said.String())
	}
}
