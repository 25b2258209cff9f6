package web

import (
	"net/http"
	"net/url"
	"slices"

	"heyin/models"
)

type usersPageData struct {
	Users     []userRow
	Roles     []models.Role
	MayManage bool
	MayReset  bool // a second factor
}

type userRow struct {
	User
	Self bool
}

// Has reports whether the user holds the role.
func (u userRow) Has(r models.Role) bool { return slices.Contains(u.Roles, r) }

func (s *server) usersPage(w http.ResponseWriter, r *http.Request) error {
	users, err := listUsers(r.Context(), s.store)
	if err != nil {
		return err
	}
	p := principalOf(r.Context())
	data := usersPageData{Roles: models.Roles(), MayManage: p.may(manageUsers), MayReset: p.may(resetTOTP)}
	for _, u := range users {
		data.Users = append(data.Users, userRow{u, u.ID == actorOf(r.Context()).ID})
	}
	return s.render(w, r, "users", "users.title", data)
}

func (s *server) userCreateSubmit(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return newProblem(http.StatusBadRequest, "bad_input", "the form cannot be read")
	}
	u := NewUser{Login: r.PostForm.Get("name"), Password: r.PostForm.Get("password"), BranchCode: r.PostForm.Get("branch"), MustChange: true}
	u.Roles = rolesOf(r.PostForm)
	err := s.cfg.Passwords.check(u.Login, u.Password)
	if err == nil {
		err = createUser(r.Context(), s.store, s.passwords, actorOf(r.Context()), u)
	}
	return s.backTo(w, r, "/users", err, "users.created", u.Login)
}

// rolesOf are the roles a form names, each once.
func rolesOf(form url.Values) (roles []models.Role) {
	for _, role := range form["role"] {
		if !slices.Contains(roles, models.Role(role)) {
			roles = append(roles, models.Role(role))
		}
	}
	return roles
}

func (s *server) userRolesSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return newProblem(http.StatusBadRequest, "bad_input", "the form cannot be read")
	}
	err = setUserRoles(r.Context(), s.store, actorOf(r.Context()), id, rolesOf(r.PostForm), r.PostForm.Get("branch"))
	return s.backTo(w, r, "/users", err, "users.roles_set")
}

// userPasswordSubmit gives somebody who forgot his password a new first one; his
// sessions are over. Not oneself: that asks for the old one.
func (s *server) userPasswordSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	who := actorOf(r.Context())
	if id == who.ID {
		return newProblem(http.StatusNotFound, "not_found", "change your own password at /account")
	}
	err = s.setPassword(r.Context(), who, id, r.PostFormValue("password"), true)
	return s.backTo(w, r, "/users", err, "users.password_set")
}

func (s *server) userTOTPResetSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.backTo(w, r, "/users", s.resetTOTP(r.Context(), actorOf(r.Context()), id), "users.totp_reset")
}

func (s *server) userDisableSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.userSwitch(w, r, true)
}

func (s *server) userEnableSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.userSwitch(w, r, false)
}

func (s *server) userSwitch(w http.ResponseWriter, r *http.Request, disabled bool) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := setUserDisabled(r.Context(), s.store, actorOf(r.Context()), id, disabled); err != nil {
		return err
	}
	http.Redirect(w, r, "/users", http.StatusSeeOther)
	return nil
}
