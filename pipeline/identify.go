package pipeline

import (
	"regexp"
	"slices"
	"strings"

	"heyin/models"
)

// numberForm is the grammar of statement numbers and of our bar codes: letters,
// digits and hyphens, at least six so that a stray page number does not fit.
var numberForm = regexp.MustCompile(`^[A-Z0-9](?:[A-Z0-9-]{4,30})[A-Z0-9]$`)

// statementNo gives the statement number a bar code carries, or "": codes of
// other uses (a URL, a payment code) stand on the same paper.
func statementNo(code string) string {
	code = strings.ToUpper(strings.TrimSpace(code))
	if numberForm.MatchString(code) && strings.ContainsAny(code, "0123456789") {
		return code
	}
	return ""
}

// identify lists what the page may be called, best first: bar codes carry a
// checksum, so they come before the printed number.
func identify(r models.Reading, page, pages int) Identified {
	seen := Identified{Codes: r.Codes, Page: page, PageCount: pages}
	add := func(no string) {
		if no != "" && !slices.Contains(seen.Candidates, no) {
			seen.Candidates = append(seen.Candidates, no)
		}
	}
	for _, c := range r.Codes {
		add(statementNo(c.Text))
	}
	add(r.StatementNo.Value)
	return seen
}
