package nn_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heyin/imaging/nn"
)

func TestLoadRefusesWhatIsNoModel(t *testing.T) {
	deps, err := nn.FindDeps("", nn.RuntimeFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nn.Load(deps, []byte("no model"), nn.AnySize); err == nil {
		t.Error("Load took text for a model")
	}
}

func TestFindDepsNamesWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "here"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := nn.FindDeps(dir, "here"); got != dir || err != nil {
		t.Errorf("FindDeps: %q, %v", got, err)
	}
	_, err := nn.FindDeps(dir, "here", "gone")
	if !errors.Is(err, nn.ErrDeps) || !strings.Contains(err.Error(), "lacks gone; run `make setup`") {
		t.Errorf("FindDeps without a file: %v; want what is missing and what to do", err)
	}
}
