package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"heyin/archive"
	"heyin/review"
)

// Cursors travel as numbers joined by dots. They hold nothing secret, and a
// made-up one only starts the list elsewhere: the row scope is in the query.

func cursorText(parts ...int64) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = strconv.FormatInt(p, 10)
	}
	return strings.Join(texts, ".")
}

func cursorParts(text string, want int) ([]int64, error) {
	if text == "" {
		return make([]int64, want), nil
	}
	texts := strings.Split(text, ".")
	parts := make([]int64, len(texts))
	for i, t := range texts {
		var err error
		if parts[i], err = strconv.ParseInt(t, 10, 64); err != nil {
			return nil, badCursor()
		}
	}
	if len(parts) != want {
		return nil, badCursor()
	}
	return parts, nil
}

func badCursor() error {
	return newProblem(http.StatusUnprocessableEntity, "bad_input", "after: want the next value of the page before")
}

func archiveCursor(text string) (archive.Cursor, error) {
	p, err := cursorParts(text, 2)
	if err != nil {
		return archive.Cursor{}, err
	}
	return archive.Cursor{AcceptedAt: time.UnixMicro(p[0]), ReceiptID: p[1]}, nil
}

func archiveCursorText(c *archive.Cursor) string {
	if c == nil {
		return ""
	}
	return cursorText(c.AcceptedAt.UnixMicro(), c.ReceiptID)
}

func reviewCursor(text string) (review.Cursor, error) {
	p, err := cursorParts(text, 3)
	if err != nil {
		return review.Cursor{}, err
	}
	return review.Cursor{Due: time.Unix(p[0], 0).UTC(), Priority: int(p[1]), ItemID: p[2]}, nil
}

func reviewCursorText(c *review.Cursor) string {
	if c == nil {
		return ""
	}
	return cursorText(c.Due.Unix(), int64(c.Priority), c.ItemID)
}
