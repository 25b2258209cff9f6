package ocr

import (
	"context"
	"slices"

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
	if p.printedWarm() {
		gray, err := im.Gray()
		if err != nil {
			return models.Reading{}, err
		}
		defer gray.Close()
		colour := p
		if p, err = r.page(ctx, gray, dpi); err != nil {
			return models.Reading{}, err
		}
		p.colour = colour
		if err := r.readLabels(ctx, p); err != nil {
			return models.Reading{}, err
		}
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

// printedWarm reports whether the form itself is printed in red: many pieces of warm
// ink stand outside seals, or in a frame, and most of the labels found in black, if any,
// lie on them.
// Such a page is read as one scanned without colour, because its print is no stamp.
func (p *page) printedWarm() bool {
	if p.ink.warm == nil {
		return false
	}
	var words []box
	for _, w := range p.coloured(warmInk, formStamped, nil) {
		if float64(w.w()) >= shortLine*float64(w.h()) {
			words = append(words, w.box)
		}
	}
	frame := slices.ContainsFunc(p.seals, func(b box) bool { return b.w() >= p.ink.px(redFrameMM) })
	if len(words) < formPieces && !frame {
		return false
	}
	hits := p.findHits()
	inWarm := 0
	for _, h := range hits {
		b := h.labelBox()
		if inZone(b, words) || inkShareIn(p.ink.warm, b, stampInk) >= warmLabel { // in a frame print counts as a seal's
			inWarm++
		}
	}
	return 2*inWarm >= len(hits)
}

// warmLabel is the share of a label's box that its print, if warm, covers at least.
const warmLabel = 0.1

// redFrameMM is the width of a piece of warm ink that is no seal but a table's rules:
// the largest seals measure 58 mm.
const redFrameMM = 65.0

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
