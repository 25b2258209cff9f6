package web

import (
	"net/http"
	"net/url"
	"strings"
)

// home sends a user to the first page his roles open.
func (s *server) home(w http.ResponseWriter, r *http.Request) error {
	nav := navigation(principalOf(r.Context()), "")
	if len(nav) == 0 {
		return newProblem(http.StatusForbidden, "no_home", "there is no page for your role")
	}
	http.Redirect(w, r, nav[0].Href, http.StatusSeeOther)
	return nil
}

func (s *server) notFound(http.ResponseWriter, *http.Request) error {
	return newProblem(http.StatusNotFound, "not_found", "there is nothing at this address")
}

// languageChoose keeps the choice in a cookie and returns to where it was made.
func (s *server) languageChoose(w http.ResponseWriter, r *http.Request) error {
	l := language(r.PathValue("lang"))
	if l != chinese && l != english {
		return newProblem(http.StatusNotFound, "not_found", "there is no such language")
	}
	const year = 365 * 24 * 60 * 60 // seconds
	http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: string(l), Path: "/", MaxAge: year, HttpOnly: true,
		Secure: s.cfg.TLS, SameSite: http.SameSiteLaxMode})
	back := "/"
	// Only the path of our own page: an address from elsewhere must not send
	// the user away.
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(u.Path, "//") {
		back = u.RequestURI()
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}
