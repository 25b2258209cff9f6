package main

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"heyin/eval"
)

type sealCmd struct {
	Verify sealVerifyCmd `cmd:"" help:"Compare pairs of specimen and imprint images."`
	Card   sealCardCmd   `cmd:"" help:"List and grade the seals on a scanned card."`
}

type sealVerifyCmd struct {
	Pairs string `required:"" type:"existingfile" placeholder:"CSV" help:"CSV with columns id,specimen,imprint,specimen_dpi,imprint_dpi; files are relative to it."`
	Jobs  int    `default:"0" help:"Pairs compared at once; 0: one a core."`
}

func (sealVerifyCmd) Help() string {
	return `Compares each pair and prints one result a pair, in the order of the file:
match (may pass without a person), mismatch (another seal) or inconclusive.

Examples:
  heyin seal verify --json --pairs pairs.csv > verdicts.jsonl`
}

func (c *sealVerifyCmd) Run(ctx context.Context, out *output) error {
	jobs := c.Jobs
	if jobs <= 0 {
		jobs = runtime.NumCPU()
	}
	results, err := eval.VerifyPairs(ctx, c.Pairs, jobs)
	if err != nil {
		return err
	}
	for _, r := range results {
		if err := out.print(sealResult{r}); err != nil {
			return err
		}
	}
	return nil
}

type sealResult struct{ eval.SealResult }

func (r sealResult) text(w io.Writer) error {
	score := 0.0
	if r.Score != nil {
		score = *r.Score
	}
	_, err := fmt.Fprintf(w, "%s %-12s %.3f %+7.1f° %s\n", r.ID, r.Verdict, score, r.RotationDeg, r.Reason)
	return err
}
