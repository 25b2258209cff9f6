package main

import (
	"context"
	"fmt"
	"io"

	"heyin/models"
	"heyin/reconcile"
)

type reportCmd struct {
	Specimens reportSpecimensCmd `cmd:"" help:"Specimens that receipts no longer match: seals replaced, the file not."`
}

type reportSpecimensCmd struct {
	storesFlags
	Least int `default:"2" help:"Receipts in a row without a match."`
}

func (reportSpecimensCmd) Help() string {
	return `Lists specimens in force that the customer's latest legible receipts did not match, the surest
first. Each is for the branch to ask about.

Examples:
  heyin report specimens
  heyin report specimens --least 3 --json`
}

func (c *reportSpecimensCmd) Run(ctx context.Context, out *output) error {
	if c.Least < 1 {
		return usageError{fmt.Errorf("--least %d: want at least 1", c.Least)}
	}
	store, _, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	list, err := reconcile.DoubtfulSpecimens(ctx, store, models.Actor{Kind: "system"}, c.Least)
	if err != nil {
		return err
	}
	for _, d := range list {
		if err := out.print(doubtful{d}); err != nil {
			return err
		}
	}
	return nil
}

type doubtful struct{ reconcile.DoubtfulSpecimen }

func (d doubtful) text(w io.Writer) error {
	matched := "not matched within a year"
	if d.LastMatched != nil {
		matched = "last matched " + d.LastMatched.In(models.BankTime).Format("2006-01-02")
	}
	_, err := fmt.Fprintf(w, "%s %s %s (%s) %s: %d receipts without a match, %d surely another seal, %s; receipts %v\n",
		d.Branch, d.CustomerNo, d.Customer, d.Ref, d.Kind, d.Unmatched, d.Mismatches, matched, d.Receipts)
	return err
}
