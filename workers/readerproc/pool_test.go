package readerproc

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"heyin/models"
	"heyin/pipeline"
)

var seenS1 = pipeline.Identified{Candidates: []string{"S1"}, Page: 1, PageCount: 1}

func TestPoolReadsWithBooks(t *testing.T) {
	p := openPool(t, testConfig())
	r, err := p.Process(t.Context(), []byte("pass"), 1, ledger{statement: sampleStatement()})
	if err != nil || r.State != models.Passed || r.StatementID != 7 {
		t.Fatalf("%s, %v", toJSON(t, r), err)
	}
	if string(r.Evidence["seal-G1"]) != "PNG one" || string(r.Evidence["seal-P1"]) != "PNG two" || string(r.Evidence["former-G1-2025-03-01"]) != "PNG old" {
		t.Errorf("evidence %q", r.Evidence)
	}
	if r, err = p.Process(t.Context(), []byte("pass"), 1, ledger{}); err != nil || r.State != models.InReview {
		t.Errorf("unknown to the books: %s, %v", toJSON(t, r), err)
	}
	down := models.NewFault(models.Retryable, "database_down", "", nil)
	if _, err = p.Process(t.Context(), []byte("pass"), 1, ledger{err: down}); !errors.Is(err, down) {
		t.Errorf("books down: %v", err)
	}
	if got := testutil.ToFloat64(p.replaced.WithLabelValues("recycled")); got != 0 || testutil.CollectAndCount(p.replaced) != 1 {
		t.Errorf("children were replaced: %v", got)
	}
}

func TestPoolPassesFaultsOn(t *testing.T) {
	p := openPool(t, testConfig())
	for _, class := range []models.FaultClass{models.Retryable, models.Permanent, models.NeedsReview} {
		_, err := p.Process(t.Context(), []byte("fault "+string(class)), 1, nil)
		wantFault(t, err, class, "scripted")
	}
	_, err := p.Process(t.Context(), []byte("nan"), 1, nil)
	wantFault(t, err, models.NeedsReview, CodeUnencodable)
	_, err = p.Process(t.Context(), nil, 1, nil)
	wantFault(t, err, models.Permanent, CodeSize)
	if got := say(t, p, "say hello"); got != "hello" {
		t.Errorf("afterwards: %q", got)
	}
	if n := testutil.CollectAndCount(p.replaced); n != 0 {
		t.Errorf("a child was replaced for answering")
	}
}

// A lost child costs its page one Retryable fault and nobody else anything.
func TestPoolSurvivesLosses(t *testing.T) {
	cfg := testConfig()
	cfg.CPUPerPage = 300 * time.Millisecond
	p := openPool(t, cfg)
	cfg.WallPerPage = 300 * time.Millisecond
	hurried := openPool(t, cfg)
	for _, test := range []struct{ order, code string }{
		{"panic", CodeDied},
		{"exit", CodeDied},
		{"sleep", CodeTimeout},
		{"spin", CodeCPU},
		{"garble", CodeGarbled},
		{"forge", CodeGarbled},
		{"twice", CodeGarbled},
	} {
		t.Run(test.order, func(t *testing.T) {
			p := p
			if test.code == CodeTimeout {
				p = hurried
			}
			_, err := p.Process(t.Context(), []byte(test.order), 1, ledger{})
			wantFault(t, err, models.Retryable, test.code)
			if !Lost(test.code) {
				t.Errorf("%s does not count as a lost child", test.code)
			}
			if got := say(t, p, "say alive"); got != "alive" {
				t.Errorf("next page: %q", got)
			}
			if got := testutil.ToFloat64(p.replaced.WithLabelValues(test.code)); got < 1 {
				t.Errorf("not counted")
			}
		})
	}
	_, err := p.Process(t.Context(), []byte("panic"), 1, nil)
	if !strings.Contains(err.Error(), "panic: as told") {
		t.Errorf("the fault does not show what the child printed: %v", err)
	}
}

func TestPoolKillMinus9MidPage(t *testing.T) {
	const kills = 50
	p := openPool(t, testConfig())
	for range kills {
		failed := make(chan error)
		s := <-p.idle
		p.idle <- s
		pid := s.child.cmd.Process.Pid
		go func() {
			_, err := p.Process(t.Context(), []byte("sleep"), 1, nil)
			failed <- err
		}()
		for len(p.idle) > 0 { // until the page is with the child
			time.Sleep(time.Millisecond)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		wantFault(t, <-failed, models.Retryable, CodeDied)
		if got := say(t, p, "say alive"); got != "alive" {
			t.Fatalf("next page: %q", got)
		}
	}
}

// The time the worker itself takes to answer is not held against the child.
func TestPoolClockStopsForBooks(t *testing.T) {
	cfg := testConfig()
	cfg.WallPerPage = 500 * time.Millisecond
	p := openPool(t, cfg)
	slow := ledger{statement: sampleStatement(), delay: time.Second}
	if _, err := p.Process(t.Context(), []byte("pass"), 1, slow); err != nil {
		t.Error(err)
	}
}

func TestPoolCancelled(t *testing.T) {
	p := openPool(t, testConfig())
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := p.Process(ctx, []byte("sleep"), 1, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if got := say(t, p, "say alive"); got != "alive" {
		t.Errorf("next page: %q", got)
	}
}

func TestPoolHoldsMemory(t *testing.T) {
	if !limitsData {
		t.Log("without the data limit: the race detector's shadow memory exceeds it")
		return
	}
	p := openPool(t, testConfig())
	_, err := p.Process(t.Context(), []byte("hog"), 1, nil)
	wantFault(t, err, models.Retryable, CodeDied)
	if !strings.Contains(err.Error(), "out of memory") {
		t.Errorf("died of %v, want out of memory", err)
	}
}

func TestPoolRecycles(t *testing.T) {
	cfg := testConfig()
	cfg.Readers, cfg.RecyclePages = 2, 10
	p := openPool(t, cfg)
	for range 60 {
		say(t, p, "say x")
	}
	if got := testutil.ToFloat64(p.replaced.WithLabelValues("recycled")); got < 5 || got > 7 {
		t.Errorf("%v children recycled over 60 pages, want about 6", got)
	}
	cfg = testConfig()
	cfg.RecycleBytes = 1
	p = openPool(t, cfg)
	say(t, p, "say x")
	say(t, p, "say x")
	if got := testutil.ToFloat64(p.replaced.WithLabelValues("recycled")); got < 1 {
		t.Errorf("a child above the memory mark was kept")
	}
}

func TestPoolNoiseIsNoAnswer(t *testing.T) {
	p := openPool(t, testConfig())
	if got := say(t, p, "noise"); got != "quiet" {
		t.Errorf("got %q", got)
	}
}

func TestPoolManyAtOnce(t *testing.T) {
	cfg := testConfig()
	cfg.Readers = 3
	p := openPool(t, cfg)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			want := strconv.Itoa(i)
			r, err := p.Process(t.Context(), []byte("say "+want), 1, nil)
			if err != nil || r.Reading.Customer != want {
				t.Errorf("page %s: %q, %v", want, r.Reading.Customer, err)
			}
		})
	}
	all.Wait()
}

// What a hostile image finds where it lands.
func TestChildReachesNothing(t *testing.T) {
	t.Setenv("HEYIN_STORE_SECRET", "hunter2")
	secret := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(secret, []byte("hunter2"), 0o644); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	p := openPool(t, testConfig())
	// What the kernel here grants is held to; what it refuses was warned of.
	ownUser, ownProcesses := p.iso.flags&syscall.CLONE_NEWUSER != 0, p.iso.flags&syscall.CLONE_NEWPID != 0
	confined := landlockABI() > 0
	t.Logf("isolated by %s; files confined: %v", p.iso.name, confined)

	if env := say(t, p, "look env"); strings.Contains(env, "hunter2") || strings.Contains(env, os.Getenv("HOME")+"\n") {
		t.Errorf("environment:\n%s", env)
	}
	for _, fd := range strings.Fields(say(t, p, "look fds")) {
		n, target, _ := strings.Cut(fd, "=")
		if number, err := strconv.Atoi(n); err != nil || number > fdOut && !strings.HasPrefix(target, "anon_inode:") && !strings.Contains(target, "/proc/") {
			t.Errorf("open descriptor %s", fd)
		}
	}
	if got := say(t, p, "look dial "+listener.Addr().String()); got != "" && p.iso.noNetwork {
		t.Error(got)
	}
	self := strconv.Itoa(os.Getpid())
	if got := say(t, p, "look signal "+self); got != "" && ownProcesses {
		t.Error(got)
	}
	if got := say(t, p, "look file /proc/"+self+"/environ"); got != "" && (ownUser || confined) {
		t.Errorf("read the worker's environment")
	}
	if got := say(t, p, "look command"); !strings.HasPrefix(got, "true") {
		t.Errorf("the PDF renderer does not run: %s", got)
	}
	if confined {
		for _, path := range []string{secret, "/etc/passwd", "/etc/hostname"} {
			if got := say(t, p, "look file "+path); got != "" {
				t.Errorf("read %s", path)
			}
		}
	}
}

// Who requires isolation gets it or no readers at all.
func TestIsolationRequired(t *testing.T) {
	granted := openPool(t, testConfig()).iso.noNetwork
	cfg := testConfig()
	cfg.RequireIsolation, cfg.TempDir = true, t.TempDir()
	p, err := Open(t.Context(), cfg)
	if (err == nil) != granted {
		t.Errorf("granted %v, but %v", granted, err)
	}
	if err == nil {
		p.Close()
	}
}

// When a worker is killed its children must not live on, nor what they wrote.
func TestChildDiesWithItsWorker(t *testing.T) {
	worker := exec.Command("/proc/self/exe", "-test.run=^TestHelperWorker$")
	temp := t.TempDir()
	worker.Env = append(os.Environ(), "HEYIN_TEST_HELPER=1", "TMPDIR="+temp)
	out, err := worker.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 16)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := worker.Wait(); err == nil {
		t.Error("the worker ended well")
	}
	for deadline := time.Now().Add(5 * time.Second); alive(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("reader %d outlives its worker", pid)
		}
	}
	left, err := filepath.Glob(filepath.Join(temp, denPattern, "reader-*"))
	if err != nil || len(left) != 1 {
		t.Fatalf("folders of the killed: %v, %v", left, err)
	}
	alive, err := openDen(temp, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	next, err := openDen(temp, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	dens, err := filepath.Glob(filepath.Join(temp, denPattern))
	if err != nil || len(dens) != 2 {
		t.Errorf("folders %v, %v; want those of the two living", dens, err)
	}
	if err := errors.Join(alive.close(), next.close()); err != nil {
		t.Error(err)
	}
}

func alive(pid int) bool {
	u, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(u), ") Z ")
}

// TestHelperWorker is the worker of TestChildDiesWithItsWorker.
func TestHelperWorker(t *testing.T) {
	if os.Getenv("HEYIN_TEST_HELPER") == "" {
		return
	}
	p, err := Open(t.Context(), testConfig())
	if err != nil {
		t.Fatal(err)
	}
	s := <-p.idle
	p.idle <- s
	if _, err := os.Stdout.WriteString(strconv.Itoa(s.child.cmd.Process.Pid) + "\n"); err != nil {
		t.Fatal(err)
	}
	_, err = p.Process(t.Context(), []byte("sleep"), 1, nil)
	t.Error("the worker was to be killed", err)
}

func TestOpenSaysWhyAReaderDoesNotStart(t *testing.T) {
	cfg := testConfig()
	cfg.Command = []string{"/bin/sh", "-c", "echo the recogniser is missing >&2; exit 3"}
	_, err := Open(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "the recogniser is missing") {
		t.Errorf("got %v", err)
	}
	cfg = testConfig()
	cfg.Readers = 0
	if _, err := Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "readers is 0") {
		t.Errorf("got %v", err)
	}
}

// BenchmarkBoundary measures what the process boundary costs a page: a scan of
// 1.5 MB in, a verdict with 10 pictures of 60 KB out.
func BenchmarkBoundary(b *testing.B) {
	p, err := Open(b.Context(), testConfig())
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	st := sampleStatement()
	for i := range 8 {
		s := st.Specimens[0]
		s.Ref = "X" + strconv.Itoa(i)
		st.Specimens = append(st.Specimens, s)
	}
	for i := range st.Specimens {
		st.Specimens[i].Image = make([]byte, 60<<10)
	}
	page := append([]byte("pass "), make([]byte, 1500<<10)...)
	for b.Loop() {
		if _, err := p.Process(b.Context(), page, 1, ledger{statement: st}); err != nil {
			b.Fatal(err)
		}
	}
}
