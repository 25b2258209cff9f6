package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"heyin/archive"
	"heyin/reconcile"
	"heyin/review"
	"heyin/storage"
)

// Deps are what web stands on. Metrics may be nil: then web keeps a registry
// of its own.
type Deps struct {
	Store   *storage.Store
	Metrics *prometheus.Registry
	// Cards cuts uploaded cards, in a process that may be killed; nil refuses them.
	Cards reconcile.Cutter
	// Ready adds checks to /readyz by name, like the queue's; a nil error is ready.
	Ready map[string]func(context.Context) error
}

// server holds what handlers share; all of it is safe for concurrent use.
type server struct {
	cfg          Config
	store        *storage.Store
	queue        *review.Queue
	archive      *archive.Archive
	cards        reconcile.Cutter
	passwords    *passwords
	vault        *vault    // nil: no keys
	provider     *provider // nil: none
	decoy        string    // a hash nobody's password has
	sessions     *scs.SessionManager
	sessionStore *sessionStore
	crossOrigin  *http.CrossOriginProtection
	assets       *assets
	catalogs     map[language]catalog
	views        views
	metrics      *metrics
	ready        map[string]func(context.Context) error
	openAPI      []byte
}

// New builds the handler of the whole room: API, desk and probes.
func New(cfg Config, deps Deps) (http.Handler, error) {
	s, mux, err := build(cfg, deps)
	if err != nil {
		return nil, err
	}
	return secureHeaders(s.cfg.TLS, mux), nil
}

func build(cfg Config, deps Deps) (*server, *http.ServeMux, error) {
	if err := cfg.Validate(); err != nil {
		return nil, nil, fmt.Errorf("web: %w", err)
	}
	if deps.Store == nil {
		return nil, nil, errors.New("web: a store is needed")
	}
	if deps.Metrics == nil {
		deps.Metrics = prometheus.NewRegistry()
	}
	s := &server{
		cfg: cfg, store: deps.Store, ready: deps.Ready, cards: deps.Cards,
		queue: review.New(deps.Store), archive: archive.New(deps.Store),
		passwords: newPasswords(), sessions: newSessions(deps.Store.DB, cfg.TLS),
		sessionStore: &sessionStore{db: deps.Store.DB}, crossOrigin: http.NewCrossOriginProtection(),
		catalogs: map[language]catalog{},
	}
	var err error
	if s.vault, err = newVault(cfg.SecretKeys); err != nil {
		return nil, nil, err
	}
	if cfg.OIDC.Issuer != "" {
		s.provider = &provider{cfg: cfg.OIDC}
	}
	s.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		s.refuse(w, r, problemOf(r.Context(), err))
		if answer, ok := w.(interface{ end() }); ok {
			answer.end()
		}
	}
	if s.decoy, err = s.passwords.hash(context.Background(), randomToken()); err != nil {
		return nil, nil, err
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, nil, err
	}
	for _, l := range languages() {
		if s.catalogs[l], err = loadCatalog(l); err != nil {
			return nil, nil, err
		}
	}
	if s.views, err = loadViews(s.assets, s.catalogs, time.Now); err != nil {
		return nil, nil, err
	}
	if s.metrics, err = newMetrics(deps.Metrics); err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	if err := s.mount(mux); err != nil {
		return nil, nil, err
	}
	return s, mux, nil
}

// route is one line of the table: what is asked ("METHOD /path"), what it
// needs, and who answers.
type route struct {
	pattern string
	needs   permission
	answer  endpoint
}

// endpoint is a handler still to be put on the mux.
type endpoint interface {
	register(rt route, m *mounter) error
}

// mounter puts routes on the mux, each behind its guard and its counter.
type mounter struct {
	s   *server
	mux *http.ServeMux
	api huma.API
}

func (s *server) mount(mux *http.ServeMux) error {
	m := &mounter{s: s, mux: mux}
	m.api = humago.New(tableMux{m}, apiConfig(s.cfg.Version))
	for _, rt := range s.routes() {
		if rt.needs != anyone && rt.needs != probe {
			if _, known := grants[rt.needs]; !known {
				return fmt.Errorf("web: route %q needs %q, which nobody holds", rt.pattern, rt.needs)
			}
		}
		if err := rt.answer.register(rt, m); err != nil {
			return fmt.Errorf("web: route %q: %w", rt.pattern, err)
		}
	}
	var err error
	if s.openAPI, err = m.api.OpenAPI().MarshalJSON(); err != nil {
		return fmt.Errorf("web: OpenAPI: %w", err)
	}
	return nil
}

func (m *mounter) handle(rt route, h http.Handler) {
	m.mux.Handle(rt.pattern, m.s.metrics.count(rt.pattern, m.s.guard(rt, h)))
}

// tableMux is the mux as huma sees it: a pattern that is not in the table of
// routes cannot be registered.
type tableMux struct{ m *mounter }

// HandleFunc registers an operation of the table.
func (t tableMux) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	for _, rt := range t.m.s.routes() {
		if rt.pattern == pattern {
			t.m.handle(rt, http.HandlerFunc(handler))
			return
		}
	}
	panic("web: " + pattern + " is not in the table of routes")
}

// ServeHTTP answers a request; huma asks for it in tests only.
func (t tableMux) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.m.mux.ServeHTTP(w, r) }

// deskHandler answers a request of a browser; an error becomes a page.
type deskHandler func(http.ResponseWriter, *http.Request) error

func desk(h deskHandler) endpoint { return h }

func (h deskHandler) register(rt route, m *mounter) error {
	m.handle(rt, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			m.s.refuse(w, r, problemOf(r.Context(), err))
		}
	}))
	return nil
}

// Bytes of a form or a JSON body; only uploads are larger.
const maxFormBytes = 64 << 10

func (s *server) bodyLimit(rt route) int64 {
	if rt.pattern == uploadPattern || rt.pattern == cardPattern || rt.pattern == cardFormPattern {
		return s.cfg.MaxUploadBytes
	}
	return maxFormBytes
}
