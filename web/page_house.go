package web

import (
	"net/http"
	"time"

	"heyin/models"
	"heyin/storage"
)

// housePageData is the house as the system administrator keeps it: branches,
// stations and the calendar.
type housePageData struct {
	Branches []storage.BranchStations
	Calendar []storage.CalendarDay
	Token    string // of a station just made; shown this once
	Station  string // its name
}

func (s *server) housePage(w http.ResponseWriter, r *http.Request) error {
	return s.showHouse(w, r, "", "")
}

func (s *server) showHouse(w http.ResponseWriter, r *http.Request, station, token string) error {
	data := housePageData{Station: station, Token: token}
	var err error
	if data.Branches, err = s.store.Branches(r.Context()); err != nil {
		return err
	}
	if data.Calendar, err = s.store.Calendar(r.Context(), time.Now().In(models.BankTime)); err != nil {
		return err
	}
	return s.render(w, r, "house", "house.title", data)
}

func (s *server) branchPutSubmit(w http.ResponseWriter, r *http.Request) error {
	code := r.PostFormValue("code")
	_, err := s.store.PutBranch(r.Context(), actorOf(r.Context()), code, r.PostFormValue("name"))
	return s.backTo(w, r, "/house", err, "house.branch_put", code)
}

// stationPutSubmit makes a station, or gives one a new token, and shows the token
// on the answer itself: it is kept nowhere.
func (s *server) stationPutSubmit(w http.ResponseWriter, r *http.Request) error {
	branch, name := r.PostFormValue("branch"), r.PostFormValue("name")
	if name == "" || len(name) > 100 {
		return s.backTo(w, r, "/house", newProblem(http.StatusUnprocessableEntity, "bad_input", "name: want 1 to 100 bytes"), "")
	}
	token, err := CreateStation(r.Context(), s.store, actorOf(r.Context()), branch, name)
	if err != nil {
		return s.backTo(w, r, "/house", err, "")
	}
	return s.showHouse(w, r, branch+" · "+name, token)
}

func (s *server) stationDisableSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.stationSwitch(w, r, true, "house.station_disabled")
}

func (s *server) stationEnableSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.stationSwitch(w, r, false, "house.station_enabled")
}

func (s *server) stationSwitch(w http.ResponseWriter, r *http.Request, disabled bool, done string) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.backTo(w, r, "/house", s.store.SwitchStation(r.Context(), actorOf(r.Context()), id, disabled), done)
}

func (s *server) calendarPutSubmit(w http.ResponseWriter, r *http.Request) error {
	first, err := time.Parse(time.DateOnly, r.PostFormValue("first"))
	last := first
	if err == nil && r.PostFormValue("last") != "" {
		last, err = time.Parse(time.DateOnly, r.PostFormValue("last"))
	}
	if err != nil {
		err = newProblem(http.StatusUnprocessableEntity, "calendar_invalid", "calendar: want days like 2027-01-01")
	} else {
		err = s.store.PutCalendar(r.Context(), actorOf(r.Context()), first, last, r.PostFormValue("working") != "", r.PostFormValue("name"))
	}
	return s.backTo(w, r, "/house", err, "house.calendar_put")
}

func (s *server) calendarDropSubmit(w http.ResponseWriter, r *http.Request) error {
	day, err := time.Parse(time.DateOnly, r.PostFormValue("day"))
	if err != nil {
		err = newProblem(http.StatusUnprocessableEntity, "calendar_invalid", "calendar: want a day like 2027-01-01")
	} else {
		err = s.store.DropCalendar(r.Context(), actorOf(r.Context()), day)
	}
	return s.backTo(w, r, "/house", err, "house.calendar_dropped")
}
