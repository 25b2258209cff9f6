package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"heyin/models"
)

func TestHealthReadyMetrics(t *testing.T) {
	down := errors.New("no answer from 10.0.0.1")
	var redis error
	s := newSite(t, func(_ *Config, d *Deps) {
		d.Ready = map[string]func(context.Context) error{"redis": func(context.Context) error { return redis }}
	})
	c := s.client(t)
	c.get("/healthz").want(t, http.StatusOK)
	c.get("/readyz").want(t, http.StatusOK)
	redis = down
	a := c.get("/readyz").want(t, http.StatusServiceUnavailable)
	if !strings.Contains(a.body, `"redis":"down"`) || strings.Contains(a.body, "10.0.0.1") || a.header.Get("Retry-After") == "" {
		t.Errorf("readyz %s", a.body)
	}
	m := c.get("/metrics").want(t, http.StatusOK)
	for _, want := range []string{`heyin_http_requests_total{route="GET /readyz",status="503"} 1`, `heyin_http_requests_total{route="GET /healthz",status="200"} 1`, "heyin_http_request_seconds_bucket"} {
		if !strings.Contains(m.body, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	c.send(http.MethodGet, "/metrics", nil, map[string]string{"X-Forwarded-For": "127.0.0.1"}).want(t, http.StatusForbidden)
}

func TestMetricsToken(t *testing.T) {
	s := newSite(t, func(c *Config, _ *Deps) { c.MetricsToken = "scrape me" })
	c := s.client(t)
	c.get("/metrics").want(t, http.StatusForbidden)
	c.send(http.MethodGet, "/metrics", nil, map[string]string{"Authorization": "Bearer scrape"}).want(t, http.StatusForbidden)
	c.send(http.MethodGet, "/metrics", nil, map[string]string{"Authorization": "Bearer scrape me"}).want(t, http.StatusOK)
}

func TestConfigNamesWhatIsWrong(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	_, err := New(Config{}, Deps{Store: world.Store})
	for _, name := range []string{"MaxUploadBytes", "ReadTimeout", "WriteTimeout", "ShutdownTimeout"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
	if _, err := New(DefaultConfig(), Deps{}); err == nil {
		t.Error("a web without a store was built")
	}
}

// A request under way when the server is told to stop is still answered.
func TestServeFinishesWhatIsUnderWay(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	began := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		time.Sleep(200 * time.Millisecond)
		_, _ = io.WriteString(w, "done")
	})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, l, h, DefaultConfig()) }()
	go func() { <-began; stop() }()
	resp, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "done" {
		t.Errorf("answer %q, %v", body, err)
	}
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
	if _, err := net.DialTimeout("tcp", l.Addr().String(), time.Second); err == nil {
		t.Error("the port is still open")
	}
}

func TestProblemOf(t *testing.T) {
	fault := func(class models.FaultClass, code string) error {
		return fmt.Errorf("above: %w", models.NewFault(class, code, "why", errors.New("10.0.0.1")))
	}
	for name, tc := range map[string]struct {
		err    error
		status int
	}{
		"not found":       {fault(models.Permanent, "not_found"), http.StatusNotFound},
		"conflict":        {fault(models.Permanent, "claim_lost"), http.StatusConflict},
		"other permanent": {fault(models.Permanent, "hash_mismatch"), http.StatusUnprocessableEntity},
		"store down":      {fault(models.Retryable, "object_store_down"), http.StatusServiceUnavailable},
		"object corrupt":  {fault(models.NeedsReview, "object_corrupt"), http.StatusInternalServerError},
		"no connection":   {&pgconn.ConnectError{}, http.StatusServiceUnavailable},
		"shutting down":   {&pgconn.PgError{Code: "57P01"}, http.StatusServiceUnavailable},
		"broken text":     {&pgconn.PgError{Code: "22021"}, http.StatusUnprocessableEntity},
		"our bug":         {&pgconn.PgError{Code: "42601"}, http.StatusInternalServerError},
		"unknown":         {errors.New("secret 10.0.0.1"), http.StatusInternalServerError},
		"large body":      {&http.MaxBytesError{Limit: 1}, http.StatusRequestEntityTooLarge},
	} {
		p := problemOf(t.Context(), tc.err)
		if p.Status != tc.status {
			t.Errorf("%s: %d, want %d", name, p.Status, tc.status)
		}
		if strings.Contains(p.Detail, "10.0.0.1") {
			t.Errorf("%s: the cause leaks: %s", name, p.Detail)
		}
		if p.Status == http.StatusServiceUnavailable && p.GetHeaders().Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", name)
		}
	}
}
