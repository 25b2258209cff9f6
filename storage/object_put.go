package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/minio/minio-go/v7"

	"heyin/models"
)

// Spooled is an upload on local disk whose hash is known. Close removes it.
type Spooled struct {
	SHA256 string // hex
	Size   int64  // bytes

	file *os.File
}

// Close removes the spool file.
func (s *Spooled) Close() error {
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}

// Spool copies r to local disk and hashes it: an object's key is its hash, so it
// must be known before the first byte is sent. Nothing of the spool counts as
// stored. Faults: too_large, empty (Permanent); errors of r pass through.
func (o *Objects) Spool(ctx context.Context, r io.Reader) (_ *Spooled, err error) {
	f, err := os.CreateTemp(o.spoolDir, "heyin-spool-*")
	if err != nil {
		return nil, models.NewFault(models.Retryable, "spool_failed", "cannot write the spool folder; check its disk", err)
	}
	s := &Spooled{file: f}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	hash := sha256.New()
	if s.Size, err = io.Copy(io.MultiWriter(f, hash), io.LimitReader(reader{ctx, r}, o.maxBytes+1)); err != nil {
		return nil, fmt.Errorf("spool upload: %w", err)
	}
	if s.Size > o.maxBytes {
		return nil, models.NewFault(models.Permanent, "too_large", fmt.Sprintf("the limit is %d bytes", o.maxBytes), nil)
	}
	if s.Size == 0 {
		return nil, models.NewFault(models.Permanent, "empty", "the upload has no bytes; scan the page again", nil)
	}
	s.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return s, nil
}

// reader stops reading when ctx ends.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// Put spools r and stores it.
func (o *Objects) Put(ctx context.Context, r io.Reader, contentType string) (_ Object, err error) {
	s, err := o.Spool(ctx, r)
	if err != nil {
		return Object{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return o.Store(ctx, s, contentType)
}

// Store sends spooled bytes to their key unless they are there, reads them back
// and compares hashes. When it returns nil the object is durable. Storing the
// same bytes again, also at the same time, gives the same object.
func (o *Objects) Store(ctx context.Context, s *Spooled, contentType string) (Object, error) {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	key := objectKey(s.SHA256)
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return Object{}, models.NewFault(models.Retryable, "spool_failed", "cannot read the spool file", err)
	}
	// One request: on a multipart upload stores ignore the condition.
	opts := minio.PutObjectOptions{ContentType: contentType, DisableMultipart: true}
	opts.SetMatchETagExcept("*") // If-None-Match: an object is written once
	sent, err := o.client.PutObject(ctx, o.bucket, key, s.file, s.Size, opts)
	version := sent.VersionID
	if err != nil {
		// It may be there: from an earlier upload, or from our own, whose answer was
		// lost. The store says so with a 412, or closes the connection on bytes it
		// does not want, which looks like an outage. The bytes decide.
		if info, statErr := o.client.StatObject(ctx, o.bucket, key, minio.StatObjectOptions{}); statErr == nil {
			version, contentType, err = info.VersionID, info.ContentType, nil
		}
	}
	if err != nil {
		return Object{}, o.fault("write", key, err)
	}
	// Read back piece by piece: many stations upload at once.
	if err := o.read(ctx, key, version, s.SHA256, io.Discard); err != nil {
		return Object{}, err
	}
	return Object{SHA256: s.SHA256, Bucket: o.bucket, Key: key, VersionID: version, Size: s.Size, ContentType: contentType}, nil
}
