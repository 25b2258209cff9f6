package web

import (
	"bytes"
	"os/exec"
	"testing"
)

// The embedded script is what its sources make: nobody tests yesterday's desk.
func TestScriptsAreBuiltFromTheirSources(t *testing.T) {
	built, err := assetFiles.ReadFile("assets/dist/desk.js")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "tool", "esbuild", "assets/desk.ts", "--bundle", "--minify", "--target=es2022", "--log-level=error")
	fresh, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(built, fresh) {
		t.Error("assets/dist/desk.js is older than its sources: run `make assets`")
	}
}
