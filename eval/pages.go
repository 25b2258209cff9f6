package eval

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"heyin/models"
)

// PageTruth is what stands on a page.
type PageTruth struct {
	File        string        `json:"file"`
	Layout      string        `json:"layout"`
	LayoutGroup string        `json:"layout_group"`
	StatementNo string        `json:"statement_no"`
	Accounts    []PageAccount `json:"accounts"`
	Mark        models.Mark   `json:"mark"`
	MarkForm    string        `json:"mark_form"`
	Seals       []PageSeal    `json:"seals"`
	OtherStamps []PageSeal    `json:"other_stamps"`
	Defects     []string      `json:"defects"`
	Readable    *bool         `json:"readable"` // nil: true
	Rotation    int           `json:"rotation"`
	DPI         int           `json:"dpi"`
	Expected    struct {
		Disposition string `json:"disposition"`
	} `json:"expected"`
}

// PageAccount is one printed line; Balance is a plain decimal, empty when unread.
type PageAccount struct {
	AccountNo string `json:"account_no"`
	Currency  string `json:"currency,omitempty"`
	Balance   string `json:"balance,omitempty"`
}

// PageSeal is an imprint: x, y, w, h in pixels of the stored file.
type PageSeal struct {
	Box   [4]int           `json:"bbox"`
	Shape models.SealShape `json:"shape"`
	Role  models.SealRole  `json:"role"`
}

// PageResult is a line of `heyin read --json`, and of `heyin eval receipts`
// with Disposition and Reasons filled.
type PageResult struct {
	File        string              `json:"file"`
	StatementNo string              `json:"statement_no,omitempty"`
	Accounts    []PageAccount       `json:"accounts"`
	Mark        models.Mark         `json:"mark"`
	Seals       []PageSeal          `json:"seals"`
	Rotation    int                 `json:"rotation"`
	ElapsedMS   float64             `json:"elapsed_ms"`
	Disposition string              `json:"disposition,omitempty"` // pass, review
	Reasons     []models.ReasonCode `json:"reasons,omitempty"`
}

// Dispositions.
const (
	DispositionPass   = "pass"
	DispositionReview = "review"
)

// NewPageResult puts a verdict into the printed form. A balance that two readers
// did not agree on is left out: a missing one costs less than a wrong one. judged
// adds the disposition; without books there is none.
func NewPageResult(file string, r models.Result, judged bool) PageResult {
	out := PageResult{
		File: path.Base(file), StatementNo: r.Reading.StatementNo.Value, Accounts: []PageAccount{}, Seals: []PageSeal{},
		Mark: r.Reading.Mark.Mark, Rotation: r.Reading.Rotation, ElapsedMS: r.ElapsedMS,
	}
	if out.Mark == "" {
		out.Mark = models.Unclear
	}
	for _, a := range r.Reading.Accounts {
		line := PageAccount{AccountNo: a.AccountNo.Value, Currency: a.Currency}
		if a.Balance.Agreed {
			line.Balance = a.Balance.Value
			if amount, err := models.ParseAmount(a.Balance.Value); err == nil {
				line.Balance = amount.String()
			}
		}
		out.Accounts = append(out.Accounts, line)
	}
	for _, im := range r.Reading.Imprints {
		out.Seals = append(out.Seals, PageSeal{[4]int{im.Box.X, im.Box.Y, im.Box.W, im.Box.H}, im.Shape, im.Role})
	}
	if judged {
		out.Disposition = DispositionReview
		if r.State == models.Passed {
			out.Disposition = DispositionPass
		}
		for _, reason := range r.Reasons {
			out.Reasons = append(out.Reasons, reason.Code)
		}
	}
	return out
}

// Measures of pages, in the order they are printed.
var pageMeasures = []string{"statement_no", "accounts_page", "account_no", "balance", "balance_wrong", "currency", "page_all", "mark",
	"danger", "mark_unclear", "seal_recall", "seal_precision", "seal_shape", "bank_as_client", "rotation", "disposition", "danger_pass"}

// PageScore is the whole comparison: group → measure → rate.
type PageScore struct {
	Pages, Missing int
	Groups         map[string]map[string]*Rate
	Confusion      map[string]int // "truth>read" → pages
	Worst          []string
}

// Rate gives a measure of a group; zero when nothing was counted.
func (s *PageScore) Rate(group, measure string) Rate {
	if r := s.Groups[group][measure]; r != nil {
		return *r
	}
	return Rate{}
}

// Overlaps that count as the same box.
const (
	sealIoU  = 0.5
	otherIoU = 0.3 // a stamp that is no seal: neither wanted nor counted as false
)

// ScorePages compares results with the truth, matched by base name. Pages that
// are not readable count only for the mark's dangerous error and the disposition.
func ScorePages(truth []PageTruth, results []PageResult) PageScore {
	byFile := make(map[string]PageResult, len(results))
	for _, r := range results {
		byFile[path.Base(r.File)] = r
	}
	s := PageScore{Pages: len(truth), Groups: map[string]map[string]*Rate{}, Confusion: map[string]int{}}
	for _, t := range truth {
		r, ok := byFile[path.Base(t.File)]
		if !ok {
			s.Missing++
		}
		if r.Mark == "" {
			r.Mark = models.Unclear
		}
		s.page(t, r, ok)
	}
	slices.Sort(s.Worst)
	return s
}

func (t PageTruth) groups() []string {
	g := []string{"all", "layout " + t.Layout, "mark_form " + t.MarkForm, fmt.Sprintf("dpi %d", t.DPI), fmt.Sprintf("rotation %d", t.Rotation)}
	for _, d := range t.Defects {
		g = append(g, "defect "+d)
	}
	if len(t.Defects) == 0 {
		g = append(g, "defect (none)")
	}
	if t.LayoutGroup != "" {
		g = append(g, "layouts "+t.LayoutGroup)
	}
	return g
}

// page counts one page; read is false when there is no result for it.
func (s *PageScore) page(t PageTruth, r PageResult, read bool) {
	rec := func(measure string, hit bool) {
		for _, g := range t.groups() {
			if s.Groups[g] == nil {
				s.Groups[g] = map[string]*Rate{}
			}
			if s.Groups[g][measure] == nil {
				s.Groups[g][measure] = &Rate{}
			}
			s.Groups[g][measure].add(hit)
		}
	}
	worst := func(format string, args ...any) {
		s.Worst = append(s.Worst, path.Base(t.File)+"  "+fmt.Sprintf(format, args...))
	}
	s.Confusion[string(t.Mark)+">"+string(r.Mark)]++
	if t.Mark != models.Agree {
		rec("danger", r.Mark == models.Agree)
		if r.Mark == models.Agree {
			worst("mark %s read as agree", t.Mark)
		}
	}
	if r.Disposition != "" {
		rec("disposition", r.Disposition == t.Expected.Disposition)
		if t.Expected.Disposition == DispositionReview {
			rec("danger_pass", r.Disposition == DispositionPass)
			if r.Disposition == DispositionPass {
				worst("passed, should go to review")
			}
		}
	}
	if t.Readable != nil && !*t.Readable {
		return
	}
	rec("mark", r.Mark == t.Mark)
	rec("mark_unclear", r.Mark == models.Unclear)
	numberRead := r.StatementNo == t.StatementNo
	rec("statement_no", numberRead)
	rec("rotation", read && r.Rotation == t.Rotation)
	accountsRead := scoreAccounts(t, r, rec, worst)
	rec("accounts_page", accountsRead)
	rec("page_all", accountsRead && numberRead && r.Mark == t.Mark)
	scoreImprints(t, r, rec)
}

// scoreAccounts counts the lines of a page; it reports whether all were read and
// nothing more.
func scoreAccounts(t PageTruth, r PageResult, rec func(string, bool), worst func(string, ...any)) bool {
	left := slices.Clone(r.Accounts)
	all := len(r.Accounts) == len(t.Accounts)
	for i, want := range t.Accounts {
		k := slices.IndexFunc(left, func(a PageAccount) bool { return strings.Join(strings.Fields(a.AccountNo), "") == want.AccountNo })
		found := k >= 0
		var line *PageAccount
		switch {
		case found:
			line = &left[k]
		case len(r.Accounts) == len(t.Accounts):
			line = &r.Accounts[i] // the number is misread; its balance still counts when wrong
		}
		var read, printed *decimal.Decimal
		printed = money(want.Balance)
		if line != nil {
			read = money(line.Balance)
		}
		right := sameMoney(read, printed)
		rec("account_no", found)
		rec("balance", found && right)
		rec("balance_wrong", read != nil && !right)
		rec("currency", found && line.Currency == want.Currency)
		if read != nil && !right {
			worst("balance %s read as %s", want.Balance, line.Balance)
		}
		all = all && found && right
		if found {
			left = slices.Delete(left, k, k+1)
		}
	}
	return all
}

// money reads a plain decimal to two places; nil when there is none.
func money(s string) *decimal.Decimal {
	s = strings.TrimSpace(strings.NewReplacer(",", "", "，", "").Replace(s))
	if s == "" {
		return nil
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return nil
	}
	d = d.Round(2)
	return &d
}

func sameMoney(a, b *decimal.Decimal) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// scoreImprints pairs found boxes with true ones, best overlap first.
func scoreImprints(t PageTruth, r PageResult, rec func(string, bool)) {
	var client, bank []PageSeal
	for _, s := range t.Seals {
		if s.Role == models.RoleBank {
			bank = append(bank, s)
		} else {
			client = append(client, s)
		}
	}
	type overlap struct {
		iou        float64
		want, have int
	}
	var overlaps []overlap
	for i, c := range client {
		for j, f := range r.Seals {
			if v := iou(c.Box, f.Box); v >= sealIoU {
				overlaps = append(overlaps, overlap{v, i, j})
			}
		}
	}
	slices.SortFunc(overlaps, func(a, b overlap) int {
		return cmp.Or(-cmp.Compare(a.iou, b.iou), -cmp.Compare(a.want, b.want), -cmp.Compare(a.have, b.have))
	})
	hit, used := map[int]int{}, map[int]bool{}
	for _, o := range overlaps {
		if _, taken := hit[o.want]; !taken && !used[o.have] {
			hit[o.want], used[o.have] = o.have, true
		}
	}
	for i, c := range client {
		j, found := hit[i]
		rec("seal_recall", found)
		if found {
			rec("seal_shape", r.Seals[j].Shape == c.Shape)
		}
	}
	for j, f := range r.Seals {
		stamp := slices.ContainsFunc(t.OtherStamps, func(o PageSeal) bool { return iou(f.Box, o.Box) >= otherIoU })
		if f.Role != models.RoleBank && (used[j] || !stamp) {
			rec("seal_precision", used[j])
		}
	}
	for _, b := range bank {
		taken := false
		for j, f := range r.Seals {
			taken = taken || (iou(b.Box, f.Box) >= sealIoU && f.Role != models.RoleBank && !used[j])
		}
		rec("bank_as_client", taken)
	}
}

// iou is the overlap of two boxes over their union.
func iou(a, b [4]int) float64 {
	w := max(0, min(a[0]+a[2], b[0]+b[2])-max(a[0], b[0]))
	h := max(0, min(a[1]+a[3], b[1]+b[3])-max(a[1], b[1]))
	union := a[2]*a[3] + b[2]*b[3] - w*h
	if union <= 0 {
		return 0
	}
	return float64(w*h) / float64(union)
}
