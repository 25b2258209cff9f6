package pipeline_test

import "testing"

// BenchmarkProcess reads generated pages to their verdict, books and evidence
// included: the CPU of one receipt.
func BenchmarkProcess(b *testing.B) {
	files := pages(b)
	var data [][]byte
	for _, f := range files {
		data = append(data, read(b, f))
	}
	for i := 0; b.Loop(); i++ {
		if _, err := world.p.Process(b.Context(), data[i%len(data)], 1, world.ledger); err != nil {
			b.Fatal(err)
		}
	}
}
