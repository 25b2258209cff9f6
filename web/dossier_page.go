package web

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"heyin/archive"
	"heyin/models"
	"heyin/review"
)

// dossierPage is a receipt as a person sees it: for a decision, or to look it up.
type dossierPage struct {
	*archive.Dossier
	Back        string // address of the list it was opened from
	Deciding    bool
	Version     int
	LeaseUntil  time.Time
	Naming      *naming // nil when nothing is decided here
	PageImage   string  // address; empty when there is none
	Objections  []objection
	Fields      []fieldRow
	Mark        models.MarkReading
	MarkCrop    string
	Seals       []sealRow
	Unserved    []imprintRow // imprints of the customer that were given to no specimen
	Imprints    []placeRow   // every imprint with its place on the page
	MarkPlace   placeRow
	FoldTools   []toolGroup // empty when no seal can be laid on the fold table
	Hand        *handPage   // nil when there is nothing to lay by hand
	SealsFirst  bool        // the objection is to a seal: show it without scrolling
	ReasonCodes []string
}

// naming is the search for the statement that a receipt answers.
type naming struct {
	Named  bool   // the statement shown is the one its reader has named
	Wanted bool   // there is none yet, or he looks for another
	Find   string // as typed
	Found  []review.Candidate
}

// objection is a reason of the machine with all it was raised for.
type objection struct {
	Code    models.ReasonCode
	Details []string
}

func objections(reasons []models.Reason, l language) []objection {
	var all []objection
	for _, r := range reasons {
		i := slices.IndexFunc(all, func(o objection) bool { return o.Code == r.Code })
		if i < 0 {
			i, all = len(all), append(all, objection{Code: r.Code})
		}
		detail := r.Detail
		if l == chinese && r.DetailZH != "" {
			detail = r.DetailZH
		}
		if !slices.Contains(all[i].Details, detail) { // print cut at four edges is one objection
			all[i].Details = append(all[i].Details, detail)
		}
	}
	return all
}

// fieldRow is one printed field: read, read again, booked.
type fieldRow struct {
	Label               string // key of the catalog
	Number              int    // of the account, from 1; 0 when there is but one
	First, Second, Book string
	Agrees              bool // both readings equal the books
	Begins              bool // it does not, but the books go on where it ends: the form cuts a long name
	Once                bool // only one reading does, and no other was got: nothing says that it is wrong
	Crop                string
	Place               placeRow
}

// Differs reports whether what was read is not what is booked.
func (r fieldRow) Differs() bool {
	return r.Book != "" && !r.Agrees && !r.Begins && !r.Once && !r.Unread()
}

// Closer reports whether the crop is shown larger: it is what a person must read.
func (r fieldRow) Closer() bool { return r.Differs() || r.Place.Objected }

// Unread reports whether there is nothing to hold against the books.
func (r fieldRow) Unread() bool { return r.Book != "" && r.First == "" && r.Second == "" }

// placeRow is where something lies on the page's picture: name of its crop, and
// "x,y,w,h" in pixels of the picture; Box is empty when that is not known.
type placeRow struct {
	Name, Box string
	Objected  bool // something was objected to there: shown first
	Number    int  // of an imprint, from 1
	Role      models.SealRole
}

// imprintRow is an imprint by its number on the page, from 1.
type imprintRow struct {
	Number int
	Crop   string // address; may be empty
}

// sealRow is one imprint beside the specimen it served.
type sealRow struct {
	models.Verification
	Number    int // of the imprint on the page, from 1
	Shape     models.SealShape
	Ink       string
	Kind      models.SealKind
	Specimens []archive.Specimen // filed under its name, newest first
	Foldable  bool               // there is an aligned pair for the fold table
	CodeFirst bool               // it is the code that is in doubt: shown first, beside each other
	Why       string
	Images    []pictureRow
	Scores    []scoreRow // the figures a person can use, with their unit
	Others    []scoreRow // all the rest, as the verifier named them
}

// handPage is what a person may lay on the fold table himself: any imprint, or a
// box he draws on the page, against any specimen on file.
type handPage struct {
	Imprints  []handImprint // those that were given to no specimen first, the bank's own last
	Specimens []handSpecimen
	PagePxMM  float64 // of the page's picture; 0: no box can be drawn
	First     bool    // a seal is said to be missing, and an imprint was given to none: they are what to look at
}

type handImprint struct {
	Index  int // into Reading.Imprints
	Number int // on the page, from 1
	URL    string
	PxMM   float64
	Ink    string
	Role   models.SealRole
}

type handSpecimen struct {
	archive.Specimen
	URL  string
	PxMM float64
}

func newHandPage(d *archive.Dossier, unserved []imprintRow) *handPage {
	h := handPage{}
	if imageURL(d, evidencePage) != "" {
		h.PagePxMM = d.Result.PagePxMM
	}
	for _, s := range d.Specimens {
		h.Specimens = append(h.Specimens, handSpecimen{s, pictureURL(d, archive.SpecimenImage(s.ID)), s.DPI / mmPerInch})
	}
	reading := d.Result.Reading
	for i, im := range reading.Imprints {
		if u := imageURL(d, evidenceImprint(i)); u != "" && reading.DPI > 0 {
			h.Imprints = append(h.Imprints, handImprint{i, i + 1, u, reading.DPI / mmPerInch, im.Ink, im.Role})
		}
	}
	place := func(im handImprint) int {
		switch {
		case slices.ContainsFunc(unserved, func(u imprintRow) bool { return u.Number == im.Number }):
			return 0
		case im.Role == models.RoleBank:
			return 2
		}
		return 1
	}
	slices.SortStableFunc(h.Imprints, func(a, b handImprint) int { return place(a) - place(b) })
	// First what nothing on the page was compared with, in force before former.
	rank := func(s handSpecimen) (n int) {
		if slices.ContainsFunc(d.Result.Verifications, func(v models.Verification) bool { return v.SpecimenRef == s.Ref }) {
			n = 1
		}
		if s.ValidTo != nil {
			n += 2
		}
		return n
	}
	slices.SortStableFunc(h.Specimens, func(a, b handSpecimen) int { return rank(a) - rank(b) })
	if len(h.Specimens) == 0 || len(h.Imprints) == 0 && h.PagePxMM == 0 {
		return nil
	}
	h.First = len(unserved) > 0 && slices.ContainsFunc(d.Reasons, func(r models.Reason) bool { return r.Code == models.ReasonSealMissing })
	return &h
}

const mmPerInch = 25.4

// toolGroup is a group of the fold table's buttons; Folded ones are there for
// keys and open on demand.
type toolGroup struct {
	Name   string // key of the catalog, after "fold."
	Folded bool
	Tools  []foldTool
}

// foldTool is one button of the fold table (assets/fold/table.ts: act) and its key.
type foldTool struct{ Action, Key string }

// Label is the tool's key of the catalog.
func (t foldTool) Label() string { return "fold." + strings.ReplaceAll(t.Action, ":", "_") }

var foldTools = []toolGroup{
	{Name: "views", Tools: []foldTool{{"view:fold", "f"}, {"view:overlay", "o"}, {"view:blink", "k"}, {"view:opacity", "p"}, {"view:side", "v"}, {"view:heat", "h"}}},
	{Name: "crease", Tools: []foldTool{{"crease:worst", "g"}, {"crease:0", "5"}, {"crease:45", "6"}, {"crease:90", "7"}, {"crease:135", "8"}, {"swap", "x"}}},
	{Name: "tools", Tools: []foldTool{{"channel", "i"}, {"code", "d"}, {"tool", "m"}, {"scan", "q"}, {"seal", "t"}, {"reset", "r"}, {"large", "w"}}},
	{Name: "fine", Folded: true, Tools: []foldTool{{"arrow:left", "arrowleft"}, {"arrow:right", "arrowright"}, {"arrow:up", "arrowup"}, {"arrow:down", "arrowdown"},
		{"tilt:less", ","}, {"tilt:more", "."}, {"move:left", "shift+arrowleft"}, {"move:right", "shift+arrowright"}, {"move:up", "shift+arrowup"}, {"move:down", "shift+arrowdown"},
		{"turn:less", "<"}, {"turn:more", ">"}, {"fade:less", "["}, {"fade:more", "]"}, {"zoom:less", "-"}, {"zoom:more", "+"}, {"zoom:fit", "="}, {"mark", "j"}}},
}

// handTools are there when something can be laid by hand.
var handTools = toolGroup{Name: "hand_group", Tools: []foldTool{{"hand", "n"}, {"pins", "y"}, {"coarse", ";"}}}

// pictureRow is a picture of a verification. Lazy ones are drawn anew by the fold
// table and needed only without it.
type pictureRow struct {
	Name, URL string
	Lazy      bool
}

type scoreRow struct{ Name, Value string }

// shownScores are the sub-scores that say something to a reviewer (sealcheck:
// decide.go names them all), in the order of a fold comparison: how much is
// there, does it lie right, are the characters the same, what is too much. The
// catalogs say each in words.
var shownScores = []struct {
	name   string
	format string
	scale  float64
}{
	{"coverage", "%.0f%%", 100}, {"known", "%.0f%%", 100}, {"off_p90", "%.2f mm", 1}, {"off_max", "%.2f mm", 1},
	{"glyphs_checked", "%.0f", 1}, {"glyphs_lost", "%.0f", 1}, {"glyph_corr_min", "%.0f%%", 100}, {"extra_max", "%.2f mm²", 1}, {"missing_max", "%.2f mm²", 1},
}

// Names of the pictures a reader stores (pipeline: evidence.go). Those of a
// verification begin with sealPrefix.
const (
	evidencePage        = "page" // the upright sheet, re-encoded
	evidenceMark        = "mark"
	evidenceStatementNo = "statement-no"
)

func evidenceAccount(line int) string { return fmt.Sprintf("account-%d", line) }
func evidenceBalance(line int) string { return fmt.Sprintf("balance-%d", line) }
func evidenceImprint(i int) string    { return fmt.Sprintf("imprint-%d", i) }

func sealPrefix(v models.Verification) string {
	return fmt.Sprintf("seal-%d-%s-", v.Imprint, v.SpecimenRef)
}

// sealPictures are the pictures of a verification a reviewer needs first; what
// else it drew follows.
var sealPictures = []string{"pair", "overlay", "heat"}

func newDossierPage(d *archive.Dossier, l language, back string) dossierPage {
	p := dossierPage{Dossier: d, Back: back, PageImage: imageURL(d, evidencePage), MarkCrop: imageURL(d, evidenceMark),
		Mark: models.MarkReading{Mark: models.Unclear}, Objections: objections(d.Reasons, l)}
	likely := d.Reasons
	if p.Answered() {
		likely = append([]models.Reason{{Code: models.ReasonAnswered}}, likely...)
	}
	p.ReasonCodes = reasonCodes(likely)
	if d.Result == nil {
		return p
	}
	p.SealsFirst = slices.ContainsFunc(d.Reasons, func(r models.Reason) bool {
		return strings.HasPrefix(string(r.Code), "seal_") || r.Code == models.ReasonImprintReused
	})
	p.Mark, p.MarkPlace = d.Result.Reading.Mark, placeOf(d, evidenceMark, d.Result.Reading.Mark.Box)
	p.Fields = fieldRows(d)
	for _, v := range d.Result.Verifications {
		row := newSealRow(d, v, l)
		if row.Foldable {
			p.FoldTools = foldTools
		}
		p.Seals = append(p.Seals, row)
	}
	for i, im := range d.Result.Reading.Imprints {
		place := placeOf(d, evidenceImprint(i), im.Box)
		place.Number, place.Role = i+1, im.Role
		p.Imprints = append(p.Imprints, place)
		served := slices.ContainsFunc(d.Result.Verifications, func(v models.Verification) bool { return v.Imprint == i })
		if im.Role != models.RoleBank && !served {
			p.Unserved = append(p.Unserved, imprintRow{i + 1, imageURL(d, evidenceImprint(i))})
		}
	}
	if p.Hand = newHandPage(d, p.Unserved); p.Hand != nil {
		p.FoldTools = slices.Insert(slices.Clone(foldTools), 2, handTools)
	}
	return p
}

// Answered reports whether another receipt answers the statement: then this one cannot.
func (p dossierPage) Answered() bool {
	return slices.ContainsFunc(p.Same, func(n archive.Neighbour) bool { return n.Answers })
}

// answers says which of a person's reasons a machine's objection most likely becomes.
var answers = map[models.ReasonCode]string{
	models.ReasonSealMismatch: "seal_mismatch", models.ReasonSealMissing: "seal_missing", models.ReasonSealUnsure: "seal_unclear", models.ReasonSealOther: "seal_mismatch",
	models.ReasonSealSuperseded: "specimen_fault", models.ReasonNoSpecimen: "specimen_fault", models.ReasonImprintReused: "altered", models.ReasonAlteredPrint: "altered",
	models.ReasonMarkMissing: "mark_missing", models.ReasonMarkUnclear: "mark_missing",
	models.ReasonBalanceDiffers: "balance_differs", models.ReasonBalanceUnread: "image_poor", models.ReasonAccountDiffers: "account_differs",
	models.ReasonFirstCopy: "not_a_receipt", models.ReasonWrongPeriod: "not_a_receipt", models.ReasonOtherBank: "not_a_receipt", models.ReasonUnknownForm: "not_a_receipt", models.ReasonUnidentified: "not_a_receipt",
	models.ReasonUnreadable: "image_poor", models.ReasonAnswered: "already_answered",
}

// reasonCodes lists all reasons a person may give, those that answer the machine's
// objections first: one press of an arrow key then finds them.
func reasonCodes(objections []models.Reason) []string {
	var codes []string
	for _, o := range objections {
		if code, ok := answers[o.Code]; ok && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	likely := len(codes)
	for _, code := range review.ReasonCodes() {
		if !slices.Contains(codes[:likely], code) {
			codes = append(codes, code)
		}
	}
	return codes
}

// placeOf gives where a crop lies on the page's picture. read is its box on the sheet as
// it was read, where reasons have theirs.
func placeOf(d *archive.Dossier, name string, read models.Box) placeRow {
	row := placeRow{Name: name}
	if b, ok := d.Result.Places[name]; ok {
		row.Box = fmt.Sprintf("%d,%d,%d,%d", b.X, b.Y, b.W, b.H)
	}
	row.Objected = slices.ContainsFunc(d.Reasons, func(r models.Reason) bool {
		if r.Box == nil {
			return false
		}
		x, y := r.Box.X+r.Box.W/2-read.X, r.Box.Y+r.Box.H/2-read.Y
		return x >= 0 && y >= 0 && x < read.W && y < read.H
	})
	return row
}

// pictures lists the addresses of what the page shows at once, each once.
func (p dossierPage) pictures() []string {
	all := []string{p.PageImage, p.MarkCrop}
	for _, f := range p.Fields {
		all = append(all, f.Crop)
	}
	for _, s := range p.Seals {
		for _, i := range s.Images {
			if !i.Lazy {
				all = append(all, i.URL)
			}
		}
	}
	return slices.DeleteFunc(all, func(u string) bool { return u == "" })
}

// imageURL is where a picture of the receipt is served; empty when the reader
// stored none under that name.
func imageURL(d *archive.Dossier, name string) string {
	if !slices.ContainsFunc(d.Images, func(i archive.Image) bool { return i.Name == name }) {
		return ""
	}
	return pictureURL(d, name)
}

func pictureURL(d *archive.Dossier, name string) string {
	return fmt.Sprintf("/api/v1/receipts/%d/images/%s", d.ReceiptID, url.PathEscape(name))
}

// fieldRows pairs what was read with what is booked. A line is paired by its
// account number and currency, else by its place, so that a misread number still stands
// beside the one it should be.
func fieldRows(d *archive.Dossier) []fieldRow {
	reading := d.Result.Reading
	booked := ""
	if d.InBooks {
		booked = d.StatementNo
	}
	rows := []fieldRow{newFieldRow(d, "field.statement_no", 0, reading.StatementNo, booked, evidenceStatementNo)}
	if reading.Customer != "" || d.InBooks {
		row := fieldRow{Label: "field.customer", First: reading.Customer}
		if d.InBooks {
			row.Book, row.Agrees = d.Customer, reading.Customer == d.Customer
			row.Begins = !row.Agrees && utf8.RuneCountInString(reading.Customer) >= leastName && strings.HasPrefix(d.Customer, reading.Customer)
		}
		rows = append(rows, row)
	}
	for i := range max(len(reading.Accounts), len(d.Lines)) {
		var read models.AccountReading
		if i < len(reading.Accounts) {
			read = reading.Accounts[i]
		}
		line := bookedLine(d.Lines, read, i)
		balance := ""
		if line.AccountNo != "" {
			balance = line.Balance.Printed()
		}
		account := newFieldRow(d, "field.account", i+1, read.AccountNo, line.AccountNo, evidenceAccount(i))
		money := newFieldRow(d, "field.balance", i+1, read.Balance, balance, evidenceBalance(i))
		money.First, money.Second = printed(money.First), printed(money.Second)
		if a, err := models.ParseAmount(read.Balance.Value); err == nil && balance != "" {
			money.Agrees = read.Balance.Agreed && a.Equal(line.Balance)
			money.Once = !money.Agrees && money.readOnce(printed)
		}
		rows = append(rows, account, money)
	}
	return rows
}

// printed gives an amount as the books print it, to be compared by eye; what is none
// stays as it was read.
func printed(read string) string {
	if a, err := models.ParseAmount(read); err == nil {
		return a.Printed()
	}
	return read
}

// piece is part of a text; Differs when the one beside it reads otherwise.
type piece struct {
	Text    string
	Differs bool
}

// unlike cuts what was read into what agrees with the books at its beginning and end
// and what lies between. Where there is nothing to compare, or nothing agrees, it
// stays whole.
func unlike(read, book string) []piece {
	a, b := []rune(read), []rune(book)
	from := 0
	for from < min(len(a), len(b)) && a[from] == b[from] {
		from++
	}
	to := 0
	for to < min(len(a), len(b))-from && a[len(a)-1-to] == b[len(b)-1-to] {
		to++
	}
	if book == "" || from+to == 0 || from+to == len(a) {
		return []piece{{Text: read}}
	}
	return []piece{{string(a[:from]), false}, {string(a[from : len(a)-to]), true}, {string(a[len(a)-to:]), false}}
}

// leastName is how many characters say whose name begins with them: less than a
// place and a word.
const leastName = 4

func bookedLine(lines []models.StatementLine, read models.AccountReading, place int) models.StatementLine {
	no := strings.ReplaceAll(read.AccountNo.Value, " ", "")
	same := func(l models.StatementLine) bool { return l.AccountNo == no }
	// One account number may be kept in several currencies, a line each.
	exact := slices.IndexFunc(lines, func(l models.StatementLine) bool { return same(l) && l.Currency == read.Currency })
	first := slices.IndexFunc(lines, same)
	switch {
	case exact >= 0:
		return lines[exact]
	case place < len(lines) && (first < 0 || same(lines[place])):
		return lines[place]
	case first >= 0:
		return lines[first]
	}
	return models.StatementLine{}
}

func newFieldRow(d *archive.Dossier, label string, number int, v models.Voted, book, crop string) fieldRow {
	row := fieldRow{Label: label, Number: number, First: v.First, Second: v.Second, Book: book, Crop: imageURL(d, crop), Place: placeOf(d, crop, v.Box),
		Agrees: book != "" && v.Agreed && strings.ReplaceAll(v.Value, " ", "") == book}
	row.Once = !row.Agrees && row.readOnce(func(read string) string { return strings.ReplaceAll(read, " ", "") })
	return row
}

// readOnce reports whether the only reading, as plain writes it, is what is booked.
func (r fieldRow) readOnce(plain func(string) string) bool {
	return r.Book != "" && (r.First == "") != (r.Second == "") && plain(r.First+r.Second) == r.Book
}

func newSealRow(d *archive.Dossier, v models.Verification, l language) sealRow {
	row := sealRow{Verification: v, Number: v.Imprint + 1, Why: v.ReasonZH}
	if l == english {
		row.Why = v.ReasonEN
	}
	if imprints := d.Result.Reading.Imprints; v.Imprint < len(imprints) {
		row.Shape, row.Ink = imprints[v.Imprint].Shape, imprints[v.Imprint].Ink
	}
	for _, s := range d.Specimens {
		if s.Ref != v.SpecimenRef {
			continue
		}
		row.Specimens = append(row.Specimens, s)
		if s.Used {
			row.Kind = s.Kind
		}
	}
	row.Images = sealImages(d, v)
	row.CodeFirst = v.Doubt == models.DoubtCode
	row.Foldable = v.PxMM > 0 && imageURL(d, sealPrefix(v)+"pair") != ""
	rest := maps.Clone(v.SubScores)
	for _, shown := range shownScores {
		if value, ok := rest[shown.name]; ok {
			row.Scores = append(row.Scores, scoreRow{shown.name, fmt.Sprintf(shown.format, max(0, value)*shown.scale)})
			delete(rest, shown.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		row.Others = append(row.Others, scoreRow{name, strconv.FormatFloat(rest[name], 'g', 4, 64)})
	}
	return row
}

// sealImages lists what a verification drew; when it drew no pair, the crop of
// the page stands in.
func sealImages(d *archive.Dossier, v models.Verification) []pictureRow {
	prefix := sealPrefix(v)
	names := slices.Clone(sealPictures)
	for _, i := range d.Images {
		if what, ok := strings.CutPrefix(i.Name, prefix); ok && !slices.Contains(names, what) {
			names = append(names, what)
		}
	}
	var rows []pictureRow
	for _, what := range names {
		u := imageURL(d, prefix+what)
		if u == "" && what == "pair" {
			what, u = "imprint", imageURL(d, evidenceImprint(v.Imprint))
		}
		if u != "" {
			rows = append(rows, pictureRow{what, u, what != "pair" && what != "heat"})
		}
	}
	return rows
}
