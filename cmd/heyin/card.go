package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"heyin/models"
	"heyin/pipeline"
)

type sealCardCmd struct {
	Files []string `arg:"" name:"file" type:"existingfile" help:"Scans of cards: JPEG, PNG, TIFF or PDF, one page each."`
	DPI   float64  `name:"dpi" required:"" help:"Resolution of the scans."`
	Out   string   `type:"existingdir" placeholder:"DIR" help:"Write each seal here as a PNG."`
}

func (sealCardCmd) Help() string {
	return `Lists the seals on each card in reading order, with the grade each would have as a specimen
(good, usable, or rescan: not fit) and why. Nothing is put on file: see heyin import specimens.

Examples:
  heyin seal card --dpi 300 card.tif
  heyin seal card --dpi 300 --json --out seals cards/*.jpg`
}

// cardResult is one line of heyin seal card --json.
type cardResult struct {
	File string `json:"file"`
	models.Card
}

func (c *sealCardCmd) Run(ctx context.Context, out *output) error {
	for _, file := range c.Files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		card, err := pipeline.CutCard(ctx, data, c.DPI, models.Box{})
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := out.print(cardResult{file, card}); err != nil {
			return err
		}
		for i, s := range card.Seals {
			if c.Out == "" {
				break
			}
			name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
			if err := os.WriteFile(filepath.Join(c.Out, fmt.Sprintf("%s-%d.png", name, i+1)), s.Image, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r cardResult) text(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%s: %d seals\n", r.File, len(r.Seals)); err != nil {
		return err
	}
	for i, s := range r.Seals {
		if _, err := fmt.Fprintf(w, "  %d %s %s at %d,%d %d×%d: %s\n", i+1, orDash(s.Ink), orDash(string(s.Shape)), s.Box.X, s.Box.Y, s.Box.W, s.Box.H, graded(s.Quality)); err != nil {
			return err
		}
	}
	return nil
}

// graded is a grade with its reasons in one line.
func graded(q models.Quality) string {
	if len(q.Findings) == 0 {
		return string(q.Grade)
	}
	reasons := make([]string, len(q.Findings))
	for i, f := range q.Findings {
		reasons[i] = f.Reason
	}
	return string(q.Grade) + ": " + strings.Join(reasons, "; ")
}
