package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// PostgreSQL refuses to run as root. When we are root it runs as the first of
// these users that exists.
var unprivileged = []string{"postgres", "nobody"}

// systemDir holds the database when the data folder lies below one that user
// may not enter, like /root. Only root ever needs it.
const systemDir = "/var/lib/heyin"

// owner is the user a child runs as.
type owner struct {
	credential *syscall.Credential // nil: ours
}

func databaseOwner() (owner, error) {
	if os.Geteuid() != 0 {
		return owner{}, nil
	}
	for _, name := range unprivileged {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return owner{}, fmt.Errorf("local: user %s: %w", name, err)
		}
		return owner{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return owner{}, fmt.Errorf("local: PostgreSQL does not run as root and none of the users %v exists: install postgresql, or start heyin as another user", unprivileged)
}

// command is exec.CommandContext as the owner, with a small environment.
func (o owner) command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: o.credential}
	return cmd
}

// home makes a folder the owner can work in and returns where: below dir, or
// below systemDir under the stack's id. A folder made by an earlier run is
// found again, because the choice is made the same way.
func (o owner) home(ctx context.Context, dir, id string) (string, error) {
	if o.credential == nil {
		home := filepath.Join(dir, "postgres")
		return home, os.MkdirAll(home, 0o700)
	}
	// Entering our own folder is ours to allow; reading it is not needed.
	fi, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, fi.Mode().Perm()|0o011); err != nil {
		return "", err
	}
	var last error
	for _, home := range []string{filepath.Join(dir, "postgres"), filepath.Join(systemDir, id)} {
		if last = o.settle(ctx, home); last == nil {
			return home, nil
		}
	}
	return "", last
}

// settle gives home to the owner and makes sure, by asking the kernel, that the
// owner can enter and write it.
func (o owner) settle(ctx context.Context, home string) error {
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(home, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := os.Chown(home, int(o.credential.Uid), int(o.credential.Gid)); err != nil {
		return err
	}
	if err := o.command(ctx, "/", "/bin/sh", "-c", `cd "$1" && test -w .`, "sh", home).Run(); err != nil {
		// Nothing was put there: do not leave an empty folder behind.
		return errors.Join(fmt.Errorf("user %d cannot work in %s: %w", o.credential.Uid, home, err), os.Remove(home))
	}
	return nil
}
