package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"heyin/imaging"
	"heyin/models"
)

// looked is what the station itself sees of a page, while the paper is in hand.
type looked struct {
	File string `json:"file"`
	Page int    `json:"page"`
	models.Quality
}

func (l looked) text(w io.Writer) error {
	var reasons []string
	for _, f := range l.Findings {
		reasons = append(reasons, f.Reason)
	}
	_, err := fmt.Fprintf(w, "%s page %d: %s: %s\n", l.File, l.Page, l.Grade, strings.Join(reasons, "; "))
	return err
}

// checkFolder looks at every page of a folder and gives those with findings, in
// the order of scanning. A file that cannot be decoded is one to scan again.
func checkFolder(ctx context.Context, out *output, folder string) ([]looked, error) {
	files, err := imageFiles(folder)
	if err != nil {
		return nil, err
	}
	bar := progress(out, len(files), "looking")
	defer bar.Close()
	var found []looked
	for _, path := range files {
		f, err := readScanFile(path)
		if err != nil {
			return nil, err
		}
		found = append(found, checkFile(ctx, f)...)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := bar.Add(1); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// checkFile gives the pages of a file with findings.
func checkFile(ctx context.Context, f scanFile) (found []looked) {
	pages, err := imaging.PageCount(ctx, f.data)
	for page := 1; page <= max(1, pages); page++ {
		q := models.Quality{}
		if err == nil {
			q, err = imaging.Grade(ctx, f.data, page)
		}
		if err != nil {
			q = models.Quality{Grade: models.QualityRescan, Findings: []models.Finding{{Code: "unreadable", Reason: err.Error()}}}
		}
		if len(q.Findings) > 0 {
			found = append(found, looked{filepath.Base(f.name), page, q})
		}
		err = nil
	}
	return found
}

// again counts the pages to be scanned again.
func again(all []looked) (n int) {
	for _, l := range all {
		if l.Grade == models.QualityRescan {
			n++
		}
	}
	return n
}
