package web

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"heyin/models"
	"heyin/review"
)

type rulesPageData struct {
	Sets      []review.RuleSet
	Form      rulesForm
	Rehearsal *review.Rehearsal
}

// rulesForm is a rule set as typed; Sample, Hidden, Passed and Score are percent.
type rulesForm struct {
	ValidFrom, Amount, Classes, Sample, Hidden, Undo, Passed, Score, Note string
	AllValid, Blind                                                       bool
}

func rulesFormOf(q url.Values) rulesForm {
	return rulesForm{ValidFrom: q.Get("valid_from"), Amount: q.Get("amount"), Classes: q.Get("classes"), Sample: q.Get("sample"), Hidden: q.Get("hidden"),
		Undo: q.Get("undo"), Passed: q.Get("passed"), Score: q.Get("score"), Note: q.Get("note"), AllValid: q.Get("all_valid") != "", Blind: q.Get("blind") != ""}
}

// rulesFormLike fills the form with a rule set, to change it from.
func rulesFormLike(s review.RuleSet) rulesForm {
	f := rulesForm{ValidFrom: time.Now().In(models.BankTime).AddDate(0, 0, 1).Format(time.DateOnly), Classes: strings.Join(s.Classes, " "),
		Sample: percentOf(s.Sample), Hidden: percentOf(s.Hidden), Passed: percentOf(s.PassedSample), Score: percentOf(s.LeastScore), Undo: strconv.Itoa(s.UndoS), AllValid: s.AllValid, Blind: s.Blind}
	if s.AmountOver != nil {
		f.Amount = s.AmountOver.String()
	}
	return f
}

const ppmPerPercent = models.PPM / 100

func percentOf(ppm int) string {
	return strconv.FormatFloat(float64(ppm)/ppmPerPercent, 'f', -1, 64)
}

func (f rulesForm) rules() (models.RuleSet, error) {
	r := models.RuleSet{AllValid: f.AllValid, Blind: f.Blind, Note: strings.TrimSpace(f.Note),
		Classes: strings.FieldsFunc(f.Classes, func(c rune) bool { return c == ' ' || c == ',' || c == '，' || c == '、' })}
	var err error
	if r.ValidFrom, err = ruleDay(f.ValidFrom); err != nil {
		return r, err
	}
	if r.AmountOver, err = typedAmount(f.Amount); err != nil {
		return r, err
	}
	for _, n := range []struct {
		text string
		unit float64
		into *int
	}{{f.Sample, ppmPerPercent, &r.Sample}, {f.Hidden, ppmPerPercent, &r.Hidden}, {f.Passed, ppmPerPercent, &r.PassedSample}, {f.Score, ppmPerPercent, &r.LeastScore}, {f.Undo, 1, &r.UndoS}} {
		v, err := strconv.ParseFloat("0"+strings.TrimSpace(n.text), 64)
		if err != nil || math.IsNaN(v) || v > models.PPM {
			return r, newProblem(http.StatusUnprocessableEntity, "rules_invalid", "sample, hidden, passed, score, undo: want numbers")
		}
		*n.into = int(math.Round(v * n.unit))
	}
	return r, nil
}

// rulesPage lists the rule sets with a form for the next one; asked with the
// form's fields it tells what they would have meant for the last quarter.
func (s *server) rulesPage(w http.ResponseWriter, r *http.Request) error {
	sets, err := s.queue.RuleSets(r.Context(), actorOf(r.Context()))
	if err != nil {
		return err
	}
	data := rulesPageData{Sets: sets}
	if q := r.URL.Query(); q.Has("valid_from") {
		data.Form = rulesFormOf(q)
		rules, err := data.Form.rules()
		if err == nil {
			if rules.Note == "" {
				rules.Note = "rehearsal" // asked for when it is proposed
			}
			var h review.Rehearsal
			h, err = s.queue.Rehearse(r.Context(), rules)
			data.Rehearsal = &h
		}
		if err != nil {
			p := problemOf(r.Context(), err)
			if p.Status >= http.StatusInternalServerError {
				return p
			}
			data.Rehearsal = nil
			n := notice{Kind: "error", Text: problemText(s.words(r), p)}
			return s.renderWith(w, r, p.Status, "rules", "rules.title", &n, data)
		}
	} else {
		for _, set := range sets {
			if set.InForce {
				data.Form = rulesFormLike(set)
			}
		}
	}
	return s.render(w, r, "rules", "rules.title", data)
}

func (s *server) rulesProposeSubmit(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return newProblem(http.StatusBadRequest, "bad_input", "the form cannot be read")
	}
	rules, err := rulesFormOf(r.PostForm).rules()
	if err == nil {
		_, err = s.queue.ProposeRules(r.Context(), actorOf(r.Context()), rules)
	}
	return s.backTo(w, r, "/rules", err, "rules.proposed")
}

func (s *server) rulesApproveSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.rulesCheckSubmit(w, r, true, "rules.approved")
}

func (s *server) rulesRefuseSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.rulesCheckSubmit(w, r, false, "rules.refused")
}

func (s *server) rulesCheckSubmit(w http.ResponseWriter, r *http.Request, approve bool, done string) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.backTo(w, r, "/rules", s.queue.CheckRules(r.Context(), actorOf(r.Context()), id, approve), done)
}

// backTo returns to a page and says above it what came of a form: done, a key of
// the catalog, or the words of err.
func (s *server) backTo(w http.ResponseWriter, r *http.Request, page string, err error, done string, args ...any) error {
	if err != nil {
		p := problemOf(r.Context(), err)
		if p.Status >= http.StatusInternalServerError || p.Status == http.StatusNotFound {
			return p
		}
		s.notifyProblem(r, p)
	} else {
		s.notify(r, "done", done, args...)
	}
	http.Redirect(w, r, page, http.StatusSeeOther)
	return nil
}
