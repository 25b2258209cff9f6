package ocr

import (
	"context"

	"heyin/imaging"
	"heyin/models"
)

// Read reads the statement number, the customer, the accounts and the mark of
// an upright sheet. Boxes are in pixels of the sheet. codes are the bar codes
// found on it. What cannot be read is left empty; that is not an error.
func (r *Reader) Read(ctx context.Context, sheet *imaging.Sheet, codes []models.Code) (models.Reading, error) {
	return r.readPicture(ctx, sheet.Image, sheet.DPI, codes)
}

func (r *Reader) readPicture(ctx context.Context, im *imaging.Image, dpi float64, codes []models.Code) (models.Reading, error) {
	p, err := analyse(im, dpi)
	if err != nil {
		return models.Reading{}, err
	}
	if err := p.read(ctx, r.first); err != nil {
		return models.Reading{}, err
	}
	hits := p.findHits()
	number, err := r.readStatementNo(ctx, p, hits, codes)
	if err != nil {
		return models.Reading{}, err
	}
	accounts, err := r.readAccounts(ctx, p, hits)
	if err != nil {
		return models.Reading{}, err
	}
	mark, err := r.readMark(ctx, p, hits)
	if err != nil {
		return models.Reading{}, err
	}
	return models.Reading{
		StatementNo: number,
		Codes:       codes,
		Customer:    p.readCustomer(hits),
		Accounts:    accounts,
		Mark:        mark,
	}, nil
}
