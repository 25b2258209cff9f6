package imaging

import (
	"fmt"

	"gocv.io/x/gocv"

	"heyin/models"
)

// Bounds on what a file may ask of a reader process (promise 12). They are
// checked against headers, before any pixel is decoded.
const (
	// MaxPixels is a little above A3 at 600 dpi in one dimension and four times
	// A4 at 300 dpi: no receipt needs more, and 60 MP of BGR is 180 MB.
	MaxPixels = 60_000_000
	// MaxPages is the most pages a scanned file may have; a feeder holds 100 sheets.
	MaxPages = 200
	// minSide is the smallest side of a picture, in pixels, that can be a page:
	// 2.5 cm at 100 dpi.
	minSide = 100
)

// One thread a reader: the worker runs a reader per core, so threads inside
// OpenCV would only fight each other.
func init() { gocv.SetNumThreads(1) }

// Codes of the faults of this room; permanent unless noted, the station scans again.
const (
	CodeEmptyFile      = "empty_file"
	CodeBadImageType   = "bad_image_type"
	CodeImageTooLarge  = "image_too_large"
	CodeImageTooSmall  = "image_too_small"
	CodeImageTruncated = "image_truncated"
	CodeImageCorrupt   = "image_corrupt"
	CodeTooManyPages   = "too_many_pages"
	CodeNoSuchPage     = "no_such_page"
	CodePDFEncrypted   = "pdf_encrypted"
	CodePDFTimeout     = "pdf_timeout" // the only one that is retryable
)

func refuse(code, reason string, err error) *models.Fault {
	return models.NewFault(models.Permanent, code, reason, err)
}

// checkSize refuses a picture whose header announces too many pixels or none.
func checkSize(w, h int) error {
	switch {
	case w < 1 || h < 1:
		return refuse(CodeImageCorrupt, fmt.Sprintf("the header says %d×%d pixels; scan the page again", w, h), nil)
	case w > MaxPixels || h > MaxPixels || w*h > MaxPixels:
		return refuse(CodeImageTooLarge, fmt.Sprintf("%d×%d pixels are more than %d million; scan at 200 to 300 dpi", w, h, MaxPixels/1_000_000), nil)
	}
	return nil
}

// checkPageSize refuses a picture that has too few pixels for a page.
func checkPageSize(w, h int) error {
	if w < minSide || h < minSide {
		return refuse(CodeImageTooSmall, fmt.Sprintf("%d×%d pixels are too few for a page; scan at 200 to 300 dpi", w, h), nil)
	}
	return nil
}
