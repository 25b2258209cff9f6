package archive

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/models"
	"heyin/storage"
)

type scene struct {
	code    string
	station models.Actor
	clerk   models.Actor // bound to the branch
	centre  models.Actor // sees all
	archive *Archive
}

func newScene(t *testing.T) scene {
	t.Helper()
	code, id := world.Branch(t)
	return scene{code: code, station: world.Station(t, id, fmt.Sprintf("token-%d", world.Serial())),
		clerk: world.User(t, id, models.RoleBranch), centre: world.User(t, 0, models.RoleArchivist), archive: New(world.Store)}
}

func wantFault(t *testing.T, err error, code string) {
	t.Helper()
	f, ok := errors.AsType[*models.Fault](err)
	if !ok || f.Code != code {
		t.Fatalf("got %v, want fault %s", err, code)
	}
}

func lastAudit(t *testing.T, who models.Actor) (action, object, detail string) {
	t.Helper()
	err := world.Store.DB.QueryRow(t.Context(), `SELECT action, object, detail::text FROM audit WHERE actor = $1 ORDER BY seq DESC LIMIT 1`, who.String()).
		Scan(&action, &object, &detail)
	if err != nil {
		t.Fatal(err)
	}
	return action, object, detail
}

func TestFind(t *testing.T) {
	s := newScene(t)
	st := world.Statement(t, s.code, "100%_Pure \\ Ltd")
	id := world.InReview(t, s.station, st, models.ReasonSealUnsure)
	other := world.InReview(t, s.station, world.Statement(t, s.code, "Other Ltd"), models.ReasonSealUnsure)
	world.Upload(t, s.station, "unread.png", fmt.Sprint("unread", world.Serial())) // has nothing to be found by
	foreign := newScene(t)

	account := st.Lines[0].AccountNo
	for name, tc := range map[string]struct {
		who  models.Actor
		q    Search
		want []int64
	}{
		"number":                {s.clerk, Search{Number: st.No}, []int64{id}},
		"number and spaces":     {s.clerk, Search{Number: "  " + st.No + " "}, []int64{id}},
		"customer's beginning":  {s.clerk, Search{Customer: `100%_Pure \`}, []int64{id}},
		"customer number":       {s.clerk, Search{Customer: st.CustomerNo}, []int64{id}},
		"percent is a letter":   {s.clerk, Search{Customer: "%"}, nil},
		"account":               {s.clerk, Search{Account: account}, []int64{id}},
		"account in groups":     {s.clerk, Search{Account: account[:4] + " " + account[4:8] + "-" + account[8:]}, []int64{id}},
		"period, newest first":  {s.clerk, Search{Period: "2026-09-30"}, []int64{other, id}},
		"another period":        {s.clerk, Search{Period: "2026-06-30"}, nil},
		"all must hold":         {s.clerk, Search{Number: st.No, Customer: "Other"}, nil},
		"SQL is text":           {s.clerk, Search{Number: "' OR 1=1 --"}, nil},
		"centre sees it":        {s.centre, Search{Number: st.No}, []int64{id}},
		"another branch cannot": {foreign.clerk, Search{Number: st.No}, nil},
		"nor by period":         {foreign.clerk, Search{Period: "2026-09-30"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := s.archive.Find(t.Context(), tc.who, tc.q)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, h := range found.Hits {
				got = append(got, h.ReceiptID)
			}
			if fmt.Sprint(got) != fmt.Sprint(tc.want) {
				t.Errorf("found %v, want %v", got, tc.want)
			}
			if action, _, _ := lastAudit(t, tc.who); action != "archive.searched" {
				t.Errorf("audit says %s", action)
			}
		})
	}
}

func TestFindRefusesNothingAndNonsense(t *testing.T) {
	s := newScene(t)
	_, err := s.archive.Find(t.Context(), s.centre, Search{Number: "  "})
	wantFault(t, err, "search_empty")
	_, err = s.archive.Find(t.Context(), s.centre, Search{Period: "last year"})
	wantFault(t, err, "bad_input")
}

func TestFindPages(t *testing.T) {
	s := newScene(t)
	for range 5 {
		world.InReview(t, s.station, world.Statement(t, s.code, "Paged Ltd"), models.ReasonSealUnsure)
	}
	q := Search{Customer: "Paged", Limit: 2}
	var seen []int64
	for {
		found, err := s.archive.Find(t.Context(), s.clerk, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range found.Hits {
			if len(seen) > 0 && h.ReceiptID >= seen[len(seen)-1] {
				t.Errorf("receipt %d after %d: not newest first", h.ReceiptID, seen[len(seen)-1])
			}
			seen = append(seen, h.ReceiptID)
		}
		if found.Next == nil {
			break
		}
		q.After = *found.Next
	}
	if len(seen) != 5 {
		t.Errorf("paging showed %d of 5", len(seen))
	}
}

func TestFindByWhatWasRead(t *testing.T) {
	s := newScene(t)
	a := world.Upload(t, s.station, "x.png", fmt.Sprint("read only", world.Serial()))
	r := world.Result(t, localtest.Statement{}, models.ReasonUnknownNumber)
	no := fmt.Sprintf("READ%06d", world.Serial())
	r.Reading.StatementNo.Value, r.Reading.Customer = no, "<b>Read</b> Ltd"
	world.Read(t, a.ReceiptID, r, nil)
	found, err := s.archive.Find(t.Context(), s.clerk, Search{Number: no})
	if err != nil || len(found.Hits) != 1 || found.Hits[0].Customer != "<b>Read</b> Ltd" || found.Hits[0].Period != "" {
		t.Errorf("found %+v, %v", found.Hits, err)
	}
}

func TestViewAndImageAreScopedAndAudited(t *testing.T) {
	s, foreign := newScene(t), newScene(t)
	st := world.Statement(t, s.code, "Image Ltd")
	a := world.Upload(t, s.station, "scan.png", fmt.Sprint("image", world.Serial()))
	picture := fmt.Sprint("\x89PNG\r\n\x1a\n picture ", world.Serial())
	world.Read(t, a.ReceiptID, world.Result(t, st, models.ReasonSealUnsure), map[string][]byte{"page": []byte(picture)})
	object := fmt.Sprintf("receipt:%d", a.ReceiptID)

	d, err := s.archive.View(t.Context(), s.clerk, a.ReceiptID)
	if err != nil || d.StatementNo != st.No || len(d.Images) != 1 || d.Images[0].Name != "page" || d.FileName != "scan.png" {
		t.Fatalf("view %+v, %v", d, err)
	}
	if action, of, _ := lastAudit(t, s.clerk); action != "receipt.viewed" || of != object {
		t.Errorf("audit says %s %s", action, of)
	}
	data, err := s.archive.Image(t.Context(), s.clerk, a.ReceiptID, "page")
	if err != nil || string(data) != picture {
		t.Fatalf("image %q, %v", data, err)
	}
	if action, of, _ := lastAudit(t, s.clerk); action != "image.viewed" || of != object {
		t.Errorf("audit says %s %s", action, of)
	}
	for name, try := range map[string]func() error{
		"foreign view":  func() error { _, err := s.archive.View(t.Context(), foreign.clerk, a.ReceiptID); return err },
		"foreign image": func() error { _, err := s.archive.Image(t.Context(), foreign.clerk, a.ReceiptID, "page"); return err },
		"no such view":  func() error { _, err := s.archive.View(t.Context(), s.clerk, 1<<40); return err },
		"no such image": func() error { _, err := s.archive.Image(t.Context(), s.clerk, a.ReceiptID, "../page"); return err },
	} {
		t.Run(name, func(t *testing.T) { wantFault(t, try(), "not_found") })
	}
	localtest.Specimen(t, world.Store, st.CustomerNo, models.Specimen{Ref: "finance", Kind: models.SealFinance, Shape: models.Round, Role: models.RoleClient, DPI: 254,
		Image: []byte(fmt.Sprint("\x89PNG\r\n\x1a\n seal ", world.Serial()))}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if d, err = s.archive.View(t.Context(), s.clerk, a.ReceiptID); err != nil || len(d.Specimens) != 1 {
		t.Fatalf("view %+v, %v", d, err)
	}
	seal := SpecimenImage(d.Specimens[0].ID)
	if data, err := s.archive.Image(t.Context(), s.clerk, a.ReceiptID, seal); err != nil || !strings.Contains(string(data), "seal") {
		t.Errorf("specimen %q, %v", data, err)
	}
	_, err = foreign.archive.Image(t.Context(), foreign.clerk, a.ReceiptID, seal)
	wantFault(t, err, "not_found")
	other := world.InReview(t, s.station, world.Statement(t, s.code, "Another Ltd"), models.ReasonSealUnsure)
	_, err = s.archive.Image(t.Context(), s.clerk, other, seal) // its customer has no such specimen
	wantFault(t, err, "not_found")
	var views int
	err = world.Store.DB.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE actor = $1`, foreign.clerk.String()).Scan(&views)
	if err != nil || views != 0 {
		t.Errorf("a refused view left %d audit entries, %v", views, err)
	}
}

func TestPeriods(t *testing.T) {
	s := newScene(t)
	world.Statement(t, s.code, "Any Ltd")
	periods, err := s.archive.Periods(t.Context(), s.clerk)
	if err != nil || len(periods) == 0 || periods[0] != "2026-09-30" {
		t.Errorf("periods %v, %v", periods, err)
	}
}

// Beside a receipt stand the customer's specimens with their history, his other
// receipts, and what was scanned before and after.
func TestWhatStandsBesideAReceipt(t *testing.T) {
	s := newScene(t)
	st := world.Statement(t, s.code, "Acme Trading")
	for i, from := range []string{"2024-01-01", "2026-02-01"} {
		day, _ := time.Parse(time.DateOnly, from)
		localtest.Specimen(t, world.Store, st.CustomerNo, models.Specimen{Ref: "finance", Kind: models.SealFinance, Shape: models.Round, Role: models.RoleClient, DPI: 300,
			Image: []byte(fmt.Sprintf("specimen %d of %s", i, st.CustomerNo))}, day)
	}
	same := world.InReview(t, s.station, st, models.ReasonSealUnsure)
	before := world.Again(t, st)
	earlier := world.InReview(t, s.station, before, models.ReasonSealUnsure)
	world.InReview(t, s.station, world.Statement(t, s.code, "Other Ltd"), models.ReasonSealUnsure) // another customer's

	batch, err := world.Store.OpenBatch(t.Context(), s.station, time.Time{}, 7, "")
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for i := range 7 {
		body := fmt.Sprintf("page %d of batch %d", i, batch)
		a, err := world.Store.Receive(t.Context(), s.station, storage.Upload{BatchID: batch, IdempotencyKey: body, FileName: body, ContentType: "image/png"}, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, a.ReceiptID)
	}
	r := world.Result(t, st, models.ReasonSealUnsure)
	r.Verifications = []models.Verification{{SpecimenRef: "finance", Verdict: models.Inconclusive}}
	world.Read(t, ids[3], r, nil)

	d, err := s.archive.View(t.Context(), s.clerk, ids[3])
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Specimens) != 2 || d.Specimens[0].ValidFrom.Format(time.DateOnly) != "2026-02-01" || !d.Specimens[0].Used ||
		d.Specimens[1].Used || d.Specimens[1].ValidTo == nil || d.Specimens[1].ValidTo.Format(time.DateOnly) != "2026-02-01" {
		t.Errorf("specimens %+v", d.Specimens)
	}
	if len(d.Earlier) != 1 || d.Earlier[0].ReceiptID != earlier || d.Earlier[0].State != models.InReview || d.Earlier[0].StatementNo != before.No || d.Earlier[0].Period != "2026-09-30" {
		t.Errorf("earlier %+v", d.Earlier)
	}
	if len(d.Same) != 1 || d.Same[0].ReceiptID != same || d.Same[0].Answers || !slices.Equal(d.Same[0].Reasons, []models.ReasonCode{models.ReasonSealUnsure}) || d.Same[0].Mark != models.Agree {
		t.Errorf("of the same statement %+v", d.Same)
	}
	var beside []int64
	for _, n := range d.Neighbours {
		beside = append(beside, n.ReceiptID)
	}
	if want := []int64{ids[1], ids[2], ids[4], ids[5]}; !slices.Equal(beside, want) {
		t.Errorf("neighbours %v, want %v", beside, want)
	}
}
