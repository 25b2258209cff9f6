package ocr

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What customers write or stamp. 核对相符 and its like agree; the others differ.
var (
	agreePhrases = []string{"核对相符", "相符", "余额相符", "核对无误", "无误", "核对一致", "一致", "余额一致", "账务相符", "账户相符", "金额相符",
		"经核对相符", "已核对相符", "核对正确", "余额无误", "余额核对相符", "余额正确", "账实相符", "账账相符"}
	differPhrases = []string{"不符", "不相符", "核对不符", "余额不符", "核对不相符", "余额不相符", "有误", "余额有误", "核对有误", "不一致", "核对不一致",
		"金额不符", "余额应为", "应为", "有差异", "有出入", "不对", "账务不符", "余额错误", "金额有误"}
	// differTokens settle the matter wherever they stand in what was written.
	differTokens = []string{"不符", "不相", "不一致", "有误", "应为", "应是", "差异", "出入", "错误", "不对", "未达", "相差", "多记", "少记", "不等"}
	// agreeTokens are long enough to settle it beside strokes that read as nothing.
	agreeTokens = []string{"核对相符", "余额相符", "核对无误", "核对一致", "账务相符", "金额相符", "余额无误"}
)

// Limits of the lexicon, in natural logarithms per character against the best
// reading without a lexicon.
const (
	phraseFit    = -1.6 // worse, and something else was written
	phraseMargin = 1.0  // by which the best phrase leads the best of the other side
	// negation is the probability of 不 (or another sign of disagreement) anywhere
	// in the strip from which agreement is doubted.
	negation = 0.12
)

// Characters of the longest answers: 余额应为 with a figure, or a few words; an
// agreeing phrase with strokes of a frame read as characters.
const (
	longestAnswer    = 24
	longestAgreement = 7
)

// opinion is what a strip says of the result.
type opinion int

const (
	opinionNone    opinion = iota // something else, or nothing
	opinionAgree                  // surely an agreeing phrase
	opinionDiffer                 // a differing phrase
	opinionFigure                 // an amount of the customer's own, nothing else
	opinionUnclear                // an answer, but which
)

// phraseReading is the lexicon's judgement of a strip.
type phraseReading struct {
	opinion opinion
	text    string  // greedy reading, for the reviewer
	fit     float64 // of the best phrase
	margin  float64 // to the other side
}

// answers reports whether an answer in words was read: a figure of the customer's own is never offered.
func (r phraseReading) answers() bool {
	return r.opinion != opinionNone && r.opinion != opinionFigure
}

// isOffer reports whether what reads as agree has its box with it: print that a pen has crossed.
func (r phraseReading) isOffer() bool {
	return r.opinion == opinionAgree && strings.ContainsAny(r.text, "□○〇◯")
}

// readPhrase scores a strip against the lexicon by CTC forward probability.
func readPhrase(l *lattice) phraseReading {
	greedy, _ := l.text()
	greedy = strings.ReplaceAll(greedy, " ", "")
	agree, differ := bestPhrase(l, agreePhrases), bestPhrase(l, differPhrases)
	out := phraseReading{text: greedy, fit: max(agree, differ), margin: math.Abs(agree - differ)}
	length := len([]rune(greedy))
	switch {
	case isInstruction(greedy) || length > longestAnswer:
		// A printed sentence quotes the phrases.
	case offersBoth(greedy):
		out.opinion = opinionUnclear
	case containsAny(greedy, differTokens):
		out.opinion = opinionDiffer
	case differ >= phraseFit && differ > agree:
		out.opinion = opinionDiffer
	case agree >= phraseFit || containsAny(greedy, agreeTokens) && length <= longestAgreement:
		out.opinion = opinionAgree
		if agree-differ < phraseMargin || l.denies() || digitsIn(greedy) > 1 || precededIn(greedy) {
			out.opinion = opinionUnclear
		}
	case isOwnFigure(greedy):
		out.opinion = opinionFigure
		if strings.ContainsAny(greedy, "符应为差") {
			out.opinion = opinionDiffer
		}
	case strings.Contains(greedy, "相符") || strings.Contains(greedy, "无误") || strings.Contains(greedy, "不"):
		out.opinion = opinionUnclear
	}
	return out
}

// offersBoth reports whether both answers were read: print that a pen has marked, or one answer corrected.
func offersBoth(s string) bool {
	agree, differ := false, false
	for runes, i := []rune(s), 0; i < len(runes); {
		n, agrees := optionAt(runes, i)
		agree, differ = agree || n > 0 && agrees, differ || n > 0 && !agrees
		i += max(n, 1)
	}
	return agree && differ
}

// precededIn reports whether a character that belongs to no phrase, and is no box misread, stands
// before an agreeing one read whole.
func precededIn(s string) bool {
	for _, p := range agreeTokens {
		before, _, ok := strings.Cut(s, p)
		last, n := utf8.DecodeLastRuneInString(before)
		if ok && n > 0 && unicode.Is(unicode.Han, last) && !isBoxLike(last) && !slices.ContainsFunc(agreePhrases, func(long string) bool { return strings.HasSuffix(long, string(last)+p) }) {
			return true
		}
	}
	return false
}

// bestPhrase is the best score of a list, per character.
func bestPhrase(l *lattice, phrases []string) float64 {
	best, free := math.Inf(-1), l.logBestPath()
	for _, p := range phrases {
		best = max(best, (l.logForward(p)-free)/float64(len([]rune(p))))
	}
	return best
}

// denies reports a trace of 不 and the like.
func (l *lattice) denies() bool {
	for _, r := range "不有差错未否非" {
		if l.peak(r) >= negation {
			return true
		}
	}
	return false
}

func containsAny(s string, tokens []string) bool {
	for _, t := range tokens {
		if strings.Contains(s, t) {
			return true
		}
	}
	return false
}

// dateLike matches a handwritten date such as 2026.1.8, however badly read.
var dateLike = regexp.MustCompile(`^(19|20)\d\d|[年月日]`)

// isOwnFigure reports whether the customer wrote an amount: who agrees writes none.
func isOwnFigure(s string) bool { return digitsIn(s) >= 4 && !dateLike.MatchString(s) }

func digitsIn(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}
