package readerproc

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	denPattern = "heyin-readers-*"
	denLock    = "lock"
	// denAge is how old a folder without a lock must be to count as abandoned: a
	// younger one is being made.
	denAge = time.Minute
)

// den is the folder in which a pool's children get theirs. What they leave there
// (a page out of a PDF) is customers' data: a pool that was killed could not
// remove it, so the next one does. The lock tells the living from the dead.
type den struct {
	dir  string
	lock *os.File
}

func openDen(tempDir string, log *slog.Logger) (_ *den, err error) {
	if err := removeAbandoned(tempDir); err != nil {
		log.Warn("folders of a killed worker remain", "error", err)
	}
	dir, err := os.MkdirTemp(tempDir, denPattern)
	if err != nil {
		return nil, fmt.Errorf("readers' folder: %w", err)
	}
	lock, err := lockDen(dir, os.O_CREATE)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("readers' folder: %w", err), os.RemoveAll(dir))
	}
	return &den{dir, lock}, nil
}

func (d *den) close() error { return errors.Join(os.RemoveAll(d.dir), d.lock.Close()) }

// lockDen fails when a living pool has the folder.
func lockDen(dir string, flags int) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, denLock), os.O_RDWR|flags, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// removeAbandoned removes the folders of pools that are dead. Those of other
// users are theirs to remove.
func removeAbandoned(tempDir string) error {
	dirs, err := filepath.Glob(filepath.Join(tempDir, denPattern))
	if err != nil {
		return err
	}
	var errs []error
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || info.Sys().(*syscall.Stat_t).Uid != uint32(os.Getuid()) {
			continue
		}
		lock, err := lockDen(dir, 0)
		switch {
		case err == nil:
			errs = append(errs, os.RemoveAll(dir), lock.Close())
		case errors.Is(err, os.ErrNotExist) && time.Since(info.ModTime()) > denAge:
			errs = append(errs, os.RemoveAll(dir))
		}
	}
	return errors.Join(errs...)
}
