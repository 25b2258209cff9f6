package web

import (
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const metricsPath = "/metrics"

// metrics counts requests by route, never by address: the label values are the
// lines of the route table.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(r *prometheus.Registry) (*metrics, error) {
	m := &metrics{
		registry: r,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "heyin_http_requests_total", Help: "Requests answered, by route and status."}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "heyin_http_request_seconds", Help: "Time to answer a request, by route.",
			Buckets: []float64{.005, .01, .025, .05, .1, .3, 1, 3, 10, 60}}, []string{"route"}),
	}
	return m, errors.Join(r.Register(m.requests), r.Register(m.seconds))
}

// count measures every answer of one route.
func (m *metrics) count(pattern string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		m.requests.WithLabelValues(pattern, strconv.Itoa(seen.status)).Inc()
		m.seconds.WithLabelValues(pattern).Observe(time.Since(began).Seconds())
	})
}

// statusWriter remembers the status that was sent.
type statusWriter struct {
	http.ResponseWriter
	status int
	ended  bool
}

func (w *statusWriter) WriteHeader(status int) {
	if w.ended {
		return
	}
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.ended {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// end makes what was written the whole answer: the session could not be kept, and the
// answer on its way, which does not know, must not follow the refusal.
func (w *statusWriter) end() { w.ended = true }

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// metricsShow answers Prometheus: the bearer of the configured token, or, when
// none is configured, this machine. A request that came through a proxy is not
// from this machine.
func (s *server) metricsShow(w http.ResponseWriter, r *http.Request) error {
	allowed := s.cfg.MetricsToken == "" && isLocal(r)
	if s.cfg.MetricsToken != "" {
		allowed = subtle.ConstantTimeCompare([]byte(bearer(r)), []byte(s.cfg.MetricsToken)) == 1
	}
	if !allowed {
		return newProblem(http.StatusForbidden, "forbidden", "send the metrics token, or ask from the machine itself")
	}
	promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	return nil
}

func isLocal(r *http.Request) bool {
	if r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && net.ParseIP(host).IsLoopback()
}
