package storage_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

// stamped is the print of one stamping.
func stamped(seed uint64) models.Print {
	r := rand.New(rand.NewPCG(seed, 1))
	p := make(models.Print, models.PrintBits/8)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

// changed turns over n bits: what a scanner or printer does to a copy.
func changed(p models.Print, n int) models.Print {
	p = slices.Clone(p)
	for k, i := range rand.New(rand.NewPCG(uint64(n), 2)).Perm(models.PrintBits) {
		if k == n {
			break
		}
		p[i/8] ^= 1 << (i % 8)
	}
	return p
}

// stamping is a passing result whose one imprint has this print.
func stamping(statement int64, p models.Print) models.Result {
	r := passing(statement)
	r.Reading.Imprints = []models.Imprint{{Role: models.RoleClient}}
	r.Verifications = []models.Verification{{SpecimenRef: "a", Verdict: models.Match, Score: 0.9, Scale: 1, Params: "p1", Print: p}}
	return r
}

func sealedDesk(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	localtest.Specimen(t, d.Store, "C1", models.Specimen{Ref: "a", Kind: models.SealCompany, Shape: models.Round, Role: models.RoleClient, DPI: 300,
		Image: []byte("card")}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	return d
}

func (d *desk) reasons(receipt int64) (all []models.Reason) {
	d.t.Helper()
	var list []byte
	must(d.t, d.DB.QueryRow(d.t.Context(), `SELECT reasons FROM review_items WHERE receipt_id = $1 AND closed_at IS NULL`, receipt).Scan(&list))
	must(d.t, json.Unmarshal(list, &all))
	return all
}

// A copied imprint sends its receipt to review and calls back the one that had
// passed with it; each names the other.
func TestReusedImprint(t *testing.T) {
	d := sealedDesk(t)
	s1, s2, s3 := d.statement("S-1"), d.statement("S-2"), d.statement("S-3")
	first, job := d.receipt("one")
	state, err := d.Finish(t.Context(), d.take(job), stamping(s1, stamped(1)), nil)
	must(t, err)
	if state != models.Passed {
		t.Fatalf("the first stamping is %s", state)
	}
	other, job := d.receipt("another stamping")
	state, err = d.Finish(t.Context(), d.take(job), stamping(s3, stamped(2)), nil)
	must(t, err)
	if state != models.Passed || d.state(other) != models.Passed {
		t.Fatalf("a second stamping is %s; want passed", state)
	}
	copied, job := d.receipt("copied")
	state, err = d.Finish(t.Context(), d.take(job), stamping(s2, changed(stamped(1), models.CopyBits)), nil)
	must(t, err)
	if state != models.InReview || d.state(first) != models.InReview || d.state(other) != models.Passed {
		t.Fatalf("copy %s, original %s, other stamping %s; want the first two in review", state, d.state(first), d.state(other))
	}
	for receipt, names := range map[int64]string{copied: fmt.Sprintf("receipt %d (statement S-1)", first), first: fmt.Sprintf("receipt %d (statement S-2)", copied)} {
		if r := d.reasons(receipt); len(r) != 1 || r[0].Code != models.ReasonImprintReused || !strings.Contains(r[0].Detail, names) {
			t.Errorf("receipt %d: reasons %+v; want one that names %s", receipt, r, names)
		}
	}
	// A third copy meets both in review: their reviewers are told as well.
	third, job := d.receipt("third")
	_, err = d.Finish(t.Context(), d.take(job), stamping(d.statement("S-4"), stamped(1)), nil)
	must(t, err)
	if n := len(d.reasons(third)); n != 2 {
		t.Errorf("the third copy has %d reasons, want one a twin", n)
	}
	if n := len(d.reasons(first)); n != 2 {
		t.Errorf("the original has %d reasons, want one a copy", n)
	}
	d.balanced()
}

// The same paper scanned again answers the same statement: no alarm. Nor is a
// print that one bit parts from a copy.
func TestRescanAndNearMissRaiseNoAlarm(t *testing.T) {
	d := sealedDesk(t)
	s1 := d.statement("S-1")
	first, job := d.receipt("one")
	_, err := d.Finish(t.Context(), d.take(job), stamping(s1, stamped(1)), nil)
	must(t, err)
	again, job := d.receipt("scanned again")
	_, err = d.Finish(t.Context(), d.take(job), stamping(s1, changed(stamped(1), 40)), nil)
	must(t, err)
	if r := d.reasons(again); d.state(first) != models.Passed || len(r) != 1 || r[0].Code != models.ReasonAnswered {
		t.Errorf("first %s, second %+v; want passed and already answered only", d.state(first), r)
	}
	_, job = d.receipt("near")
	state, err := d.Finish(t.Context(), d.take(job), stamping(d.statement("S-2"), changed(stamped(1), models.CopyBits+1)), nil)
	must(t, err)
	if state != models.Passed {
		t.Errorf("one bit beyond the limit: %s, want passed", state)
	}
	d.balanced()
}

// A seal filed anew with the same image keeps its history; another image is
// another frame, in which prints do not compare.
func TestReuseFollowsTheImageOfTheSpecimen(t *testing.T) {
	for name, want := range map[string]models.ReceiptState{"card": models.InReview, "card scanned anew": models.Passed} {
		t.Run(name, func(t *testing.T) {
			d := sealedDesk(t)
			_, job := d.receipt("one")
			_, err := d.Finish(t.Context(), d.take(job), stamping(d.statement("S-1"), stamped(1)), nil)
			must(t, err)
			_, err = d.DB.Exec(t.Context(), `UPDATE specimens SET valid_to = '2026-02-01'`)
			must(t, err)
			localtest.Specimen(t, d.Store, "C1", models.Specimen{Ref: "a", Kind: models.SealCompany, Shape: models.Round, Role: models.RoleClient, DPI: 300,
				Image: []byte(name)}, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
			_, job = d.receipt("two")
			state, err := d.Finish(t.Context(), d.take(job), stamping(d.statement("S-2"), stamped(1)), nil)
			must(t, err)
			if state != want {
				t.Errorf("%s, want %s", state, want)
			}
		})
	}
}

// Two copies judged at the same moment find each other: neither stays passed.
// Pairs, because a third would call back two that had missed each other.
func TestCopiesAtOnce(t *testing.T) {
	const pairs = 12
	d := sealedDesk(t)
	d.warm(2)
	for pair := range pairs {
		var receipts [2]int64
		var group sync.WaitGroup
		for i := range receipts {
			name := fmt.Sprintf("%d-%d", pair, i)
			r, job := d.receipt(name)
			receipts[i] = r
			taken, statement := d.take(job), d.statement("S-"+name)
			group.Go(func() {
				if _, err := d.Finish(t.Context(), taken, stamping(statement, changed(stamped(uint64(pair)), i)), nil); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for _, r := range receipts {
			if s := d.state(r); s != models.InReview {
				t.Errorf("pair %d: receipt %d is %s", pair, r, s)
			}
		}
	}
	d.balanced()
}

// A twin of another branch is told of without its number (promise 9).
func TestTwinOfAnotherBranchIsNotNamed(t *testing.T) {
	d := sealedDesk(t)
	first, job := d.receipt("one")
	_, err := d.Finish(t.Context(), d.take(job), stamping(d.statement("S-1"), stamped(1)), nil)
	must(t, err)
	elsewhere, err := d.PutBranch(t.Context(), system, "B2", "Second branch")
	must(t, err)
	d.station = models.Actor{Kind: "station", BranchID: elsewhere}
	must(t, d.DB.QueryRow(t.Context(), `INSERT INTO stations (branch_id, name, token_hash) VALUES ($1, 'S2', sha256('other')) RETURNING id`, elsewhere).Scan(&d.station.ID))
	copied, job := d.receipt("copied")
	_, err = d.Finish(t.Context(), d.take(job), stamping(d.statement("S-2"), stamped(1)), nil)
	must(t, err)
	for _, r := range []int64{first, copied} {
		for _, reason := range d.reasons(r) {
			if reason.Code != models.ReasonImprintReused || strings.Contains(reason.Detail, "statement") {
				t.Errorf("receipt %d: %+v names what another branch has", r, reason)
			}
		}
	}
}

// The look-up reads one seal's prints, out of the index alone.
func TestReuseLookUpIsByIndex(t *testing.T) {
	d := sealedDesk(t)
	s1 := d.statement("S-1")
	_, err := d.DB.Exec(t.Context(), `SET session_replication_role = replica;
INSERT INTO imprint_prints SELECT n, 0, 1000 + n % 500, `+fmt.Sprint(s1)+`, 1, repeat('10', 512)::bit(1024) FROM generate_series(1, 20000) n;
SET session_replication_role = origin`)
	must(t, err)
	_, err = d.DB.Exec(t.Context(), `VACUUM ANALYZE imprint_prints`)
	must(t, err)
	rows, err := d.DB.Query(t.Context(), `EXPLAIN SELECT receipt_id, bit_count(print # repeat('01', 512)::bit(1024)) FROM imprint_prints
 WHERE specimen_id = ANY('{1007}') AND method = 1 AND statement_id <> 5 AND receipt_id <> 9 AND bit_count(print # repeat('01', 512)::bit(1024)) <= 259`)
	must(t, err)
	var plan, line string
	for rows.Next() {
		must(t, rows.Scan(&line))
		plan += line + "\n"
	}
	must(t, rows.Err())
	if !strings.Contains(plan, "Index Only Scan using imprint_prints_seal") {
		t.Errorf("plan:\n%s", plan)
	}
}
