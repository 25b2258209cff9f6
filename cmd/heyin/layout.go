package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"heyin/ocr"
)

type layoutCmd struct {
	Learn layoutLearnCmd `cmd:"" help:"Learn a form from one sample, for speed."`
}

type layoutLearnCmd struct {
	Scan string `arg:"" type:"existingfile" help:"A clean scan of one slip: JPEG, PNG, TIFF or PDF, its first page."`
	Name string `placeholder:"NAME" help:"What to call the form; the file's name by default."`
	Out  string `short:"o" type:"path" placeholder:"FILE" help:"Write here; standard output by default."`
}

func (layoutLearnCmd) Help() string {
	return `Writes a layout file (YAML): where the labels, values and other print of the form stand. Readers
that are given it (--layout) then read less of each page that matches; what a page says, and every check,
stays the same.

Examples:
  heyin layout learn sample.jpg -o layouts/letter.yaml
  heyin read --layout layouts scans/*.jpg`
}

func (c *layoutLearnCmd) Run(ctx context.Context, out *output) (err error) {
	data, err := os.ReadFile(c.Scan)
	if err != nil {
		return err
	}
	name := c.Name
	if name == "" {
		name = strings.TrimSuffix(filepath.Base(c.Scan), filepath.Ext(c.Scan))
	}
	p, err := openReader(ocr.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	layout, err := p.Learn(ctx, data, name)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Scan, err)
	}
	var file bytes.Buffer
	if err := layout.Write(&file); err != nil {
		return err
	}
	if c.Out == "" {
		_, err = out.stdout.Write(file.Bytes())
		return err
	}
	return os.WriteFile(c.Out, file.Bytes(), 0o644)
}
