package ocr

import (
	"context"
	"regexp"
	"strings"

	"heyin/models"
)

// codeConfidence is that of a bar code that nothing on the page confirms: its
// own check digits leave little doubt of the characters, but not that they are
// the statement's number.
const codeConfidence = 0.95

// numberInCode finds a statement number in the text of a code that holds more.
var numberInCode = regexp.MustCompile(`[A-Z]{0,6}[0-9][0-9A-Z-]{6,}[0-9A-Z]`)

// readStatementNo reads the statement's number: from the codes, and in print
// wherever a label announces it.
func (r *Reader) readStatementNo(ctx context.Context, p *page, hits []hit, codes []models.Code) (models.Voted, error) {
	coded := codedNumbers(codes)
	var printed []*value
	for _, h := range hits {
		if h.role != roleStatement {
			continue
		}
		b, ok := p.valueOf(h, looksLikeNumber)
		if !ok {
			continue
		}
		v, err := r.readValue(ctx, p, b, &kindStatement, len(coded) > 0 || len(printed) == 0)
		if err != nil {
			return models.Voted{}, err
		}
		if v.plain == "" {
			continue
		}
		printed = append(printed, v)
		if len(coded) > 0 {
			if v.plain == coded[0].text {
				break // confirmed
			}
			continue
		}
		// A second copy is read only when the two readers leave a doubt.
		if vote, err := r.voteCopies(ctx, printed); err != nil || vote.Agreed {
			return vote, err
		}
		if v.quick { // two copies are to bear witness for each other
			if printed[0], err = r.readValue(ctx, p, b, &kindStatement, false); err != nil {
				return models.Voted{}, err
			}
		}
	}
	if len(coded) > 0 {
		return r.voteCoded(ctx, coded, printed)
	}
	if len(printed) == 0 {
		return models.Voted{}, nil
	}
	return r.voteCopies(ctx, printed)
}

// looksLikeNumber is 0..1 for a statement number: capitals, digits, hyphens.
func looksLikeNumber(t *text) float64 {
	if countDigits(t.glyphs) < minStatementLength-1 {
		return 0
	}
	fit := 0
	for _, g := range t.glyphs {
		if strings.ContainsRune(kindStatement.letters, g.char) {
			fit++
		}
	}
	return float64(fit) / float64(len(t.glyphs))
}

type codedNumber struct {
	text string
	box  models.Box
	n    int // codes that say the same
}

// codedNumbers lists the numbers the codes hold, the most often stated first.
func codedNumbers(codes []models.Code) []codedNumber {
	var out []codedNumber
next:
	for _, c := range codes {
		number := plainStatement(c.Text)
		if number == "" {
			number = numberInCode.FindString(strings.ToUpper(c.Text))
		}
		if number == "" {
			continue
		}
		for i := range out {
			if out[i].text == number {
				out[i].n++
				continue next
			}
		}
		out = append(out, codedNumber{text: number, box: c.Box, n: 1})
	}
	for i := range out {
		if out[i].n > out[0].n {
			out[0], out[i] = out[i], out[0]
		}
	}
	return out
}

// voteCoded lets print and codes witness for each other. Codes that differ, or
// print that credibly differs from them, leave the number unagreed; where both
// readers read one other number in print, they are First and Second.
func (r *Reader) voteCoded(ctx context.Context, coded []codedNumber, printed []*value) (models.Voted, error) {
	out := models.Voted{Value: coded[0].text, Second: coded[0].text, Confidence: codeConfidence, Box: coded[0].box}
	for _, v := range printed {
		if v.plain == coded[0].text {
			out.First, out.Box, out.Confidence = v.plain, v.box, 1
			out.Agreed = len(coded) == 1
			return out, nil
		}
	}
	if len(printed) > 0 {
		vote, err := r.voteCopies(ctx, printed)
		out.First, out.Box = vote.First, vote.Box
		if vote.Agreed {
			out.Second = vote.Value
		}
		return out, err
	}
	out.Agreed = len(coded) == 1 && coded[0].n > 1
	return out, nil
}
