package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// healthPath is answered by the gateway without a key.
const healthPath = "/healthz"

// gateway is the S3 server: versitygw over a folder.
type gateway struct {
	dir       string
	accessKey string
	secretKey string

	lifeline *os.File // the child ends when this closes
}

func (g *gateway) prepare() error {
	for _, d := range []string{"objects", "versions", "metadata"} {
		if err := os.MkdirAll(filepath.Join(g.dir, d), 0o700); err != nil {
			return fmt.Errorf("local: %w", err)
		}
	}
	return nil
}

func (g *gateway) child(dir string, log *slog.Logger) *child {
	return &child{
		name: "s3", dir: dir, log: log,
		command: g.command,
		healthy: g.healthy,
		stop:    syscall.SIGTERM,
	}
}

// command starts this program again as the gateway (see MaybeRunChild). The
// keys travel on standard input, which then stays open as the lifeline.
func (g *gateway) command(port int) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	orders, err := json.Marshal(gatewayOrders{
		Address: loopback(port), Dir: g.dir, AccessKey: g.accessKey, SecretKey: g.secretKey,
	})
	if err != nil {
		return nil, err
	}
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	if _, err := out.Write(append(orders, '\n')); err != nil { // far below what a pipe holds
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	if g.lifeline != nil { // of the run before
		if err := g.lifeline.Close(); err != nil {
			return nil, errors.Join(err, in.Close(), out.Close())
		}
	}
	g.lifeline = out
	cmd := exec.CommandContext(context.Background(), self) // ended by its supervisor
	cmd.Dir = g.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TZ=UTC", childVar + "=" + childS3}
	cmd.Stdin = in
	return cmd, nil
}

func (g *gateway) healthy(ctx context.Context, port int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+loopback(port)+healthPath, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		err = errors.Join(err, fmt.Errorf("%s answers %s", healthPath, resp.Status))
	}
	return errors.Join(err, resp.Body.Close())
}
