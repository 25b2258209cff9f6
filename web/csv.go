package web

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// byteOrderMark lets spreadsheets read the file as UTF-8.
const byteOrderMark = "\ufeff"

// sendCSV answers with a list as a file, its first row the names of the columns. That
// it was taken out is in the audit before the caller gets a byte.
func (s *server) sendCSV(w http.ResponseWriter, r *http.Request, name string, rows [][]string) error {
	buf := bytes.NewBufferString(byteOrderMark)
	out := csv.NewWriter(buf)
	for _, row := range rows {
		plain := make([]string, len(row))
		for i, cell := range row {
			plain[i] = plainCell(cell)
		}
		if err := out.Write(plain); err != nil {
			return err
		}
	}
	out.Flush()
	who := actorOf(r.Context())
	err := s.store.InTx(r.Context(), func(tx pgx.Tx) error {
		return storage.Record(r.Context(), tx, storage.Event{Actor: who.String(), Action: "list.exported", Object: "list:" + name, Detail: map[string]any{"rows": len(rows) - 1}})
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+"-"+time.Now().In(models.BankTime).Format("20060102")+`.csv"`)
	// A failed write means the browser went away; there is nobody to tell.
	_, _ = buf.WriteTo(w)
	return nil
}

// plainCell keeps a spreadsheet from taking text for a formula. A number stays one.
func plainCell(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func bankClock(t time.Time) string { return t.In(models.BankTime).Format("2006-01-02 15:04") }
