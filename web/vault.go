package web

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// vault encrypts secrets that lie in the database, by AES-256-GCM under keys that do
// not. What it writes is "key id:base64 of nonce and ciphertext". Safe for concurrent use.
type vault struct {
	first string // id of the key that encrypts; the others only decrypt, until they are no longer needed
	keys  map[string]cipher.AEAD
}

const vaultKeyBytes = 32 // AES-256

var vaultKeyID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// newVault reads "id:base64,id:base64"; nil for the empty text. An error never
// repeats a key.
func newVault(text string) (*vault, error) {
	if text == "" {
		return nil, nil
	}
	v := vault{keys: map[string]cipher.AEAD{}}
	for i, part := range strings.Split(text, ",") {
		id, encoded, _ := strings.Cut(strings.TrimSpace(part), ":")
		key, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(key) != vaultKeyBytes || !vaultKeyID.MatchString(id) || v.keys[id] != nil {
			return nil, fmt.Errorf("SecretKeys: key %d is malformed; want id:base64 of %d bytes, each id once, the one that encrypts first", i+1, vaultKeyBytes)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		if v.keys[id], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, err
		}
		if i == 0 {
			v.first = id
		}
	}
	return &v, nil
}

// seal encrypts a secret for one purpose, like the user it belongs to: moved to
// another it does not open.
func (v *vault) seal(secret, purpose string) (string, error) {
	if v == nil {
		return "", models.NewFault(models.Permanent, "secret_key_missing", "this server has no key to keep second factors under: give --secret-keys", nil)
	}
	return v.first + ":" + base64.StdEncoding.EncodeToString(v.keys[v.first].Seal(nil, nil, []byte(secret), []byte(purpose))), nil
}

func (v *vault) open(sealed, purpose string) (string, error) {
	id, encoded, _ := strings.Cut(sealed, ":")
	if v == nil || v.keys[id] == nil {
		return "", fmt.Errorf("a secret is encrypted under key %q, which is not among --secret-keys", id)
	}
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err == nil {
		data, err = v.keys[id].Open(nil, nil, data, []byte(purpose))
	}
	if err != nil {
		return "", fmt.Errorf("a secret does not open under key %q: %w", id, err)
	}
	return string(data), nil
}

func totpPurpose(userID int64) string { return fmt.Sprintf("totp of user %d", userID) }

// SealSecrets brings the second factors in the database under the first of the keys:
// those that lie in the clear from before there were keys, and those under a key that
// is on its way out. It refuses to go on when one cannot be read: its user could not
// sign in.
func SealSecrets(ctx context.Context, store *storage.Store, secretKeys string) error {
	v, err := newVault(secretKeys)
	if err != nil {
		return err
	}
	first := ""
	if v != nil {
		first = v.first
	}
	err = store.InTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id, totp_secret FROM users WHERE split_part(totp_secret, ':', 1) <> $1 ORDER BY id FOR UPDATE`, first)
		if err != nil {
			return err
		}
		type holder struct {
			ID     int64
			Secret string
		}
		holders, err := pgx.CollectRows(rows, pgx.RowToStructByPos[holder])
		if err != nil || len(holders) == 0 {
			return err
		}
		for _, h := range holders {
			if v == nil {
				return errors.New("people have second factors: give --secret-keys (the keys that encrypt them)")
			}
			if strings.Contains(h.Secret, ":") {
				if h.Secret, err = v.open(h.Secret, totpPurpose(h.ID)); err != nil {
					return fmt.Errorf("user %d: %w", h.ID, err)
				}
			}
			sealed, err := v.seal(h.Secret, totpPurpose(h.ID))
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE users SET totp_secret = $2 WHERE id = $1`, h.ID, sealed); err != nil {
				return err
			}
		}
		slog.InfoContext(ctx, "second factors were encrypted anew", "count", len(holders), "key", v.first)
		return storage.Record(ctx, tx, storage.Event{Actor: "system", Action: "users.totp_sealed", Object: "users", Detail: map[string]any{"count": len(holders), "key": v.first}})
	})
	if err != nil {
		return fmt.Errorf("second factors: %w", err)
	}
	return nil
}
