package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"heyin/models"
)

var secretText = regexp.MustCompile(`<p class="mono">([A-Z2-7]{32})</p>`)

// codeAt is the code of a secret so many steps from now.
func codeAt(t *testing.T, secret string, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(steps*totpPeriod)*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func userID(t *testing.T, login string) (id int64) {
	t.Helper()
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT id FROM users WHERE login = $1`, login).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// enrol gives a signed-in user a second factor; its secret, and the code that was used.
func (c *client) enrol() (secret, used string) {
	c.t.Helper()
	c.post("/account/totp", nil).want(c.t, http.StatusSeeOther)
	page := c.get("/account").want(c.t, http.StatusOK).body
	found := secretText.FindStringSubmatch(page)
	if found == nil || !strings.Contains(page, "<path d=\"M0 0h1v1h-1z") {
		c.t.Fatal("the page shows no secret, or no QR code")
	}
	c.post("/account/totp/confirm", url.Values{"code": {"000000"}})
	if page := c.get("/account").body; !strings.Contains(page, "口令不正确") {
		c.t.Error("a wrong code enrolled, or was not explained")
	}
	used = codeAt(c.t, found[1], 0)
	c.post("/account/totp/confirm", url.Values{"code": {used}})
	if page := c.get("/account").body; !strings.Contains(page, "动态口令已启用") || strings.Contains(page, found[1]) {
		c.t.Error("not enrolled, or the secret is shown again")
	}
	return found[1], used
}

func TestSecondFactor(t *testing.T) {
	s := newSite(t)
	name := s.user(t, s.branch, models.RoleReviewer)
	c := s.client(t)
	c.login(name)
	secret, used := c.enrol()
	c.post("/account/totp", nil)
	c.post("/account/totp/confirm", url.Values{"code": {codeAt(t, secret, 1)}}) // one factor at a time

	c = s.client(t)
	if a := c.post("/login", credentials(name, testPassword)).want(t, http.StatusSeeOther); a.header.Get("Location") != "/login/code" {
		t.Fatalf("a password alone leads to %s", a.header.Get("Location"))
	}
	if a := c.get("/review").want(t, http.StatusSeeOther); a.header.Get("Location") != "/login" {
		t.Error("a password alone opens the desk")
	}
	c.get("/api/v1/review").want(t, http.StatusUnauthorized)
	for _, wrong := range []string{"", "12345", used, "' OR 1=1", codeAt(t, secret, 7)} {
		c.post("/login/code", url.Values{"code": {wrong}}).want(t, http.StatusUnauthorized)
		if _, err := world.Store.DB.Exec(t.Context(), `UPDATE users SET failed_logins = 0 WHERE login = $1`, name); err != nil {
			t.Fatal(err)
		}
	}
	next := codeAt(t, secret, 1)
	c.post("/login/code", url.Values{"code": {next[:3] + " " + next[3:]}}).want(t, http.StatusSeeOther)
	c.get("/review").want(t, http.StatusOK)

	again := s.client(t)
	again.post("/login", credentials(name, testPassword)).want(t, http.StatusSeeOther)
	again.post("/login/code", url.Values{"code": {next}}).want(t, http.StatusUnauthorized) // seen over a shoulder
	s.client(t).post("/login/code", url.Values{"code": {next}}).want(t, http.StatusSeeOther)
}

// Who knows the password cannot try codes for ever: a right password does not
// forgive wrong codes.
func TestCodesCannotBeGuessed(t *testing.T) {
	s := newSite(t)
	name := s.user(t, s.branch, models.RoleReviewer)
	c := s.client(t)
	c.login(name)
	c.enrol()
	tried, locked := 0, false
	for range 4 * freeFailures {
		c := s.client(t)
		if a := c.post("/login", credentials(name, testPassword)); a.status == http.StatusTooManyRequests {
			locked = true
			break
		}
		c.post("/login/code", url.Values{"code": {"000000"}})
		tried++
	}
	if !locked || tried > freeFailures {
		t.Errorf("%d codes tried, locked %v", tried, locked)
	}
}

// A right password, on its way while a wrong code locks the account, does not unlock it.
func TestPasswordDoesNotUnlockCodes(t *testing.T) {
	s := &server{store: world.Store}
	id := userID(t, newSite(t).user(t, "", models.RoleReviewer))
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE users SET failed_logins = $2 WHERE id = $1`, id, freeFailures-2); err != nil {
		t.Fatal(err)
	}
	wrong := func(context.Context) (bool, error) { return false, nil }
	right := func(ctx context.Context) (bool, error) {
		if err := s.attempt(ctx, id, wrong); !errors.Is(err, errLoginWrong) {
			t.Errorf("the code at the same time: %v", err)
		}
		return true, nil
	}
	if err := s.attempt(t.Context(), id, right); err != nil {
		t.Fatal(err)
	}
	if err := s.attempt(t.Context(), id, right); !errors.Is(err, errLoginLocked) {
		t.Errorf("then: %v", err)
	}
}

// A lost second factor is taken off by the security administrator, a lost password
// set by the system administrator; neither can do both, and none for himself.
func TestRecovery(t *testing.T) {
	s := newSite(t)
	name := s.user(t, s.branch, models.RoleReviewer)
	c := s.client(t)
	c.login(name)
	c.enrol()
	id := userID(t, name)
	adminName, securityName := s.user(t, "", models.RoleAdmin), s.user(t, "", models.RoleSecurity)
	admin, security := s.client(t), s.client(t)
	admin.login(adminName)
	security.login(securityName)
	admin.post(fmt.Sprintf("/users/%d/totp-reset", id), nil).want(t, http.StatusForbidden)
	security.post(fmt.Sprintf("/users/%d/password", id), url.Values{"password": {"another long one"}}).want(t, http.StatusForbidden)
	admin.post(fmt.Sprintf("/users/%d/password", userID(t, adminName)), url.Values{"password": {"another long one"}}).want(t, http.StatusNotFound)
	security.post(fmt.Sprintf("/users/%d/totp-reset", userID(t, securityName)), nil).want(t, http.StatusNotFound)
	if page := security.get("/users").want(t, http.StatusOK).body; !strings.Contains(page, fmt.Sprintf("/users/%d/totp-reset", id)) || strings.Contains(page, "/disable") {
		t.Error("the security administrator's page is not his")
	}
	c.get("/review").want(t, http.StatusOK)
	security.post(fmt.Sprintf("/users/%d/totp-reset", id), nil).want(t, http.StatusSeeOther)
	c.get("/review").want(t, http.StatusSeeOther) // his sessions are over
	c.login(name)                                 // the password suffices now
	c.get("/review").want(t, http.StatusOK)

	admin.post(fmt.Sprintf("/users/%d/password", id), url.Values{"password": {"another long one"}}).want(t, http.StatusSeeOther)
	c.get("/review").want(t, http.StatusSeeOther)
	c = s.client(t)
	c.post("/login", credentials(name, "another long one")).want(t, http.StatusSeeOther)
	if a := c.get("/review").want(t, http.StatusSeeOther); a.header.Get("Location") != "/account" {
		t.Errorf("a first password leads to %s", a.header.Get("Location"))
	}
	if code := c.get("/api/v1/review").want(t, http.StatusForbidden).code(t); code != "account_incomplete" {
		t.Errorf("API: %s", code)
	}
	change := func(old, new string) string {
		c.post("/account/password", url.Values{"old": {old}, "new": {new}}).want(t, http.StatusSeeOther)
		return c.get("/account").body
	}
	for word, pair := range map[string][2]string{"现用密码不正确": {"wrong", "a quite new one"}, "密码曾用过": {"another long one", "another long one"}, "不符合要求": {"another long one", "short"}} {
		if page := change(pair[0], pair[1]); !strings.Contains(page, word) {
			t.Errorf("change from %q to %q does not say %s", pair[0], pair[1], word)
		}
	}
	change("another long one", "a quite new one")
	c.get("/review").want(t, http.StatusOK)
}

// Roles are changed by the administrator, bite on the next request, and keep apart
// what must be apart.
func TestRolesAreChanged(t *testing.T) {
	s := newSite(t)
	name, adminName := s.user(t, s.branch, models.RoleReviewer), s.user(t, "", models.RoleAdmin)
	c, admin := s.client(t), s.client(t)
	c.login(name)
	admin.login(adminName)
	path := fmt.Sprintf("/users/%d/roles", userID(t, name))
	for _, bad := range []url.Values{{}, {"role": {"root"}}, {"role": {"admin", "reviewer"}}, {"role": {"security"}, "branch": {s.branch}}, {"role": {"branch"}}, {"role": {"reviewer"}, "branch": {"nowhere"}}} {
		admin.post(path, bad).want(t, http.StatusSeeOther)
		if page := admin.get("/users").body; !strings.Contains(page, `class="notice error"`) {
			t.Errorf("%v was taken", bad)
		}
	}
	c.get("/review").want(t, http.StatusOK)
	admin.post(path, url.Values{"role": {"operator", "archivist", "operator"}, "branch": {s.branch}}).want(t, http.StatusSeeOther)
	c.get("/review").want(t, http.StatusForbidden)
	c.get("/batches").want(t, http.StatusOK)
	admin.post(fmt.Sprintf("/users/%d/roles", userID(t, adminName)), url.Values{"role": {"security"}}).want(t, http.StatusNotFound)
}

func TestPasswordPolicy(t *testing.T) {
	s := newSite(t, func(c *Config, _ *Deps) {
		c.Passwords = PasswordPolicy{MinLength: 12, Classes: 3, MaxDays: 90, History: 3}
	})
	name := s.user(t, s.branch, models.RoleReviewer)
	c := s.client(t)
	c.login(name)
	set := func(old, new string) string {
		c.post("/account/password", url.Values{"old": {old}, "new": {new}}).want(t, http.StatusSeeOther)
		return c.get("/account").body
	}
	for _, weak := range []string{"Short1!", "onlylowercaseletters", "lower and spaces", strings.ToUpper(name)} {
		if page := set(testPassword, weak); !strings.Contains(page, "不符合要求") {
			t.Errorf("%q was taken", weak)
		}
	}
	for _, step := range [][2]string{{testPassword, "First-Password-1"}, {"First-Password-1", "Second-Password-2"}, {"Second-Password-2", "Third-Password-3"}} {
		if page := set(step[0], step[1]); !strings.Contains(page, "密码已更换") {
			t.Fatalf("change to %q refused", step[1])
		}
	}
	if page := set("Third-Password-3", "First-Password-1"); !strings.Contains(page, "密码曾用过") {
		t.Error("one of the last three was taken again")
	}
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE users SET password_at = now() - interval '91 days' WHERE login = $1`, name); err != nil {
		t.Fatal(err)
	}
	if a := c.get("/review").want(t, http.StatusSeeOther); a.header.Get("Location") != "/account" {
		t.Error("an old password still works")
	}
	for _, bad := range []PasswordPolicy{{MinLength: 9}, {MinLength: 10, Classes: 5}, {MinLength: 10, MaxDays: -1}, {MinLength: 10, History: 25}} {
		cfg := DefaultConfig()
		cfg.Passwords = bad
		if cfg.Validate() == nil {
			t.Errorf("policy %+v is valid", bad)
		}
	}
}

func TestSecondFactorRequired(t *testing.T) {
	s := newSite(t, func(c *Config, _ *Deps) { c.RequireTOTP = true })
	c := s.signedIn(t, s.branch, models.RoleReviewer)
	if a := c.get("/review").want(t, http.StatusSeeOther); a.header.Get("Location") != "/account" {
		t.Errorf("without a second factor: %s", a.header.Get("Location"))
	}
	c.enrol()
	c.get("/review").want(t, http.StatusOK)
}
