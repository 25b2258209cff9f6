package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"
)

// RedisDatabases is how many numbered databases the server has: tests take one each.
const RedisDatabases = 1024

// redisServer is the doorbell's server.
type redisServer struct {
	dir      string
	password string
	bin      string
}

func (r *redisServer) prepare() error {
	var err error
	if r.bin, err = exec.LookPath("redis-server"); err != nil {
		return fmt.Errorf("local: redis-server is not installed: apt-get install redis-server: %w", err)
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return fmt.Errorf("local: %w", err)
	}
	return nil
}

func (r *redisServer) child(dir string, log *slog.Logger) *child {
	return &child{
		name: "redis", dir: dir, log: log,
		command: r.command,
		healthy: r.healthy,
		stop:    syscall.SIGTERM,
	}
}

// command gives the settings on standard input: arguments would show the
// password to every user of the machine.
func (r *redisServer) command(port int) (*exec.Cmd, error) {
	conf := []string{
		"bind 127.0.0.1",
		fmt.Sprintf("port %d", port),
		fmt.Sprintf("dir %q", r.dir),
		"requirepass " + r.password,
		fmt.Sprintf("databases %d", RedisDatabases),
		"appendonly yes",
		"appendfsync everysec",
		`save ""`,
		"maxmemory-policy noeviction", // the queue is no cache
		"daemonize no",
	}
	cmd := exec.CommandContext(context.Background(), r.bin, "-") // ended by its supervisor
	cmd.Dir = r.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.Stdin = strings.NewReader(strings.Join(conf, "\n") + "\n")
	return cmd, nil
}

func (r *redisServer) healthy(ctx context.Context, port int) error {
	client := redis.NewClient(&redis.Options{Addr: loopback(port), Password: r.password, MaxRetries: -1, DisableIdentity: true})
	return errors.Join(client.Ping(ctx).Err(), client.Close())
}
