package imaging

import (
	"context"
	"fmt"

	"gocv.io/x/gocv"
)

// Scan is one decoded page as stored: never turned by EXIF or TIFF hints, so
// that its pixels are the file's pixels. The owner closes it.
type Scan struct {
	Image  *Image  // BGR, 8 bits
	DPI    float64 // as the file states; 0 = unknown
	Format Format
	Pages  int
	Gray   bool // stored, or scanned, without colour
	Hint   int  // degrees clockwise by which the file says the page lies turned; 0 also when unknown
}

// Close frees the pixels.
func (s *Scan) Close() {
	if s != nil {
		s.Image.Close()
	}
}

// PageCount tells how many pages a file has, without decoding pixels. All its
// faults are permanent, apart from a PDF tool that is missing, slow or killed.
func PageCount(ctx context.Context, data []byte) (int, error) {
	format, err := Sniff(data)
	if err != nil {
		return 0, err
	}
	switch format {
	case TIFF:
		t, err := openTIFF(data)
		if err != nil {
			return 0, truncated()
		}
		pages, err := t.pages()
		return len(pages), err
	case PDF:
		doc, err := openPDF(ctx, data)
		if err != nil {
			return 0, err
		}
		defer doc.close()
		return doc.pages, nil
	}
	return 1, nil
}

// Decode decodes page 1..PageCount to BGR. Header and structure are checked
// first; what the limits forbid is never decoded. Faults are permanent, apart
// from a PDF tool that is missing, slow or killed.
func Decode(ctx context.Context, data []byte, page int) (*Scan, error) {
	s, err := decodeAny(ctx, data, page)
	if err != nil {
		return nil, err
	}
	if err := checkPageSize(s.Image.Width(), s.Image.Height()); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// DecodeCrop decodes a file that shows a part of a page, such as a seal, however small:
// an 11 mm seal at 200 dpi has fewer pixels than a page may. Else as Decode.
func DecodeCrop(ctx context.Context, data []byte) (*Scan, error) { return decodeAny(ctx, data, 1) }

func decodeAny(ctx context.Context, data []byte, page int) (*Scan, error) {
	format, err := Sniff(data)
	if err != nil {
		return nil, err
	}
	switch format {
	case JPEG:
		hd, err := jpegHeader(data)
		return decodeOne(format, data, hd, page, 1, err)
	case PNG:
		hd, err := pngHeader(data)
		return decodeOne(format, data, hd, page, 1, err)
	case TIFF:
		return decodeTIFF(data, page)
	default:
		return decodePDF(ctx, data, page)
	}
}

func checkPage(page, pages int) error {
	if page < 1 || page > pages {
		return refuse(CodeNoSuchPage, fmt.Sprintf("page %d was asked of a file of %d", page, pages), nil)
	}
	return nil
}

func decodeTIFF(data []byte, page int) (*Scan, error) {
	t, err := openTIFF(data)
	if err != nil {
		return nil, truncated()
	}
	dirs, err := t.pages()
	if err != nil {
		return nil, err
	}
	if err := checkPage(page, len(dirs)); err != nil {
		return nil, err
	}
	hd, err := t.header(dirs[page-1])
	if err != nil {
		return nil, err
	}
	one, err := t.only(dirs[page-1])
	if err != nil {
		return nil, err
	}
	return decodeOne(TIFF, one, hd, page, len(dirs), nil)
}

// decodeOne decodes the only (or first) picture of data, whose header is known
// to be within the limits when err is nil.
func decodeOne(format Format, data []byte, hd header, page, pages int, err error) (*Scan, error) {
	if err != nil {
		return nil, err
	}
	if err := checkPage(page, pages); err != nil {
		return nil, err
	}
	im, err := pixels(data, hd)
	if err != nil {
		return nil, corrupt("the picture cannot be decoded", err)
	}
	if im.Width() != hd.w || im.Height() != hd.h {
		defer im.Close()
		return nil, corrupt(fmt.Sprintf("the header says %d×%d pixels, the data %d×%d", hd.w, hd.h, im.Width(), im.Height()), nil)
	}
	im.thin = hd.thin
	return &Scan{Image: im, DPI: hd.dpi, Format: format, Pages: pages, Gray: hd.gray || !im.coloured(), Hint: hd.turn}, nil
}

func pixels(data []byte, hd header) (*Image, error) {
	if !hd.alpha {
		return own(gocv.IMDecode(data, gocv.IMReadColor|gocv.IMReadIgnoreOrientation))
	}
	raw, err := own(gocv.IMDecode(data, gocv.IMReadUnchanged))
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	return raw.onWhite()
}
