package reconcile

import (
	"context"
	"io"

	"github.com/jackc/pgx/v5"

	"heyin/storage"
)

// accountColumns is the heading of an accounts file.
var accountColumns = []string{"customer_no", "customer_name", "branch", "account_no", "currency"}

// accountsPlan is a parsed accounts file.
type accountsPlan struct {
	customers map[string]customer
	accounts  map[accountKey]account
}

// ImportAccounts takes customers with their accounts from a CSV file: customer_no,
// customer_name, branch, account_no, currency, and class if the bank has such codes.
// Names and branches of customers on the books, and classes, follow the file. The fault import_invalid comes with Report.Errors.
func ImportAccounts(ctx context.Context, store *storage.Store, r io.Reader, opts Options) (Report, error) {
	report := Report{Kind: "accounts"}
	file, err := readFile(r)
	if err != nil {
		return report, err
	}
	p := accountsPlan{map[string]customer{}, map[accountKey]account{}}
	twice := firstSeen{}
	for _, row := range readCSV(file, &report, accountColumns, "class") {
		f := row.fields
		report.wantCustomer(customer{f["customer_no"], f["customer_name"], f["branch"], row.line}, p.customers)
		if !twice.again(&report, row.line, "account_no", f["account_no"], f["currency"]) {
			a := account{no: f["account_no"], currency: f["currency"], customer: f["customer_no"], line: row.line}
			if class, ok := f["class"]; ok {
				a.class = &class
			}
			report.wantAccount(a, p.accounts)
		}
	}
	return report, run(ctx, store, opts, &report, file, p, func() error { return nil })
}

func (p accountsPlan) check(ctx context.Context, tx pgx.Tx, report *Report) error {
	_, same, err := knownCustomers(ctx, tx, p.customers)
	if err != nil {
		return err
	}
	known, err := checkAccounts(ctx, tx, report, p.accounts)
	for key, a := range p.accounts {
		if known[key] && same[a.customer] {
			report.Unchanged++
		} else {
			report.Added++
		}
	}
	return err
}

func (p accountsPlan) enter(ctx context.Context, tx pgx.Tx) ([]storage.Event, error) {
	var b pgx.Batch
	enterCustomers(&b, p.customers)
	enterAccounts(&b, p.accounts)
	return nil, send(ctx, tx, &b)
}
