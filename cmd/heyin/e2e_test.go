package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"heyin/eval/sim"
)

// heyin is the real binary, built without the race detector: the numeric code
// would be ten times slower, and what is tested here are processes.
var heyin string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "heyin-e2e-*")
	if err != nil {
		panic(err)
	}
	heyin = filepath.Join(dir, "heyin")
	if out, err := exec.Command("go", "build", "-o", heyin, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building heyin: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// run gives what heyin printed and its exit status.
func run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), heyin, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// must fails the test when heyin does not exit with 0.
func must(t *testing.T, args ...string) string {
	t.Helper()
	out, errOut, code := run(t, args...)
	if code != 0 {
		t.Fatalf("heyin %s: exit status %d\n%s%s", strings.Join(args, " "), code, out, errOut)
	}
	return out
}

func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, tc := range map[string]struct {
		args []string
		code int
		says string
	}{
		"help":                 {[]string{"--help"}, 0, "heyin"},
		"help of a command":    {[]string{"seal", "verify", "--help"}, 0, "Examples"},
		"no command":           {nil, 2, "--help"},
		"unknown command":      {[]string{"frobnicate"}, 2, "frobnicate"},
		"unknown flag":         {[]string{"read", "--nope", "x"}, 2, "nope"},
		"missing file":         {[]string{"read", filepath.Join(dir, "none.jpg")}, 2, "none.jpg"},
		"unknown setting":      {[]string{"--config", file("heyin.yaml", "lisen: 1\n"), "doctor"}, 2, "lisen"},
		"no image":             {[]string{"read", file("a.jpg", "this is no picture")}, 1, "a.jpg"},
		"empty file":           {[]string{"read", file("b.png", "")}, 1, "b.png"},
		"pairs without header": {[]string{"seal", "verify", "--pairs", file("p.csv", "a,b\n1,2\n")}, 1, "p.csv"},
		"bad layout file":      {[]string{"read", "--layout", file("l.yaml", "layout: 1\nnames: x\n"), file("c.jpg", "")}, 1, "l.yaml: line 2"},
		"no slip to learn":     {[]string{"layout", "learn", filepath.Join(badFiles, "jpeg-black.jpg")}, 1, "clean scan"},
		"no stores":            {[]string{"doctor", "--dir", dir}, 1, "heyin up"},
		"no station":           {[]string{"scan", dir, "--dir", dir}, 2, "--server"},
		"bad period":           {[]string{"statement", "print", "--period", "2026-13-01", "--bank", "x", "--branch", "y", "--out", "z"}, 2, "period"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errOut, code := run(t, tc.args...)
			if code != tc.code || !strings.Contains(out+errOut, tc.says) {
				t.Errorf("exit status %d, want %d; want %q in\n%s%s", code, tc.code, tc.says, out, errOut)
			}
		})
	}
}

// TestDemo runs the sample period with every scenario through the whole system.
func TestDemo(t *testing.T) {
	out := must(t, "demo", "--json", "--quiet", "--exit", "--receipts", strconv.Itoa(len(sim.Scenarios())),
		"--dir", filepath.Join(t.TempDir(), "demo"), "--listen", "127.0.0.1:0")
	var verdict struct {
		Rows        []json.RawMessage
		FalsePassed int `json:"false_passed"`
		Lost        int
		AsExpected  int `json:"as_expected"`
	}
	if err := json.Unmarshal([]byte(out), &verdict); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if len(verdict.Rows) <= len(sim.Scenarios()) || verdict.FalsePassed != 0 || verdict.Lost != 0 || verdict.AsExpected == 0 {
		t.Errorf("%d rows, %d false passed, %d lost, %d as expected\n%s", len(verdict.Rows), verdict.FalsePassed, verdict.Lost, verdict.AsExpected, out)
	}
}

// house is a running heyin up.
type house struct {
	t   *testing.T
	dir string
	cmd *exec.Cmd
	out bytes.Buffer
}

// startTime is generous: other tests may have both cores.
const startTime = 2 * time.Minute

func startUp(t *testing.T, dir string) *house {
	t.Helper()
	h := &house{t: t, dir: dir, cmd: exec.Command(heyin, "up", "--quiet", "--dir", dir, "--listen", "127.0.0.1:0")}
	if err := os.Remove(filepath.Join(dir, "station.json")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	h.cmd.Stdout, h.cmd.Stderr = &h.out, &h.out
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if h.cmd.ProcessState == nil {
			_ = h.cmd.Process.Kill()
			_ = h.cmd.Wait()
		}
	})
	h.until("a station", func() bool {
		_, err := os.Stat(filepath.Join(dir, "station.json"))
		return err == nil
	})
	return h
}

func (h *house) until(what string, done func() bool) {
	h.t.Helper()
	for end := time.Now().Add(startTime); !done(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("no %s after %s", what, startTime)
		}
	}
}

// stop is Ctrl-C.
func (h *house) stop() {
	h.t.Helper()
	if err := h.cmd.Process.Signal(os.Interrupt); err != nil {
		h.t.Fatal(err)
	}
	if err := h.cmd.Wait(); err != nil && h.cmd.ProcessState.ExitCode() != 1 { // 1: stopped
		h.t.Fatalf("%v\n%s", err, h.out.String())
	}
}

// worker gives the process id of the worker child, 0 for none.
func (h *house) worker() int {
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", h.cmd.Process.Pid))
	if err != nil {
		h.t.Fatal(err)
	}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", h.cmd.Process.Pid))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, task := range tasks { // a child belongs to the thread that started it
		more, err := os.ReadFile(task)
		if err == nil {
			children = append(append(children, ' '), more...)
		}
	}
	for _, pid := range strings.Fields(string(children)) {
		args, err := os.ReadFile("/proc/" + pid + "/cmdline")
		if err == nil && strings.Contains(string(args), "\x00worker\x00") {
			n, err := strconv.Atoi(pid)
			if err != nil {
				h.t.Fatal(err)
			}
			return n
		}
	}
	return 0
}

// equation is what heyin doctor says.
type equation struct {
	Accepted int
	States   map[string]int
}

func (h *house) doctor() equation {
	h.t.Helper()
	var e equation
	if err := json.Unmarshal([]byte(must(h.t, "doctor", "--json", "--dir", h.dir)), &e); err != nil {
		h.t.Fatal(err)
	}
	return e
}

// TestUp walks a newcomer's way: books in, scans up, the worker killed in the
// middle, everything stopped and started again.
func TestUp(t *testing.T) {
	dir := t.TempDir()
	sample := filepath.Join(dir, "sample")
	studio, err := sim.NewStudio("")
	if err != nil {
		t.Fatal(err)
	}
	period := sim.NewPeriod(7, len(sim.Scenarios()))
	if _, err := studio.Write(t.Context(), sample, period, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "var")
	t.Setenv("HEYIN_BANK", period.Issuer.Bank)
	layouts := filepath.Join(dir, "letter.yaml")
	must(t, "layout", "learn", sampleFile("letter-agreed.jpg"), "-o", layouts)
	t.Setenv("HEYIN_LAYOUT", layouts) // readers are confined, and open it all the same
	h := startUp(t, data)
	for _, file := range []string{"accounts " + sim.AccountsFile, "specimens " + sim.SpecimensFile, "statements " + sim.StatementsFile} {
		kind, name, _ := strings.Cut(file, " ")
		must(t, "import", kind, filepath.Join(sample, name), "--dir", data)
	}
	pdf := filepath.Join(dir, "statements.pdf")
	must(t, "statement", "print", "--dir", data, "--period", period.CutOff.Format(time.DateOnly), "--bank", "某某银行", "--branch", "某某支行", "--out", pdf)
	if start, err := os.ReadFile(pdf); err != nil || !bytes.HasPrefix(start, []byte("%PDF-")) {
		t.Errorf("no PDF: %v", err)
	}

	scans := filepath.Join(sample, sim.ScansDir)
	must(t, "scan", scans, "--dir", data)
	killed := h.worker()
	if killed == 0 {
		t.Fatal("no worker is running")
	}
	if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	h.until("end of the work", func() bool { return h.doctor().States["in_progress"] == 0 })
	before := h.doctor()
	if before.Accepted < len(sim.Scenarios()) || before.States["quarantined"] != 1 {
		t.Errorf("doctor says %+v", before)
	}
	if now := h.worker(); now == 0 || now == killed {
		t.Errorf("the killed worker %d was not replaced (%d)", killed, now)
	}

	// The same folder again makes a batch of duplicates, and loses nothing.
	var again struct{ Files, Duplicates int }
	if err := json.Unmarshal([]byte(must(t, "scan", "--json", scans, "--dir", data)), &again); err != nil {
		t.Fatal(err)
	}
	if again.Duplicates != again.Files {
		t.Errorf("scanned again: %+v, want all duplicates", again)
	}
	h.until("end of the work", func() bool { return h.doctor().States["in_progress"] == 0 })
	if now := h.doctor(); now.States["passed"] != before.States["passed"] {
		t.Errorf("a duplicate passed: %+v, before %+v", now, before)
	}
	must(t, "audit", "verify", "--dir", data)
	t.Setenv("HEYIN_BANK", "临渊银行") // what this shell believes is nothing to the record
	must(t, "replay", "1", "--dir", data)
	after := h.doctor()
	h.stop()

	h = startUp(t, data)
	if now := h.doctor(); now.Accepted != after.Accepted {
		t.Errorf("after the restart %+v, before %+v", now, after)
	}
	h.stop()
}
