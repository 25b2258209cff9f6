package web

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"heyin/models"
	"heyin/storage"
)

// A second factor by RFC 6238, as every authenticator app has it: SHA-1, six
// digits, 30 seconds, one step of leeway to each side.
const (
	totpPeriod = 30 // seconds
	totpLeeway = 1  // steps
	totpIssuer = "heyin"
	totpBytes  = 20 // of secret, the length RFC 4226 recommends
)

// newTOTP makes the secret of a login.
func newTOTP(login string) (*otp.Key, error) {
	return totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: login, Period: totpPeriod, SecretSize: totpBytes})
}

// totpStep gives the step whose code this is, or 0.
func totpStep(secret, code string, now time.Time) int64 {
	code = strings.Join(strings.Fields(code), "")
	step := now.Unix() / totpPeriod
	found := int64(0)
	for s := step - totpLeeway; s <= step+totpLeeway; s++ {
		want, err := totp.GenerateCodeCustom(secret, time.Unix(s*totpPeriod, 0), totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found = s
		}
	}
	return found
}

// checkTOTP takes a user's code once: the step of the last one is remembered, so a
// code that somebody saw is worth nothing. Wrong ones count like wrong passwords.
func (s *server) checkTOTP(ctx context.Context, id int64, code string) error {
	return s.attempt(ctx, id, func(ctx context.Context) (bool, error) {
		var sealed string
		err := s.store.DB.QueryRow(ctx, `SELECT totp_secret FROM users WHERE id = $1 AND disabled_at IS NULL AND totp_secret IS NOT NULL`, id).Scan(&sealed)
		if errors.Is(err, pgx.ErrNoRows) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		secret, err := s.vault.open(sealed, totpPurpose(id))
		if err != nil {
			return false, err
		}
		step := totpStep(secret, code, time.Now())
		if step == 0 {
			return false, nil
		}
		tag, err := s.store.DB.Exec(ctx, `UPDATE users SET totp_step = $2 WHERE id = $1 AND totp_step < $2`, id, step)
		return err == nil && tag.RowsAffected() == 1, err
	})
}

// enrolTOTP gives a user the second factor he has shown to hold. Faults: code_wrong,
// totp_exists when he has one already.
func (s *server) enrolTOTP(ctx context.Context, who models.Actor, secret, code string) error {
	step := totpStep(secret, code, time.Now())
	if secret == "" || step == 0 {
		return models.NewFault(models.Permanent, "code_wrong", "code: it is not the one the app shows now", nil)
	}
	sealed, err := s.vault.seal(secret, totpPurpose(who.ID))
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE users SET totp_secret = $2, totp_step = $3 WHERE id = $1 AND totp_secret IS NULL`, who.ID, sealed, step)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return models.NewFault(models.Permanent, "totp_exists", "you have a second factor: an administrator must take it off first", nil)
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "user.totp_enrolled", Object: who.String()})
	})
}

// resetTOTP takes the second factor off a user who has lost it and ends his
// sessions. An administrator does so for others only. Fault not_found.
func (s *server) resetTOTP(ctx context.Context, by models.Actor, id int64) error {
	return s.store.InTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE users SET totp_secret = NULL, totp_step = 0, failed_logins = 0, locked_until = NULL, signed_out_at = now()
 WHERE id = $1 AND id <> $2`, id, by.ID)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return models.NewFault(models.Permanent, "not_found", "there is no such user, or it is yourself", nil)
		}
		slog.InfoContext(ctx, "a second factor was taken off", "user", id)
		return storage.Record(ctx, tx, storage.Event{Actor: by.String(), Action: "user.totp_reset", Object: fmt.Sprintf("user:%d", id)})
	})
}

// qrPath draws a QR code as the path of an SVG, one unit a module, and gives its
// side in modules.
func qrPath(text string) (path string, side int, err error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", 0, fmt.Errorf("QR code: %w", err)
	}
	var b strings.Builder
	side = code.Bounds().Dx()
	for y := range side {
		for x := range side {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	return b.String(), side, nil
}
