package workers

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"heyin/models"
)

// metrics of a worker. depth, accounting and receipts are kept by the leader
// alone: elsewhere they are absent.
type metrics struct {
	jobs       *prometheus.CounterVec
	stages     *prometheus.HistogramVec
	rings      *prometheus.CounterVec
	depth      *prometheus.GaugeVec
	accounting *prometheus.GaugeVec
	receipts   *prometheus.GaugeVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "heyin_jobs_total",
			Help: "Attempts by outcome: a receipt's state, retried, released, stale, abandoned, not_due.",
		}, []string{"outcome"}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "heyin_job_stage_seconds",
			Help:    "Time of the stages of an attempt: load, read, evidence, finish.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 14), // 5 ms to 41 s
		}, []string{"stage"}),
		rings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "heyin_rings_total", Help: "Jobs the queue was told of, by whom.",
		}, []string{"by"}),
		depth: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "heyin_queue_depth", Help: "Rings waiting in Redis.",
		}, nil),
		accounting: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "heyin_accounting_holds", Help: "1 when every accepted receipt is accounted for, else 0: run heyin doctor.",
		}, nil),
		receipts: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "heyin_receipts", Help: "Receipts by state.",
		}, []string{"state"}),
	}
	for _, c := range []prometheus.Collector{m.jobs, m.stages, m.rings, m.depth, m.accounting, m.receipts} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// measureQueue is a duty: the depth of the queue.
func (w *Worker) measureQueue(context.Context) error {
	n, err := w.queue.depth()
	if err == nil {
		w.metrics.depth.WithLabelValues().Set(float64(n))
	}
	return err
}

// account is a duty: it checks the accounting equation (promise 2).
func (w *Worker) account(ctx context.Context) error {
	e, err := w.store.Accounting(ctx)
	if err != nil {
		return err
	}
	for _, s := range models.ReceiptStates() {
		w.metrics.receipts.WithLabelValues(string(s)).Set(float64(e.States[s]))
	}
	holds := 0.0
	if e.Holds() {
		holds = 1
	} else {
		w.log.Error("the accounting equation does not hold: run heyin doctor", "accepted", e.Accepted, "states", e.States, "odd", e.Odd)
	}
	w.metrics.accounting.WithLabelValues().Set(holds)
	return nil
}
