package ocr

import "strings"

// readCustomer gives the customer's name as printed: behind or beside its
// label, or named in a sentence as 我单位（…）.
func (p *page) readCustomer(hits []hit) string {
	for _, h := range hits {
		if h.role != roleCustomer {
			continue
		}
		if name := p.plainValueOf(h); isName(name) {
			return name
		}
	}
	for _, t := range p.texts {
		for _, lead := range []string{"我单位(", "本单位(", "我公司(", "本公司("} {
			_, rest, found := strings.Cut(t.String(), lead)
			if !found {
				continue
			}
			if name, _, closed := strings.Cut(rest, ")"); closed && isName(name) {
				return name
			}
		}
	}
	return ""
}

// minNameLength is the shortest customer's name, in characters: anything
// shorter is a stray label.
const minNameLength = 4

func isName(s string) bool {
	n := len([]rune(s))
	return n >= minNameLength && !strings.ContainsAny(s, ":;") && strings.Trim(s, digits+",.-") != ""
}
