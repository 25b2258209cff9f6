package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"heyin/models"
	"heyin/review"
)

//go:embed views/*.html
var viewFiles embed.FS

// views are the parsed pages by language and name.
type views map[language]map[string]*template.Template

func loadViews(a *assets, catalogs map[language]catalog, now func() time.Time) (views, error) {
	files, err := fs.Glob(viewFiles, "views/*.html")
	if err != nil {
		return nil, err
	}
	all := views{}
	for _, l := range languages() {
		all[l] = map[string]*template.Template{}
		funcs := viewFuncs(a, catalogs[l], now)
		for _, file := range files {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if name == "layout" || name == "parts" {
				continue
			}
			t, err := template.New(name).Funcs(funcs).Option("missingkey=error").ParseFS(viewFiles, "views/layout.html", "views/parts.html", file)
			if err != nil {
				return nil, err
			}
			all[l][name] = t
		}
	}
	return all, nil
}

// viewFuncs are the words a page may use beside its data.
func viewFuncs(a *assets, c catalog, now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"t": c.text, "tf": c.format, "term": c.term, "asset": a.url,
		"clock":   func(t time.Time) string { return t.In(models.BankTime).Format("2006-01-02 15:04") },
		"stamp":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"age":     func(t time.Time) string { return ageText(c, now().Sub(t)) },
		"bankday": func(t time.Time) string { return t.In(models.BankTime).Format(time.DateOnly) },
		"day":     func(t time.Time) string { return t.Format(time.DateOnly) },
		"past":    func(t time.Time) bool { return t.Before(now()) },
		// A receipt may be objected to twice for the same reason; a list says it once.
		"once": func(codes []models.ReasonCode) []models.ReasonCode {
			return slices.Compact(slices.Sorted(slices.Values(codes)))
		},
		"foldchannels": models.FoldChannels,
		"json": func(v any) (string, error) {
			data, err := json.Marshal(v)
			return string(data), err
		},
		// A person's reason is chosen by its letter, the same on every receipt.
		"letter":  func(code string) string { return string(rune('a' + slices.Index(review.ReasonCodes(), code))) },
		"upper":   strings.ToUpper,
		"because": c.because,
		"unlike":  unlike,
		"ppm":     percentOf,
		"share":   func(part, whole int) string { return strconv.Itoa(part*100/whole) + "%" },
		"percent": func(v float64) string { return strconv.FormatFloat(v*100, 'f', 0, 64) + "%" },
		"money": func(currency string, a *models.Amount) string {
			if a == nil {
				return "—"
			}
			return currency + " " + a.Printed()
		},
	}
}

func ageText(c catalog, d time.Duration) string {
	switch {
	case d < time.Hour:
		return c.format("age.minutes", max(0, int(d.Minutes())))
	case d < 48*time.Hour:
		return c.format("age.hours", int(d.Hours()))
	default:
		return c.format("age.days", int(d.Hours()/24))
	}
}

// page is what the layout needs beside the page's own data.
type page struct {
	Lang, OtherLang language
	Nonce           string
	Title           string // key of the catalog
	Nav             []navItem
	User            *principal
	Notice          *notice
	Data            any
}

type navItem struct {
	Href, Label string
	Here        bool
}

// notice is one sentence above a page; Kind is a class of the style sheet.
type notice struct {
	Kind, Text string
	Undo       int64 // receipt whose judgement may be taken back; 0: none
}

// render answers with a page; a notice left by the request before is shown once.
func (s *server) render(w http.ResponseWriter, r *http.Request, view, title string, data any) error {
	var n *notice
	if text := s.sessions.PopString(r.Context(), sessionNotice); text != "" {
		n = &notice{Kind: s.sessions.PopString(r.Context(), sessionKind), Text: text}
		n.Undo, _ = s.sessions.Pop(r.Context(), sessionUndo).(int64)
	}
	return s.renderWith(w, r, http.StatusOK, view, title, n, data)
}

// renderNotice answers with a page and an error sentence of the catalog.
func (s *server) renderNotice(w http.ResponseWriter, r *http.Request, status int, view, title, key string, data any) error {
	return s.renderWith(w, r, status, view, title, &notice{Kind: "error", Text: s.words(r).text(key)}, data)
}

func (s *server) renderWith(w http.ResponseWriter, r *http.Request, status int, view, title string, n *notice, data any) error {
	l := languageOf(r)
	p := page{Lang: l, OtherLang: l.other(), Nonce: nonceOf(r.Context()), Title: title, User: principalOf(r.Context()), Notice: n, Data: data}
	p.Nav = navigation(p.User, r.URL.Path)
	var buf bytes.Buffer
	if err := s.views[l][view].ExecuteTemplate(&buf, "layout", p); err != nil {
		return fmt.Errorf("render %s: %w", view, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	// A failed write means the browser went away; there is nobody to tell.
	_, _ = buf.WriteTo(w)
	return nil
}

// notify leaves a sentence of the catalog for the next page.
func (s *server) notify(r *http.Request, kind, key string, args ...any) {
	text := s.words(r).text(key)
	if len(args) > 0 {
		text = s.words(r).format(key, args...)
	}
	s.sessions.Put(r.Context(), sessionNotice, text)
	s.sessions.Put(r.Context(), sessionKind, kind)
}

type message struct{ Heading, Text string }

// renderProblem answers with a problem as a page, in words of the catalog.
func (s *server) renderProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	c := s.words(r)
	m := message{Heading: c.text("fault.heading"), Text: problemText(c, p)}
	if err := s.renderWith(w, r, p.Status, "message", "fault.heading", nil, m); err != nil {
		http.Error(w, p.Detail, p.Status)
	}
}

// problemText gives a problem in the catalog's words, else as it came.
func problemText(c catalog, p *problem) string {
	if text, ok := c["fault."+p.Code]; ok {
		return text
	}
	return p.Detail
}

// navigation lists the pages a user may open.
func navigation(p *principal, here string) []navItem {
	var nav []navItem
	for _, n := range []struct {
		need        permission
		href, label string
	}{
		{judge, "/review", "nav.review"}, {readReceipts, "/archive", "nav.archive"}, {watchBatches, "/batches", "nav.batches"},
		{seeSpecimens, "/specimens", "nav.specimens"}, {seeBoard, "/board", "nav.board"}, {seeFaults, "/faults", "nav.faults"}, {seeFaults, "/mismatches", "nav.mismatches"}, {seeAddresses, "/addresses", "nav.addresses"},
		{seeUsers, "/users", "nav.users"}, {manageHouse, "/house", "nav.house"}, {manageRules, "/rules", "nav.rules"}, {readAudit, "/audit", "nav.audit"},
	} {
		if p.may(n.need) {
			nav = append(nav, navItem{n.href, n.label, here == n.href || strings.HasPrefix(here, n.href+"/")})
		}
	}
	return nav
}

const languageCookie = "heyin_lang"

// languageOf is what the person chose; Chinese until he does.
func languageOf(r *http.Request) language {
	if c, err := r.Cookie(languageCookie); err == nil && language(c.Value) == english {
		return english
	}
	return chinese
}

func (s *server) words(r *http.Request) catalog { return s.catalogs[languageOf(r)] }
