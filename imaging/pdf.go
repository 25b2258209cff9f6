package imaging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"heyin/models"
)

const (
	// pdfTimeout bounds one poppler tool on one page; a 300 dpi page takes under 2 s.
	pdfTimeout = 20 * time.Second
	// renderDPI is used for a page that is not a single scanned picture.
	renderDPI = 300
	// coverSlack is how far, in parts of the side, a picture may miss the page's
	// edge and still be the scan of the whole page.
	coverSlack    = 0.03
	pointsPerInch = 72
	// longestPaper is the long side, in inches, of the largest sheet a receipt is
	// printed on, A3; a page that says more was laid down at a made-up resolution.
	longestPaper = 17
)

// pdfFile is a PDF in a directory of its own, which close removes.
type pdfFile struct {
	dir   string
	pages int
}

func (f *pdfFile) path() string { return filepath.Join(f.dir, "in.pdf") }

func (f *pdfFile) close() { _ = os.RemoveAll(f.dir) } // only a temporary directory; nothing depends on it

var pdfPages = regexp.MustCompile(`(?m)^Pages:\s+(\d+)`)

func openPDF(ctx context.Context, data []byte) (*pdfFile, error) {
	dir, err := os.MkdirTemp("", "heyin-pdf-")
	if err != nil {
		return nil, fmt.Errorf("imaging: directory for a PDF: %w", err)
	}
	f := &pdfFile{dir: dir}
	if err := f.open(ctx, data); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

func (f *pdfFile) open(ctx context.Context, data []byte) error {
	if err := os.WriteFile(f.path(), data, 0o600); err != nil {
		return fmt.Errorf("imaging: write a PDF: %w", err)
	}
	info, err := f.run(ctx, "pdfinfo", f.path())
	if err != nil {
		return err
	}
	m := pdfPages.FindStringSubmatch(info)
	if m == nil {
		return corrupt("the PDF does not say how many pages it has", nil)
	}
	if f.pages, err = strconv.Atoi(m[1]); err != nil || f.pages > MaxPages {
		return refuse(CodeTooManyPages, fmt.Sprintf("the file has %s pages, at most %d are read; split it", m[1], MaxPages), nil)
	}
	if f.pages == 0 {
		return corrupt("the PDF holds no page", nil)
	}
	return nil
}

// run starts a poppler tool. That the tool is missing, slow or was killed is
// worth another try; that it refuses the file is not.
func (f *pdfFile) run(caller context.Context, tool string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(caller, pdfTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, toolPath(tool), args...)
	cmd.Dir = f.dir
	cmd.WaitDelay = time.Second
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	if err == nil {
		return out.String(), nil
	}
	exit, ran := errors.AsType[*exec.ExitError](err)
	switch {
	case caller.Err() != nil:
		return "", fmt.Errorf("imaging: %s: %w", tool, caller.Err())
	case ctx.Err() != nil: // the machine may be busy, so it is worth another try
		return "", models.NewFault(models.Retryable, CodePDFTimeout, fmt.Sprintf("a page of the PDF took more than %v", pdfTimeout), err)
	case !ran || !exit.Exited():
		return "", fmt.Errorf("imaging: %s: %w", tool, err)
	case strings.Contains(complaint.String(), "Incorrect password"):
		return "", refuse(CodePDFEncrypted, "the PDF asks for a password; save it without one", nil)
	}
	return "", corrupt("the PDF is damaged", fmt.Errorf("%s: %s", tool, firstLine(complaint.String())))
}

// toolPath finds a poppler tool. A reader process has an empty environment, so
// without a PATH it is looked for where Debian puts it.
func toolPath(tool string) string {
	if path, err := exec.LookPath(tool); err == nil {
		return path
	}
	return filepath.Join("/usr/bin", tool)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

func decodePDF(ctx context.Context, data []byte, page int) (*Scan, error) {
	f, err := openPDF(ctx, data)
	if err != nil {
		return nil, err
	}
	defer f.close()
	if err := checkPage(page, f.pages); err != nil {
		return nil, err
	}
	w, h, err := f.pageSize(ctx, page)
	if err != nil {
		return nil, err
	}
	raster, dpi, err := f.raster(ctx, page, w, h)
	if err != nil {
		return nil, err
	}
	scan, err := Decode(ctx, raster, 1)
	if err != nil {
		return nil, err
	}
	scan.Format, scan.Pages, scan.DPI = PDF, f.pages, dpi
	scan.Image.thin = true // scanners put JPEGs into PDFs
	return scan, nil
}

var pdfPageSize = regexp.MustCompile(`(?m)^Page\s+\d+ size:\s+([\d.]+) x ([\d.]+) pts`)

// pageSize is in inches, as the page is stored: before its own /Rotate.
func (f *pdfFile) pageSize(ctx context.Context, page int) (w, h float64, err error) {
	n := strconv.Itoa(page)
	info, err := f.run(ctx, "pdfinfo", "-f", n, "-l", n, f.path())
	if err != nil {
		return 0, 0, err
	}
	m := pdfPageSize.FindStringSubmatch(info)
	if m == nil {
		return 0, 0, corrupt("a page of the PDF has no size", nil)
	}
	w, errW := strconv.ParseFloat(m[1], 64)
	h, errH := strconv.ParseFloat(m[2], 64)
	if errW != nil || errH != nil || w <= 0 || h <= 0 {
		return 0, 0, corrupt("a page of the PDF has an impossible size", errors.Join(errW, errH))
	}
	return w / pointsPerInch, h / pointsPerInch, nil
}

// raster gives the page as an encoded picture, and its resolution: the scanned
// picture itself when the page is nothing else, so that nothing is resampled;
// else a rendering, at the scan's own resolution when there is one below a layer
// of text. Telephones and some scanner programs lay a scan down at 72 or 96 dpi
// whatever it has: the pixels are taken all the same, the resolution is 0.
func (f *pdfFile) raster(ctx context.Context, page int, w, h float64) ([]byte, float64, error) {
	pic, err := f.soleImage(ctx, page)
	if err != nil {
		return nil, 0, err
	}
	dpi := float64(renderDPI)
	if pic.covers(w, h) {
		if err := checkSize(pic.w, pic.h); err != nil {
			return nil, 0, err
		}
		dpi = math.Round((pic.xppi + pic.yppi) / 2)
		text, err := f.hasText(ctx, page)
		if err != nil {
			return nil, 0, err
		}
		if !text {
			data, err := f.produce(ctx, page, "pdfimages", "-png", "-j")
			if err == nil || ctx.Err() != nil {
				return data, believeDPI(dpi, dpi), err
			}
			// The picture cannot be taken out as it is (rights, odd coding): render.
		} else if dpi < minDPI && max(w, h) <= longestPaper {
			dpi = renderDPI // a coarse ground below typed text, not a scan
		}
	}
	if err := checkSize(int(math.Ceil(w*dpi)), int(math.Ceil(h*dpi))); err != nil {
		return nil, 0, err
	}
	data, err := f.produce(ctx, page, "pdftoppm", "-png", "-r", strconv.FormatFloat(dpi, 'f', 0, 64))
	return data, believeDPI(dpi, dpi), err
}

// listHeadings is how many lines poppler's tables begin with.
const listHeadings = 2

// hasText tells whether the page sets any text over its picture; typed figures
// must not be lost.
func (f *pdfFile) hasText(ctx context.Context, page int) (bool, error) {
	n := strconv.Itoa(page)
	list, err := f.run(ctx, "pdffonts", "-f", n, "-l", n, f.path())
	if err != nil {
		return false, err
	}
	return strings.Count(strings.TrimSpace(list), "\n")+1 > listHeadings, nil
}

// produce runs a tool that writes one picture of the page into the directory.
func (f *pdfFile) produce(ctx context.Context, page int, tool string, options ...string) ([]byte, error) {
	n := strconv.Itoa(page)
	args := slices.Concat(options, []string{"-f", n, "-l", n, f.path(), filepath.Join(f.dir, "out")})
	if _, err := f.run(ctx, tool, args...); err != nil {
		return nil, err
	}
	made, err := filepath.Glob(filepath.Join(f.dir, "out*"))
	if err != nil || len(made) != 1 {
		return nil, corrupt(fmt.Sprintf("%s made %d pictures of one page", tool, len(made)), err)
	}
	defer func() { _ = os.Remove(made[0]) }() // removed with the directory anyway
	return os.ReadFile(made[0])
}

// pdfImage is a row of pdfimages -list.
type pdfImage struct {
	w, h       int
	xppi, yppi float64
}

// covers tells whether the picture is the whole page of w×h inches, upright or
// turned by a quarter.
func (p pdfImage) covers(w, h float64) bool {
	if p.xppi <= 0 || math.Abs(p.xppi-p.yppi) > 0.02*p.xppi {
		return false
	}
	iw, ih := float64(p.w)/p.xppi, float64(p.h)/p.yppi
	return math.Abs(iw-w) < coverSlack*w && math.Abs(ih-h) < coverSlack*h ||
		math.Abs(iw-h) < coverSlack*h && math.Abs(ih-w) < coverSlack*w
}

// soleImage is the page's picture when it has exactly one, else the zero pdfImage.
func (f *pdfFile) soleImage(ctx context.Context, page int) (pdfImage, error) {
	n := strconv.Itoa(page)
	list, err := f.run(ctx, "pdfimages", "-list", "-f", n, "-l", n, f.path())
	if err != nil {
		return pdfImage{}, err
	}
	// page num type width height color comp bpc enc interp object ID x-ppi y-ppi size ratio
	rows := strings.Split(strings.TrimSpace(list), "\n")
	if len(rows) != listHeadings+1 {
		return pdfImage{}, nil
	}
	c := strings.Fields(rows[listHeadings])
	const columns = 14
	if len(c) < columns || c[2] != "image" {
		return pdfImage{}, nil
	}
	w, err1 := strconv.Atoi(c[3])
	h, err2 := strconv.Atoi(c[4])
	x, err3 := strconv.ParseFloat(c[12], 64)
	y, err4 := strconv.ParseFloat(c[13], 64)
	if errors.Join(err1, err2, err3, err4) != nil {
		return pdfImage{}, nil //nolint:nilerr // a row poppler does not number is no single picture: the page is rendered
	}
	return pdfImage{w: w, h: h, xppi: x, yppi: y}, nil
}
