package local

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// parentVar makes the test binary start a stack on the folder it names and wait.
const parentVar = "HEYIN_TEST_PARENT"

func runParent() {
	dir := os.Getenv(parentVar)
	if dir == "" {
		return
	}
	if _, err := Start(context.Background(), Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	select {}
}

// kill -9 of the parent ends all children, and the next start finds the data.
func TestChildrenDieWithTheirParent(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "var")
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), parentVar+"="+dir)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("parent says %q, %v", line, err)
	}
	e, err := Running(dir)
	if err != nil {
		t.Fatal(err)
	}
	orphaned := &Stack{Endpoints: e}
	orphaned.testSQL(t, "CREATE TABLE kept (n int)")
	pids := map[string]int{}
	for _, name := range []string{"postgres", "redis", "s3"} {
		b, err := os.ReadFile(filepath.Join(dir, name+".pid"))
		if err != nil {
			t.Fatal(err)
		}
		var pid int
		if _, err := fmt.Sscan(string(b), &pid); err != nil {
			t.Fatal(err)
		}
		pids[name] = pid
	}
	if err := parent.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := parent.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("parent ended: %v", err)
	}
	for end := time.Now().Add(stopLimit); len(pids) > 0; time.Sleep(10 * time.Millisecond) {
		for name, pid := range pids {
			if syscall.Kill(pid, 0) != nil || zombie(pid) {
				delete(pids, name)
			}
		}
		if time.Now().After(end) {
			t.Fatalf("still running after their parent was killed: %v", pids)
		}
	}
	if _, err := Running(dir); err == nil {
		t.Error("Running still answers for a stack that was killed")
	}
	s := start(t, Options{Dir: dir})
	s.testSQL(t, "INSERT INTO kept VALUES (1)")
	stop(t, s)
}
