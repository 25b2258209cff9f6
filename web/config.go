package web

import (
	"errors"
	"fmt"
	"time"
)

// Config says how web listens. The zero value is not usable: start from
// DefaultConfig.
type Config struct {
	// TLS is true when browsers reach heyin over https, here or at a proxy in
	// front: cookies become __Host- and Secure.
	TLS bool
	// MaxUploadBytes bounds one scan.
	MaxUploadBytes int64
	// ReadTimeout bounds a whole request, an upload included; WriteTimeout the answer.
	ReadTimeout, WriteTimeout time.Duration
	// ShutdownTimeout is how long requests under way may take to end.
	ShutdownTimeout time.Duration
	// MetricsToken opens /metrics to its bearer; empty: to this machine only.
	MetricsToken string
	// Passwords is what is asked of passwords; RequireTOTP lets nobody work who has
	// no second factor. Who comes from the identity provider is asked neither.
	Passwords   PasswordPolicy
	RequireTOTP bool
	// SecretKeys encrypt what is secret in the database: "id:base64 of 32 bytes", the
	// one that encrypts first, then those of before, by commas. Empty: no second factors.
	SecretKeys string
	OIDC       OIDC
	// Version is the software version told in the OpenAPI document.
	Version string
}

// DefaultConfig gives the limits of the design: 64 MiB holds an A4 page of 600
// dpi in colour without compression loss, two minutes send it over 5 Mbit/s.
func DefaultConfig() Config {
	return Config{
		MaxUploadBytes:  64 << 20,
		ReadTimeout:     2 * time.Minute,
		WriteTimeout:    2 * time.Minute,
		ShutdownTimeout: 20 * time.Second,
		Passwords:       DefaultPasswordPolicy(),
		Version:         "dev",
	}
}

// Validate names the field, the value and the expected form.
func (c Config) Validate() error {
	var errs []error
	if c.MaxUploadBytes < 1<<20 {
		errs = append(errs, fmt.Errorf("MaxUploadBytes is %d: want at least 1 MiB", c.MaxUploadBytes))
	}
	for name, d := range map[string]time.Duration{"ReadTimeout": c.ReadTimeout, "WriteTimeout": c.WriteTimeout, "ShutdownTimeout": c.ShutdownTimeout} {
		if d < time.Second {
			errs = append(errs, fmt.Errorf("%s is %s: want at least 1s", name, d))
		}
	}
	if _, err := newVault(c.SecretKeys); err != nil {
		errs = append(errs, err)
	}
	if c.RequireTOTP && c.SecretKeys == "" {
		errs = append(errs, errors.New("RequireTOTP is true: want SecretKeys to encrypt second factors"))
	}
	return errors.Join(append(errs, c.Passwords.validate(), c.OIDC.validate())...)
}
