package web

import (
	"net/http"
	"slices"

	"heyin/models"
)

type usersPageData struct {
	Users []userRow
	Roles []models.Role
}

type userRow struct {
	User
	Self bool
}

func (s *server) usersPage(w http.ResponseWriter, r *http.Request) error {
	users, err := listUsers(r.Context(), s.store)
	if err != nil {
		return err
	}
	data := usersPageData{Roles: models.Roles()}
	for _, u := range users {
		data.Users = append(data.Users, userRow{u, u.ID == actorOf(r.Context()).ID})
	}
	return s.render(w, r, "users", "users.title", data)
}

func (s *server) userCreateSubmit(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return newProblem(http.StatusBadRequest, "bad_input", "the form cannot be read")
	}
	u := NewUser{Login: r.PostForm.Get("name"), Password: r.PostForm.Get("password"), BranchCode: r.PostForm.Get("branch")}
	for _, role := range r.PostForm["role"] {
		if !slices.Contains(u.Roles, models.Role(role)) {
			u.Roles = append(u.Roles, models.Role(role))
		}
	}
	if err := createUser(r.Context(), s.store, s.passwords, actorOf(r.Context()), u); err != nil {
		p := problemOf(r.Context(), err)
		if p.Status >= http.StatusInternalServerError {
			return p
		}
		s.notifyProblem(r, p)
	} else {
		s.notify(r, "done", "users.created", u.Login)
	}
	http.Redirect(w, r, "/users", http.StatusSeeOther)
	return nil
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
