package reconcile_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/eval/sim"
	"heyin/models"
	"heyin/pipeline"
	"heyin/reconcile"
	"heyin/sealcheck"
	"heyin/storage"
)

func TestMain(m *testing.M) { os.Exit(localtest.Main(m)) }

var (
	opts   = reconcile.Options{Actor: models.Actor{Kind: "user", ID: 7}}
	dryRun = reconcile.Options{Actor: opts.Actor, DryRun: true}
)

const accountsCSV = `customer_no,customer_name,branch,account_no,currency
K1,First Trading,B1,10010001,CNY
K1,First Trading,B1,10010001,USD
K2,Second Works,B2,20020002,CNY
`

const specimensCSV = `customer_no,ref,kind,shape,role,dpi,valid_from,file
K1,finance,finance,oval,client,300,2024-01-01,seals/a.png
K1,boss,personal,square,client,300,2024-01-01,seals/b.png
K2,company,company,round,client,300,2024-01-01,seals/c.png
,bank,bank,oval,bank,300,2024-01-01,seals/d.png
`

const statementsJSONL = `{"statement_no":"S-1","customer":{"no":"K1","name":"First Trading"},"cut_off":"2025-12-31","branch":"B1","accounts":[{"account_no":"10010001","currency":"CNY","balance":"-12.50"},{"account_no":"10010001","currency":"USD","balance":"0.00"}],"seal_rule":{"all":[{"seal":"finance"},{"seal":"boss"}]}}

{"statement_no":"S-2","customer":{"no":"K2","name":"Second Works"},"cut_off":"2025-12-31","branch":"B2","accounts":[{"account_no":"20020002","currency":"CNY","balance":"999999999999999999.99"}],"required_seals":["company"]}
`

// seals are pictures that differ in their shade only.
func seals(t *testing.T) fs.FS {
	t.Helper()
	files := fstest.MapFS{"seals/broken.png": {Data: []byte("no picture")}}
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		img := image.NewGray(image.Rect(0, 0, 8, 8))
		img.SetGray(1, 1, color.Gray{uint8(i)})
		var buf bytes.Buffer
		if err := png.Encode(&buf, img); err != nil {
			t.Fatal(err)
		}
		files["seals/"+name+".png"] = &fstest.MapFile{Data: buf.Bytes()}
	}
	return files
}

// asIs takes every picture for one good seal: these tests are about rows. What is
// really cut is tested in specimens_test.go.
func asIs(_ context.Context, card []byte, dpi float64, _ models.Box) (models.Card, error) {
	seal := models.CardSeal{Quality: models.Quality{Grade: models.QualityGood}, DPI: dpi, Image: card}
	return models.Card{Seals: []models.CardSeal{seal}, Whole: true}, nil
}

// importSpecimens imports the bank's books.
func importSpecimens(ctx context.Context, s *storage.Store, file string, files fs.FS, o reconcile.Options) (reconcile.Report, error) {
	return reconcile.ImportSpecimens(ctx, s, strings.NewReader(file), files, reconcile.SpecimenOptions{Options: o, Cut: asIs})
}

func open(t *testing.T) *storage.Store {
	t.Helper()
	t.Parallel()
	return localtest.New(t).Open(t)
}

// importAll brings in the three sample files.
func importAll(ctx context.Context, t *testing.T, s *storage.Store, o reconcile.Options) [3]reconcile.Report {
	t.Helper()
	a, err := reconcile.ImportAccounts(ctx, s, strings.NewReader(accountsCSV), o)
	fatal(t, err)
	p, err := importSpecimens(ctx, s, specimensCSV, seals(t), o)
	fatal(t, err)
	st, err := reconcile.ImportStatements(ctx, s, strings.NewReader(statementsJSONL), o)
	fatal(t, err)
	return [3]reconcile.Report{a, p, st}
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, s *storage.Store, table string) (n int) {
	t.Helper()
	fatal(t, s.DB.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}

func TestImportedBooksAreWhatTheReaderExpects(t *testing.T) {
	s := open(t)
	for i, r := range importAll(t.Context(), t, s, opts) {
		if want := []int{3, 4, 2}[i]; r.Rows != want || r.Added != want || r.Unchanged != 0 {
			t.Errorf("%s: %+v, want %d rows added", r.Kind, r, want)
		}
	}
	at := time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)
	st, err := s.ExpectFor(t.Context(), []string{"S-1"}, at)
	fatal(t, err)
	if st == nil || st.Customer != "First Trading" || len(st.Lines) != 2 || st.Lines[0].Balance.String() != "-12.50" || !st.PeriodOpen {
		t.Fatalf("statement S-1 is %+v", st)
	}
	if refs := st.Rule.Refs(); len(refs) != 2 || refs[0] != "finance" {
		t.Errorf("seal rule %+v", st.Rule)
	}
	if len(st.Specimens) != 3 { // two of the customer, one of the bank
		t.Errorf("%d specimens, want 3", len(st.Specimens))
	}
	if _, err := s.VerifyAudit(t.Context(), storage.AuditHead{}); err != nil {
		t.Error(err)
	}
	var actor string
	fatal(t, s.DB.QueryRow(t.Context(), `SELECT actor FROM audit WHERE action = 'statements.imported'`).Scan(&actor))
	if actor != "user:7" {
		t.Errorf("audit names %q", actor)
	}
}

func TestImportingAgainChangesNothing(t *testing.T) {
	s := open(t)
	importAll(t.Context(), t, s, opts)
	audit := count(t, s, "audit")
	for _, r := range importAll(t.Context(), t, s, opts) {
		if r.Added != 0 || r.Unchanged != r.Rows {
			t.Errorf("%s: %+v, want all unchanged", r.Kind, r)
		}
	}
	if n := count(t, s, "audit"); n != audit {
		t.Errorf("%d audit entries for no change", n-audit)
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	s := open(t)
	r, err := reconcile.ImportAccounts(t.Context(), s, strings.NewReader(accountsCSV), dryRun)
	fatal(t, err)
	if r.Added != 3 || !r.DryRun {
		t.Errorf("report %+v, want 3 to be added", r)
	}
	if n := count(t, s, "customers") + count(t, s, "objects") + count(t, s, "audit"); n != 0 {
		t.Errorf("a dry run left %d rows", n)
	}
}

func TestBadRowsAreAllReportedAndNothingEntered(t *testing.T) {
	s := open(t)
	importAll(t.Context(), t, s, opts)
	statement := func(change ...string) string {
		return strings.NewReplacer(change...).Replace(strings.Split(statementsJSONL, "\n")[0])
	}
	tests := []struct {
		name, kind, file string
		line             int
		field, reason    string
	}{
		{"unknown column", "accounts", "customer_no,name\nK1,x\n", 1, "customer_name", "missing"},
		{"short row", "accounts", accountsCSV + "K3,x,B1\n", 5, "", "fields"},
		{"letters in an account", "accounts", accountsCSV + "K3,x,B1,12a45,CNY\n", 5, "account_no", "digits"},
		{"currency name", "accounts", accountsCSV + "K3,x,B1,12345,yuan\n", 5, "currency", "ISO"},
		{"two names for one customer", "accounts", accountsCSV + "K1,Other,B1,12345,CNY\n", 5, "customer", "line 3"},
		{"foreign account", "accounts", "customer_no,customer_name,branch,account_no,currency\nK9,Ninth,B1,20020002,CNY\n", 2, "account_no", "belongs to customer K2"},
		{"the same account twice", "accounts", accountsCSV + "K2,Second Works,B2,20020002,CNY\n", 5, "account_no", "line 4"},
		{"no rows", "accounts", "customer_no,customer_name,branch,account_no,currency\n", 1, "", "no rows"},
		{"unknown customer", "specimens", specimensCSV + "K8,x,company,round,client,300,2024-01-01,seals/a.png\n", 6, "customer_no", "import accounts first"},
		{"unknown shape", "specimens", specimensCSV + "K2,x,company,hexagon,client,300,2024-01-01,seals/a.png\n", 6, "shape", "round"},
		{"bank seal of a customer", "specimens", specimensCSV + "K2,x,bank,oval,bank,300,2024-01-01,seals/a.png\n", 6, "customer_no", "own seals"},
		{"absurd resolution", "specimens", specimensCSV + "K2,x,company,round,client,NaN,2024-01-01,seals/a.png\n", 6, "dpi", "resolution"},
		{"no date", "specimens", specimensCSV + "K2,x,company,round,client,300,1.1.2024,seals/a.png\n", 6, "valid_from", "2025-12-31"},
		{"missing image", "specimens", specimensCSV + "K2,x,company,round,client,300,2024-01-01,seals/none.png\n", 6, "file", "not exist"},
		{"image outside the folder", "specimens", specimensCSV + "K2,x,company,round,client,300,2024-01-01,../a.png\n", 6, "file", "below the folder"},
		{"broken image", "specimens", specimensCSV + "K2,x,company,round,client,300,2024-01-01,seals/broken.png\n", 6, "file", "no PNG"},
		{"other image of the same day", "specimens", strings.Replace(specimensCSV, "seals/a.png", "seals/e.png", 1), 2, "valid_from", "very day"},
		{"another kind under the same name", "specimens", strings.NewReplacer("finance,finance,oval", "finance,personal,oval", "2024-01-01", "2026-01-01").Replace(specimensCSV), 2, "kind", "ref of its own"},
		{"earlier than the one on file", "specimens", strings.Replace(specimensCSV, "2024-01-01", "2023-01-01", 1), 2, "valid_from", "later"},
		{"no JSON", "statements", "{", 1, "", "no statement record"},
		{"unknown field", "statements", statement(`"branch"`, `"brunch"`), 1, "", "brunch"},
		{"number for a balance", "statements", statement(`"-12.50"`, `-12.50`), 1, "", "no statement record"},
		{"three decimals", "statements", statement(`-12.50`, `-12.505`), 1, "accounts[0].balance", "two places"},
		{"too large", "statements", statement(`-12.50`, `1234567890123456789.00`), 1, "accounts[0].balance", "18 digits"},
		{"account twice", "statements", statement("USD", "CNY"), 1, "accounts[1]", "same"},
		{"number issued with other content", "statements", statement(`-12.50`, `-12.51`), 1, "statement_no", "other content"},
		{"number twice in the file", "statements", statement() + "\n" + statement(), 2, "statement_no", "line 1"},
		{"rule names no specimen", "statements", statement(`"S-1"`, `"S-3"`, `"boss"`, `"chief"`), 1, "seal_rule", "chief"},
		{"personal seal alone", "statements", statement(`"S-1"`, `"S-3"`, `"all"`, `"any"`), 1, "seal_rule", "personal"},
		{"malformed rule", "statements", statement(`"S-1"`, `"S-3"`, `{"all":`, `{"seal":"finance","all":`), 1, "seal_rule", "exactly one"},
		{"customer without a rule", "statements", `{"statement_no":"S-9","customer":{"no":"K5","name":"Fifth"},"cut_off":"2025-12-31","branch":"B1","accounts":[{"account_no":"5005","currency":"CNY","balance":"1.00"}]}`, 1, "seal_rule", "none on the books"},
	}
	before := count(t, s, "customers") + count(t, s, "accounts") + count(t, s, "specimens") + count(t, s, "statements") + count(t, s, "audit")
	for _, tt := range tests {
		var r reconcile.Report
		var err error
		switch tt.kind {
		case "accounts":
			r, err = reconcile.ImportAccounts(t.Context(), s, strings.NewReader(tt.file), opts)
		case "specimens":
			r, err = importSpecimens(t.Context(), s, tt.file, seals(t), opts)
		default:
			r, err = reconcile.ImportStatements(t.Context(), s, strings.NewReader(tt.file), opts)
		}
		fault, ok := errors.AsType[*models.Fault](err)
		if !ok || fault.Code != "import_invalid" {
			t.Errorf("%s: error %v, want the fault import_invalid", tt.name, err)
			continue
		}
		found := false
		for _, e := range r.Errors {
			found = found || (e.Line == tt.line && e.Field == tt.field && strings.Contains(e.Reason, tt.reason))
		}
		if !found {
			t.Errorf("%s: errors %v, want line %d field %q with %q", tt.name, r.Errors, tt.line, tt.field, tt.reason)
		}
	}
	after := count(t, s, "customers") + count(t, s, "accounts") + count(t, s, "specimens") + count(t, s, "statements") + count(t, s, "audit")
	if after != before {
		t.Errorf("wrong files left %d rows", after-before)
	}
}

func TestNewSpecimenEndsTheOneBefore(t *testing.T) {
	s := open(t)
	importAll(t.Context(), t, s, opts)
	next := "customer_no,ref,kind,shape,role,dpi,valid_from,file\nK1,finance,finance,oval,client,300,2026-02-01,seals/e.png\n"
	r, err := importSpecimens(t.Context(), s, next, seals(t), opts)
	fatal(t, err)
	if r.Added != 1 {
		t.Errorf("report %+v", r)
	}
	want, err := fs.ReadFile(seals(t), "seals/e.png")
	fatal(t, err)
	for _, day := range []struct {
		at    time.Time
		isNew bool
	}{{time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC), false}, {time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), true}} {
		st, err := s.ExpectFor(t.Context(), []string{"S-1"}, day.at)
		fatal(t, err)
		for _, sp := range st.Specimens {
			if sp.Ref == "finance" && bytes.Equal(sp.Image, want) != day.isNew {
				t.Errorf("on %s the new specimen in force: %v", day.at.Format(time.DateOnly), !day.isNew)
			}
		}
	}
}

func TestChangedRuleHoldsFromTheCutOff(t *testing.T) {
	s := open(t)
	importAll(t.Context(), t, s, opts)
	next := `{"statement_no":"S-1b","customer":{"no":"K1","name":"First Trading"},"cut_off":"2026-03-31","branch":"B1","accounts":[{"account_no":"10010001","currency":"CNY","balance":"1.00"}],"seal_rule":{"seal":"finance"}}`
	_, err := reconcile.ImportStatements(t.Context(), s, strings.NewReader(next), opts)
	fatal(t, err)
	for _, day := range []struct {
		at   time.Time
		refs int
	}{{time.Date(2026, 3, 30, 0, 0, 0, 0, time.UTC), 2}, {time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC), 1}} {
		st, err := s.ExpectFor(t.Context(), []string{"S-1"}, day.at)
		fatal(t, err)
		if n := len(st.Rule.Refs()); n != day.refs {
			t.Errorf("on %s the rule names %d seals, want %d", day.at.Format(time.DateOnly), n, day.refs)
		}
	}
}

// TestSamplePeriodGoesIn imports the books of a generated sample, as heyin demo does.
func TestSamplePeriodGoesIn(t *testing.T) {
	s := open(t)
	studio, err := sim.NewStudio("")
	fatal(t, err)
	dir := t.TempDir()
	period := sim.NewPeriod(3, 4)
	fatal(t, studio.WriteBooks(dir, period))
	file := func(name string) io.Reader {
		data, err := os.ReadFile(filepath.Join(dir, name))
		fatal(t, err)
		return bytes.NewReader(data)
	}
	_, err = reconcile.ImportAccounts(t.Context(), s, file(sim.AccountsFile), opts)
	fatal(t, err)
	report, err := reconcile.ImportSpecimens(t.Context(), s, file(sim.SpecimensFile), os.DirFS(dir),
		reconcile.SpecimenOptions{Options: opts, Cut: pipeline.CutCard, Average: sealcheck.Average})
	fatal(t, err)
	for _, p := range report.Specimens {
		if p.Quality.Grade != models.QualityGood || p.Made {
			t.Errorf("specimen %s of %s: %+v, want a good picture taken as it is", p.Ref, p.CustomerNo, p)
		}
	}
	_, err = reconcile.ImportStatements(t.Context(), s, file(sim.StatementsFile), opts)
	fatal(t, err)
	for _, c := range period.Customers {
		st, err := s.ExpectFor(t.Context(), []string{c.StatementNo}, period.CutOff.AddDate(0, 0, 10))
		fatal(t, err)
		if st == nil || st.Customer != c.Name || len(st.Lines) != len(c.Lines) || len(st.Specimens) != len(c.Seals)+1 {
			t.Errorf("statement %s is %+v", c.StatementNo, st)
		}
	}
}
