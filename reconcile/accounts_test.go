package reconcile_test

import (
	"strings"
	"testing"

	"heyin/deploy/local/localtest"
	"heyin/reconcile"
)

// A class column is taken over, and a file without one leaves classes alone.
func TestAccountClasses(t *testing.T) {
	s := open(t)
	load := func(file string) reconcile.Report {
		r, err := reconcile.ImportAccounts(t.Context(), s, strings.NewReader(file), reconcile.Options{Actor: localtest.System})
		fatal(t, err)
		return r
	}
	class := func() (class string) {
		fatal(t, s.DB.QueryRow(t.Context(), `SELECT class FROM accounts WHERE account_no = '7001'`).Scan(&class))
		return class
	}
	const head, row = "customer_no,customer_name,branch,account_no,currency", "K7,Seventh,B1,7001,CNY"
	for _, step := range []struct{ file, want string }{
		{head + "\n" + row, ""}, {head + ",class\n" + row + ",K1", "K1"}, {head + "\n" + row, "K1"}, {head + ",class\n" + row + ",", ""},
	} {
		load(step.file)
		if got := class(); got != step.want {
			t.Errorf("after %q the class is %q, want %q", step.file, got, step.want)
		}
	}
	if r := load(head + ",class\n" + row + ","); r.Unchanged != 1 {
		t.Errorf("the same again: %+v", r)
	}
	if _, err := reconcile.ImportAccounts(t.Context(), s, strings.NewReader(head+",class\n"+row+",key account"), reconcile.Options{}); err == nil {
		t.Error("a class with a space was taken")
	}
}
