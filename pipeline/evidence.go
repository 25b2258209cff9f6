package pipeline

import (
	"fmt"

	"heyin/imaging"
	"heyin/models"
)

// pageSide is the longer side, in pixels, of the page image shown to people: half
// of A4 at 300 dpi, which is quick to make, nearly a 4K screen's height, and stays
// near 400 kB as JPEG.
const pageSide = 1754

// jpegQuality of pictures made for people's eyes; verdicts never come from them.
const jpegQuality = 85

// evidence collects the pictures a verification draws; it is sealcheck's sink.
type evidence map[string][]byte

// Put implements sealcheck.Sink.
func (e evidence) Put(name string, png []byte) { e[name] = png }

// draw makes the pictures the desk shows: the page, the mark, each field, and
// what the verifications drew; and where the crops lie on the page's picture.
// Boxes must still be in sheet pixels.
func draw(sheet *imaging.Sheet, r models.Reading, vs []verified) (map[string][]byte, map[string]models.Box, error) {
	all, places := pictures(vs), map[string]models.Box{}
	page, err := shrink(sheet.Image, pageSide)
	if err != nil {
		return nil, nil, err
	}
	defer page.Close()
	if all["page"], err = page.JPEG(jpegQuality); err != nil {
		return nil, nil, err
	}
	w, h, sheetW, sheetH := page.Width(), page.Height(), sheet.Image.Width(), sheet.Image.Height()
	crops := map[string]models.Box{"mark": r.Mark.Box, "statement-no": r.StatementNo.Box}
	for i, a := range r.Accounts {
		crops[fmt.Sprintf("account-%d", i)] = a.AccountNo.Box
		crops[fmt.Sprintf("balance-%d", i)] = a.Balance.Box
	}
	for i, im := range r.Imprints {
		crops[fmt.Sprintf("imprint-%d", i)] = margin(im.Box, sheet.DPI)
	}
	for name, box := range crops {
		if c := sheet.Image.Clip(box); c.W == 0 || c.H == 0 {
			continue // the field was not found; the page image shows why
		}
		if all[name], err = cropJPEG(sheet.Image, box); err != nil {
			return nil, nil, fmt.Errorf("picture %s: %w", name, err)
		}
		places[name] = models.Box{X: box.X * w / sheetW, Y: box.Y * h / sheetH, W: box.W * w / sheetW, H: box.H * h / sheetH}
	}
	return all, places, nil
}

func cropJPEG(im *imaging.Image, box models.Box) ([]byte, error) {
	c, err := im.Crop(box)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.JPEG(jpegQuality)
}

// shrink divides a picture's size by the whole number that brings its longer side
// nearest to side pixels.
func shrink(im *imaging.Image, side int) (*imaging.Image, error) {
	k := reduction(im, side)
	return im.Reduce(max(1, im.Width()/k), max(1, im.Height()/k))
}

// reduction is the whole number that shrink divides by.
func reduction(im *imaging.Image, side int) int {
	return max(1, (max(im.Width(), im.Height())+side/2)/side)
}
