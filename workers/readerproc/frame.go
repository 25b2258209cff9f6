package readerproc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A frame on the wire, integers big-endian:
//
//	4 bytes      "HYR" and the protocol's version
//	uint32       length of the JSON header
//	uint32       number of blobs
//	uint32 each  length of each blob
//	...          the header, then the blobs
const (
	protocolVersion = 1

	// maxHeaderBytes bounds the JSON. A result with 200 accounts is about 150 KB.
	maxHeaderBytes = 4 << 20
	// maxBlobs bounds the images beside it: a page, some specimens, or evidence:
	// two crops an account and some pictures an imprint.
	maxBlobs = 4096
	// maxBlobBytes bounds all blobs of a frame together. The largest is the page
	// as uploaded; uncompressed A4 in colour at 400 dpi has 46 MB.
	maxBlobBytes = 256 << 20
	// growBytes is how much memory a blob's announced length may claim before its
	// bytes arrive.
	growBytes = 1 << 20
)

var magic = [4]byte{'H', 'Y', 'R', protocolVersion}

// errGarbled says that the peer does not speak the protocol; nothing it sends
// afterwards can be trusted.
var errGarbled = errors.New("not a frame of the reader protocol")

// errUnsendable says that a message exceeds the limits or cannot be written as
// JSON; nothing of it was sent.
var errUnsendable = errors.New("message cannot be sent")

// frame is one message: JSON beside binary blobs.
type frame struct {
	header []byte
	blobs  [][]byte
}

// writeFrame sends f with one write for the head and one for each blob.
func writeFrame(w io.Writer, f frame) error {
	if len(f.header) > maxHeaderBytes || len(f.blobs) > maxBlobs {
		return fmt.Errorf("%w: %d header bytes and %d blobs exceed the limits (%d, %d)",
			errUnsendable, len(f.header), len(f.blobs), maxHeaderBytes, maxBlobs)
	}
	head := append(make([]byte, 0, 12+4*len(f.blobs)+len(f.header)), magic[:]...)
	head = binary.BigEndian.AppendUint32(head, uint32(len(f.header)))
	head = binary.BigEndian.AppendUint32(head, uint32(len(f.blobs)))
	total := 0
	for _, b := range f.blobs {
		if total += len(b); total > maxBlobBytes {
			return fmt.Errorf("%w: more than %d bytes of images", errUnsendable, maxBlobBytes)
		}
		head = binary.BigEndian.AppendUint32(head, uint32(len(b)))
	}
	if _, err := w.Write(append(head, f.header...)); err != nil {
		return err
	}
	for _, b := range f.blobs {
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// readFrame receives one frame. It returns io.EOF when the peer closed between
// frames, io.ErrUnexpectedEOF when it died within one, and errGarbled for bytes
// that are no frame or exceed the limits.
func readFrame(r io.Reader) (frame, error) {
	var start [12]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		return frame{}, err
	}
	if !bytes.Equal(start[:4], magic[:]) {
		return frame{}, fmt.Errorf("%w: starts with %q", errGarbled, start[:4])
	}
	headerBytes, blobs := binary.BigEndian.Uint32(start[4:]), binary.BigEndian.Uint32(start[8:])
	if headerBytes > maxHeaderBytes || blobs > maxBlobs {
		return frame{}, fmt.Errorf("%w: announces %d header bytes and %d blobs", errGarbled, headerBytes, blobs)
	}
	lengths := make([]byte, 4*blobs)
	if _, err := io.ReadFull(r, lengths); err != nil {
		return frame{}, cutShort(err)
	}
	var total uint64
	for i := range blobs {
		total += uint64(binary.BigEndian.Uint32(lengths[4*i:]))
	}
	if total > maxBlobBytes {
		return frame{}, fmt.Errorf("%w: announces %d bytes of images", errGarbled, total)
	}
	var f frame
	var err error
	if f.header, err = readExactly(r, headerBytes); err != nil {
		return frame{}, err
	}
	for i := range blobs {
		b, err := readExactly(r, binary.BigEndian.Uint32(lengths[4*i:]))
		if err != nil {
			return frame{}, err
		}
		f.blobs = append(f.blobs, b)
	}
	return f, nil
}

// readExactly reads n bytes, claiming memory only as they arrive.
func readExactly(r io.Reader, n uint32) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(min(int(n), growBytes))
	if _, err := io.CopyN(&b, r, int64(n)); err != nil {
		return nil, cutShort(err)
	}
	return b.Bytes(), nil
}

func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
