package sim

import (
	"fmt"
	"time"

	"heyin/models"
	"heyin/reconcile/slip"
)

// Scenario is what happens to one receipt of the sample.
type Scenario string

// Scenarios, in the order a small sample takes them.
const (
	Agreeing       Scenario = "agreeing"
	Differing      Scenario = "differing"
	ForgedSeal     Scenario = "forged_seal"
	Unmarked       Scenario = "unmarked"
	MissingSeal    Scenario = "missing_seal"
	AlteredBalance Scenario = "altered_balance"
	BadlyStamped   Scenario = "badly_stamped"
	Unreadable     Scenario = "unreadable"
	ScannedAgain   Scenario = "scanned_again" // the same paper a second time
	SameFile       Scenario = "same_file"     // the same bytes a second time
	TwoPages       Scenario = "two_pages"     // a TIFF with two receipts
	UnknownNumber  Scenario = "unknown_number"
	BlankPage      Scenario = "blank_page"
	BrokenFile     Scenario = "broken_file"
)

// Scenarios lists all scenarios.
func Scenarios() []Scenario {
	return []Scenario{Agreeing, Differing, ForgedSeal, Unmarked, MissingSeal, AlteredBalance, BadlyStamped,
		Unreadable, ScannedAgain, SameFile, TwoPages, UnknownNumber, BlankPage, BrokenFile}
}

// OwnedSeal is a seal of a customer, under the name the seal rule uses.
type OwnedSeal struct {
	Ref string
	Cut *Cut
}

// Customer of the sample's bank: one statement each.
type Customer struct {
	No, Name    string
	StatementNo string
	Lines       []models.StatementLine
	Rule        models.SealRule
	Seals       []OwnedSeal
	OnBooks     bool // false: the bank never issued this statement
}

// Page is one receipt as planned: what is printed, what the customer does.
type Page struct {
	Scenario Scenario
	Customer int // index into Period.Customers; -1: a blank page
	Order    slip.Order
	DPI      float64
	Folded   bool // as a letter, before it came back
	seed     uint64
}

// File is one scan file.
type File struct {
	Name   string // base name
	Pages  []Page
	SameAs string // byte-identical with this earlier file
	Twin   string // another scan of the same paper
	Broken bool
}

// Period is a sample period: the books, and the scans that come back.
type Period struct {
	Seed       uint64
	Issuer     slip.Issuer
	BranchCode string
	CutOff     time.Time
	BankSeal   *Cut
	Customers  []Customer
	Files      []File
}

// specimenYears is how long before the cut-off the specimens came into force.
const specimenYears = 2

// NewPeriod plans a sample period of n scan files. From n = 14 on, every
// scenario occurs.
func NewPeriod(seed uint64, n int) *Period {
	d := newDice(seed, "period")
	bank := pick(d, bankMarks) + "商业银行"
	branch := pick(d, quarters) + "支行"
	p := &Period{
		Seed: seed, BranchCode: "0" + d.digits(3), CutOff: time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC),
		Issuer: slip.Issuer{Bank: bank, Branch: bank + branch, Phone: "0" + d.digits(3) + "-" + d.digits(7)},
	}
	seal := newSeal(d, models.SealBank, bank+branch, "")
	p.BankSeal = CutSeal(seal, d.Uint64())
	for _, s := range mix(d, n) {
		p.add(s)
	}
	return p
}

// mix gives one of each scenario and then what a centre sees on an ordinary day.
func mix(d dice, n int) []Scenario {
	all := Scenarios()
	out := append([]Scenario{}, all[:min(n, len(all))]...)
	ordinary := []struct {
		Scenario
		share float64
	}{{Agreeing, 0.66}, {Differing, 0.08}, {BadlyStamped, 0.08}, {ForgedSeal, 0.06}, {Unmarked, 0.04}, {MissingSeal, 0.04}, {AlteredBalance, 0.04}}
	for len(out) < n {
		r, chosen := d.Float64(), Agreeing
		for _, o := range ordinary {
			if r < o.share {
				chosen = o.Scenario
				break
			}
			r -= o.share
		}
		out = append(out, chosen)
	}
	return out
}

// add plans one more file.
func (p *Period) add(s Scenario) {
	i := len(p.Files)
	f := File{Name: fmt.Sprintf("scan-%04d.jpg", i+1)}
	switch s {
	case SameFile:
		f.SameAs = p.Files[0].Name
		f.Pages = p.Files[0].Pages
	case ScannedAgain:
		again := p.Files[0].Pages[0]
		again.Scenario = s
		f.Pages, f.Twin = []Page{again}, p.Files[0].Name
		p.Files[0].Twin = f.Name
	case TwoPages:
		f.Name = fmt.Sprintf("scan-%04d.tif", i+1)
		f.Pages = []Page{p.plan(Agreeing, i, 0), p.plan(Agreeing, i, 1)}
	case BlankPage:
		f.Pages = []Page{{Scenario: s, Customer: -1, DPI: 200, seed: p.Seed + uint64(i)}}
	case BrokenFile:
		f.Broken = true
		f.Pages = []Page{{Scenario: s, Customer: -1, DPI: 200, seed: p.Seed + uint64(i)}}
	default:
		f.Pages = []Page{p.plan(s, i, 0)}
	}
	p.Files = append(p.Files, f)
}

// plan invents a customer and the printed statement for a page.
func (p *Period) plan(s Scenario, file, page int) Page {
	d := newDice(p.Seed, "plan", file, page)
	form := slip.Forms()[(file+page)%len(slip.Forms())]
	c := p.newCustomer(d, 1+d.IntN(form.MaxLines()))
	c.OnBooks = s != UnknownNumber
	p.Customers = append(p.Customers, c)
	lines := append([]models.StatementLine{}, c.Lines...)
	if s == AlteredBalance {
		i := d.IntN(len(lines))
		lines[i].Balance = otherAmount(d, lines[i].Balance)
	}
	dpi := 200.0
	if form == slip.FormStrip || d.chance(0.15) {
		dpi = 300
	}
	codes := slip.Codes{QR: d.chance(0.6)}
	codes.Code128 = d.chance(0.3)
	return Page{
		Scenario: s, Customer: len(p.Customers) - 1, DPI: dpi, seed: d.Uint64(),
		Order: slip.Order{
			Form: form, Issuer: p.Issuer, Codes: codes,
			Statement: models.Statement{No: c.StatementNo, Customer: c.Name, CutOff: p.CutOff, Lines: lines},
		},
	}
}

func (p *Period) newCustomer(d dice, accounts int) Customer {
	i := len(p.Customers)
	name := companyName(d)
	for p.named(name) {
		name = companyName(d)
	}
	c := Customer{No: fmt.Sprintf("K%06d", 100000+37*i+d.IntN(37)), Name: name, StatementNo: statementNo(p.CutOff, 48000+17*i+d.IntN(17))}
	prefix := "62" + p.BranchCode
	for range accounts {
		currency := "CNY"
		if len(c.Lines) > 0 {
			currency = pick(d, []string{"CNY", "CNY", "USD", "HKD", "EUR"})
		}
		c.Lines = append(c.Lines, models.StatementLine{AccountNo: accountNo(d, prefix), Currency: currency, Balance: balance(d)})
	}
	c.addSeals(d)
	return c
}

func (p *Period) named(name string) bool {
	for _, c := range p.Customers {
		if c.Name == name {
			return true
		}
	}
	return false
}

// Names of specimens in the sample's seal rules.
const (
	refCompany  = "company"
	refFinance  = "finance"
	refPersonal = "personal"
	refBank     = "bank"
)

// addSeals gives the customer one of the usual combinations.
func (c *Customer) addSeals(d dice) {
	one := func(ref string) models.SealRule { return models.SealRule{Seal: ref} }
	own := func(ref string, kind models.SealKind, text string) {
		c.Seals = append(c.Seals, OwnedSeal{ref, CutSeal(newSeal(d, kind, text, d.digits(13)), d.Uint64())})
	}
	company := func() { own(refCompany, models.SealCompany, c.Name) }
	finance := func() { own(refFinance, models.SealFinance, c.Name) }
	personal := func() { own(refPersonal, models.SealPersonal, personSeal(d)) }
	either := models.SealRule{Any: []models.SealRule{one(refCompany), one(refFinance)}}
	switch d.IntN(10) {
	case 0, 1, 2:
		company()
		c.Rule = one(refCompany)
	case 3, 4, 5, 6:
		finance()
		personal()
		c.Rule = models.SealRule{All: []models.SealRule{one(refFinance), one(refPersonal)}}
	case 7, 8:
		company()
		finance()
		personal()
		c.Rule = models.SealRule{All: []models.SealRule{either, one(refPersonal)}}
	default:
		company()
		finance()
		c.Rule = either
	}
}

// stamps are the seals the customer puts on a receipt: the least that satisfies
// the rule.
func (c *Customer) stamps(d dice) []OwnedSeal {
	var out []OwnedSeal
	var add func(models.SealRule)
	add = func(r models.SealRule) {
		switch {
		case r.Seal != "":
			for _, s := range c.Seals {
				if s.Ref == r.Seal {
					out = append(out, s)
				}
			}
		case len(r.All) > 0:
			for _, part := range r.All {
				add(part)
			}
		default:
			add(pick(d, r.Any))
		}
	}
	add(c.Rule)
	return out
}
