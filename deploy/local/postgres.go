package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

const (
	roleName     = "heyin"
	databaseName = "heyin"
	// postgresVersion is the major version of Debian 12, which the migrations
	// are written for and tested with.
	postgresVersion = "15"
)

// postgres is the database server.
type postgres struct {
	dir       string // of the stack
	id        string // of the stack
	password  string
	throwaway bool

	bin   string // folder of the programs
	owner owner
	root  string // folder of the owner; the cluster is in root/data
}

// prepare finds the programs and makes the cluster if there is none.
func (p *postgres) prepare(ctx context.Context, log *slog.Logger) error {
	var err error
	if p.bin, err = findPostgres(); err != nil {
		return err
	}
	if p.owner, err = databaseOwner(); err != nil {
		return err
	}
	if p.root, err = p.owner.home(ctx, p.dir, p.id); err != nil {
		return fmt.Errorf("local: folder for the database: %w", err)
	}
	if filepath.Dir(p.root) != p.dir {
		log.Warn("the database user cannot enter the data folder; the database lies elsewhere", "dir", p.dir, "database", p.root)
	}
	if _, err := os.Stat(p.data()); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return p.initdb(ctx)
}

func findPostgres() (string, error) {
	// Debian keeps the server's programs out of PATH, one folder a version.
	for _, pattern := range []string{"/usr/lib/postgresql/" + postgresVersion + "/bin", "/usr/pgsql-" + postgresVersion + "/bin"} {
		found, err := filepath.Glob(filepath.Join(pattern, "initdb"))
		if err != nil {
			return "", fmt.Errorf("local: %w", err)
		}
		if len(found) > 0 {
			return filepath.Dir(found[0]), nil
		}
	}
	return "", fmt.Errorf("local: PostgreSQL %s is not installed: apt-get install postgresql-%[1]s", postgresVersion)
}

func (p *postgres) data() string { return filepath.Join(p.root, "data") }

// initdb makes the cluster beside its place and moves it there when whole, so a
// start that was interrupted leaves nothing half made.
func (p *postgres) initdb(ctx context.Context) (err error) {
	half, pwfile := filepath.Join(p.root, "data.new"), filepath.Join(p.root, "password.new")
	if err := os.RemoveAll(half); err != nil {
		return fmt.Errorf("local: %w", err)
	}
	if err := os.WriteFile(pwfile, []byte(p.password+"\n"), 0o600); err != nil {
		return fmt.Errorf("local: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(pwfile)) }()
	if c := p.owner.credential; c != nil {
		if err := os.Chown(pwfile, int(c.Uid), int(c.Gid)); err != nil {
			return fmt.Errorf("local: %w", err)
		}
	}
	args := []string{"--pgdata", half, "--username", roleName, "--pwfile", pwfile, "--auth", "scram-sha-256",
		"--encoding", "UTF8", "--locale", "C.UTF-8", "--data-checksums", "--no-instructions"}
	if p.throwaway {
		args = append(args, "--no-sync")
	}
	if out, err := p.owner.command(ctx, p.root, filepath.Join(p.bin, "initdb"), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("local: initdb: %w\n%s", err, out)
	}
	if err := os.Rename(half, p.data()); err != nil {
		return fmt.Errorf("local: %w", err)
	}
	return nil
}

func (p *postgres) child(dir string, log *slog.Logger) *child {
	return &child{
		name: "postgres", dir: dir, log: log,
		command: p.command,
		healthy: p.healthy,
		stop:    syscall.SIGINT, // fast shutdown: sessions are cut, the log is flushed
	}
}

func (p *postgres) command(port int) (*exec.Cmd, error) {
	if err := p.dropStaleLock(); err != nil {
		return nil, err
	}
	set := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(port),
		"unix_socket_directories": "", // their paths may not be longer than 107 bytes; loopback has no such limit
		"logging_collector":       "off",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"max_connections":         "200",
	}
	if p.throwaway {
		// Commits still reach the kernel, so they outlive a killed server, only
		// not a power cut.
		set["fsync"], set["full_page_writes"] = "off", "off"
	}
	args := []string{"-D", p.data()}
	for k, v := range set {
		args = append(args, "-c", k+"="+v)
	}
	return p.owner.command(context.Background(), p.root, filepath.Join(p.bin, "postgres"), args...), nil
}

// dropStaleLock removes the lock of a server that is gone. PostgreSQL does that
// itself, unless another process has got its number since. The folder is ours
// (lockDir) and reap has run, so any other process is not a server on it.
func (p *postgres) dropStaleLock() error {
	path := filepath.Join(p.data(), "postmaster.pid")
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	pid, _, _ := strings.Cut(string(b), "\n")
	cmdline, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(pid), "cmdline"))
	if err == nil && strings.Contains(string(cmdline), p.data()+"\x00") {
		return nil // a server on this folder indeed: let PostgreSQL say so
	}
	return ignoreMissing(os.Remove(path))
}

func (p *postgres) dsn(port int, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(roleName, p.password), Host: loopback(port),
		Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

func (p *postgres) healthy(ctx context.Context, port int) error {
	conn, err := pgx.Connect(ctx, p.dsn(port, "postgres"))
	if err != nil {
		return err
	}
	return errors.Join(conn.Ping(ctx), conn.Close(ctx))
}

func (p *postgres) createDatabase(ctx context.Context, port int) error {
	conn, err := pgx.Connect(ctx, p.dsn(port, "postgres"))
	if err != nil {
		return fmt.Errorf("local: postgres: %w", err)
	}
	var there bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", databaseName).Scan(&there)
	if err == nil && !there {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+databaseName)
	}
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return fmt.Errorf("local: postgres: %w", err)
	}
	return nil
}
