package web

import (
	"context"
	"net/http"
	"time"

	"heyin/models"
	"heyin/review"
)

type rulesInput struct {
	Body struct {
		ValidFrom  string   `json:"valid_from" maxLength:"10" doc:"2026-12-01; in force no earlier than approved"`
		AllValid   bool     `json:"all_valid" doc:"every manual pass needs a second person"`
		AmountOver string   `json:"amount_over,omitempty" maxLength:"24" doc:"so does valid or invalid above this sum in CNY, or in any other currency"`
		Classes    []string `json:"classes,omitempty" maxItems:"32" doc:"of these account classes"`
		Sample     int      `json:"sample,omitempty" minimum:"0" maximum:"1000000" doc:"drawn at random, of a million"`
		Blind      bool     `json:"blind" doc:"the second person does not see the first answer"`
		UndoS      int      `json:"undo_s" minimum:"0" maximum:"60" doc:"seconds a decision may be taken back"`
		Hidden     int      `json:"hidden,omitempty" minimum:"0" maximum:"100000" doc:"claims of a receipt with a known answer, of a million"`
		Note       string   `json:"note" minLength:"1" maxLength:"1000" doc:"what is changed, and why"`

		PassedSample int `json:"passed_sample,omitempty" minimum:"0" maximum:"1000000" doc:"machine passes drawn for a person, of a million"`
		LeastScore   int `json:"least_score,omitempty" minimum:"0" maximum:"1000000" doc:"a pass whose weakest match scores less goes to a person, in millionths"`
	}
}

func (in *rulesInput) rules() (models.RuleSet, error) {
	b := in.Body
	r := models.RuleSet{AllValid: b.AllValid, Classes: b.Classes, Sample: b.Sample, Blind: b.Blind, UndoS: b.UndoS, Hidden: b.Hidden, Note: b.Note,
		PassedSample: b.PassedSample, LeastScore: b.LeastScore}
	var err error
	if r.ValidFrom, err = ruleDay(b.ValidFrom); err != nil {
		return r, err
	}
	r.AmountOver, err = typedAmount(b.AmountOver)
	return r, err
}

func ruleDay(text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, newProblem(http.StatusUnprocessableEntity, "rules_invalid", "valid_from: want a date like 2026-12-01")
	}
	return day, nil
}

type rulesListOutput struct {
	Body struct {
		RuleSets []review.RuleSet `json:"rule_sets"`
	}
}

func (s *server) rulesList(ctx context.Context, _ *struct{}) (*rulesListOutput, error) {
	var out rulesListOutput
	var err error
	out.Body.RuleSets, err = s.queue.RuleSets(ctx, actorOf(ctx))
	return &out, err
}

type rulesProposeOutput struct {
	Body struct {
		ID int64 `json:"id"`
	}
}

func (s *server) rulesPropose(ctx context.Context, in *rulesInput) (*rulesProposeOutput, error) {
	r, err := in.rules()
	if err != nil {
		return nil, err
	}
	var out rulesProposeOutput
	out.Body.ID, err = s.queue.ProposeRules(ctx, actorOf(ctx), r)
	return &out, err
}

type rulesRehearseOutput struct{ Body review.Rehearsal }

func (s *server) rulesRehearse(ctx context.Context, in *rulesInput) (*rulesRehearseOutput, error) {
	r, err := in.rules()
	if err != nil {
		return nil, err
	}
	h, err := s.queue.Rehearse(ctx, r)
	return &rulesRehearseOutput{h}, err
}

type rulesCheckInput struct {
	ID int64 `path:"id" minimum:"1" doc:"rule set"`
}

func (s *server) rulesApprove(ctx context.Context, in *rulesCheckInput) (*struct{}, error) {
	return nil, s.queue.CheckRules(ctx, actorOf(ctx), in.ID, true)
}

func (s *server) rulesRefuse(ctx context.Context, in *rulesCheckInput) (*struct{}, error) {
	return nil, s.queue.CheckRules(ctx, actorOf(ctx), in.ID, false)
}
