package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"heyin/models"
)

// storeRetries is how often minio-go may repeat a call inside CallTimeout.
const storeRetries = 3

// Object is where bytes lie. Two objects with one SHA256 are the same bytes.
type Object struct {
	SHA256      string // hex
	Bucket      string
	Key         string
	VersionID   string // empty when the bucket keeps no versions
	Size        int64  // bytes
	ContentType string
}

// Objects is the object store, addressed by content and written once. A key
// never gets other bytes; Get gives the bytes of the hash asked for or an error.
type Objects struct {
	client   *minio.Client
	bucket   string
	spoolDir string
	maxBytes int64
	timeout  time.Duration
}

func openObjects(ctx context.Context, cfg Config) (*Objects, error) {
	client, err := minio.New(cfg.S3Endpoint, &minio.Options{
		Creds:      credentials.NewStaticV4(cfg.S3AccessKey, cfg.S3SecretKey, ""),
		Secure:     cfg.S3TLS,
		Region:     cfg.S3Region,
		MaxRetries: storeRetries,
	})
	if err != nil {
		return nil, fmt.Errorf("storage: object store %s: %w", cfg.S3Endpoint, err)
	}
	o := &Objects{client: client, bucket: cfg.Bucket, spoolDir: cfg.SpoolDir, maxBytes: cfg.MaxObjectBytes, timeout: cfg.CallTimeout}
	return o, o.makeBucket(ctx, cfg.S3Region)
}

// makeBucket makes the bucket, with versions kept, unless it is there.
func (o *Objects) makeBucket(ctx context.Context, region string) error {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	there, err := o.client.BucketExists(ctx, o.bucket)
	if err != nil {
		return o.fault("look for bucket", o.bucket, err)
	}
	if there {
		return nil
	}
	err = o.client.MakeBucket(ctx, o.bucket, minio.MakeBucketOptions{Region: region})
	if code := minio.ToErrorResponse(err).Code; err != nil && code != minio.BucketAlreadyOwnedByYou && code != minio.BucketAlreadyExists {
		return o.fault("make bucket", o.bucket, err)
	}
	if err := o.client.EnableVersioning(ctx, o.bucket); err != nil {
		return o.fault("keep versions in bucket", o.bucket, err)
	}
	return nil
}

// Ping asks whether the bucket can be seen.
func (o *Objects) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	there, err := o.client.BucketExists(ctx, o.bucket)
	if err != nil {
		return o.fault("look for bucket", o.bucket, err)
	}
	if !there {
		return models.NewFault(models.Retryable, "object_store_down", "bucket "+o.bucket+" is missing", nil)
	}
	return nil
}

var hexSHA256 = regexp.MustCompile(`^[0-9a-f]{64}$`)

// objectKey spreads objects over 65,536 prefixes, so that no folder of a
// file-backed store grows without bound.
func objectKey(sha string) string {
	return "sha256/" + sha[:2] + "/" + sha[2:4] + "/" + sha
}

// Get reads an object whole and verifies length and SHA-256. The fault is
// object_missing or object_corrupt (NeedsReview: a retry reads the same), or
// object_store_down (Retryable).
func (o *Objects) Get(ctx context.Context, sha string) ([]byte, error) {
	if !hexSHA256.MatchString(sha) {
		return nil, models.NewFault(models.Permanent, "hash_malformed", "want 64 hexadecimal digits", nil)
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	var data bytes.Buffer
	if err := o.read(ctx, objectKey(sha), "", sha, &data); err != nil {
		return nil, err
	}
	return data.Bytes(), nil
}

// read copies a version (the latest when empty) to w and compares its hash. Until
// it returns nil, what w has got is not to be trusted.
func (o *Objects) read(ctx context.Context, key, version, sha string, w io.Writer) (err error) {
	object, err := o.client.GetObject(ctx, o.bucket, key, minio.GetObjectOptions{VersionID: version})
	if err != nil {
		return o.fault("read", key, err)
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	info, err := object.Stat() // GetObject itself does not notice a missing key
	if err != nil {
		return o.fault("read", key, err)
	}
	if info.Size > o.maxBytes {
		return models.NewFault(models.NeedsReview, "object_too_large", fmt.Sprintf("%s holds %d bytes; the limit is %d", key, info.Size, o.maxBytes), nil)
	}
	hash := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(w, hash), object, info.Size); err != nil {
		return o.fault("read", key, err)
	}
	if hex.EncodeToString(hash.Sum(nil)) != sha {
		return models.NewFault(models.NeedsReview, "object_corrupt", "the object store returned other bytes than were stored under "+sha, nil)
	}
	return nil
}

// fault classes an error of the object store.
func (o *Objects) fault(doing, what string, err error) error {
	answer := minio.ToErrorResponse(err)
	switch {
	case answer.Code == minio.NoSuchKey || answer.StatusCode == http.StatusNotFound:
		return models.NewFault(models.NeedsReview, "object_missing", "the object store has no "+what, err)
	case answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusUnauthorized:
		return models.NewFault(models.Retryable, "object_store_refuses", "the object store refuses our key: check its access and secret key", err)
	default:
		return models.NewFault(models.Retryable, "object_store_down", "the object store failed to "+doing+" "+what+"; try again", err)
	}
}
