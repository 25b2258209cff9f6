package local

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	MaybeRunChild()
	runParent()
	os.Exit(m.Run())
}
