package models

import (
	"context"
	"testing"
)

func TestStages(t *testing.T) {
	Stage(context.Background(), "nobody asks")()
	var s Stages
	ctx := WithStages(context.Background(), &s)
	for range 2 {
		leave := Stage(ctx, "read")
		inner := Stage(ctx, "net")
		for from := CPUTime(); CPUTime() == from; { // until the clock moves
		}
		inner()
		leave()
	}
	Stage(ctx, "seals")()
	if len(s.Inner) != 2 || s.Inner[0].Name != "read" || s.Inner[1].Name != "seals" || len(s.Inner[0].Inner) != 1 {
		t.Fatalf("stages %+v", s.Inner)
	}
	if read, net := s.Inner[0].CPU, s.Inner[0].Inner[0].CPU; net == 0 || net > read {
		t.Errorf("read took %v, net within it %v", read, net)
	}
}
