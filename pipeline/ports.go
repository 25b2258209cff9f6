package pipeline

import (
	"context"

	"heyin/models"
)

// Books answers what the bank's books say once a page has told which statement
// it belongs to. In a reader process the answer crosses a pipe; `heyin read`
// has no books. It is called at most once a page.
type Books interface {
	// Expect returns the statement and the specimens in force, or nil when the
	// number is not in the books. An error ends the page as Retryable.
	Expect(ctx context.Context, seen Identified) (*models.Statement, error)
}

// Identified is what the page says it is, before anything else is judged.
// Candidates come best first: bar codes, then the printed number.
type Identified struct {
	Candidates []string      `json:"candidates"`
	Codes      []models.Code `json:"codes,omitempty"`
	Page       int           `json:"page"`
	PageCount  int           `json:"page_count"`
}
