package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

type scanCmd struct {
	Folder string `arg:"" type:"existingdir" help:"Folder the scanner writes to."`
	Period string `placeholder:"DATE" help:"Cut-off date of the period, as 2026-09-30; mixed post without it."`
	Paper  int    `default:"-1" help:"Sheets as counted by hand; -1: as many as there are files."`
	By     string `placeholder:"LOGIN" help:"Who scans: heyin never gives him these receipts to judge."`
	Server string `placeholder:"URL" help:"Address of heyin; from --dir without it."`
	Token  string `help:"The station's token; from --dir without it."`
	Dir    string `type:"path" default:"var" help:"Folder of the heyin up on this machine."`
	Check  bool   `help:"Only look at the scans: what should be scanned again, and why."`
}

func (scanCmd) Help() string {
	return `Uploads every image of a folder as one batch, in the order of the file names. An
interrupted run goes on where it stopped when it is started again.

First it looks at each page and tells what is wrong with it: blurred, askew, a corner turned over, two sheets at
once … With --check it stops there, and fails when a page should be scanned again. Uploading leaves nothing out.

Examples:
  heyin scan --check /scans/2026-10-12
  heyin scan /scans/2026-10-12
  HEYIN_TOKEN=… heyin scan --server https://heyin.bank.invalid --period 2026-09-30 --paper 212 /scans/today`
}

// scanned counts what became of a folder.
type scanned struct {
	Batch    int64 `json:"batch"`
	Files    int   `json:"files"`
	Replayed int   `json:"replayed"`   // uploaded by an earlier, interrupted run
	Same     int   `json:"duplicates"` // the same bytes had come before
	Paper    int   `json:"paper_count"`
	Machine  int   `json:"machine_count"`

	Looked []looked `json:"findings,omitempty"` // pages the station found something on
}

func (s scanned) text(w io.Writer) error {
	_, err := fmt.Fprintf(w, "batch %d: %d files uploaded (%d of them earlier), %d duplicates; paper %d, machine %d\n",
		s.Batch, s.Files, s.Replayed, s.Same, s.Paper, s.Machine)
	for _, l := range s.Looked {
		err = errors.Join(err, l.text(w))
	}
	if n := again(s.Looked); n > 0 {
		_, e := fmt.Fprintf(w, "%d pages should be scanned again while the paper is at hand.\n", n)
		err = errors.Join(err, e)
	}
	return err
}

func (c *scanCmd) Run(ctx context.Context, out *output) error {
	found, err := checkFolder(ctx, out, c.Folder)
	if err != nil {
		return err
	}
	if c.Check {
		for _, l := range found {
			if err := out.print(l); err != nil {
				return err
			}
		}
		if n := again(found); n > 0 {
			return fmt.Errorf("%d pages should be scanned again; each says why", n)
		}
		return nil
	}
	access, err := c.access()
	if err != nil {
		return err
	}
	station := newStation(access)
	station.operator = c.By
	result, err := scanFolder(ctx, out, station, c.Folder, c.Period, c.Paper)
	if err != nil {
		return err
	}
	result.Looked = found
	return out.print(result)
}

func (c *scanCmd) access() (stationAccess, error) {
	a := stationAccess{Server: strings.TrimRight(c.Server, "/"), Token: c.Token}
	if a.Server != "" && a.Token != "" {
		return a, nil
	}
	data, err := os.ReadFile(filepath.Join(c.Dir, stationFile))
	if errors.Is(err, fs.ErrNotExist) {
		return a, usageError{fmt.Errorf("no heyin up has run on %s: name its folder with --dir, or give --server and --token", c.Dir)}
	}
	if err != nil {
		return a, err
	}
	var here stationAccess
	if err := json.Unmarshal(data, &here); err != nil {
		return a, fmt.Errorf("%s is damaged: %w\nStart heyin up again, it writes the file anew", stationFile, err)
	}
	return stationAccess{cmp.Or(a.Server, here.Server), cmp.Or(a.Token, here.Token)}, nil
}

// scanFolder uploads what the journal of an earlier run does not yet have,
// closes the batch, and forgets the journal.
func scanFolder(ctx context.Context, out *output, s *station, folder, period string, paper int) (scanned, error) {
	files, err := imageFiles(folder)
	if err != nil {
		return scanned{}, err
	}
	if len(files) == 0 {
		return scanned{}, fmt.Errorf("%s holds no JPEG, PNG, TIFF or PDF file", folder)
	}
	if paper < 0 {
		paper = len(files)
	}
	j, err := openJournal(folder, s.access.Server)
	if err != nil {
		return scanned{}, err
	}
	if j.Batch == 0 {
		if j.Batch, err = s.openBatch(ctx, period, paper); err != nil {
			return scanned{}, err
		}
		if err := j.save(); err != nil {
			return scanned{}, err
		}
	}
	result := scanned{Batch: j.Batch, Files: len(files)}
	if result.Replayed, err = uploadAll(ctx, out, s, j, files); err != nil {
		return result, fmt.Errorf("%w\nThe batch stays open and nothing is lost: put right or remove what was refused, then run the same command again", err)
	}
	for _, u := range j.Done {
		if u.DuplicateOf != 0 {
			result.Same++
		}
	}
	status, err := s.closeBatch(ctx, j.Batch, paper)
	if err != nil {
		return result, err
	}
	result.Paper, result.Machine = status.PaperCount, status.MachineCount
	return result, j.remove()
}

// uploadAll uploads one file after another, because receipts are bound in the
// order of scanning, and tells how many an earlier run had uploaded. A file that
// is refused does not hold up the others; a server that does not answer does.
func uploadAll(ctx context.Context, out *output, s *station, j *journal, files []string) (earlier int, err error) {
	bar := progress(out, len(files), "uploading")
	defer bar.Close()
	var refused error
	for _, path := range files {
		f, err := readScanFile(path)
		if err != nil {
			return earlier, err
		}
		if err := bar.Add(1); err != nil {
			return earlier, err
		}
		if j.has(f) {
			earlier++
			continue
		}
		u, err := s.upload(ctx, j.Batch, f)
		if err != nil {
			refused = errors.Join(refused, fmt.Errorf("%s: %w", f.name, err))
			if !errors.As(err, new(refusedError)) {
				return earlier, refused
			}
			continue
		}
		if err := j.add(f, u); err != nil {
			return earlier, err
		}
	}
	return earlier, refused
}

// progress draws a bar where a person looks, and nothing into a file.
func progress(out *output, total int, what string) *progressbar.ProgressBar {
	f, ok := out.stderr.(*os.File)
	return progressbar.NewOptions(total,
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetWriter(out.stderr),
		progressbar.OptionSetVisibility(ok && term.IsTerminal(int(f.Fd()))),
		progressbar.OptionShowCount(),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionOnCompletion(func() { fmt.Fprintln(out.stderr) }))
}

func imageFiles(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder) // sorted by name: the order of scanning
	if err != nil {
		return nil, err
	}
	known := []string{".jpg", ".jpeg", ".png", ".tif", ".tiff", ".pdf"}
	var files []string
	for _, e := range entries {
		if e.Type().IsRegular() && slices.Contains(known, strings.ToLower(filepath.Ext(e.Name()))) {
			files = append(files, filepath.Join(folder, e.Name()))
		}
	}
	return files, nil
}

// journalFile stands in the folder while its upload is unfinished.
const journalFile = ".heyin-upload.json"

// journal remembers which files of a folder have been acknowledged, so that an
// interrupted run goes on in the same batch.
type journal struct {
	Server string              `json:"server"`
	Batch  int64               `json:"batch"`
	Done   map[string]uploaded `json:"done"` // by base name

	path string
}

func openJournal(folder, server string) (*journal, error) {
	j := &journal{path: filepath.Join(folder, journalFile)}
	data, err := os.ReadFile(j.path)
	if err == nil {
		if err := json.Unmarshal(data, j); err != nil {
			return nil, fmt.Errorf("%s is damaged: %w\nRemove it to upload the folder as a new batch; receipts sent already are recognised", j.path, err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if j.Server != server { // a batch of another heyin means nothing here
		j.Server, j.Batch, j.Done = server, 0, nil
	}
	if j.Done == nil {
		j.Done = map[string]uploaded{}
	}
	return j, nil
}

// has reports whether these bytes have been acknowledged under this name: a
// scanner may have used the name again since.
func (j *journal) has(f scanFile) bool {
	return j.Done[f.name].SHA256 == f.sha256
}

func (j *journal) add(f scanFile, u uploaded) error {
	j.Done[f.name] = u
	return j.save()
}

// save writes beside and renames: a torn journal would forget the batch.
func (j *journal) save() error {
	data, err := json.Marshal(j)
	if err != nil {
		return err
	}
	next := j.path + ".next"
	if err := os.WriteFile(next, data, 0o600); err != nil {
		return err
	}
	return os.Rename(next, j.path)
}

func (j *journal) remove() error { return os.Remove(j.path) }
