package main

import (
	"context"

	"heyin/storage"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Recompute the hash chain from the first entry to the last."`
}

type auditVerifyCmd struct {
	storesFlags
	Seq  int64  `help:"Number of entries seen at an earlier verification."`
	Hash string `help:"Hash printed by that verification: a chain cut or written anew since then is found."`
}

func (auditVerifyCmd) Help() string {
	return `Prints the head of the chain; keep it elsewhere and give it back next time.

Examples:
  heyin --json audit verify
  heyin audit verify --seq 8123 --hash 5f0c…`
}

func (c *auditVerifyCmd) Run(ctx context.Context, out *output) error {
	store, _, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	head, err := store.VerifyAudit(ctx, storage.AuditHead{Seq: c.Seq, Hash: c.Hash})
	if err != nil {
		return err
	}
	return out.print(head)
}
