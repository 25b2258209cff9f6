package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// station is the client a scanning station talks to the API with. It repeats
// what may be repeated: uploads are idempotent, and a 503 says when to come back.
type station struct {
	operator string // login of who scans; empty: not said
	access   stationAccess
	http     *retryablehttp.Client
}

// uploadRetries with waits doubling from 1 s to 30 s bridge about three minutes:
// the restart of a store, not the loss of one.
const uploadRetries = 10

// requestTimeout bounds one try: 64 MiB over 5 Mbit/s.
const requestTimeout = 2 * time.Minute

func newStation(access stationAccess) *station {
	c := retryablehttp.NewClient()
	c.RetryMax, c.RetryWaitMin, c.RetryWaitMax, c.Logger = uploadRetries, time.Second, 30*time.Second, nil
	c.HTTPClient.Timeout = requestTimeout
	c.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return &station{access: access, http: c}
}

// batchStatus is what the API says of a batch.
type batchStatus struct {
	ID           int64 `json:"id"`
	PaperCount   int   `json:"paper_count"`
	MachineCount int   `json:"machine_count"`
}

// uploaded is the answer to one upload.
type uploaded struct {
	ReceiptID   int64  `json:"receipt_id"`
	SHA256      string `json:"sha256"`
	State       string `json:"state"`
	DuplicateOf int64  `json:"duplicate_of,omitempty"`
}

func (s *station) openBatch(ctx context.Context, period string, paper int) (int64, error) {
	var b batchStatus
	err := s.call(ctx, "/api/v1/batches", map[string]any{"period": period, "paper_count": paper, "operator": s.operator}, &b)
	return b.ID, err
}

func (s *station) closeBatch(ctx context.Context, batch int64, paper int) (batchStatus, error) {
	var b batchStatus
	err := s.call(ctx, fmt.Sprintf("/api/v1/batches/%d/close", batch), map[string]any{"paper_count": paper}, &b)
	return b, err
}

// scanFile is a file of the scanner's folder, read whole.
type scanFile struct {
	name   string // base name
	data   []byte
	sha256 string // hex
}

func readScanFile(path string) (scanFile, error) {
	data, err := os.ReadFile(path)
	return scanFile{filepath.Base(path), data, fmt.Sprintf("%x", sha256.Sum256(data))}, err
}

// upload sends one file; its hash is the idempotency key, so that sending it
// twice is harmless.
func (s *station) upload(ctx context.Context, batch int64, f scanFile) (u uploaded, err error) {
	header := http.Header{
		"Content-Type":    {http.DetectContentType(f.data)},
		"Idempotency-Key": {f.sha256},
		"X-File-Name":     {url.PathEscape(f.name)},
	}
	err = s.send(ctx, fmt.Sprintf("/api/v1/batches/%d/receipts", batch), header, f.data, &u)
	return u, err
}

func (s *station) call(ctx context.Context, path string, body, answer any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return s.send(ctx, path, http.Header{"Content-Type": {"application/json"}}, data, answer)
}

// refusedError is the server's answer that this one file is wrong: sending it
// again would not help, sending others may.
type refusedError string

func (e refusedError) Error() string { return string(e) }

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

func (s *station) send(ctx context.Context, path string, header http.Header, body []byte, answer any) error {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, s.access.Server+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = header
	req.Header.Set("Authorization", "Bearer "+s.access.Token)
	res, err := s.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s does not answer: %w", s.access.Server, err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		var problem struct{ Code, Detail string }
		if json.Unmarshal(data, &problem) != nil || problem.Detail == "" {
			problem.Detail = res.Status
		}
		refused := refusedError(fmt.Sprintf("%s refused: %s", s.access.Server, problem.Detail))
		switch res.StatusCode {
		case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
			return refused
		}
		return errors.New(string(refused)) // the token, the batch or the server: the next file would fare no better
	}
	return json.Unmarshal(data, answer)
}
