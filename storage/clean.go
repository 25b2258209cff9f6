package storage

import (
	"bytes"
	"strings"
)

// cleanText makes text from a page, a bar code or an error fit for Postgres,
// whose text holds neither NUL nor broken UTF-8.
func cleanText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// cleanJSON does the same for JSON, where jsonb refuses the escaped NUL. (An
// escaped backslash before u0000 changes too, and stays valid JSON.)
func cleanJSON(b []byte) []byte {
	return bytes.ReplaceAll(b, []byte(`\u0000`), []byte(`\ufffd`))
}
