package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost of one argon2id hash, the first choice of the OWASP password storage
// cheat sheet (2024).
const (
	argonMemoryKiB  = 46 * 1024
	argonPasses     = 1
	argonLanes      = 1
	argonSaltBytes  = 16
	argonKeyBytes   = 32
	minPasswordLen  = 10  // characters; ASVS 5.0 asks for at least 8
	maxPasswordLen  = 256 // bytes: hashing cost must not depend on the sender's patience
	passwordWorkers = 2   // concurrent hashes: bounds memory to 2 × 46 MiB
	phcFormat       = "$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s"
)

var (
	errPasswordShort = fmt.Errorf("password too short: want at least %d characters", minPasswordLen)
	errPasswordLong  = fmt.Errorf("password too long: want at most %d bytes", maxPasswordLen)
	errPasswordHash  = errors.New("stored password hash is not argon2id in PHC form")
)

// passwords hashes and checks passwords, a few at a time: argon2id is meant to
// be expensive, so a flood of logins must queue and not take all memory.
type passwords struct{ slots chan struct{} }

func newPasswords() *passwords {
	return &passwords{slots: make(chan struct{}, passwordWorkers)}
}

// hash gives the PHC string of a new password.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	if utf8.RuneCountInString(password) < minPasswordLen {
		return "", errPasswordShort
	}
	if len(password) > maxPasswordLen {
		return "", errPasswordLong
	}
	salt := make([]byte, argonSaltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	key, err := p.derive(ctx, password, salt, argonPasses, argonMemoryKiB, argonLanes, argonKeyBytes)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf(phcFormat, argon2.Version, argonMemoryKiB, argonPasses, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// matches reports whether password belongs to the stored hash. An unreadable
// hash is an error, never a match.
func (p *passwords) matches(ctx context.Context, stored, password string) (bool, error) {
	if len(password) > maxPasswordLen {
		return false, nil
	}
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errPasswordHash
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, errPasswordHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil {
		return false, errPasswordHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, errPasswordHash
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) == 0 {
		return false, errPasswordHash
	}
	got, err := p.derive(ctx, password, salt, passes, memory, lanes, uint32(len(want)))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

func (p *passwords) derive(ctx context.Context, password string, salt []byte, passes, memory uint32, lanes uint8, size uint32) ([]byte, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, passes, memory, lanes, size), nil
}
