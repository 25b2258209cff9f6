package eval

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heyin/models"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sealResult(id string, v models.Verdict, score float64) SealResult {
	return SealResult{ID: id, Verdict: v, Score: &score}
}

// sealSample is small enough to count by hand.
func sealSample() ([]SealTruth, []SealResult) {
	truth := []SealTruth{
		{"g1", "genuine", "G1", "G1", "round;rot=1", "300"},
		{"g2", "genuine", "G1", "G1", "oval;rot=2", "200"},
		{"g3", "genuine", "G3", "G3", "round;rot=3;text", "300"},
		{"f1", "forged", "F2", "P1", "round;recut", "300"},
		{"f2", "forged", "F3", "P2", "round;char:王>玉;rot=1", "300"},
		{"f3", "forged", "F3", "P2", "square;digits:2", "200"},
		{"f4", "forged", "F5", "P1", "oval;printcopy", "300"},
		{"f5", "forged", "F0", "P1", "oval", "300"},
	}
	results := []SealResult{
		sealResult("g1", models.Match, 0.95), sealResult("g2", models.Inconclusive, 0.7), sealResult("g3", models.Mismatch, 0.3),
		sealResult("f1", models.Match, 0.8), sealResult("f2", models.Mismatch, 0.1), sealResult("f3", "perhaps", 0.5),
		sealResult("f4", models.Match, 0.9),
	}
	return truth, results
}

func TestScoreSeals(t *testing.T) {
	s := ScoreSeals(sealSample())
	if s.Pairs != 8 || s.Missing != 1 || s.Malformed != 1 {
		t.Errorf("%d pairs, %d missing, %d malformed; want 8, 1, 1", s.Pairs, s.Missing, s.Malformed)
	}
	for name, c := range map[string]struct{ got, want Rate }{
		"FAR, core":       {s.FAR, Rate{1, 4}}, // F5 stands apart
		"FAR, all":        {s.FARAll, Rate{2, 5}},
		"F2":              {s.Forged["kind F2"].Match, Rate{1, 1}},
		"F3":              {s.Forged["kind F3"].Mismatch, Rate{1, 2}},
		"F3.char":         {s.Forged["kind F3.char"].Mismatch, Rate{1, 1}},
		"F3.digits":       {s.Forged["kind F3.digits"].Inconclusive, Rate{1, 1}},
		"forged oval":     {s.Forged["shape oval"].Match, Rate{1, 2}},
		"pass":            {s.Genuine["all"].Match, Rate{1, 3}},
		"pass G1":         {s.Genuine["level G1"].Match, Rate{1, 2}},
		"reject G3":       {s.Genuine["level G3"].Mismatch, Rate{1, 1}},
		"genuine 200 dpi": {s.Genuine["dpi 200"].Inconclusive, Rate{1, 1}},
	} {
		if c.got != c.want {
			t.Errorf("%s is %v, want %v", name, c.got, c.want)
		}
	}
	// Genuine .95 .7 .3 against core .8 .1 .5: 3 + 2 + 1 of 9 won.
	near(t, "AUC", s.Curve.AUC, 6.0/9, 1e-12)
	near(t, "AUC, all", s.CurveAll.AUC, 7.0/12, 1e-12)
	if len(s.Worst) != 4 {
		t.Errorf("%d worst cases, want 4: %v", len(s.Worst), s.Worst)
	}
}

// pageSample is small enough to count by hand.
func pageSample() ([]PageTruth, []PageResult) {
	unreadable := false
	truth := []PageTruth{
		{
			File: "pages/a.jpg", Layout: "one", StatementNo: "S1", Mark: models.Agree, MarkForm: "tick", DPI: 300,
			Accounts:    []PageAccount{{"1001", "CNY", "5.00"}, {"1002", "USD", "6.00"}},
			Seals:       []PageSeal{{[4]int{0, 0, 100, 100}, models.Round, models.RoleClient}, {[4]int{500, 0, 100, 60}, models.Oval, models.RoleBank}},
			OtherStamps: []PageSeal{{Box: [4]int{300, 300, 100, 40}}},
		},
		{
			File: "pages/b.jpg", Layout: "two", StatementNo: "S2", Mark: models.Differ, MarkForm: "handwritten", DPI: 200, Rotation: 90,
			Accounts: []PageAccount{{"1003", "CNY", "7.00"}}, Defects: []string{"fold"},
		},
		{File: "pages/c.jpg", Layout: "two", StatementNo: "S3", Mark: models.Blank, MarkForm: "none", DPI: 200, Readable: &unreadable},
		{File: "pages/d.jpg", Layout: "two", StatementNo: "S4", Mark: models.Agree, MarkForm: "tick", DPI: 200, Accounts: []PageAccount{{"1004", "CNY", "8.00"}}},
	}
	for i, d := range []string{DispositionPass, DispositionReview, DispositionReview, DispositionPass} {
		truth[i].Expected.Disposition = d
	}
	results := []PageResult{
		{
			File: "a.jpg", StatementNo: "S1", Mark: models.Agree, Disposition: DispositionPass,
			Accounts: []PageAccount{{"1001", "CNY", "5.0"}, {"1002", "USD", "6.00"}},
			Seals: []PageSeal{
				{[4]int{5, 5, 100, 100}, models.Round, models.RoleClient},   // found
				{[4]int{500, 0, 100, 60}, models.Oval, models.RoleClient},   // the bank's, taken for the client's
				{[4]int{300, 300, 100, 40}, models.Rect, models.RoleClient}, // a phrase stamp: not counted
			},
		},
		{File: "b.jpg", StatementNo: "S2", Mark: models.Agree, Rotation: 90, Disposition: DispositionPass, Accounts: []PageAccount{{"9999", "CNY", "7.01"}}},
		{File: "c.jpg", Mark: models.Unclear, Disposition: DispositionReview},
	}
	return truth, results
}

func TestScorePages(t *testing.T) {
	s := ScorePages(pageSample())
	if s.Pages != 4 || s.Missing != 1 {
		t.Errorf("%d pages, %d missing", s.Pages, s.Missing)
	}
	for measure, want := range map[string]Rate{
		"statement_no": {2, 3}, "account_no": {2, 4}, "balance": {2, 4}, "balance_wrong": {1, 4}, "currency": {2, 4},
		"accounts_page": {1, 3}, "page_all": {1, 3}, "mark": {1, 3}, "mark_unclear": {1, 3}, "danger": {1, 2},
		"seal_recall": {1, 1}, "seal_shape": {1, 1}, "seal_precision": {1, 2}, "bank_as_client": {1, 1},
		"rotation": {2, 3}, "disposition": {2, 3}, "danger_pass": {1, 2},
	} {
		if got := s.Rate("all", measure); got != want {
			t.Errorf("%s is %v, want %v", measure, got, want)
		}
	}
	if got := s.Rate("defect fold", "danger"); got != (Rate{1, 1}) {
		t.Errorf("danger of folded pages is %v", got)
	}
	if s.Confusion["differ>agree"] != 1 || s.Confusion["agree>unclear"] != 1 {
		t.Errorf("confusion %v", s.Confusion)
	}
}

func TestReportText(t *testing.T) {
	var buf bytes.Buffer
	r := newReport(&buf)
	r.title("sample")
	r.section("by hand")
	seals, pages := ScoreSeals(sealSample()), ScorePages(pageSample())
	r.seals(seals)
	r.pages(pages)
	r.worst(seals, pages)
	if r.err != nil {
		t.Fatal(r.err)
	}
	golden := filepath.Join("testdata", "by_hand.txt")
	if *update {
		if err := os.WriteFile(golden, buf.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := buf.String(); got != string(want) {
		t.Errorf("the report differs from %s (run with -update to accept):\n%s", golden, got)
	}
}

func TestPrintedResultLeavesUnagreedBalancesOut(t *testing.T) {
	r := models.Result{State: models.InReview, Reasons: []models.Reason{{Code: models.ReasonBalanceUnread}}}
	r.Reading.Accounts = []models.AccountReading{
		{AccountNo: models.Voted{Value: "1001"}, Currency: "CNY", Balance: models.Voted{Value: "1,234.50", Agreed: true}},
		{AccountNo: models.Voted{Value: "1002"}, Currency: "CNY", Balance: models.Voted{Value: "9.99"}},
	}
	p := NewPageResult("scans/x.jpg", r, true)
	if p.File != "x.jpg" || p.Accounts[0].Balance != "1234.50" || p.Accounts[1].Balance != "" {
		t.Errorf("printed %+v", p)
	}
	if p.Mark != models.Unclear || p.Disposition != DispositionReview || len(p.Reasons) != 1 {
		t.Errorf("printed %+v", p)
	}
	if p := NewPageResult("x.jpg", r, false); p.Disposition != "" || p.Reasons != nil {
		t.Error("a page nobody judged has a disposition")
	}
}

func TestLedger(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("a.png", "a")
	write("b.png", "b")
	specimens := write("specimens.csv", "identity,specimen,dpi,shape\nA,a.png,300,round\nB,b.png,200,square\n")
	good := `{"statement_no":"S1","customer":"x","accounts":[{"account_no":"1","currency":"CNY","balance":"1.00"}],"required_seals":["A","B"]}` + "\n" +
		`{"statement_no":"S2","customer":"y","accounts":[],"seal_rule":{"any":[{"seal":"A"},{"seal":"B"}]}}` + "\n"
	l, err := LoadLedger(write("ledger.jsonl", good), specimens)
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Expect(t.Context(), identified("nothing", "S1"))
	if err != nil || s == nil || s.No != "S1" || len(s.Rule.All) != 2 || len(s.Specimens) != 2 || s.Specimens[1].DPI != 200 || string(s.Specimens[0].Image) != "a" {
		t.Errorf("S1 is %+v (%v)", s, err)
	}
	if s, _ := l.Expect(t.Context(), identified("S2")); s == nil || len(s.Rule.Any) != 2 {
		t.Errorf("S2 is %+v", s)
	}
	if s, err := l.Expect(t.Context(), identified("S9")); s != nil || err != nil {
		t.Errorf("S9 is %+v (%v)", s, err)
	}
	for want, line := range map[string]string{
		"no specimen": `{"statement_no":"S3","required_seals":["Z"]}`, "statement_no": `{"customer":"x"}`,
		"balance": `{"statement_no":"S3","accounts":[{"balance":"1"}]}`, ":1:": `{`,
	} {
		if _, err := LoadLedger(write("bad.jsonl", line), specimens); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", line, err, want)
		}
	}
	if _, err := LoadLedger(filepath.Join(dir, "ledger.jsonl"), write("bad.csv", "identity,dpi\n")); err == nil || !strings.Contains(err.Error(), "specimen") {
		t.Errorf("error %v, want the missing column", err)
	}
}
