package reconcile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// byteOrderMark starts files that Excel writes.
var byteOrderMark = []byte("\xef\xbb\xbf")

// csvRow is one row by column name, with its line.
type csvRow struct {
	line   int
	fields map[string]string
}

// readCSV splits a file with a heading. A missing or unknown column, or a row
// with another number of fields, is reported; what can be read is returned. An
// optional column that is not there is empty in every row.
func readCSV(file []byte, report *Report, want []string, optional ...string) []csvRow {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, byteOrderMark)))
	r.FieldsPerRecord = -1 // counted here, so that the others are still checked
	head, err := r.Read()
	if err != nil {
		report.wrong(1, "", "no heading: want the columns %s", strings.Join(want, ","))
		return nil
	}
	place := map[string]int{}
	for i, name := range head {
		place[strings.TrimSpace(name)] = i
	}
	for _, name := range want {
		if _, ok := place[name]; !ok {
			report.wrong(1, name, "this column is missing; want %s", strings.Join(want, ","))
		}
	}
	if len(report.Errors) > 0 {
		return nil
	}
	var rows []csvRow
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			line := 0
			if pe, ok := errors.AsType[*csv.ParseError](err); ok {
				line = pe.Line
			}
			report.wrong(line, "", "%v", err)
			return rows // where one quote is wrong, what follows cannot be trusted
		}
		report.Rows++
		line, _ := r.FieldPos(0)
		if len(rec) != len(head) {
			report.wrong(line, "", "%d fields; the heading has %d", len(rec), len(head))
			continue
		}
		row := csvRow{line, map[string]string{}}
		for _, name := range slices.Concat(want, optional) {
			if i, ok := place[name]; ok {
				row.fields[name] = strings.TrimSpace(rec[i])
			}
		}
		rows = append(rows, row)
	}
}

// firstSeen reports the second use of a key within one file.
type firstSeen map[string]int

func (s firstSeen) again(report *Report, line int, field string, key ...any) bool {
	k := fmt.Sprintf("%q", key)
	if first, ok := s[k]; ok {
		report.wrong(line, field, "the same as on line %d", first)
		return true
	}
	s[k] = line
	return false
}
