package readerproc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"testing"
)

func sampleFrame() frame {
	return frame{header: []byte(`{"kind":"read"}`), blobs: [][]byte{[]byte("page"), {}, []byte("image")}}
}

func TestFrameComesBack(t *testing.T) {
	var wire bytes.Buffer
	if err := writeFrame(&wire, sampleFrame()); err != nil {
		t.Fatal(err)
	}
	got, err := readFrame(&wire)
	if err != nil || !equalFrames(got, sampleFrame()) {
		t.Fatalf("got %v, %v", got, err)
	}
	if _, err := readFrame(&wire); !errors.Is(err, io.EOF) {
		t.Errorf("after the last frame: %v, want EOF", err)
	}
}

func equalFrames(a, b frame) bool {
	if !bytes.Equal(a.header, b.header) || len(a.blobs) != len(b.blobs) {
		return false
	}
	for i := range a.blobs {
		if !bytes.Equal(a.blobs[i], b.blobs[i]) {
			return false
		}
	}
	return true
}

func TestFrameCutAnywhere(t *testing.T) {
	var wire bytes.Buffer
	if err := writeFrame(&wire, sampleFrame()); err != nil {
		t.Fatal(err)
	}
	for n := 1; n < wire.Len(); n++ {
		if _, err := readFrame(bytes.NewReader(wire.Bytes()[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut after %d bytes: %v, want unexpected EOF", n, err)
		}
	}
}

func announce(header, blobs uint32, lengths ...uint32) []byte {
	b := binary.BigEndian.AppendUint32(magic[:], header)
	b = binary.BigEndian.AppendUint32(b, blobs)
	for _, n := range lengths {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

func TestFrameRefusesGarbage(t *testing.T) {
	for name, wire := range map[string][]byte{
		"text":            []byte("Empty page!! Detected 3 diacritics"),
		"another version": {'H', 'Y', 'R', protocolVersion + 1, 0, 0, 0, 2, 0, 0, 0, 0, '{', '}'},
		"huge header":     announce(maxHeaderBytes+1, 0),
		"too many blobs":  announce(2, maxBlobs+1),
		"huge blob":       announce(2, 1, maxBlobBytes+1),
		"blobs overflow":  announce(2, 3, 1<<31, 1<<31, 1),
	} {
		if _, err := readFrame(bytes.NewReader(wire)); !errors.Is(err, errGarbled) {
			t.Errorf("%s: %v, want errGarbled", name, err)
		}
	}
}

// A peer that announces 256 MB and sends nothing must not make us claim them.
func TestFrameClaimsMemoryAsBytesArrive(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := readFrame(bytes.NewReader(announce(0, 1, maxBlobBytes)))
	runtime.ReadMemStats(&after)
	if claimed := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, io.ErrUnexpectedEOF) || claimed > 4*growBytes {
		t.Errorf("%v, claimed %d bytes", err, claimed)
	}
}

func TestFrameTooLargeToSend(t *testing.T) {
	for name, f := range map[string]frame{
		"header": {header: make([]byte, maxHeaderBytes+1)},
		"blobs":  {blobs: make([][]byte, maxBlobs+1)},
		"bytes":  {blobs: [][]byte{make([]byte, maxBlobBytes), {1}}},
	} {
		var wire bytes.Buffer
		if err := writeFrame(&wire, f); !errors.Is(err, errUnsendable) || wire.Len() > 0 {
			t.Errorf("%s: %v after %d bytes, want errUnsendable before any", name, err, wire.Len())
		}
	}
}

func FuzzFrame(f *testing.F) {
	var wire bytes.Buffer
	if err := writeFrame(&wire, sampleFrame()); err != nil {
		f.Fatal(err)
	}
	f.Add(wire.Bytes())
	f.Add([]byte("Tesseract Open Source OCR Engine"))
	f.Add(announce(2, 1, maxBlobBytes))
	f.Fuzz(func(t *testing.T, wire []byte) {
		got, err := readFrame(bytes.NewReader(wire))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := writeFrame(&again, got); err != nil || !bytes.HasPrefix(wire, again.Bytes()) {
			t.Fatalf("frame %v was written back as %q (%v)", got, again.Bytes(), err)
		}
	})
}
