package local

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	lockFile    = "lock"
	secretsFile = "secrets.json"
	runningFile = "running.json"

	lockTries = 5
	lockPause = 20 * time.Millisecond
)

// locked reports whether a Stack holds the folder.
func locked(dir string) bool {
	f, err := os.Open(filepath.Join(dir, lockFile))
	if err != nil {
		return false
	}
	defer f.Close() // gives back the lock if we got it
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}

// lockDir takes the folder for this process; the kernel gives it back when the
// process ends, so a crash leaves no stale lock.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("local: lock: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	for try := 0; err != nil && try < lockTries; try++ { // it may only be locked() looking
		time.Sleep(lockPause)
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		who, _ := os.ReadFile(f.Name()) // best effort: it only makes the message better
		return nil, errors.Join(fmt.Errorf("local: another heyin (process %s) already runs on %s: stop it, or choose another data folder",
			strings.TrimSpace(string(who)), dir), f.Close())
	}
	if err := errors.Join(f.Truncate(0), writeAt0(f, fmt.Sprintln(os.Getpid()))); err != nil {
		return nil, errors.Join(fmt.Errorf("local: lock: %w", err), f.Close())
	}
	return f, nil
}

func writeAt0(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

// secrets are made once for a folder and kept: the data know their passwords.
type secrets struct {
	ID          string `json:"id"` // names the folder of the database when it cannot lie here
	Postgres    string `json:"postgres"`
	Redis       string `json:"redis"`
	S3AccessKey string `json:"s3_access_key"`
	S3SecretKey string `json:"s3_secret_key"`
	SecretKeys  string `json:"secret_keys"`
}

func loadSecrets(dir string) (secrets, error) {
	path := filepath.Join(dir, secretsFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		s := secrets{
			ID:          strings.ToLower(rand.Text()[:12]),
			Postgres:    rand.Text(),
			Redis:       rand.Text(),
			S3AccessKey: rand.Text()[:20], // the length AWS uses
			S3SecretKey: rand.Text(),
			SecretKeys:  newSecretKey(),
		}
		return s, writeJSON(path, s)
	}
	if err != nil {
		return secrets{}, fmt.Errorf("local: %w", err)
	}
	var s secrets
	if err := json.Unmarshal(b, &s); err != nil {
		return secrets{}, fmt.Errorf("local: %s: %w", path, err)
	}
	if s.SecretKeys == "" { // a folder from before there was one
		s.SecretKeys = newSecretKey()
		return s, writeJSON(path, s)
	}
	return s, nil
}

// newSecretKey makes a key of AES-256 in the form of web.Config.SecretKeys.
func newSecretKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	return "local:" + base64.StdEncoding.EncodeToString(key)
}

// writeJSON writes a file only we may read, whole or not at all.
func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("local: %w", err)
	}
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return fmt.Errorf("local: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("local: %w", err)
	}
	return nil
}
