package ocr

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The files `make setup` puts into .deps.
const (
	runtimeFile = "libonnxruntime.so.1"
	modelFile   = "ch_PP-OCRv4_rec_infer.onnx"
	keysFile    = "ppocr_keys_v1.txt"
)

// depsVariable names the folder of the downloaded parts; without it .deps is
// looked for from the working directory, then from the program, upwards.
const depsVariable = "HEYIN_DEPS"

// ErrDeps is wrapped by Open when the downloaded parts are not found.
var ErrDeps = errors.New("ocr: the recogniser's files were not found")

// FindDeps gives the folder that holds all three files.
func FindDeps(configured string) (string, error) {
	if configured == "" {
		configured = os.Getenv(depsVariable)
	}
	if configured != "" {
		if missing := missingDeps(configured); len(missing) > 0 {
			return "", fmt.Errorf("%w: %s lacks %s; run `make setup`, or point %s at the folder that has them",
				ErrDeps, configured, strings.Join(missing, ", "), depsVariable)
		}
		return configured, nil
	}
	for _, start := range depsStarts() {
		for dir := start; ; dir = filepath.Dir(dir) {
			candidate := filepath.Join(dir, ".deps")
			if len(missingDeps(candidate)) == 0 {
				return candidate, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", fmt.Errorf("%w: no .deps folder with %s, %s and %s above the working directory or the program; run `make setup`, or set %s",
		ErrDeps, runtimeFile, modelFile, keysFile, depsVariable)
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

func missingDeps(dir string) []string {
	var missing []string
	for _, name := range []string{runtimeFile, modelFile, keysFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() {
			missing = append(missing, name)
		}
	}
	return missing
}
