package storage

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"time"
)

// Config says where the stores are. DefaultConfig fills all but the addresses.
type Config struct {
	DSN string // postgres://…

	S3Endpoint  string // host:port
	S3AccessKey string
	S3SecretKey string
	S3TLS       bool
	S3Region    string
	Bucket      string // made by Open if missing

	SpoolDir       string        // uploads lie here while they are hashed; "": the system's
	MaxObjectBytes int64         // a longer upload is refused
	CallTimeout    time.Duration // for one call to the object store
	MaxConns       int32         // of the Postgres pool

	MaxAttempts int           // readings of a receipt before a person gets it
	Backoff     time.Duration // before the second attempt; doubles with each
	RingAgain   time.Duration // a job nobody took is rung again after this
	ReviewDays  int           // working days a person has (domain: check after return)
}

// DefaultConfig is for one node of 16 cores.
func DefaultConfig() Config {
	return Config{
		S3Region:       "us-east-1", // what S3 servers without regions answer to
		Bucket:         "heyin",
		MaxObjectBytes: 256 << 20, // a 100-page colour scan at 300 dpi, JPEG in PDF
		CallTimeout:    30 * time.Second,
		MaxConns:       20,
		MaxAttempts:    3,
		Backoff:        5 * time.Second,
		RingAgain:      30 * time.Second, // unfinished work is enqueued again within 60 s (promise 3)
		ReviewDays:     5,
	}
}

// bucketName is the S3 rule, without dots (they break TLS host names).
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

// Validate names every setting that is wrong, its value and the form expected.
func (c Config) Validate() error {
	var errs []error
	bad := func(name string, value any, want string) {
		errs = append(errs, fmt.Errorf("storage: %s is %v; want %s", name, value, want))
	}
	// The value of a DSN holds a password: it is not repeated.
	if u, err := url.Parse(c.DSN); err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		bad("DSN", "malformed", "postgres://user:password@host:port/database")
	}
	if c.S3Endpoint == "" {
		bad("S3Endpoint", `""`, "host:port")
	}
	if c.S3AccessKey == "" || c.S3SecretKey == "" {
		bad("S3AccessKey or S3SecretKey", "empty", "both set")
	}
	if !bucketName.MatchString(c.Bucket) {
		bad("Bucket", fmt.Sprintf("%q", c.Bucket), "3 to 63 of a-z, 0-9 and -")
	}
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"MaxObjectBytes", c.MaxObjectBytes}, {"CallTimeout", int64(c.CallTimeout)}, {"MaxConns", int64(c.MaxConns)},
		{"MaxAttempts", int64(c.MaxAttempts)}, {"Backoff", int64(c.Backoff)}, {"RingAgain", int64(c.RingAgain)},
		{"ReviewDays", int64(c.ReviewDays)},
	} {
		if n.value < 1 {
			bad(n.name, n.value, "more than 0")
		}
	}
	return errors.Join(errs...)
}
