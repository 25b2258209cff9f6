package pipeline

import (
	"context"

	"heyin/imaging"
	"heyin/ocr"
)

// Learn learns the form of a scan's first page under a name. Errors are those of
// imaging.Decode and ocr.Reader.Learn.
func (p *Pipeline) Learn(ctx context.Context, data []byte, name string) (ocr.Layout, error) {
	scan, err := imaging.Decode(ctx, data, 1)
	if err != nil {
		return ocr.Layout{}, err
	}
	defer scan.Close()
	sheet, codes, err := p.upright(ctx, scan)
	if err != nil {
		return ocr.Layout{}, err
	}
	defer sheet.Close()
	return p.reader.Learn(ctx, sheet, codes, name)
}
