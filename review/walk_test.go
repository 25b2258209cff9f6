package review

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

// Sequences of the random walk and steps of each; 0 failures in 150 bound the rate
// of sequences that fail at 3/150.
const (
	walks = 150
	steps = 14
)

// Whatever people do in whatever order: every answer is a state or a fault that
// says why not, and no receipt is found valid but by two who said so.
func TestRandomWalkKeepsFourEyes(t *testing.T) {
	limit := models.MustAmount("1000000.00") // below what the receipts are of
	for name, rules := range map[string]models.RuleSet{
		"all passes": {AllValid: true, Blind: true}, "everything": {AllValid: true, AmountOver: &limit}, "a sample": {Sample: models.PPM / 2, Blind: true},
		"with known answers": {AllValid: true, Hidden: models.MaxHidden, Blind: true},
	} {
		t.Run(name, func(t *testing.T) {
			world.Under(t, rules)
			s := newScene(t)
			people := []models.Actor{s.anna, s.bert, s.chief, world.User(t, s.anna.BranchID, models.RoleReviewer, models.RoleSupervisor)}
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			dice := rand.New(rand.NewPCG(seed, 0))
			for range walks / 4 {
				s.walk(t, dice, people)
			}
		})
	}
	e, err := world.Store.Accounting(t.Context())
	if err != nil || !e.Holds() {
		t.Errorf("accounting %+v, %v", e, err)
	}
	var alone int
	err = world.Store.DB.QueryRow(t.Context(), `SELECT count(*) FROM receipts r JOIN decisions d ON d.receipt_id = r.id AND d.receipt_version = r.version AND d.decision = 'valid' AND d.undone_at IS NULL
 WHERE r.answers AND cardinality(d.needs_second) > 0 AND (SELECT count(DISTINCT o.by_user) FROM opinions o
        WHERE o.receipt_id = r.id AND o.receipt_version = r.version AND o.decision = 'valid' AND o.undone_at IS NULL) < 2`).Scan(&alone)
	if err != nil || alone > 0 {
		t.Errorf("%d receipts were found valid by one person, %v", alone, err)
	}
}

// walk lets people act on one receipt, at random.
func (s scene) walk(t *testing.T, dice *rand.Rand, people []models.Actor) {
	t.Helper()
	st := world.Statement(t, s.code, "Walk Ltd")
	id := world.InReview(t, s.station, st, models.ReasonSealUnsure)
	if dice.IntN(3) == 0 {
		id = world.InReview(t, s.station, localtest.Statement{}, models.ReasonUnidentified)
	}
	versions := map[int64]int{}
	var done []string
	for range steps {
		who := people[dice.IntN(len(people))]
		var err error
		switch what := dice.IntN(8); what {
		case 0, 1, 2:
			var item *Item
			if item, err = s.queue.Claim(t.Context(), who, id); err == nil {
				versions[who.ID] = item.Version
			}
			done = append(done, fmt.Sprintf("%d claims", who.ID))
		case 3, 4, 5:
			d := []models.Decision{models.Valid, models.Valid, models.Invalid, models.Rescan, models.ReferUp}[dice.IntN(5)]
			_, err = s.queue.Decide(t.Context(), who, id, Judgement{Version: versions[who.ID], Decision: d, ReasonCode: "other", StatementNo: st.No})
			done = append(done, fmt.Sprintf("%d says %s", who.ID, d))
		case 6:
			err = s.queue.Undo(t.Context(), who, id)
			done = append(done, fmt.Sprintf("%d takes back", who.ID))
		default:
			err = s.queue.Release(t.Context(), who, id)
			done = append(done, fmt.Sprintf("%d gives back", who.ID))
		}
		if f, ok := errors.AsType[*models.Fault](err); err != nil && (!ok || f.Class != models.Permanent) {
			t.Fatalf("after %v: %v", done, err)
		}
		if state, answers, n := stands(t, id); n > 1 || answers != (answers && state == models.Decided) {
			t.Fatalf("after %v: %s answers=%v with %d decisions", done, state, answers, n)
		}
	}
}
