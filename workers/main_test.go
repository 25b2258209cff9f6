package workers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"heyin/deploy/local/localtest"
	"heyin/models"
	"heyin/pipeline"
	"heyin/storage"
	"heyin/workers/readerproc"
)

// TestMain lets the test binary be its own reader and its own worker process.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "reader":
			exit(ServeReader(context.Background(), func() (Processor, error) { return scripted{}, nil }))
		case "worker":
			exit(runWorkerProcess())
		}
	}
	os.Exit(localtest.Main(m))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// scripted is a processor whose pages say what to do, e.g. "pass DZ1".
type scripted struct{}

func (scripted) Process(ctx context.Context, data []byte, page int, books pipeline.Books) (models.Result, error) {
	words := strings.Fields(string(data))
	switch words[0] {
	case "pass":
		return judge(ctx, words[1], page, 1, books)
	case "slow": // slow MILLISECONDS NUMBER
		ms, err := strconv.Atoi(words[1])
		if err != nil {
			return models.Result{}, err
		}
		pause(ctx, time.Duration(ms)*time.Millisecond)
		if ctx.Err() != nil {
			return models.Result{}, ctx.Err()
		}
		return judge(ctx, words[2], page, 1, books)
	case "pages": // pages COUNT NUMBER
		count, err := strconv.Atoi(words[1])
		if err != nil {
			return models.Result{}, err
		}
		return judge(ctx, words[2], page, count, books)
	case "quarantine":
		return models.Result{}, models.NewFault(models.Permanent, "not_an_image", "the file is no image", nil)
	case "die":
		os.Exit(9)
	}
	return models.Result{}, fmt.Errorf("unknown order %q", data)
}

// judge passes a page when its number is in the books and the seals can match.
func judge(ctx context.Context, number string, page, pages int, books pipeline.Books) (models.Result, error) {
	r := models.Result{
		Page: page, PageCount: pages, State: models.InReview, Software: models.Version, Params: "test",
		Reading: models.Reading{
			StatementNo: models.Voted{Value: number, First: number, Second: number, Agreed: true},
			Mark:        models.MarkReading{Mark: models.Agree, Form: "tick", Confidence: 1},
			Imprints:    []models.Imprint{{Shape: models.Round, Role: models.RoleClient, Ink: "red"}},
			Quality:     models.Quality{Grade: models.QualityGood},
		},
		Evidence: map[string][]byte{"page": []byte("\x89PNG picture of " + number + " page " + strconv.Itoa(page))},
	}
	st, err := books.Expect(ctx, pipeline.Identified{Candidates: []string{number}, Page: page, PageCount: pages})
	if err != nil {
		return models.Result{}, err
	}
	switch {
	case st == nil:
		r.Reasons = []models.Reason{{Code: models.ReasonUnknownNumber}}
	case st.Answered:
		r.StatementID, r.Reasons = st.ID, []models.Reason{{Code: models.ReasonAnswered}}
	default:
		r.StatementID, r.State = st.ID, models.Passed
		r.Verifications = []models.Verification{{SpecimenRef: st.Specimens[0].Ref, Verdict: models.Match, Score: 1, Scale: 1,
			Evidence: map[string]string{"page": "page"}}}
	}
	return r, nil
}

// office is one test's stores with a branch, a station and a customer with a seal.
type office struct {
	*storage.Store
	t       *testing.T
	env     *localtest.Env
	station models.Actor
	batch   int64
	serial  atomic.Int64
}

var cutOff = localtest.CutOff

func newOffice(t *testing.T, edit ...func(*storage.Config)) *office {
	t.Helper()
	env := localtest.New(t)
	// The promises' minute, in seconds.
	env.Config.RingAgain, env.Config.Backoff = time.Second, 200*time.Millisecond
	for _, e := range edit {
		e(&env.Config)
	}
	o := &office{Store: env.Open(t), t: t, env: env}
	ctx := t.Context()
	branch, err := o.PutBranch(ctx, localtest.System, "B1", "First branch")
	must(t, err)
	o.station = models.Actor{Kind: "station", BranchID: branch}
	must(t, o.DB.QueryRow(ctx, `INSERT INTO stations (branch_id, name, token_hash) VALUES ($1, 'S1', sha256('token')) RETURNING id`, branch).Scan(&o.station.ID))
	localtest.Customer(t, o.Store, "B1", "C1", "Sample Trading")
	localtest.Period(t, o.Store, cutOff)
	from := cutOff.AddDate(-1, 0, 0)
	localtest.Specimen(t, o.Store, "C1", models.Specimen{Ref: "G1", Kind: models.SealCompany, Shape: models.Round,
		Role: models.RoleClient, DPI: 300, Image: []byte("\x89PNG specimen")}, from)
	localtest.SealRule(t, o.Store, "C1", models.SealRule{Seal: "G1"}, from)
	o.batch, err = o.OpenBatch(ctx, o.station, cutOff, 1000, "")
	must(t, err)
	return o
}

// statement issues one and gives its number.
func (o *office) statement() string {
	o.t.Helper()
	no := fmt.Sprintf("DZ%06d", o.serial.Add(1))
	localtest.Issue(o.t, o.Store, localtest.Statement{No: no, CustomerNo: "C1", CutOff: cutOff,
		Lines: []models.StatementLine{{AccountNo: "622200001", Currency: "CNY", Balance: models.MustAmount("12.50")}}})
	return no
}

// upload takes in a page with this order and gives its receipt.
func (o *office) upload(format string, args ...any) int64 {
	o.t.Helper()
	body := fmt.Sprintf(format, args...) + fmt.Sprintf(" #%d", o.serial.Add(1))
	sum := sha256.Sum256([]byte(body))
	a, err := o.Receive(o.t.Context(), o.station, storage.Upload{BatchID: o.batch, IdempotencyKey: hex.EncodeToString(sum[:]),
		FileName: "page.png", ContentType: "image/png"}, strings.NewReader(body))
	must(o.t, err)
	return a.ReceiptID
}

// uploads takes in n receipts, each of a statement of its own, that will pass.
func (o *office) uploads(n int, order string) {
	o.t.Helper()
	var group errgroup.Group
	group.SetLimit(8)
	for range n {
		group.Go(func() error { o.upload("%s %s", order, o.statement()); return nil })
	}
	must(o.t, group.Wait())
}

func (o *office) config() Config {
	cfg := DefaultConfig()
	cfg.Name = fmt.Sprintf("%s-%d", cfg.Name, o.serial.Add(1))
	cfg.RedisAddr, cfg.RedisPassword, cfg.RedisDB = o.env.Stack.RedisAddr, o.env.Stack.RedisPassword, o.env.RedisDB
	cfg.Readers.Readers, cfg.Concurrency = 2, 4
	cfg.Readers.TempDir = o.t.TempDir()
	cfg.Lease, cfg.SweepEvery, cfg.AccountEvery = 2*time.Second, 300*time.Millisecond, time.Second
	cfg.Grace = time.Second
	cfg.Log = slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	cfg.Readers.Log = cfg.Log
	cfg.Metrics = prometheus.NewRegistry()
	return cfg
}

// running is a worker in this process.
type running struct {
	*Worker
	stop func()
}

// work runs a worker until the test ends or stop is called.
func (o *office) work(cfg Config, p Processor) *running {
	o.t.Helper()
	w, err := New(cfg, o.Store, p)
	must(o.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stopped := false
	r := &running{w, func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-ended:
			must(o.t, err)
		case <-time.After(30 * time.Second):
			o.t.Error("the worker did not stop")
		}
	}}
	o.t.Cleanup(r.stop)
	return r
}

// pool starts real reader processes.
func (o *office) pool(cfg Config) *readerproc.Pool {
	o.t.Helper()
	p, err := readerproc.Open(o.t.Context(), cfg.Readers)
	must(o.t, err)
	o.t.Cleanup(p.Close)
	return p
}

// patience is how long a test waits for what should take seconds: the machine
// may be busy.
const patience = 60 * time.Second

// settled waits until no receipt is in progress and checks the accounting.
func (o *office) settled() storage.Equation {
	o.t.Helper()
	for deadline := time.Now().Add(patience); ; pause(o.t.Context(), 50*time.Millisecond) {
		var left int
		err := o.DB.QueryRow(o.t.Context(), `SELECT count(*) FROM receipts WHERE state = 'in_progress'`).Scan(&left)
		if err == nil && left == 0 {
			break
		}
		if time.Now().After(deadline) {
			o.t.Fatalf("%d receipts still in progress (%v)", left, err)
		}
	}
	e, err := o.Accounting(o.t.Context())
	must(o.t, err)
	if !e.Holds() {
		o.t.Fatalf("the accounting equation does not hold: %+v", e)
	}
	return e
}

// allPassed waits for the end and checks that each of n receipts passed, once.
func (o *office) allPassed(n int) {
	o.t.Helper()
	e := o.settled()
	if e.Accepted != int64(n) || e.States[models.Passed] != int64(n) {
		o.t.Errorf("accepted %d, states %v; want all %d passed; errors %v", e.Accepted, e.States, n, o.rows(`SELECT last_error FROM jobs WHERE last_error <> ''`))
	}
	if twice := o.rows(`SELECT object FROM audit WHERE action = 'receipt.passed' GROUP BY object HAVING count(*) > 1`); len(twice) > 0 {
		o.t.Errorf("decided twice: %v", twice)
	}
	if got := o.rows(`SELECT count(*)::text || ' ' || count(DISTINCT receipt_id)::text FROM readings`)[0]; got != fmt.Sprintf("%d %d", n, n) {
		o.t.Errorf("readings and receipts read: %s, want %d of each", got, n)
	}
}

func (o *office) rows(sql string, args ...any) (all []string) {
	o.t.Helper()
	rows, err := o.DB.Query(o.t.Context(), sql, args...)
	must(o.t, err)
	defer rows.Close()
	for rows.Next() {
		var s string
		must(o.t, rows.Scan(&s))
		all = append(all, s)
	}
	must(o.t, rows.Err())
	return all
}

// row is the only row, or "".
func (o *office) row(sql string, args ...any) string {
	o.t.Helper()
	return strings.Join(o.rows(sql, args...), "; ")
}

func (o *office) state(receipt int64) models.ReceiptState {
	o.t.Helper()
	return models.ReceiptState(o.row(`SELECT state FROM receipts WHERE id = $1`, receipt))
}

// reasons are a receipt's in review, as "code: detail".
func (o *office) reasons(receipt int64) string {
	o.t.Helper()
	return o.row(`SELECT (reasons->0->>'code') || ': ' || coalesce(reasons->0->>'detail', '') FROM review_items WHERE receipt_id = $1`, receipt)
}

// eventually waits until ok.
func (o *office) eventually(what string, ok func() bool) {
	o.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); pause(o.t.Context(), 10*time.Millisecond) {
		if time.Now().After(deadline) {
			o.t.Fatalf("never: %s", what)
		}
	}
}

// workerOrders are what a worker process of a test needs; in its environment.
type workerOrders struct {
	Store    storage.Config
	Redis    string
	Password string
	DB       int
	Name     string
}

const workerVar = "HEYIN_TEST_WORKER"

// process starts a whole worker process, with a quick processor of its own.
func (o *office) process() *exec.Cmd {
	o.t.Helper()
	orders, err := json.Marshal(workerOrders{Store: o.env.Config, Redis: o.env.Stack.RedisAddr, Password: o.env.Stack.RedisPassword,
		DB: o.env.RedisDB, Name: fmt.Sprintf("process-%d", o.serial.Add(1))})
	must(o.t, err)
	cmd := exec.Command("/proc/self/exe", "worker")
	cmd.Env = append(os.Environ(), workerVar+"="+string(orders))
	cmd.Stderr = os.Stderr
	must(o.t, cmd.Start())
	return cmd
}

func runWorkerProcess() error {
	var orders workerOrders
	if err := json.Unmarshal([]byte(os.Getenv(workerVar)), &orders); err != nil {
		return err
	}
	store, err := storage.Open(context.Background(), orders.Store)
	if err != nil {
		return err
	}
	cfg := DefaultConfig()
	cfg.Name, cfg.RedisAddr, cfg.RedisPassword, cfg.RedisDB = orders.Name, orders.Redis, orders.Password, orders.DB
	cfg.Lease, cfg.SweepEvery = 2*time.Second, 300*time.Millisecond
	cfg.Concurrency = 8
	cfg.Log = slog.New(slog.DiscardHandler)
	w, err := New(cfg, store, scripted{})
	if err != nil {
		return err
	}
	return w.Run(context.Background())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
