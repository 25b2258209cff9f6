package reconcile_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"heyin/eval/sim"
	"heyin/models"
	"heyin/pipeline"
	"heyin/reconcile"
	"heyin/sealcheck"
	"heyin/storage"
)

// cutter is what heyin import uses.
func cutter(maker, checker string) reconcile.SpecimenOptions {
	return reconcile.SpecimenOptions{Options: opts, Cut: pipeline.CutCard, Average: sealcheck.Average, Maker: maker, Checker: checker, Jobs: 2}
}

// cards are scans at 300 dpi: pair.png has two seals of customer K1, a square one on
// the left, and pair2.png the same two stamped again; one.png is the round seal by
// itself, poor.png the same hardly inked.
var cards = sync.OnceValue(func() fstest.MapFS {
	studio, err := sim.NewStudio("")
	if err != nil {
		panic(err)
	}
	var round, square *sim.Cut
	for _, c := range sim.NewPeriod(21, 12).Customers {
		for _, s := range c.Seals {
			if s.Cut.Shape == models.Round && round == nil {
				round = s.Cut
			} else if s.Cut.Shape == models.Square && s.Cut.Kind == models.SealPersonal && square == nil {
				square = s.Cut
			}
		}
	}
	files := fstest.MapFS{}
	put := func(name string, im image.Image) {
		var buf bytes.Buffer
		if err := png.Encode(&buf, im); err != nil {
			panic(err)
		}
		files[name] = &fstest.MapFile{Data: buf.Bytes()}
	}
	white := func(w, h int) *image.RGBA {
		im := image.NewRGBA(image.Rect(0, 0, w, h))
		draw.Draw(im, im.Bounds(), image.NewUniform(color.RGBA{250, 249, 246, 255}), image.Point{}, draw.Src)
		return im
	}
	for name, seed := range map[string]uint64{"pair.png": 0, "pair2.png": 1, "pair3.png": 3} {
		card := white(1500, 700)
		for i, cut := range []*sim.Cut{square, round} {
			seal := studio.Card(cut, seed)
			draw.Draw(card, seal.Bounds().Add(image.Pt(80+700*i, 80)), seal, image.Point{}, draw.Src)
		}
		put(name, card)
	}
	one := studio.Card(round, 31)
	put("one.png", one)
	poor := white(one.Rect.Dx(), one.Rect.Dy())
	draw.DrawMask(poor, poor.Bounds(), one, image.Point{}, image.NewUniform(color.Alpha{28}), image.Point{}, draw.Over)
	put("poor.png", poor)
	put("blank.png", white(1500, 1200))
	return files
})

const cardsHead = "customer_no,ref,kind,shape,role,dpi,valid_from,file,place,box,accept_poor\n"

// importCards imports rows of a file with card columns.
func importCards(t *testing.T, s *storage.Store, o reconcile.SpecimenOptions, rows ...string) (reconcile.Report, error) {
	t.Helper()
	return reconcile.ImportSpecimens(t.Context(), s, strings.NewReader(cardsHead+strings.Join(rows, "\n")+"\n"), cards(), o)
}

// user makes a person of the centre, or of a branch.
func user(t *testing.T, s *storage.Store, branch, login string, roles ...models.Role) models.Actor {
	t.Helper()
	who := models.Actor{Kind: "user", Roles: roles}
	var branchID *int64
	fatal(t, s.DB.QueryRow(t.Context(), `INSERT INTO users (branch_id, login, name, password_hash, roles)
VALUES ((SELECT id FROM branches WHERE code = $1), $2, $2, '$argon2id$none', $3) RETURNING id, branch_id`, branch, login, roles).Scan(&who.ID, &branchID))
	if branchID != nil {
		who.BranchID = *branchID
	}
	return who
}

func wantFault(t *testing.T, err error, code string) {
	t.Helper()
	if f, ok := errors.AsType[*models.Fault](err); !ok || f.Code != code {
		t.Errorf("error %v, want the fault %s", err, code)
	}
}

// inForce gives the picture under a ref that counts for statement S-1 on a day.
func inForce(t *testing.T, s *storage.Store, ref string, at time.Time) (sp models.Specimen) {
	t.Helper()
	st, err := s.ExpectFor(t.Context(), []string{"S-1"}, at)
	fatal(t, err)
	for _, x := range st.Specimens {
		if x.Ref == ref {
			sp = x
		}
	}
	return sp
}

const (
	bossRow    = "K1,boss2,personal,square,client,300,2024-01-01,pair.png,1,,"
	companyRow = "K1,company,company,round,client,300,2024-01-01,pair.png,2,,"
)

func TestCardsWaitForASecondPerson(t *testing.T) {
	s := open(t)
	importAll(t.Context(), t, s, opts)
	li := user(t, s, "", "li", models.RoleOperator, models.RoleSupervisor)
	wang, branch := user(t, s, "", "wang", models.RoleSupervisor), user(t, s, "B2", "zhou", models.RoleSupervisor)

	r, err := importCards(t, s, cutter("", ""), bossRow, companyRow)
	wantFault(t, err, "import_invalid")
	if len(r.Errors) != 2 || !strings.Contains(r.Errors[0].Reason, "--maker") {
		t.Errorf("without a maker: %v", r.Errors)
	}
	r, err = importCards(t, s, cutter("li", ""), bossRow, companyRow)
	fatal(t, err)
	if r.Added != 2 || len(r.Specimens) != 2 || !r.Specimens[0].Made || r.Specimens[0].Quality.Grade != models.QualityGood {
		t.Errorf("report %+v", r)
	}
	now := time.Now()
	if sp := inForce(t, s, "company", now); sp.ID != 0 {
		t.Error("a proposal is in force")
	}
	if r, err := importCards(t, s, cutter("li", ""), bossRow, companyRow); err != nil || r.Unchanged != 2 || r.Added != 0 {
		t.Errorf("proposed again: %+v, %v", r, err)
	}
	if _, err := importCards(t, s, cutter("li", ""), strings.Replace(companyRow, "pair.png", "pair2.png", 1)); err != nil {
		wantFault(t, err, "import_invalid")
	} else {
		t.Error("a second proposal of one seal was taken")
	}

	list, err := reconcile.Proposals(t.Context(), s, wang, reconcile.Proposed, 0)
	fatal(t, err)
	if len(list) != 2 || list[0].Ref != "boss2" || list[0].Own || list[0].Customer != "First Trading" || list[0].Maker != "li" || list[1].Sources[0].Place != 2 {
		t.Fatalf("proposals %+v", list)
	}
	if hidden, err := reconcile.Proposals(t.Context(), s, branch, reconcile.Proposed, 0); err != nil || len(hidden) != 0 {
		t.Errorf("another branch sees %+v, %v", hidden, err)
	}
	boss, company := list[0].ID, list[1].ID
	for name, who := range map[string]models.Actor{"not_found": branch, "own_proposal": li} {
		_, err := reconcile.Approve(t.Context(), s, who, company)
		wantFault(t, err, name)
		wantFault(t, reconcile.Refuse(t.Context(), s, who, company, "no"), name)
	}
	_, err = reconcile.ProposalPicture(t.Context(), s, branch, company, reconcile.PictureSeal)
	wantFault(t, err, "not_found")
	picture, err := reconcile.ProposalPicture(t.Context(), s, wang, company, reconcile.PictureSeal)
	fatal(t, err)
	_, err = reconcile.ProposalPicture(t.Context(), s, wang, company, reconcile.PictureBefore)
	wantFault(t, err, "not_found")

	// However many approve at once, it is filed once.
	var group sync.WaitGroup
	wins := make(chan int64, 8)
	for range cap(wins) {
		group.Go(func() {
			if id, err := reconcile.Approve(t.Context(), s, wang, company); err == nil {
				wins <- id
			}
		})
	}
	group.Wait()
	if len(wins) != 1 {
		t.Fatalf("%d approvals of one proposal", len(wins))
	}
	sp := inForce(t, s, "company", now)
	if sp.ID != <-wins || !bytes.Equal(sp.Image, picture) {
		t.Error("what was approved is not what is in force")
	}
	if before := inForce(t, s, "company", now.AddDate(0, 0, -2)); before.ID != 0 {
		t.Error("an approval reaches back before its day")
	}
	wantFault(t, reconcile.Refuse(t.Context(), s, wang, boss, " "), "reason_required")
	fatal(t, reconcile.Refuse(t.Context(), s, wang, boss, "not the agreed seal"))
	wantFault(t, reconcile.Refuse(t.Context(), s, wang, boss, "again"), "proposal_closed")
	_, err = reconcile.Approve(t.Context(), s, wang, boss)
	wantFault(t, err, "proposal_closed")
	if inForce(t, s, "boss2", now).ID != 0 {
		t.Error("a refused specimen is in force")
	}
	var maker, checker int64
	fatal(t, s.DB.QueryRow(t.Context(), `SELECT maker, checker FROM specimens WHERE id = $1`, sp.ID).Scan(&maker, &checker))
	if maker != li.ID || checker != wang.ID {
		t.Errorf("maker %d, checker %d", maker, checker)
	}
	for action, want := range map[string]int{"specimen.proposed": 2, "specimen.approved": 1, "specimen.refused": 1, "image.viewed": 1} {
		var n int
		fatal(t, s.DB.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE action = $1`, action).Scan(&n))
		if n != want {
			t.Errorf("%d audit entries %s, want %d", n, action, want)
		}
	}
	if _, err := s.VerifyAudit(t.Context(), storage.AuditHead{}); err != nil {
		t.Error(err)
	}
}

// An approval replaces the specimen in force from its day on, and only if the books
// have not moved on meanwhile.
func TestApprovalReplaces(t *testing.T) {
	s := open(t)
	importAll(t.Context(), t, s, opts)
	user(t, s, "", "li", models.RoleOperator)
	wang := user(t, s, "", "wang", models.RoleSupervisor)
	now := time.Now()
	next := now.In(models.BankTime).AddDate(0, 0, 10).Format(time.DateOnly)
	both := cutter("li", "wang")
	_, err := importCards(t, s, both, companyRow)
	fatal(t, err)
	was := inForce(t, s, "company", now)
	if was.ID == 0 {
		t.Fatal("with maker and checker it is not in force")
	}
	propose := func(file, from string) int64 {
		_, err := importCards(t, s, cutter("li", ""), strings.NewReplacer("pair.png", file, "2024-01-01", from).Replace(companyRow))
		fatal(t, err)
		list, err := reconcile.Proposals(t.Context(), s, wang, reconcile.Proposed, 0)
		fatal(t, err)
		if p := list[0]; p.Before != "2024-01-01" || !p.BeforeShown {
			t.Errorf("the proposal does not show what it replaces: %+v", p)
		}
		return list[0].ID
	}
	id := propose("pair2.png", next)
	if before, err := reconcile.ProposalPicture(t.Context(), s, wang, id, reconcile.PictureBefore); err != nil || !bytes.Equal(before, was.Image) {
		t.Errorf("picture of the one before: %v", err)
	}
	specimen, err := reconcile.Approve(t.Context(), s, wang, id)
	fatal(t, err)
	if inForce(t, s, "company", now.AddDate(0, 0, 9)).ID != was.ID || inForce(t, s, "company", now.AddDate(0, 0, 10)).ID != specimen {
		t.Error("the new specimen does not replace the old one on its day")
	}
	// Proposed when nothing was newer; then the books move on.
	_, err = s.DB.Exec(t.Context(), `UPDATE specimens SET valid_from = valid_from - 5, valid_to = NULL WHERE id = $1`, specimen)
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.ConstraintName != "specimens_one_in_force" {
		t.Errorf("two in force a day: %v", err)
	}
	_, err = importCards(t, s, cutter("li", ""), strings.NewReplacer("pair.png", "pair3.png", "2024-01-01", now.In(models.BankTime).AddDate(0, 0, 20).Format(time.DateOnly)).Replace(companyRow))
	fatal(t, err)
	later := now.In(models.BankTime).AddDate(0, 0, 30).Format(time.DateOnly)
	_, err = importCards(t, s, both, strings.NewReplacer("pair.png", "pair.png", "2024-01-01", later).Replace(companyRow))
	fatal(t, err)
	list, err := reconcile.Proposals(t.Context(), s, wang, reconcile.Proposed, 0)
	fatal(t, err)
	_, err = reconcile.Approve(t.Context(), s, wang, list[0].ID)
	wantFault(t, err, "specimen_newer")
}

func TestMakerAndCheckerAreTwoPersons(t *testing.T) {
	s := open(t)
	importAll(t.Context(), t, s, opts)
	both := user(t, s, "", "both", models.RoleOperator, models.RoleSupervisor)
	user(t, s, "", "li", models.RoleOperator)
	user(t, s, "B1", "local", models.RoleOperator)
	user(t, s, "", "gone", models.RoleOperator)
	_, err := s.DB.Exec(t.Context(), `UPDATE users SET disabled_at = now() WHERE login = 'gone'`)
	fatal(t, err)
	for _, tt := range []struct{ maker, checker, code string }{
		{"both", "both", "maker_is_checker"}, {"", "both", "maker_unknown"}, {"nobody", "", "maker_unknown"}, {"gone", "", "maker_unknown"},
		{"local", "", "maker_unknown"}, {"both", "li", "maker_unknown"}, // li may not check
	} {
		_, err := importCards(t, s, cutter(tt.maker, tt.checker), companyRow)
		wantFault(t, err, tt.code)
	}
	_, err = importCards(t, s, cutter("li", "both"), companyRow)
	fatal(t, err)
	for name, sql := range map[string]string{
		"specimens_made_is_checked":             `UPDATE specimens SET checker = NULL WHERE maker IS NOT NULL`,
		"specimens_four_eyes":                   `UPDATE specimens SET checker = maker WHERE maker IS NOT NULL`,
		"specimens_poor_has_reason":             `UPDATE specimens SET grade = 'rescan'`,
		"specimen_proposals_approved_is_filed":  `UPDATE specimen_proposals SET state = 'approved', checker = $1, checked_at = now()`,
		"specimen_proposals_four_eyes":          `UPDATE specimen_proposals SET state = 'refused', reason = 'x', checker = maker, checked_at = now()`,
		"specimen_proposals_check_is_whole":     `UPDATE specimen_proposals SET state = 'refused', reason = 'x'`,
		"specimen_proposals_refused_has_reason": `UPDATE specimen_proposals SET state = 'refused', checker = $1, checked_at = now()`,
	} {
		if n := count(t, s, "specimen_proposals"); n == 0 {
			_, err := importCards(t, s, cutter("li", ""), bossRow)
			fatal(t, err)
		}
		args := []any{}
		if strings.Contains(sql, "$1") {
			args = append(args, both.ID)
		}
		_, err := s.DB.Exec(t.Context(), sql, args...)
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.ConstraintName != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCardRowsSayWhatIsWrong(t *testing.T) {
	s := open(t)
	importAll(t.Context(), t, s, opts)
	user(t, s, "", "li", models.RoleOperator)
	for _, tt := range []struct{ row, field, reason string }{
		{strings.Replace(companyRow, "pair.png,2", "pair.png,", 1), "file", "2 seals"},
		{strings.Replace(companyRow, "pair.png,2", "pair.png,3", 1), "file", "place 3 of 2"},
		{strings.Replace(companyRow, "pair.png,2", "pair.png,1", 1), "file", "looks square"},
		{strings.Replace(companyRow, "pair.png,2", "pair.png,0", 1), "place", "from 1"},
		{strings.Replace(companyRow, "pair.png,2,", "pair.png,2,1;1", 1), "box", "x,y,w,h"},
		{strings.Replace(companyRow, "pair.png,2,", `pair.png,2,"0,0,500,500"`, 1), "box", "no place"},
		{strings.Replace(companyRow, "pair.png,2,", `pair.png,,"1400,0,500,500"`, 1), "file", "does not lie"},
		{strings.Replace(companyRow, "pair.png,2", "pair.png;pair2.png,1;2;2", 1), "place", "for each file"},
		{strings.Replace(companyRow, "pair.png,2", "blank.png,", 1), "file", "no seal"},
		{strings.Replace(companyRow, "pair.png,2", "poor.png,", 1), "file", "accept_poor"},
		{strings.Replace(companyRow, ",300,", ",150,", 1), "file", "150 dpi"},
	} {
		r, err := importCards(t, s, cutter("li", ""), tt.row)
		wantFault(t, err, "import_invalid")
		if len(r.Errors) != 1 || r.Errors[0].Line != 2 || r.Errors[0].Field != tt.field || !strings.Contains(r.Errors[0].Reason, tt.reason) {
			t.Errorf("%s: %v, want field %s with %q", tt.row, r.Errors, tt.field, tt.reason)
		}
	}
	if n := count(t, s, "specimen_proposals"); n != 0 {
		t.Errorf("wrong rows left %d proposals", n)
	}
	// A poor one with a reason is taken, and the reason stays with it.
	r, err := importCards(t, s, cutter("", ""), strings.Replace(companyRow, "pair.png,2,,", "poor.png,,,the only one left", 1))
	fatal(t, err)
	var note, grade string
	fatal(t, s.DB.QueryRow(t.Context(), `SELECT note, grade FROM specimens WHERE ref = 'company' AND customer_id = (SELECT id FROM customers WHERE no = 'K1')`).Scan(&note, &grade))
	if note != "the only one left" || grade != "rescan" || r.Added != 1 {
		t.Errorf("poor specimen: %q, %s, %+v", note, grade, r)
	}
	// A box does as well as a place.
	if _, err := importCards(t, s, cutter("li", ""), strings.Replace(bossRow, "pair.png,1,", `pair.png,,"0,0,700,500"`, 1)); err != nil {
		t.Error(err)
	}
}

func TestImprintsOfOneSealAreAveraged(t *testing.T) {
	s := open(t)
	importAll(t.Context(), t, s, opts)
	user(t, s, "", "li", models.RoleOperator)
	wang := user(t, s, "", "wang", models.RoleSupervisor)
	row := strings.Replace(companyRow, "pair.png,2", "pair.png;pair2.png;pair3.png,2", 1)
	r, err := importCards(t, s, cutter("li", ""), row)
	fatal(t, err)
	if len(r.Specimens) != 1 || len(r.Specimens[0].Averaged) != 3 {
		t.Errorf("report %+v", r)
	}
	list, err := reconcile.Proposals(t.Context(), s, wang, reconcile.Proposed, 0)
	fatal(t, err)
	if len(list) != 1 || list[0].DPI != 254 || len(list[0].Sources) != 3 {
		t.Errorf("proposal %+v", list)
	}
	var detail string
	fatal(t, s.DB.QueryRow(t.Context(), `SELECT detail::text FROM audit WHERE action = 'specimen.proposed'`).Scan(&detail))
	if !strings.Contains(detail, `"averaged":["match"`) || strings.Count(detail, `"place":2`) != 3 {
		t.Errorf("audit does not say what the average is made of: %s", detail)
	}
	if r, err := importCards(t, s, cutter("li", ""), row); err != nil || r.Unchanged != 1 {
		t.Errorf("again: %+v, %v", r, err)
	}
}

func TestProposeFromAnUploadedCard(t *testing.T) {
	s := open(t)
	importAll(t.Context(), t, s, opts)
	li := user(t, s, "", "li", models.RoleOperator)
	other := user(t, s, "B2", "zhou", models.RoleOperator)
	card := cards()["pair.png"].Data
	order := reconcile.CardOrder{CustomerNo: "K1", Ref: "company", Kind: models.SealCompany, DPI: 300, ValidFrom: "2024-01-01", Place: 2}
	_, _, err := reconcile.Propose(t.Context(), s, pipeline.CutCard, other, order, card)
	wantFault(t, err, "not_found")
	id, q, err := reconcile.Propose(t.Context(), s, pipeline.CutCard, li, order, card)
	fatal(t, err)
	if q.Grade != models.QualityGood {
		t.Errorf("quality %+v", q)
	}
	if again, _, err := reconcile.Propose(t.Context(), s, pipeline.CutCard, li, order, card); err != nil || again != id {
		t.Errorf("the same card again: proposal %d, want %d; %v", again, id, err)
	}
	list, err := reconcile.Proposals(t.Context(), s, li, reconcile.Proposed, 0)
	fatal(t, err)
	if len(list) != 1 || list[0].Shape != models.Round || !list[0].Own {
		t.Errorf("proposals %+v", list)
	}
	for name, tt := range map[string]struct {
		edit func(o *reconcile.CardOrder)
		card []byte
		code string
	}{
		"no picture":    {func(*reconcile.CardOrder) {}, []byte("no picture"), "card_refused"},
		"blank":         {func(*reconcile.CardOrder) {}, cards()["blank.png"].Data, "card_refused"},
		"poor":          {func(o *reconcile.CardOrder) { o.Place = 0; o.Shape = models.Round }, cards()["poor.png"].Data, "card_refused"},
		"which of two":  {func(o *reconcile.CardOrder) { o.Place = 0 }, card, "card_refused"},
		"no date":       {func(o *reconcile.CardOrder) { o.ValidFrom = "soon" }, card, "card_refused"},
		"unknown kind":  {func(o *reconcile.CardOrder) { o.Kind = "round" }, card, "card_refused"},
		"no resolution": {func(o *reconcile.CardOrder) { o.DPI = 0 }, card, "card_resolution"},
		"other kind":    {func(o *reconcile.CardOrder) { o.Ref, o.Kind = "boss", models.SealCompany }, card, "card_refused"},
	} {
		o := order
		o.Ref = "new"
		tt.edit(&o)
		_, _, err := reconcile.Propose(t.Context(), s, pipeline.CutCard, li, o, tt.card)
		if f, ok := errors.AsType[*models.Fault](err); !ok || f.Code != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	if n := count(t, s, "specimen_proposals"); n != 1 {
		t.Errorf("%d proposals", n)
	}
	// An outage of the reader is no fault of the card.
	down := func(context.Context, []byte, float64, models.Box) (models.Card, error) {
		return models.Card{}, models.NewFault(models.Retryable, "reader_lost", "gone", nil)
	}
	order.Shape, order.Ref = models.Round, "later"
	if _, _, err := reconcile.Propose(t.Context(), s, down, li, order, card); models.ClassOf(err) != models.Retryable {
		t.Errorf("reader lost: %v", err)
	}
}
