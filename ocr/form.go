package ocr

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"heyin/models"
)

// How much more of a page is read to learn what form it is.
const (
	maxTitles = 3 // the bank's name, the form's, the copy's
	// A title has a few characters at least; what is longer than a line of print is none.
	titleMinRatio, titleMaxRatio = 2.0, 20.0
)

// readForm reads what the print tells of the form itself, once the fields have
// been read: located says that a place for the answer was found.
func (r *Reader) readForm(ctx context.Context, p *page, number models.Voted, accounts []models.AccountReading, located bool) (models.FormReading, error) {
	form := models.FormReading{Layout: p.layout}
	var titles []title
	if !p.returned(nil) || !p.names(r.bank) {
		var err error
		if titles, err = r.readTitles(ctx, p); err != nil {
			return models.FormReading{}, err
		}
	}
	known := 0
	for _, has := range []bool{number.Value != "", len(accounts) > 0, located} {
		if has {
			known++
		}
	}
	form.Unknown = known < formParts && len(p.texts) >= formPieces
	if !p.returned(titles) {
		form.FirstCopy = p.customerCopy(titles, located)
	}
	if !p.names(r.bank) {
		form.OtherBank = p.otherBank(titles, r.bank)
	}
	var err error
	form.CutOff, err = r.readCutOff(ctx, p)
	return form, err
}

// A form is known by two of number, accounts and place for the answer; a page
// with fewer pieces of print than formPieces is no form at all but blank or spoilt.
const (
	formParts  = 2
	formPieces = 6
)

// title is a tall piece, read at full width: a name is of any characters, where
// labels are of a few words.
type title struct {
	*text
	reading *lattice
	words   string
	sure    []bool // of each character: read with bankCertainty
}

// readTitles reads the largest of the tall pieces, from the top.
func (r *Reader) readTitles(ctx context.Context, p *page) ([]title, error) {
	least := float64(p.usualHeight()) * titleShare
	var tall []*text
	for _, t := range p.texts {
		ratio := float64(t.w()) / float64(t.h())
		if t.cell < 0 && float64(t.h()) >= least && ratio >= titleMinRatio && ratio <= titleMaxRatio {
			tall = append(tall, t)
		}
	}
	slices.SortStableFunc(tall, func(a, b *text) int { return b.w()*b.h() - a.w()*a.h() })
	tall = tall[:min(len(tall), maxTitles)]
	slices.SortFunc(tall, func(a, b *text) int { return cmp.Compare(a.y0, b.y0) })
	var out []title
	for _, t := range tall {
		cut, err := p.cutPrint(t.box)
		if err != nil {
			return nil, err
		}
		s := newStrip(cut.black, cut.inner(p.ink, t.box), inkLevel(cut.black, minInk))
		l, err := r.first.one(ctx, s.lowered())
		if err != nil {
			return nil, err
		}
		read := title{text: t, reading: l}
		for _, g := range l.glyphs() {
			if g.char != ' ' && g.char != '　' {
				read.words += string(fold(g.char))
				read.sure = append(read.sure, g.p >= bankCertainty)
			}
		}
		out = append(out, read)
	}
	return out, nil
}

// titleShare times the usual height of a page's pieces is set larger than its text.
const titleShare = 1.25

var (
	// customerCopies and returnCopies are how the two copies are named, and the line
	// between them.
	customerCopies = []string{"客户留存", "客户联", "客户存", "第一联", "留存联", "客户保管"}
	returnCopies   = []string{"回执", "回单", "第二联", "银行联", "银行留存", "退回联", "退回银行", "单联", "执联", "撕"}
)

// maxCopyName bounds the characters of a piece that names a copy: longer ones are
// sentences, which name the other copy as well.
const maxCopyName = 16

// returned reports whether the part that goes back to the bank is on the page.
func (p *page) returned(titles []title) bool {
	return slices.ContainsFunc(titles, func(t title) bool { return containsAny(t.words, returnCopies) }) ||
		slices.ContainsFunc(p.texts, func(t *text) bool {
			return len(t.glyphs) <= maxCopyName && t.w() <= maxCopyName*t.h()*3/2 && containsAny(t.String(), returnCopies)
		})
}

// customerCopy gives the words that name the customer's copy. A sentence may speak
// of the other half of the same page, so it counts only where nothing is to be
// answered (and all has been read for want of it).
func (p *page) customerCopy(titles []title, located bool) models.Words {
	for _, t := range titles {
		if containsAny(t.words, customerCopies) {
			return models.Words{Text: t.words, Box: p.sheetBox(t.box)}
		}
	}
	for _, t := range p.texts {
		s := t.String()
		short := t.extent == wholeRead && len(t.glyphs) <= maxCopyName
		if containsAny(s, customerCopies) && (short || !located) {
			return models.Words{Text: s, Box: p.sheetBox(t.box)}
		}
	}
	return models.Words{}
}

// bankName finds the name of a bank in a piece.
var bankName = regexp.MustCompile(`\p{Han}{1,14}银行`)

// bankKinds are the words of a bank's name that many banks share.
var bankKinds = strings.NewReplacer("股份有限公司", "", "有限责任公司", "", "商业", "", "农村", "", "村镇", "", "城市", "", "信用", "", "合作", "", "银行", "")

// bankKindRunes are the characters of bankKinds.
const bankKindRunes = "股份有限责任公司商业农村镇城市信用合作银行"

// The recogniser loses or mistakes characters of a title, so another bank's name
// must hold one surely read that ours lacks, and ours one of which the title
// shows no trace. Both are probabilities of a character.
const (
	bankCertainty = 0.9
	bankTrace     = 0.02
)

// names reports whether our bank's name is among what has been read; where it is not
// told, there is nothing to look for.
func (p *page) names(ours string) bool {
	core := bankKinds.Replace(ours)
	return core == "" || slices.ContainsFunc(p.texts, func(t *text) bool { return strings.Contains(t.String(), core) })
}

// otherBank gives the name of a bank that is surely not ours, printed as a title;
// none when our own name is a title.
func (p *page) otherBank(titles []title, ours string) models.Words {
	core := bankKinds.Replace(ours)
	var found models.Words
	for _, t := range titles {
		if strings.Contains(t.words, core) {
			return models.Words{}
		}
		if found.Text == "" && t.namesOther(ours, core) {
			found = models.Words{Text: t.words, Box: p.sheetBox(t.box)}
		}
	}
	return found
}

// namesOther reports whether a title names a bank other than ours.
func (t title) namesOther(ours, core string) bool {
	at := bankName.FindStringIndex(t.words)
	if at == nil || !slices.ContainsFunc([]rune(core), func(r rune) bool { return t.reading.peak(r) < bankTrace }) {
		return false
	}
	from := len([]rune(t.words[:at[0]]))
	for i, r := range []rune(t.words[at[0]:at[1]]) {
		if t.sure[from+i] && !strings.ContainsRune(ours+bankKindRunes, r) {
			return true
		}
	}
	return false
}

var kindDate = kind{
	name: "date",
	grammar: func() *grammar {
		return newGrammar(`20[0-9]{2}(?:年[01]?[0-9]月[0-3]?[0-9]日|-[01]?[0-9]-[0-3]?[0-9]|/[01]?[0-9]/[0-3]?[0-9]|\.[01]?[0-9]\.[0-3]?[0-9]|[01][0-9][0-3][0-9])`, digits+"年月日-/.")
	},
	plain: plainDate,
}

var datePattern = regexp.MustCompile(`^(20\d\d)[年/.-]?(\d{1,2})[月/.-]?(\d{1,2})日?$`)

// plainDate gives 2025-12-31, or "" for what is no day.
func plainDate(s string) string {
	m := datePattern.FindStringSubmatch(strings.ReplaceAll(s, " ", ""))
	if m == nil {
		return ""
	}
	month, _ := strconv.Atoi(m[2])
	day, _ := strconv.Atoi(m[3])
	out := fmt.Sprintf("%s-%02d-%02d", m[1], month, day)
	if _, err := time.Parse(time.DateOnly, out); err != nil {
		return ""
	}
	return out
}

func looksLikeDate(t *text) float64 {
	if countDigits(t.glyphs) < 4 {
		return 0
	}
	fit := 0
	for _, g := range t.glyphs {
		if strings.ContainsRune(digits+"年月日-/.", g.char) {
			fit++
		}
	}
	return float64(fit) / float64(len(t.glyphs))
}

// readCutOff reads the printed cut-off date, by one reader and however uncertain: a
// wrong one only sends a page to a person. Prints that contradict each other say nothing.
func (r *Reader) readCutOff(ctx context.Context, p *page) (models.Words, error) {
	var out models.Words
	for _, h := range p.findHits() {
		if h.role != roleCutOff {
			continue
		}
		at, ok := p.valueOf(h, looksLikeDate)
		if !ok {
			continue
		}
		v, err := r.readValue(ctx, p, at, &kindDate, true)
		if err != nil {
			return models.Words{}, err
		}
		if v.plain == "" {
			continue
		}
		if out.Text != "" && out.Text != v.plain {
			return models.Words{}, nil
		}
		out = models.Words{Text: v.plain, Box: v.box}
	}
	return out, nil
}
