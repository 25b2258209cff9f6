package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"heyin/models"
)

const otherKeys = "new:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="

func TestVaultOpensOnlyWhatItSealedForThePurpose(t *testing.T) {
	v, err := newVault(testKeys)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := v.seal("secret", "a")
	if err != nil || !strings.HasPrefix(sealed, "test:") || strings.Contains(sealed, "secret") {
		t.Fatalf("sealed %q, %v", sealed, err)
	}
	if text, err := v.open(sealed, "a"); text != "secret" || err != nil {
		t.Errorf("opened %q, %v", text, err)
	}
	if again, _ := v.seal("secret", "a"); again == sealed {
		t.Error("the same secret looks the same twice")
	}
	other, err := newVault(strings.Replace(otherKeys, "new:", "test:", 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() (string, error){
		"for another purpose": func() (string, error) { return v.open(sealed, "b") },
		"under another key":   func() (string, error) { return other.open(sealed, "a") },
		"of an unknown key":   func() (string, error) { return v.open("gone:"+sealed, "a") },
		"without keys":        func() (string, error) { return (*vault)(nil).open(sealed, "a") },
		"in the clear":        func() (string, error) { return v.open("ABCDEFGH", "a") },
		"changed":             func() (string, error) { return v.open(sealed[:len(sealed)-5]+"AAAA=", "a") },
	} {
		if text, err := try(); err == nil {
			t.Errorf("%s it opens: %q", name, text)
		}
	}
	for _, bad := range []string{"test", "test:AAAA", "a b" + testKeys[4:], testKeys + "," + testKeys, testKeys + ","} {
		if _, err := newVault(bad); err == nil || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Secrets lie encrypted; those from before are when the API starts, and a new key
// takes over with the next start. Without its key the API does not start.
func TestSecondFactorsLieEncrypted(t *testing.T) {
	s := newSite(t)
	name := s.user(t, s.branch, models.RoleReviewer)
	c := s.client(t)
	c.login(name)
	secret, _ := c.enrol()
	stored := func() (text string) {
		t.Helper()
		if err := world.Store.DB.QueryRow(t.Context(), `SELECT totp_secret FROM users WHERE login = $1`, name).Scan(&text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	if text := stored(); !strings.HasPrefix(text, "test:") || strings.Contains(text, secret) {
		t.Errorf("stored %q", text)
	}
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE users SET totp_secret = $2 WHERE login = $1`, name, secret); err != nil {
		t.Fatal(err)
	}
	seal := func(keys, want string) {
		t.Helper()
		if err := SealSecrets(t.Context(), world.Store, keys); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	t.Cleanup(func() { // other tests' people keep their factors
		if _, err := world.Store.DB.Exec(context.WithoutCancel(t.Context()), `UPDATE users SET totp_secret = NULL WHERE totp_secret LIKE 'new:%'`); err != nil {
			t.Error(err)
		}
	})
	seal("", "give --secret-keys")
	seal(testKeys, "")
	if text := stored(); !strings.HasPrefix(text, "test:") {
		t.Errorf("from before: stored %q", text)
	}
	seal(otherKeys, `key "test", which is not among`)
	seal(otherKeys+","+testKeys, "")
	seal(otherKeys, "")
	v, err := newVault(otherKeys)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := v.open(stored(), totpPurpose(userID(t, name))); text != secret || err != nil {
		t.Errorf("under the new key: %q, %v", text, err)
	}
	var audited int
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE action = 'users.totp_sealed' AND detail ->> 'key' = 'new'`).Scan(&audited); err != nil || audited != 1 {
		t.Errorf("%d audit entries, %v", audited, err)
	}
}

func TestNoSecondFactorWithoutKeys(t *testing.T) {
	s := newSite(t, func(cfg *Config, _ *Deps) { cfg.SecretKeys = "" })
	c := s.signedIn(t, s.branch, models.RoleReviewer)
	c.post("/account/totp", nil).want(t, http.StatusSeeOther)
	if page := c.get("/account").body; !strings.Contains(page, "未配置加密密钥") || secretText.MatchString(page) {
		t.Error("a second factor is offered that cannot be kept")
	}
	cfg := DefaultConfig()
	cfg.RequireTOTP = true
	if err := cfg.Validate(); err == nil || !strings.Contains(fmt.Sprint(err), "SecretKeys") {
		t.Errorf("required without keys: %v", err)
	}
}
