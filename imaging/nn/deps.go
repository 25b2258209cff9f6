package nn

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// RuntimeFile is ONNX Runtime as `make setup` puts it into .deps.
const RuntimeFile = "libonnxruntime.so.1"

// depsVariable names the folder of the downloaded parts; without it .deps is
// looked for from the working directory, then from the program, upwards.
const depsVariable = "HEYIN_DEPS"

// ErrDeps is wrapped by FindDeps when the downloaded parts are not found.
var ErrDeps = errors.New("downloaded parts were not found")

// FindDeps gives the folder that holds all the named files: the configured one,
// else $HEYIN_DEPS, else the nearest .deps.
func FindDeps(configured string, names ...string) (string, error) {
	if configured == "" {
		configured = os.Getenv(depsVariable)
	}
	if configured != "" {
		if missing := missingDeps(configured, names); len(missing) > 0 {
			return "", fmt.Errorf("%w: %s lacks %s; run `make setup`, or point %s at the folder that has them",
				ErrDeps, configured, strings.Join(missing, ", "), depsVariable)
		}
		return configured, nil
	}
	for _, start := range depsStarts() {
		for dir := start; ; dir = filepath.Dir(dir) {
			candidate := filepath.Join(dir, ".deps")
			if len(missingDeps(candidate, names)) == 0 {
				return candidate, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", fmt.Errorf("%w: no .deps folder with %s above the working directory or the program; run `make setup`, or set %s",
		ErrDeps, strings.Join(names, ", "), depsVariable)
}

// depsStarts lists the folders from which to look upwards.
func depsStarts() []string {
	var starts []string
	if wd, err := os.Getwd(); err == nil {
		starts = append(starts, wd)
	}
	if exe, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(exe))
	}
	return starts
}

func missingDeps(dir string, names []string) []string {
	var missing []string
	for _, name := range names {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() {
			missing = append(missing, name)
		}
	}
	return missing
}
