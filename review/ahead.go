package review

import (
	"context"
	"errors"

	"heyin/models"
)

// aheadTries is how many free items are tried: others claim at the same time.
const aheadTries = 8

// Ahead claims the item that the actor will get after the current one, so that it
// can be laid ready; an earlier claim of his own is renewed. ClaimNext gives it
// to him later, and it lapses like any claim. Nil when nothing else waits, which
// is no fault: the actor did not ask for it.
func (q *Queue) Ahead(ctx context.Context, who models.Actor, current int64) (*Item, error) {
	for _, claimed := range []Claimed{ClaimedMine, ClaimedFree} {
		list, err := q.List(ctx, who, Filter{Claimed: claimed, Limit: aheadTries})
		if err != nil {
			return nil, err
		}
		for _, e := range list.Entries {
			if e.ReceiptID == current {
				continue
			}
			item, err := q.Claim(ctx, who, e.ReceiptID)
			// A fault says that this one is not to be had: somebody was faster, or the actor may not judge it.
			if f, ok := errors.AsType[*models.Fault](err); ok && f.Class == models.Permanent {
				continue
			}
			return item, err
		}
	}
	return nil, nil //nolint:nilnil // see above
}
