package storage_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"heyin/deploy/local/localtest"
	"heyin/models"
	"heyin/storage"
)

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// rawClient reaches the store past Objects, as an administrator or a fault would.
func rawClient(t *testing.T, cfg storage.Config) *minio.Client {
	t.Helper()
	c, err := minio.New(cfg.S3Endpoint, &minio.Options{Creds: credentials.NewStaticV4(cfg.S3AccessKey, cfg.S3SecretKey, "")})
	must(t, err)
	return c
}

func TestObjectsKeepBytes(t *testing.T) {
	t.Parallel()
	env := localtest.New(t)
	env.Config.MaxObjectBytes = 1 << 20
	objects := env.Open(t).Objects
	for name, body := range map[string][]byte{
		"one byte":   {7},
		"some text":  []byte("a receipt"),
		"up to size": bytes.Repeat([]byte("0123456789abcdef"), 1<<16),
	} {
		o, err := objects.Put(t.Context(), bytes.NewReader(body), "image/png")
		must(t, err)
		if o.SHA256 != hashOf(body) || o.Size != int64(len(body)) || !strings.HasSuffix(o.Key, o.SHA256) || o.VersionID == "" {
			t.Errorf("%s: stored as %+v", name, o)
		}
		got, err := objects.Get(t.Context(), o.SHA256)
		must(t, err)
		if !bytes.Equal(got, body) {
			t.Errorf("%s: other bytes came back", name)
		}
		again, err := objects.Put(t.Context(), bytes.NewReader(body), "image/png")
		must(t, err)
		if again != o {
			t.Errorf("%s: stored again as %+v, first as %+v", name, again, o)
		}
	}
	_, err := objects.Put(t.Context(), bytes.NewReader(make([]byte, 1<<20+1)), "image/png")
	wantFault(t, err, models.Permanent, "too_large")
	_, err = objects.Put(t.Context(), bytes.NewReader(nil), "image/png")
	wantFault(t, err, models.Permanent, "empty")
	_, err = objects.Get(t.Context(), hashOf([]byte("never stored")))
	wantFault(t, err, models.NeedsReview, "object_missing")
	_, err = objects.Get(t.Context(), "../../etc/passwd")
	wantFault(t, err, models.Permanent, "hash_malformed")

	left, err := os.ReadDir(env.Config.SpoolDir)
	must(t, err)
	if len(left) != 0 {
		t.Errorf("%d spool files were left behind", len(left))
	}
}

func TestSameBytesAtOnceAreOneObject(t *testing.T) {
	t.Parallel()
	env := localtest.New(t)
	objects := env.Open(t).Objects
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := objects.Put(t.Context(), strings.NewReader("the same"), "image/png"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	versions := 0
	for range rawClient(t, env.Config).ListObjects(t.Context(), env.Config.Bucket, minio.ListObjectsOptions{Recursive: true, WithVersions: true}) {
		versions++
	}
	if versions != 1 {
		t.Errorf("20 uploads of the same bytes left %d versions; want 1", versions)
	}
}

// Whatever a broken store or a hand in it does to the bytes is noticed.
func TestCorruptObjectIsNoticed(t *testing.T) {
	t.Parallel()
	env := localtest.New(t)
	objects := env.Open(t).Objects
	for name, harm := range map[string][]byte{"flipped": []byte("a recEipt"), "cut": []byte("a rec"), "longer": []byte("a receipt, changed")} {
		body := []byte("a receipt" + name)
		o, err := objects.Put(t.Context(), bytes.NewReader(body), "image/png")
		must(t, err)
		_, err = rawClient(t, env.Config).PutObject(t.Context(), o.Bucket, o.Key, bytes.NewReader(harm), int64(len(harm)), minio.PutObjectOptions{})
		must(t, err)
		_, err = objects.Get(t.Context(), o.SHA256)
		wantFault(t, err, models.NeedsReview, "object_corrupt")
		// Nor is an upload acknowledged on the strength of what lies there.
		_, err = objects.Put(t.Context(), bytes.NewReader(body), "image/png")
		wantFault(t, err, models.NeedsReview, "object_corrupt")
	}
}

func TestStoreThatIsDownIsRetryable(t *testing.T) {
	t.Parallel()
	env := localtest.New(t)
	store := env.Open(t)
	cfg := env.Config
	cfg.S3Endpoint = "127.0.0.1:1" // nothing listens there
	if _, err := storage.Open(t.Context(), cfg); models.ClassOf(err) != models.Retryable || err == nil {
		t.Errorf("open without an object store: %v; want a retryable fault", err)
	}
	must(t, store.Ping(t.Context()))
}

// A store that already has a large object says so before it has read the upload, and
// may close the connection on it: that is no outage.
func TestLargeObjectsAreStoredAgain(t *testing.T) {
	t.Parallel()
	s := localtest.New(t).Open(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // 16 MB, more than sockets buffer
	first, err := s.Objects.Put(t.Context(), bytes.NewReader(data), "image/tiff")
	must(t, err)
	var group sync.WaitGroup
	for range 12 {
		group.Go(func() {
			for range 3 {
				again, err := s.Objects.Put(t.Context(), bytes.NewReader(data), "image/tiff")
				if err != nil || again != first {
					t.Errorf("stored again as %+v, %v; first as %+v", again, err, first)
				}
			}
		})
	}
	group.Wait()
}
