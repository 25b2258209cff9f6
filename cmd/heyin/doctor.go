package main

import (
	"context"
	"fmt"
)

type doctorCmd struct{ storesFlags }

func (doctorCmd) Help() string {
	return `Asks the stores for a sign of life and prints the accounting equation:
accepted = in progress + in review + (passed + decided) + quarantined.
Exit status 1 when a store does not answer or a receipt is unaccounted for.

Examples:
  heyin doctor
  heyin --json doctor`
}

func (c *doctorCmd) Run(ctx context.Context, out *output) error {
	store, _, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Ping(ctx); err != nil {
		return err
	}
	eq, err := store.Accounting(ctx)
	if err != nil {
		return err
	}
	if err := out.print(eq); err != nil {
		return err
	}
	if !eq.Holds() {
		return fmt.Errorf("the accounting equation does not hold: %d receipts accepted, states %v, odd %v", eq.Accepted, eq.States, eq.Odd)
	}
	return nil
}
