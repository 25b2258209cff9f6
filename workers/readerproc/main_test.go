package readerproc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"heyin/models"
	"heyin/pipeline"
)

// TestMain lets the test binary be its own reader: the pool starts it again with
// "reader", and it serves the scripted processor over the real pipes, or with
// "reader files" the viewer.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "reader" {
		open := func() (Processor, error) { return scripted{}, nil }
		if len(os.Args) > 2 && os.Args[2] == ordersFiles {
			open = func() (Processor, error) { return viewer{}, nil }
		}
		if err := Run(context.Background(), open); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// scripted is a processor whose pages say what to do, e.g. "exit 9". What it
// finds out about its surroundings it answers as the reading's customer.
type scripted struct{}

// CutCard obeys some of the orders too.
func (scripted) CutCard(_ context.Context, data []byte, dpi float64, within models.Box) (models.Card, error) {
	seal := models.CardSeal{Box: models.Box{W: within.W + 1, H: 1}, Quality: models.Quality{Grade: models.QualityGood}, DPI: dpi, Image: []byte("\x89PNG\r\n\x1a\n one")}
	switch order, arg, _ := strings.Cut(string(data), " "); order {
	case "fault":
		return models.Card{}, models.NewFault(models.FaultClass(arg), "scripted", "as told", errors.New("cause"))
	case "exit":
		os.Exit(9)
	case "sleep":
		time.Sleep(time.Hour)
	case "svg":
		seal.Image = []byte("<svg/>")
	case "grade":
		seal.Quality.Grade = "excellent"
	case "dpi":
		seal.DPI = 1
	case "whole":
		return models.Card{Whole: true}, nil
	case "none":
		return models.Card{}, nil
	}
	return models.Card{Seals: []models.CardSeal{seal}}, nil
}

func (scripted) Process(ctx context.Context, data []byte, page int, books pipeline.Books) (models.Result, error) {
	order, arg, _ := strings.Cut(string(data), " ")
	switch order {
	case "pass":
		return pass(ctx, page, books)
	case "say":
		return found(page, arg), nil
	case "fault":
		return models.Result{}, models.NewFault(models.FaultClass(arg), "scripted", "as told", errors.New("cause"))
	case "panic":
		panic("as told")
	case "exit":
		os.Exit(9)
	case "sleep":
		time.Sleep(time.Hour)
	case "spin":
		for {
			page++
		}
	case "hog":
		return found(page, fmt.Sprint(len(hog()))), nil
	case "noise":
		fmt.Println(strings.Repeat("noise on standard output ", 10_000))
		fmt.Fprintln(os.Stderr, "noise on standard error")
		return found(page, "quiet"), nil
	case "garble":
		_, err := os.NewFile(fdOut, "out").WriteString("Tesseract says hello")
		return models.Result{}, err
	case "forge": // a verdict nobody gave it the books for
		r := found(page, "forged")
		r.State, r.Reasons, r.StatementID = models.Passed, nil, 7
		return r, nil
	case "twice":
		for range 2 {
			if _, err := books.Expect(ctx, pipeline.Identified{Candidates: []string{"1"}}); err != nil {
				return models.Result{}, err
			}
		}
		return found(page, "asked twice"), nil
	case "nan":
		r := found(page, "")
		r.Reading.SkewDeg = nan()
		return r, nil
	case "look":
		return found(page, look(arg)), nil
	}
	return models.Result{}, fmt.Errorf("unknown order %q", data)
}

func nan() float64 { var zero float64; return zero / zero }

func hog() (all [][]byte) {
	for range 64 {
		b := make([]byte, 64<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		all = append(all, b)
	}
	return all
}

func found(page int, what string) models.Result {
	return models.Result{
		Page: page, PageCount: page, State: models.InReview, Software: models.Version, Params: "test",
		Reading: models.Reading{Customer: what},
		Reasons: []models.Reason{{Code: models.ReasonMarkMissing}},
	}
}

// pass asks the books and finds every seal matching.
func pass(ctx context.Context, page int, books pipeline.Books) (models.Result, error) {
	st, err := books.Expect(ctx, pipeline.Identified{Candidates: []string{"S1"}, Page: page, PageCount: page})
	if err != nil {
		return models.Result{}, err
	}
	r := found(page, "")
	if st == nil {
		return r, nil
	}
	r.State, r.Reasons, r.StatementID = models.Passed, nil, st.ID
	r.Evidence = map[string][]byte{}
	for i, s := range st.Specimens {
		r.Reading.Imprints = append(r.Reading.Imprints, models.Imprint{Shape: s.Shape})
		r.Verifications = append(r.Verifications, models.Verification{SpecimenRef: s.Ref, Imprint: i, Verdict: models.Match})
		r.Evidence["seal-"+s.Ref] = s.Image
	}
	for _, s := range st.Former {
		r.Evidence["former-"+s.Ref+"-"+s.ValidTo.Format(time.DateOnly)] = s.Image
	}
	return r, nil
}

// look reports what a child can reach; "" is the answer we want to everything
// but env and fds.
func look(what string) string {
	kind, arg, _ := strings.Cut(what, " ")
	switch kind {
	case "env":
		return strings.Join(os.Environ(), "\n")
	case "fds":
		names, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			return err.Error()
		}
		var open []string
		for _, n := range names {
			if target, err := os.Readlink("/proc/self/fd/" + n.Name()); err == nil {
				open = append(open, n.Name()+"="+target)
			}
		}
		return strings.Join(open, "\n")
	case "file":
		b, err := os.ReadFile(arg)
		if err != nil {
			return ""
		}
		return string(b)
	case "dial":
		conn, err := net.DialTimeout("tcp", arg, time.Second)
		if err != nil {
			return ""
		}
		return "connected to " + conn.RemoteAddr().String()
	case "signal":
		out, err := exec.Command("/usr/bin/kill", "-0", arg).CombinedOutput()
		if err != nil {
			return ""
		}
		return "may signal " + arg + string(out)
	case "command":
		out, err := exec.Command("/usr/bin/pdftoppm", "-v").CombinedOutput()
		return fmt.Sprint(err == nil, " ", string(out))
	}
	return "unknown " + what
}

func testConfig() Config {
	cfg := DefaultConfig()
	cfg.Readers = 1
	cfg.Log = slog.New(slog.DiscardHandler)
	return cfg
}

func openPool(t *testing.T, cfg Config) *Pool {
	t.Helper()
	cfg.TempDir = t.TempDir()
	p, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Close()
		left, err := os.ReadDir(cfg.TempDir)
		if err != nil || len(left) > 0 {
			t.Errorf("folders left behind: %v, %v", left, err)
		}
	})
	return p
}

// ledger is books with one statement in it; nil statement: an empty ledger.
type ledger struct {
	statement *models.Statement
	err       error
	delay     time.Duration
}

func (l ledger) Expect(ctx context.Context, seen pipeline.Identified) (*models.Statement, error) {
	select {
	case <-time.After(l.delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if l.statement == nil || l.err != nil || !slices.Contains(seen.Candidates, l.statement.No) {
		return nil, l.err
	}
	return l.statement, nil
}

func sampleStatement() *models.Statement {
	return &models.Statement{
		ID: 7, No: "S1", Customer: "甲公司", PeriodOpen: true,
		Lines: []models.StatementLine{{AccountNo: "1001", Currency: "CNY", Balance: models.MustAmount("-1,234.50")}},
		Rule:  models.SealRule{Seal: "G1"},
		Specimens: []models.Specimen{
			{Ref: "G1", Kind: models.SealCompany, Shape: models.Round, Role: models.RoleClient, DPI: 300, Image: []byte("PNG one")},
			{Ref: "P1", Kind: models.SealPersonal, Shape: models.Square, Role: models.RoleClient, DPI: 300, Image: []byte("PNG two")},
		},
		Former: []models.Specimen{{Ref: "G1", ValidTo: time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC), Image: []byte("PNG old")}},
	}
}

// say has the pool process an order and returns what the child found.
func say(t *testing.T, p *Pool, order string) string {
	t.Helper()
	r, err := p.Process(t.Context(), []byte(order), 1, nil)
	if err != nil {
		t.Fatalf("%q: %v", order, err)
	}
	return r.Reading.Customer
}

func wantFault(t *testing.T, err error, class models.FaultClass, code string) {
	t.Helper()
	f, ok := errors.AsType[*models.Fault](err)
	if !ok || f.Class != class || f.Code != code {
		t.Fatalf("got %v, want a %s fault %s", err, class, code)
	}
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
