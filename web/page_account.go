package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/pquerna/otp"
)

// accountPageData is what a user may see and change of himself.
type accountPageData struct {
	Must       string // password or totp: what he must do before anything else
	Policy     PasswordPolicy
	HasTOTP    bool
	Secret     string // of the second factor being enrolled
	QR         string // path of an SVG
	qrSide     int
	PasswordAt time.Time
}

// quietZone of a QR code, in modules (ISO/IEC 18004).
const quietZone = 4

// QRBox is the side of the code with its quiet zone, in modules.
func (d accountPageData) QRBox() int { return d.qrSide + 2*quietZone }

func (s *server) accountPage(w http.ResponseWriter, r *http.Request) error {
	p := principalOf(r.Context())
	data := accountPageData{Must: p.must, Policy: s.cfg.Passwords}
	err := s.store.DB.QueryRow(r.Context(), `SELECT totp_secret IS NOT NULL, password_at FROM users WHERE id = $1`, p.ID).Scan(&data.HasTOTP, &data.PasswordAt)
	if err != nil {
		return err
	}
	if key, err := s.enrolling(r); err == nil && !data.HasTOTP {
		data.Secret = key.Secret()
		if data.QR, data.qrSide, err = qrPath(key.URL()); err != nil {
			return err
		}
	}
	return s.render(w, r, "account", "account.title", data)
}

// enrolling is the second factor that waits for its first code; an error when none does.
func (s *server) enrolling(r *http.Request) (*otp.Key, error) {
	text, err := s.vault.open(s.sessions.GetString(r.Context(), sessionTOTP), sessionTOTP)
	if err != nil {
		return nil, err
	}
	return otp.NewKeyFromURL(text)
}

// totpBeginSubmit makes a secret for the app; it is the user's when he has given
// its first code.
func (s *server) totpBeginSubmit(w http.ResponseWriter, r *http.Request) error {
	key, err := newTOTP(principalOf(r.Context()).Name)
	if err != nil {
		return err
	}
	sealed, err := s.vault.seal(key.URL(), sessionTOTP)
	if err != nil {
		return s.backTo(w, r, "/account", err, "")
	}
	s.sessions.Put(r.Context(), sessionTOTP, sealed)
	http.Redirect(w, r, "/account", http.StatusSeeOther)
	return nil
}

func (s *server) totpConfirmSubmit(w http.ResponseWriter, r *http.Request) error {
	secret := ""
	if key, err := s.enrolling(r); err == nil {
		secret = key.Secret()
	}
	err := s.enrolTOTP(r.Context(), actorOf(r.Context()), secret, r.PostFormValue("code"))
	if err == nil {
		s.sessions.Remove(r.Context(), sessionTOTP)
	}
	return s.backTo(w, r, "/account", err, "account.totp_enrolled")
}

// passwordSubmit changes one's own password; the old one is asked again.
func (s *server) passwordSubmit(w http.ResponseWriter, r *http.Request) error {
	who := actorOf(r.Context())
	err := s.attempt(r.Context(), who.ID, s.passwordIs(who.ID, r.PostFormValue("old")))
	if err == nil {
		err = s.setPassword(r.Context(), who, who.ID, r.PostFormValue("new"), false)
	}
	switch {
	case errors.Is(err, errLoginWrong):
		err = newProblem(http.StatusUnprocessableEntity, "password_wrong", "old: it is not your password")
	case errors.Is(err, errLoginLocked):
		err = newProblem(http.StatusTooManyRequests, "login_locked", "too many wrong passwords; wait")
	}
	return s.backTo(w, r, "/account", err, "account.password_set")
}
