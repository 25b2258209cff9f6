package imaging

import (
	"context"
	"testing"
)

// The stages on a page of A4 at 300 dpi; CPU, one thread.
func benchSheet(b *testing.B) ([]byte, *Scan, *Sheet) {
	b.Helper()
	page := drawPage(2480, 3508, 1)
	data := asJPEG(b, page)
	scan := decode(b, data, 1)
	sheet, err := Straighten(scan)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(sheet.Close)
	return data, scan, sheet
}

func BenchmarkDecode(b *testing.B) {
	data, _, _ := benchSheet(b)
	for b.Loop() {
		scan, err := Decode(context.Background(), data, 1)
		if err != nil {
			b.Fatal(err)
		}
		scan.Close()
	}
}

func BenchmarkStraighten(b *testing.B) {
	_, scan, _ := benchSheet(b)
	for b.Loop() {
		sheet, err := Straighten(scan)
		if err != nil {
			b.Fatal(err)
		}
		sheet.Close()
	}
}

func BenchmarkFindCodes(b *testing.B) {
	_, _, sheet := benchSheet(b)
	for b.Loop() {
		if _, err := FindCodes(sheet.Image); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInspect(b *testing.B) {
	_, scan, sheet := benchSheet(b)
	for b.Loop() {
		Inspect(scan, sheet)
	}
}
