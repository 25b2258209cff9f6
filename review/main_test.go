package review

import (
	"os"
	"testing"

	"heyin/deploy/local/localtest"
)

var world localtest.World

func TestMain(m *testing.M) { os.Exit(localtest.Main(m, &world)) }
