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
	defer func() { r.last = nil }()
	return r.readPicture(ctx, sheet.Image, sheet.DPI, codes)
}

func (r *Reader) readPicture(ctx context.Context, im *imaging.Image, dpi float64, codes []models.Code) (models.Reading, error) {
	p, err := r.page(ctx, im, dpi)
	if err != nil {
		return models.Reading{}, err
	}
	leave := models.Stage(ctx, "labels")
	err = r.readLabels(ctx, p)
	leave()
	if err != nil {
		return models.Reading{}, err
	}
	leave = models.Stage(ctx, "statement number")
	number, err := r.readStatementNo(ctx, p, p.findHits(), codes)
	leave()
	if err != nil {
		return models.Reading{}, err
	}
	leave = models.Stage(ctx, "accounts")
	accounts, err := r.readAccounts(ctx, p, p.findHits())
	leave()
	if err != nil {
		return models.Reading{}, err
	}
	leave = models.Stage(ctx, "odd digits")
	err = p.findOddDigits(accounts)
	leave()
	if err != nil {
		return models.Reading{}, err
	}
	leave = models.Stage(ctx, "mark")
	mark, err := r.readMark(ctx, p)
	leave()
	if err != nil {
		return models.Reading{}, err
	}
	leave = models.Stage(ctx, "form")
	form, err := r.readForm(ctx, p, number, accounts, p.answerPlace)
	leave()
	if err != nil {
		return models.Reading{}, err
	}
	return models.Reading{
		StatementNo: number,
		Codes:       codes,
		Customer:    p.readCustomer(p.findHits()),
		Form:        form,
		Accounts:    accounts,
		Mark:        mark,
	}, nil
}

// page analyses a picture, unless it is the one UpsideDown has just analysed.
func (r *Reader) page(ctx context.Context, im *imaging.Image, dpi float64) (*page, error) {
	if r.last != nil && r.last.image == im {
		return r.last, nil
	}
	defer models.Stage(ctx, "layout")()
	p, err := analyse(im, dpi, r.inks)
	if err != nil {
		return nil, err
	}
	r.last, r.inks = p, p.ink.inks
	return p, nil
}
