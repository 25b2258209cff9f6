package reconcile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // formats of specimens
	_ "image/png"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	_ "golang.org/x/image/tiff"

	"heyin/models"
	"heyin/storage"
)

// specimenColumns is the heading of a specimens file; the optional ones name a
// seal on a card.
var (
	specimenColumns = []string{"customer_no", "ref", "kind", "shape", "role", "dpi", "valid_from", "file"}
	cardColumns     = []string{"place", "box", "accept_poor"}
)

// Bounds of a picture and of what may be told about one.
const (
	maxSpecimenBytes  = 64 << 20   // A4 in colour at 600 dpi, packed as TIFF does
	maxSpecimenPixels = 60_000_000 // as imaging has it
	minDPI, maxDPI    = 50, 2400   // as the table has it
	maxImprints       = 9          // averaged into one specimen: each is compared with each
	maxNote           = 1000       // characters, as the table has it
)

// Cutter cuts the seals out of the bytes of a card and grades them: in this
// process for an operator's own files, in a reader process for what came over the
// network. A box of some size restricts it to that part. Faults are Permanent when
// the bytes are no card.
type Cutter func(ctx context.Context, card []byte, dpi float64, within models.Box) (models.Card, error)

// Averager makes one seal of several genuine imprints, with the verdict on each.
type Averager func(ctx context.Context, imprints []models.CardSeal) (models.CardSeal, []models.Verdict, error)

// SpecimenOptions of an import of specimens. A file without a maker is the bank's
// books: its pictures were cut and checked in core banking, and are in force as
// they come. What heyin cuts out of a card or averages has been checked by nobody:
// that needs a maker, and is only proposed until another person approves it, unless
// a checker is named too.
type SpecimenOptions struct {
	Options
	Cut            Cutter
	Average        Averager
	Maker, Checker string // logins; empty: none
	Jobs           int    // pictures worked on at once; 0 is one
}

// Source is where a specimen's picture comes from.
type Source struct {
	SHA256 string      `json:"sha256"`          // of the file, which is kept
	Place  int         `json:"place,omitempty"` // the seal's on the card, from 1 in reading order; 0: the file has one seal
	Box    *models.Box `json:"box,omitempty"`   // the part of the file that was looked at
}

// specimenRow is one specimen to file.
type specimenRow struct {
	line                         int
	customer, ref                string
	kind, shape, role, validFrom string
	dpi                          float64 // of the files
	sources                      []Source
	note                         string // why a poor one is wanted
	broken                       bool   // a picture is missing or no good: reported

	seal  models.CardSeal
	made  bool             // heyin cut it out of a card, or averaged it
	fits  []models.Verdict // of an average
	filed bool             // on the books, or proposed, already
	id    int64            // what it became
}

// specimensPlan is a parsed specimens file.
type specimensPlan struct {
	opts           SpecimenOptions
	maker, checker int64 // users; 0: none
	rows           []specimenRow
	images         map[string][]byte // by SHA-256: the files, and what was cut out of them
	objects        map[string]storage.Object
}

// ImportSpecimens takes seal specimens from a CSV file (customer_no, ref, kind,
// shape, role, dpi, valid_from, file); files are PNG, JPEG or TIFF in files. A
// role of bank goes with an empty customer_no. A specimen filed under the same
// ref before ends the day the new one begins.
//
// A file may be a card with several seals. Then the column place says which, from 1
// in reading order, or box, as "x,y,w,h" in pixels, where. Several files or places,
// separated by ";", are imprints of the same seal, of which one average is made.
// Each picture is graded; one not fit for a specimen is refused, unless the column
// accept_poor says why it is wanted all the same.
//
// The fault import_invalid comes with Report.Errors; maker_unknown and
// maker_is_checker are about the two persons.
func ImportSpecimens(ctx context.Context, store *storage.Store, r io.Reader, files fs.FS, opts SpecimenOptions) (Report, error) {
	report := Report{Kind: "specimens"}
	file, err := readFile(r)
	if err != nil {
		return report, err
	}
	p := newSpecimensPlan(opts)
	if err := p.findPeople(ctx, store); err != nil {
		return report, err
	}
	twice := firstSeen{}
	for _, row := range readCSV(file, &report, specimenColumns, cardColumns...) {
		if !twice.again(&report, row.line, "ref", row.fields["customer_no"], row.fields["ref"]) {
			p.parse(row, files, &report)
		}
	}
	if err := p.cut(ctx, &report); err != nil {
		return report, err
	}
	return report, run(ctx, store, opts.Options, &report, file, p, func() error { return p.store(ctx, store) })
}

func newSpecimensPlan(opts SpecimenOptions) *specimensPlan {
	return &specimensPlan{opts: opts, images: map[string][]byte{}, objects: map[string]storage.Object{}}
}

func (p *specimensPlan) parse(row csvRow, files fs.FS, report *Report) {
	f, line := row.fields, row.line
	s := specimenRow{line: line, customer: f["customer_no"], ref: f["ref"], kind: f["kind"], shape: f["shape"], role: f["role"],
		validFrom: f["valid_from"], note: f["accept_poor"]}
	s.want(report)
	var err error
	if s.dpi, err = strconv.ParseFloat(f["dpi"], 64); err != nil || !(s.dpi >= minDPI && s.dpi <= maxDPI) {
		report.wrong(line, "dpi", "%q: want a resolution from %d to %d", f["dpi"], minDPI, maxDPI)
		s.broken = true
	}
	p.parseSources(&s, f, files, report)
	p.rows = append(p.rows, s)
}

// want checks the fields that need no picture.
func (s *specimenRow) want(report *Report) {
	report.wantForm(s.line, "ref", s.ref, anyName, "1 to 64 characters without spaces")
	wantOneOf(report, s.line, "kind", models.SealKind(s.kind), models.SealCompany, models.SealFinance, models.SealPersonal, models.SealBank, models.SealOther)
	wantOneOf(report, s.line, "shape", models.SealShape(s.shape), models.Round, models.Oval, models.Square, models.Rect)
	wantOneOf(report, s.line, "role", models.SealRole(s.role), models.RoleClient, models.RoleBank)
	if (s.role == string(models.RoleBank)) != (s.customer == "") {
		report.wrong(s.line, "customer_no", "%q with role %q: the bank's own seals have none, a customer's have one", s.customer, s.role)
	}
	if report.wantDate(s.line, "valid_from", s.validFrom).IsZero() {
		s.validFrom = ""
	}
	if len([]rune(s.note)) > maxNote {
		report.wrong(s.line, "accept_poor", "has more than %d characters", maxNote)
	}
}

func wantOneOf[T ~string](report *Report, line int, field string, value T, known ...T) {
	if !slices.Contains(known, value) {
		report.wrong(line, field, "%q: want one of %v", value, known)
	}
}

// parseSources reads the files a row names and pairs them with its places.
func (p *specimensPlan) parseSources(s *specimenRow, f map[string]string, files fs.FS, report *Report) {
	wrong := func(field, format string, args ...any) {
		report.wrong(s.line, field, format, args...)
		s.broken = true
	}
	var shas []string
	for name := range strings.SplitSeq(f["file"], ";") {
		img, err := readSpecimen(files, strings.TrimSpace(name))
		if err != nil {
			wrong("file", "%v", err)
			continue
		}
		shas = append(shas, p.keep(img))
	}
	places := []int{0}
	if f["place"] != "" {
		places = nil
		for text := range strings.SplitSeq(f["place"], ";") {
			n, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil || n < 1 {
				wrong("place", "%q: want the seal's number on the card, from 1 in reading order", text)
				continue
			}
			places = append(places, n)
		}
	}
	box, err := parseBox(f["box"])
	if err != nil {
		wrong("box", "%v", err)
	}
	if s.broken {
		return
	}
	n := max(len(shas), len(places))
	switch {
	case (len(shas) != n && len(shas) != 1) || (len(places) != n && len(places) != 1):
		wrong("place", "%d files and %d places: want one of either, or a place for each file", len(shas), len(places))
	case n > maxImprints:
		wrong("file", "%d imprints: want at most %d", n, maxImprints)
	case box != nil && (n > 1 || places[0] != 0):
		wrong("box", "goes with one file and no place")
	}
	for i := range n {
		s.sources = append(s.sources, Source{SHA256: shas[min(i, len(shas)-1)], Place: places[min(i, len(places)-1)], Box: box})
	}
}

// parseBox reads "x,y,w,h"; nil for none.
func parseBox(text string) (*models.Box, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no box is an ordinary answer
	}
	var b models.Box
	parts := strings.Split(text, ",")
	for i, to := range []*int{&b.X, &b.Y, &b.W, &b.H} {
		var err error
		if len(parts) != 4 {
			err = errors.New("not four numbers")
		} else {
			*to, err = strconv.Atoi(strings.TrimSpace(parts[i]))
		}
		if err != nil || *to < 0 || *to > maxSpecimenPixels || b.W < 0 {
			return nil, fmt.Errorf("%q: want x,y,w,h in pixels of the file", text)
		}
	}
	if b.W == 0 || b.H == 0 {
		return nil, fmt.Errorf("%q: want x,y,w,h with a width and a height", text)
	}
	return &b, nil
}

// keep holds bytes until they are stored and gives their hash.
func (p *specimensPlan) keep(data []byte) (sha string) {
	sum := sha256.Sum256(data)
	sha = hex.EncodeToString(sum[:])
	p.images[sha] = data
	return sha
}

// readSpecimen reads a picture and looks at its header only.
func readSpecimen(files fs.FS, name string) (_ []byte, err error) {
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("%q: want a path below the folder of this file", name)
	}
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSpecimenBytes+1))
	if err != nil {
		return nil, err
	}
	if err := checkPicture(data); err != nil {
		return nil, fmt.Errorf("%s %w", name, err)
	}
	return data, nil
}

// checkPicture looks at the header only: whoever cuts decodes, under his limits.
func checkPicture(data []byte) error {
	if len(data) > maxSpecimenBytes {
		return fmt.Errorf("has more than %d MB", maxSpecimenBytes>>20)
	}
	cfg, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("is no PNG, JPEG or TIFF: %w", err)
	}
	if cfg.Width < 1 || cfg.Height < 1 || cfg.Width > maxSpecimenPixels/cfg.Height {
		return fmt.Errorf("is a %s of %d×%d; the limit is %d pixels", format, cfg.Width, cfg.Height, maxSpecimenPixels)
	}
	return nil
}

// store puts the pictures where rows may name them. Nothing refers to a picture yet
// if the import ends here.
func (p *specimensPlan) store(ctx context.Context, store *storage.Store) error {
	for sha, img := range p.images {
		o, err := store.Objects.Put(ctx, bytes.NewReader(img), http.DetectContentType(img))
		if err != nil {
			return err
		}
		p.objects[sha] = o
	}
	return nil
}

func (p *specimensPlan) check(ctx context.Context, tx pgx.Tx, report *Report) error {
	customers := map[string]customer{}
	for _, s := range p.rows {
		if s.customer != "" {
			customers[s.customer] = customer{}
		}
	}
	ids, _, err := knownCustomers(ctx, tx, customers)
	if err != nil {
		return err
	}
	for i := range p.rows {
		s := &p.rows[i]
		if _, ok := ids[s.customer]; !ok && s.customer != "" {
			report.wrong(s.line, "customer_no", "%q is no customer on the books; import accounts first", s.customer)
			continue
		}
		if s.validFrom == "" || s.broken {
			continue // reported already
		}
		if err := s.compare(ctx, tx, report); err != nil {
			return err
		}
		if p.proposes() && !s.filed {
			if err := s.compareOpen(ctx, tx, report); err != nil {
				return err
			}
		}
		if s.filed {
			report.Unchanged++
		} else {
			report.Added++
		}
	}
	return nil
}

// proposes reports whether the rows wait for a second person.
func (p *specimensPlan) proposes() bool { return p.maker != 0 && p.checker == 0 }

// compare finds what is on file under the same name.
func (s *specimenRow) compare(ctx context.Context, tx pgx.Tx, report *Report) error {
	rows, err := tx.Query(ctx, `SELECT p.valid_from::text, p.kind, p.shape, p.dpi, p.object_sha256, p.sources
  FROM specimens p LEFT JOIN customers c ON c.id = p.customer_id
 WHERE coalesce(c.no, '') = $1 AND p.ref = $2 ORDER BY p.valid_from`, s.customer, s.ref)
	if err != nil {
		return fmt.Errorf("specimens: %w", err)
	}
	var from, kind, shape, sha string
	var dpi float64
	var sources []Source
	_, err = pgx.ForEachRow(rows, []any{&from, &kind, &shape, &dpi, &sha, &sources}, func() error {
		same := kind == s.kind && shape == s.shape && dpi == s.seal.DPI && s.from(sha, sources)
		switch {
		case kind != s.kind:
			// The seal rule was checked for the kind: a personal seal must not slip in.
			report.wrong(s.line, "kind", "%q is on file from %s as %s; give another kind of seal a ref of its own", s.ref, from, kind)
		case from < s.validFrom:
		case from > s.validFrom:
			if !s.filed {
				report.wrong(s.line, "valid_from", "a specimen %q is on file from %s, which is later", s.ref, from)
			}
		case same:
			s.filed = true
		default:
			report.wrong(s.line, "valid_from", "another specimen %q is on file from this very day; give the day the new one begins", s.ref)
		}
		return nil
	})
	return err
}

// from reports whether a picture on file is of the same sources.
func (s *specimenRow) from(sha string, sources []Source) bool {
	if len(sources) == 0 { // filed before pictures were graded
		return len(s.sources) == 1 && s.sources[0] == Source{SHA256: sha}
	}
	return reflect.DeepEqual(sources, s.sources)
}

// compareOpen finds what is proposed under the same name.
func (s *specimenRow) compareOpen(ctx context.Context, tx pgx.Tx, report *Report) error {
	var id int64
	var from, kind, shape string
	var sources []Source
	err := tx.QueryRow(ctx, `SELECT p.id, p.valid_from::text, p.kind, p.shape, p.sources
  FROM specimen_proposals p LEFT JOIN customers c ON c.id = p.customer_id
 WHERE coalesce(c.no, '') = $1 AND p.ref = $2 AND p.state = 'proposed'`, s.customer, s.ref).Scan(&id, &from, &kind, &shape, &sources)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("proposed specimens: %w", err)
	case from == s.validFrom && kind == s.kind && shape == s.shape && reflect.DeepEqual(sources, s.sources):
		s.filed, s.id = true, id
	default:
		report.wrong(s.line, "ref", "proposal %d of a specimen %q waits for a second person; have it approved or refused first", id, s.ref)
	}
	return nil
}

func (p *specimensPlan) enter(ctx context.Context, tx pgx.Tx) ([]storage.Event, error) {
	for _, sha := range slices.Sorted(maps.Keys(p.objects)) {
		if err := storage.SaveObject(ctx, tx, p.objects[sha]); err != nil {
			return nil, err
		}
	}
	var b pgx.Batch
	for i := range p.rows {
		if s := &p.rows[i]; !s.filed {
			if err := p.queue(&b, s); err != nil {
				return nil, err
			}
		}
	}
	if err := send(ctx, tx, &b); err != nil {
		return nil, err
	}
	return p.events(), nil
}

// queue adds the statements that file or propose a row.
func (p *specimensPlan) queue(b *pgx.Batch, s *specimenRow) error {
	findings, err := findingsJSON(s.seal.Quality.Findings)
	if err != nil {
		return err
	}
	sources, err := json.Marshal(s.sources)
	if err != nil {
		return fmt.Errorf("sources: %w", err)
	}
	sum := sha256.Sum256(s.seal.Image)
	fields := pgx.NamedArgs{"customer": s.customer, "ref": s.ref, "from": s.validFrom, "kind": s.kind, "shape": s.shape, "role": s.role,
		"dpi": s.seal.DPI, "sha": hex.EncodeToString(sum[:]), "sources": sources, "grade": string(s.seal.Quality.Grade),
		"findings": findings, "note": s.note, "maker": p.maker, "checker": p.checker}
	const owner = `(SELECT id FROM customers WHERE no = @customer)` // no customer: null, the bank's own
	got := func(row pgx.Row) error { return row.Scan(&s.id) }
	if p.proposes() {
		b.Queue(`INSERT INTO specimen_proposals (customer_id, ref, kind, shape, role, dpi, object_sha256, valid_from, sources, grade, findings, note, maker)
VALUES (`+owner+`, @ref, @kind, @shape, @role, @dpi, @sha, @from::date, @sources, @grade, @findings, @note, @maker) RETURNING id`, fields).QueryRow(got)
		return nil
	}
	b.Queue(`UPDATE specimens SET valid_to = @from::date WHERE customer_id IS NOT DISTINCT FROM `+owner+` AND ref = @ref
   AND valid_from < @from::date AND coalesce(valid_to > @from::date, true)`, fields)
	b.Queue(`INSERT INTO specimens (customer_id, ref, kind, shape, role, dpi, object_sha256, valid_from, sources, grade, findings, note, maker, checker)
VALUES (`+owner+`, @ref, @kind, @shape, @role, @dpi, @sha, @from::date, @sources, @grade, @findings, @note,
        nullif(@maker::bigint, 0), nullif(@checker::bigint, 0)) RETURNING id`, fields).QueryRow(got)
	return nil
}

// findingsJSON is the list as the tables hold it.
func findingsJSON(f []models.Finding) ([]byte, error) {
	if f == nil {
		f = []models.Finding{}
	}
	data, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	return data, nil
}

// events tells the audit of each specimen that is more than a row of the books:
// made here, poor, or put on file by named persons.
func (p *specimensPlan) events() (events []storage.Event) {
	for _, s := range p.rows {
		if s.filed || (p.maker == 0 && s.note == "") {
			continue
		}
		e := storage.Event{Actor: p.opts.Actor.String(), Action: "specimen.filed", Object: fmt.Sprintf("specimen:%d", s.id)}
		if p.proposes() {
			e.Action, e.Object = "specimen.proposed", proposalObject(s.id)
		}
		detail := map[string]any{"customer_no": s.customer, "ref": s.ref, "kind": s.kind, "sources": s.sources, "grade": s.seal.Quality.Grade}
		if len(s.fits) > 0 {
			detail["averaged"] = s.fits
		}
		if s.note != "" {
			detail["accept_poor"] = s.note
		}
		if p.maker != 0 {
			detail["maker"] = p.maker
		}
		if p.checker != 0 {
			detail["checker"] = p.checker
		}
		e.Detail = detail
		events = append(events, e)
	}
	return events
}
