package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"heyin/models"
	"heyin/storage"
)

func sumOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

func (c *client) openBatch(papers int) int64 {
	c.t.Helper()
	a := c.postJSON("/api/v1/batches", map[string]any{"paper_count": papers}).want(c.t, http.StatusCreated)
	return into[struct{ ID int64 }](c.t, a).ID
}

func (c *client) upload(batch int64, body, key, name string) answer {
	c.t.Helper()
	return c.send(http.MethodPost, fmt.Sprintf("/api/v1/batches/%d/receipts", batch), strings.NewReader(body),
		map[string]string{"Content-Type": "image/png", "Idempotency-Key": key, "X-File-Name": name})
}

func TestUpload(t *testing.T) {
	s := newSite(t)
	c := s.scanner(t)
	batch := c.openBatch(1)
	body := fmt.Sprint("scan ", world.Serial())

	first := into[storage.Accepted](t, c.upload(batch, body, sumOf(body), "%E6%89%AB%E6%8F%8F.png").want(t, http.StatusCreated))
	if first.SHA256 != sumOf(body) || first.State != models.InProgress || first.DuplicateOf != 0 {
		t.Errorf("accepted %+v", first)
	}
	again := into[storage.Accepted](t, c.upload(batch, body, sumOf(body), "").want(t, http.StatusOK))
	if again.ReceiptID != first.ReceiptID {
		t.Errorf("replay made receipt %d beside %d", again.ReceiptID, first.ReceiptID)
	}
	if code := c.upload(batch, "other bytes", sumOf(body), "").want(t, http.StatusConflict).code(t); code != "idempotency_conflict" {
		t.Errorf("other bytes: %s", code)
	}
	for name, tc := range map[string]struct {
		body, key string
		status    int
		code      string
	}{
		"another hash": {"a", sumOf("b"), http.StatusUnprocessableEntity, "hash_mismatch"},
		"no hash":      {"a", "", http.StatusUnprocessableEntity, "bad_input"},
		"short hash":   {"a", "abc", http.StatusUnprocessableEntity, "bad_input"},
		"upper case":   {"a", strings.ToUpper(sumOf("a")), http.StatusUnprocessableEntity, "bad_input"},
		"no bytes":     {"", sumOf(""), http.StatusUnprocessableEntity, "empty"},
	} {
		if a := c.upload(batch, tc.body, tc.key, ""); a.status != tc.status || a.code(t) != tc.code {
			t.Errorf("%s: %d %s, want %d %s", name, a.status, a.body, tc.status, tc.code)
		}
	}
	if a := c.upload(batch, "x", sumOf("x"), "%zz"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("broken file name: %d", a.status)
	}
	other := into[storage.Accepted](t, c.upload(c.openBatch(1), body, sumOf(body), "").want(t, http.StatusCreated))
	if other.DuplicateOf != first.ReceiptID {
		t.Errorf("the same bytes in another batch: %+v", other)
	}
}

func TestBatchCountsAndClose(t *testing.T) {
	s := newSite(t)
	c := s.scanner(t)
	batch := c.openBatch(3)
	for i := range 2 {
		body := fmt.Sprint("page ", i, world.Serial())
		c.upload(batch, body, sumOf(body), "a.png").want(t, http.StatusCreated)
	}
	type shown struct {
		storage.Batch
		CountsAgree bool `json:"counts_agree"`
	}
	show := func(a answer) shown { return into[shown](t, a) }
	path := fmt.Sprintf("/api/v1/batches/%d", batch)
	if b := show(c.get(path).want(t, http.StatusOK)); b.PaperCount != 3 || b.MachineCount != 2 || b.InProgress != 2 || b.CountsAgree {
		t.Errorf("open batch %+v", b)
	}
	if b := show(c.postJSON(path+"/close", map[string]any{"paper_count": 2}).want(t, http.StatusOK)); !b.CountsAgree || b.ClosedAt == nil {
		t.Errorf("closed batch %+v", b)
	}
	c.postJSON(path+"/close", map[string]any{"paper_count": 2}).want(t, http.StatusOK)
	c.postJSON(path+"/close", map[string]any{"paper_count": 9}).want(t, http.StatusConflict)
	if code := c.upload(batch, "late", sumOf("late"), "").want(t, http.StatusConflict).code(t); code != "batch_closed" {
		t.Errorf("upload to a closed batch: %s", code)
	}
	c.postJSON("/api/v1/batches", map[string]any{"paper_count": -1}).want(t, http.StatusUnprocessableEntity)
	c.postJSON("/api/v1/batches", map[string]any{"paper_count": 1, "period": "soon"}).want(t, http.StatusUnprocessableEntity)
	c.postJSON("/api/v1/batches", map[string]any{"paper_count": 1, "period": "1999-12-31"}).want(t, http.StatusUnprocessableEntity)
	c.postJSON("/api/v1/batches", map[string]any{"paper_count": 1, "period": "0000-01-01"}).want(t, http.StatusUnprocessableEntity) // PostgreSQL has no year 0
	c.postJSON("/api/v1/batches", map[string]any{"paper_count": 1, "station": "another"}).want(t, http.StatusForbidden)
	operator := s.signedIn(t, s.branch, models.RoleOperator)
	if page := operator.get(fmt.Sprintf("/batches/%d", batch)).want(t, http.StatusOK); strings.Count(page.body, "a.png") != 2 {
		t.Error("the operator's page does not list both scans")
	}
}

func TestStationsOfOneBranchDoNotShareBatches(t *testing.T) {
	s := newSite(t)
	mine := s.scanner(t)
	batch := mine.openBatch(1)
	world.Station(t, s.branchID, "neighbour-token")
	neighbour := s.client(t)
	neighbour.token = "neighbour-token"
	neighbour.get(fmt.Sprintf("/api/v1/batches/%d", batch)).want(t, http.StatusNotFound)
	neighbour.upload(batch, "x", sumOf("x"), "").want(t, http.StatusNotFound)
}

func TestUploadTooLarge(t *testing.T) {
	s := newSite(t, func(c *Config, _ *Deps) { c.MaxUploadBytes = 1 << 20 })
	c := s.scanner(t)
	batch := c.openBatch(1)
	big := strings.Repeat("x", 1<<20+1)
	if code := c.upload(batch, big, sumOf(big), "").want(t, http.StatusRequestEntityTooLarge).code(t); code != "too_large" {
		t.Errorf("code %s", code)
	}
	// The same without a length announced.
	a := c.send(http.MethodPost, fmt.Sprintf("/api/v1/batches/%d/receipts", batch), io.MultiReader(strings.NewReader(big)),
		map[string]string{"Content-Type": "image/png", "Idempotency-Key": sumOf(big)})
	a.want(t, http.StatusRequestEntityTooLarge)
	fits := strings.Repeat("y", 1<<20)
	c.upload(batch, fits, sumOf(fits), "").want(t, http.StatusCreated)
	// A JSON body is bounded, too.
	c.send(http.MethodPost, "/api/v1/batches", bytes.NewReader([]byte(`{"paper_count":1,"period":"`+big+`"}`)), map[string]string{"Content-Type": "application/json"}).
		want(t, http.StatusRequestEntityTooLarge)
}

// The same file fifty times at once is one receipt.
func TestFiftyUploadsAtOnce(t *testing.T) {
	const senders = 50
	s := newSite(t)
	c := s.scanner(t)
	batch := c.openBatch(1)
	body := fmt.Sprint("same ", world.Serial())
	ids := make([]int64, senders)
	statuses := make([]int, senders)
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			a := c.upload(batch, body, sumOf(body), "same.png")
			statuses[i] = a.status
			if a.status == http.StatusCreated || a.status == http.StatusOK {
				ids[i] = into[storage.Accepted](t, a).ReceiptID
			}
		})
	}
	wg.Wait()
	created := 0
	for i, status := range statuses {
		if status == http.StatusCreated {
			created++
		} else if status != http.StatusOK {
			t.Errorf("sender %d: status %d", i, status)
		}
		if ids[i] != ids[0] {
			t.Errorf("sender %d got receipt %d, sender 0 got %d", i, ids[i], ids[0])
		}
	}
	if created != 1 {
		t.Errorf("%d senders were told 201, want 1", created)
	}
	var receipts int
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT count(*) FROM receipts WHERE batch_id = $1`, batch).Scan(&receipts); err != nil || receipts != 1 {
		t.Errorf("%d receipts, %v", receipts, err)
	}
}

// While the object store hangs nothing is accepted and the sender is told when
// to come back; afterwards the same upload goes through.
func TestUploadWhileTheObjectStoreHangs(t *testing.T) {
	cfg := world.Config
	cfg.CallTimeout = time.Second
	impatient, err := storage.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer impatient.Close()
	s := newSite(t, func(_ *Config, d *Deps) { d.Store = impatient })
	c := s.scanner(t)
	batch := c.openBatch(1)
	body := fmt.Sprint("patient ", world.Serial())

	thaw, err := world.Stack.FreezeS3()
	if err != nil {
		t.Fatal(err)
	}
	a := c.upload(batch, body, sumOf(body), "")
	ready := c.get("/readyz")
	health := c.get("/healthz")
	if err := thaw(); err != nil {
		t.Fatal(err)
	}
	if a.want(t, http.StatusServiceUnavailable); a.header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	if ready.want(t, http.StatusServiceUnavailable); ready.header.Get("Retry-After") == "" || !strings.Contains(ready.body, `"objects":"down"`) || !strings.Contains(ready.body, `"postgres":"ok"`) {
		t.Errorf("readyz %s", ready.body)
	}
	health.want(t, http.StatusOK)
	var receipts int
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT count(*) FROM receipts WHERE batch_id = $1`, batch).Scan(&receipts); err != nil || receipts != 0 {
		t.Errorf("%d receipts accepted while the store was down, %v", receipts, err)
	}
	if err := world.Stack.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	c.upload(batch, body, sumOf(body), "").want(t, http.StatusCreated)
	c.get("/readyz").want(t, http.StatusOK)
}
