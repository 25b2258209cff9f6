// Package pipeline takes one receipt from bytes to a verdict with reasons. It is
// pure: no SQL, S3, Redis; what the books say comes through the Books port. It
// runs in a reader process (workers) or in-process (heyin read).
package pipeline

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"heyin/imaging"
	"heyin/models"
	"heyin/ocr"
	"heyin/sealcheck"
)

// Pipeline reads pages one after another. It holds the recogniser and a cache of
// prepared specimens; it is not safe for concurrent use: one a process or
// goroutine.
type Pipeline struct {
	reader     *ocr.Reader
	bank       string // stored with every verdict: it changes some
	references references
}

// New opens the text readers, which Close frees, and loads the comparer of imprints.
func New(cfg ocr.Config) (*Pipeline, error) {
	if err := sealcheck.Ready(); err != nil {
		return nil, err
	}
	reader, err := ocr.Open(cfg)
	if err != nil {
		return nil, err
	}
	return &Pipeline{reader: reader, bank: cfg.Bank, references: references{byKey: map[string]*sealcheck.Reference{}}}, nil
}

// Close frees the text readers.
func (p *Pipeline) Close() error { return p.reader.Close() }

// ParamsVersion names the parameter sets that judge; it is stored with every
// verdict.
func ParamsVersion() string { return sealcheck.ParamsVersion }

// Process reads one page (1-based) of a scan and judges it. With books nil it
// only reads: the result's state stays InReview without reasons from the books.
//
// A Permanent fault means the bytes are no readable image (quarantine); any
// other error is worth another try. A poor page is not an error: it comes back
// InReview with reasons.
func (p *Pipeline) Process(ctx context.Context, data []byte, page int, books Books) (models.Result, error) {
	started := time.Now()
	leave := models.Stage(ctx, "decode")
	scan, err := imaging.Decode(ctx, data, page)
	leave()
	if err != nil {
		return models.Result{}, err
	}
	defer scan.Close()
	sheet, codes, err := p.upright(ctx, scan)
	if err != nil {
		return models.Result{}, err
	}
	defer sheet.Close()

	leave = models.Stage(ctx, "quality")
	quality := imaging.Inspect(scan, sheet)
	leave()
	scan.Close() // the sheet is read; a second picture of the page would only fill memory

	reading, err := p.read(ctx, sheet, codes)
	if err != nil {
		return models.Result{}, err
	}
	reading.Quality = quality
	seen := identify(reading, page, scan.Pages)
	statement, err := expect(ctx, books, seen)
	if err != nil {
		return models.Result{}, err
	}
	var compared []verified
	var former []formerMatch
	leave = models.Stage(ctx, "verify")
	if statement != nil {
		if err := p.knowBankSeals(ctx, sheet, reading.Imprints, statement.Specimens); err != nil {
			return models.Result{}, err
		}
		if compared, err = p.verify(ctx, sheet, reading.Imprints, statement.Specimens); err != nil {
			return models.Result{}, err
		}
		if former, err = p.tryFormer(ctx, sheet, reading.Imprints, compared, statement.Former); err != nil {
			return models.Result{}, err
		}
		compared = assign(compared)
	}
	leave()

	result := models.Result{Page: page, PageCount: scan.Pages, Software: models.Version, Params: ParamsVersion(), Bank: &p.bank}
	leave = models.Stage(ctx, "pictures")
	if result.Evidence, result.Places, err = draw(sheet, reading, compared); err != nil {
		return models.Result{}, err
	}
	result.PagePxMM = max(0, sheet.DPI) / mmPerInch / float64(reduction(sheet.Image, pageSide))
	leave()
	for _, v := range compared {
		result.Verifications = append(result.Verifications, v.Verification)
	}
	result.State, result.Reasons = decide(reading, seen, statement, result.Verifications)
	if statement != nil {
		result.StatementID = statement.ID
		result.State, result.Reasons = heedFormer(result.State, result.Reasons, reading.Imprints, statement, result.Verifications, former)
	}
	toStored(sheet.Pose, &reading, result.Reasons)
	result.Reading = reading
	result.ElapsedMS = float64(time.Since(started).Microseconds()) / 1000
	return result, nil
}

// upright gives the page as a person would hold it. Geometry cannot tell up
// from down; a bar code can, and where there is none, the text.
func (p *Pipeline) upright(ctx context.Context, scan *imaging.Scan) (_ *imaging.Sheet, _ []models.Code, err error) {
	defer models.Stage(ctx, "upright")()
	leave := models.Stage(ctx, "straighten")
	sheet, err := imaging.Straighten(scan)
	leave()
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			sheet.Close()
		}
	}()
	leave = models.Stage(ctx, "bar codes")
	codes, err := imaging.FindCodes(sheet.Image)
	leave()
	if err != nil {
		return nil, nil, err
	}
	told, err := sheet.TurnByCodes(codes)
	if told || err != nil {
		return sheet, codes, err
	}
	leave = models.Stage(ctx, "way up")
	down, err := p.reader.UpsideDown(ctx, sheet)
	leave()
	if err != nil || !down {
		return sheet, codes, err
	}
	if err = sheet.TurnOver(); err == nil {
		codes, err = imaging.FindCodes(sheet.Image)
	}
	return sheet, codes, err
}

// read collects everything the page says by itself, in sheet pixels. Text is read off the
// unfolded page, seals are found on the page as it was scanned.
func (p *Pipeline) read(ctx context.Context, sheet *imaging.Sheet, codes []models.Code) (models.Reading, error) {
	reading, err := p.readText(ctx, sheet, codes)
	if err != nil {
		return models.Reading{}, err
	}
	reading.Codes = codes
	leave := models.Stage(ctx, "find seals")
	reading.Imprints, err = sealcheck.Find(ctx, sheet)
	leave()
	if err != nil {
		return models.Reading{}, err
	}
	reading.Imprints = notAnswers(notCodes(reading.Imprints, codes), reading.Mark, sheet.DPI)
	reading.Mark = doubtMark(reading.Mark, reading.Imprints)
	leave = models.Stage(ctx, "whose seals")
	err = p.nameRoles(ctx, sheet, reading.Imprints)
	leave()
	if err != nil {
		return models.Reading{}, err
	}
	reading.Rotation, reading.SkewDeg, reading.DPI = sheet.Pose.Rotation(), sheet.Pose.SkewDeg, sheet.DPI
	return reading, nil
}

// readText reads the text of a sheet, of a folded one off its panels laid even.
func (p *Pipeline) readText(ctx context.Context, sheet *imaging.Sheet, codes []models.Code) (models.Reading, error) {
	leave := models.Stage(ctx, "unfold")
	flat, err := imaging.Unfold(sheet)
	leave()
	if err != nil {
		return models.Reading{}, err
	}
	defer models.Stage(ctx, "text")()
	if flat == nil {
		return p.reader.Read(ctx, sheet, codes)
	}
	defer flat.Close()
	reading, err := p.reader.Read(ctx, &imaging.Sheet{Image: flat.Image, DPI: sheet.DPI}, codes)
	reading.Codes = nil // of the sheet already
	moveBoxes(&reading, flat.ToSheet)
	return reading, err
}

// notCodes drops imprints that are bar codes: a QR code has the frame, size and
// density of a square name seal. A seal over a code is larger and stays.
func notCodes(imprints []models.Imprint, codes []models.Code) []models.Imprint {
	return slices.DeleteFunc(imprints, func(im models.Imprint) bool {
		return slices.ContainsFunc(codes, func(c models.Code) bool { return im.Box.Within(c.Box) > 0.5 })
	})
}

func expect(ctx context.Context, books Books, seen Identified) (*models.Statement, error) {
	if books == nil || len(seen.Candidates) == 0 {
		return nil, nil //nolint:nilnil // no statement is an ordinary answer
	}
	return books.Expect(ctx, seen)
}

// toStored turns every box from sheet pixels to pixels of the stored file.
func toStored(pose imaging.Pose, r *models.Reading, reasons []models.Reason) {
	moveBoxes(r, pose.ToStored)
	for i := range reasons {
		if b := reasons[i].Box; b != nil && b.W > 0 {
			*b = pose.ToStored(*b)
		}
	}
}

// moveBoxes moves every box of a reading.
func moveBoxes(r *models.Reading, to func(models.Box) models.Box) {
	turn := func(b *models.Box) {
		if b != nil && b.W > 0 {
			*b = to(*b)
		}
	}
	turn(&r.StatementNo.Box)
	turn(&r.Mark.Box)
	turn(&r.Form.FirstCopy.Box)
	turn(&r.Form.OtherBank.Box)
	turn(&r.Form.CutOff.Box)
	for i := range r.Codes {
		turn(&r.Codes[i].Box)
	}
	for i := range r.Accounts {
		turn(&r.Accounts[i].AccountNo.Box)
		turn(&r.Accounts[i].Balance.Box)
		for k := range r.Accounts[i].OddDigits {
			turn(&r.Accounts[i].OddDigits[k].Box)
		}
	}
	for i := range r.Imprints {
		turn(&r.Imprints[i].Box)
	}
	for i := range r.Quality.Findings {
		turn(r.Quality.Findings[i].Box)
	}
}

func sum(b []byte) [sha256.Size]byte { return sha256.Sum256(b) }
