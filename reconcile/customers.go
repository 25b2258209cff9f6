package reconcile

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// customer is a customer as a file names it.
type customer struct {
	no, name, branch string
	line             int
}

// wantCustomer checks the fields of a customer and that one number does not get
// two names in one file.
func (r *Report) wantCustomer(c customer, seen map[string]customer) {
	r.wantForm(c.line, "customer no", c.no, anyName, "1 to 64 characters without spaces")
	r.wantForm(c.line, "branch", c.branch, branchForm, "1 to 32 letters, digits, - or _")
	if c.name == "" {
		r.wrong(c.line, "customer name", "is empty")
	}
	if first, ok := seen[c.no]; ok && (first.name != c.name || first.branch != c.branch) {
		r.wrong(c.line, "customer", "%s is %q of branch %s here and %q of branch %s on line %d", c.no, c.name, c.branch, first.name, first.branch, first.line)
		return
	}
	seen[c.no] = c
}

// enterCustomers makes branches and customers that are not there and takes over
// changed names. A new branch is named by its code until somebody names it.
func enterCustomers(b *pgx.Batch, customers map[string]customer) {
	for _, c := range customers {
		b.Queue(`INSERT INTO branches (code, name) VALUES ($1, $1) ON CONFLICT (code) DO NOTHING`, c.branch)
		b.Queue(`INSERT INTO customers (branch_id, no, name) SELECT id, $2, $3 FROM branches WHERE code = $1
ON CONFLICT (no) DO UPDATE SET name = EXCLUDED.name, branch_id = EXCLUDED.branch_id
  WHERE (customers.name, customers.branch_id) IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.branch_id)`, c.branch, c.no, c.name)
	}
}

// knownCustomers gives the id of each number that is on the books, and whether
// name and branch are the same there.
func knownCustomers(ctx context.Context, tx pgx.Tx, customers map[string]customer) (ids map[string]int64, same map[string]bool, err error) {
	numbers := make([]string, 0, len(customers))
	for no := range customers {
		numbers = append(numbers, no)
	}
	rows, err := tx.Query(ctx, `SELECT c.id, c.no, c.name, b.code FROM customers c JOIN branches b ON b.id = c.branch_id WHERE c.no = ANY($1)`, numbers)
	if err != nil {
		return nil, nil, fmt.Errorf("customers: %w", err)
	}
	ids, same = map[string]int64{}, map[string]bool{}
	var id int64
	var no, name, branch string
	_, err = pgx.ForEachRow(rows, []any{&id, &no, &name, &branch}, func() error {
		ids[no] = id
		same[no] = customers[no].name == name && customers[no].branch == branch
		return nil
	})
	return ids, same, err
}

// account is an account as a file names it.
type account struct {
	no, currency string
	customer     string
	class        *string // nil: the file does not say, and the books keep theirs
	line         int
}

// accountKey tells accounts apart: one number may be kept in several currencies.
type accountKey struct{ no, currency string }

// wantAccount checks the fields of an account and that it has one owner in the file.
func (r *Report) wantAccount(a account, seen map[accountKey]account) {
	r.wantForm(a.line, "account_no", a.no, accountForm, "4 to 40 digits without spaces")
	r.wantForm(a.line, "currency", a.currency, currencyForm, "an ISO 4217 code like CNY")
	if a.class != nil && !models.AccountClass(*a.class) {
		r.wrong(a.line, "class", "want a code of up to 16 characters without spaces")
	}
	key := accountKey{a.no, a.currency}
	if first, ok := seen[key]; ok && first.customer != a.customer {
		r.wrong(a.line, "account_no", "%s %s belongs to customer %s here and to %s on line %d", a.no, a.currency, a.customer, first.customer, first.line)
		return
	}
	seen[key] = a
}

// checkAccounts reports accounts the books give to another customer, and tells
// which are known as the file has them.
func checkAccounts(ctx context.Context, tx pgx.Tx, report *Report, accounts map[accountKey]account) (known map[accountKey]bool, err error) {
	numbers := make([]string, 0, len(accounts))
	for k := range accounts {
		numbers = append(numbers, k.no)
	}
	rows, err := tx.Query(ctx, `SELECT a.account_no, a.currency::text, c.no, a.class FROM accounts a JOIN customers c ON c.id = a.customer_id WHERE a.account_no = ANY($1)`, numbers)
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	known = map[accountKey]bool{}
	var no, currency, owner, class string
	_, err = pgx.ForEachRow(rows, []any{&no, &currency, &owner, &class}, func() error {
		a, asked := accounts[accountKey{no, currency}]
		if !asked {
			return nil
		}
		if a.customer != owner {
			report.wrong(a.line, "account_no", "%s %s belongs to customer %s on the books, here to %s", no, currency, owner, a.customer)
		}
		known[accountKey{no, currency}] = a.class == nil || *a.class == class
		return nil
	})
	return known, err
}

func enterAccounts(b *pgx.Batch, accounts map[accountKey]account) {
	for _, a := range accounts {
		b.Queue(`INSERT INTO accounts (customer_id, account_no, currency, class) SELECT id, $2, $3, coalesce($4, '') FROM customers WHERE no = $1
ON CONFLICT (account_no, currency) DO UPDATE SET class = $4 WHERE accounts.class <> $4`, a.customer, a.no, a.currency, a.class)
	}
}
