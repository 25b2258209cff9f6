package reconcile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	_ "image/jpeg" // formats of specimens
	_ "image/png"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	_ "golang.org/x/image/tiff"

	"heyin/models"
	"heyin/storage"
)

// specimenColumns is the heading of a specimens file.
var specimenColumns = []string{"customer_no", "ref", "kind", "shape", "role", "dpi", "valid_from", "file"}

// Bounds of a specimen's image: a seal of 50 mm at 1200 dpi, with room.
const (
	maxSpecimenBytes  = 16 << 20
	maxSpecimenPixels = 20_000_000
	minDPI, maxDPI    = 50, 2400 // as the table has it
)

// specimenRow is one specimen to file.
type specimenRow struct {
	line                         int
	customer, ref                string
	kind, shape, role, validFrom string
	dpi                          float64
	sha                          string
	filed                        bool // on the books already
}

// specimensPlan is a parsed specimens file.
type specimensPlan struct {
	rows    []specimenRow
	images  map[string][]byte // by SHA-256
	objects map[string]storage.Object
}

// ImportSpecimens takes seal specimens from a CSV file (customer_no, ref, kind,
// shape, role, dpi, valid_from, file); images are PNG, JPEG or TIFF in files. A
// role of bank goes with an empty customer_no. A specimen filed under the same
// ref before ends the day the new one begins. The fault import_invalid comes with
// Report.Errors.
func ImportSpecimens(ctx context.Context, store *storage.Store, r io.Reader, files fs.FS, opts Options) (Report, error) {
	report := Report{Kind: "specimens"}
	file, err := readFile(r)
	if err != nil {
		return report, err
	}
	p := &specimensPlan{images: map[string][]byte{}, objects: map[string]storage.Object{}}
	twice := firstSeen{}
	for _, row := range readCSV(file, &report, specimenColumns...) {
		if !twice.again(&report, row.line, "ref", row.fields["customer_no"], row.fields["ref"]) {
			p.parse(row, files, &report)
		}
	}
	return report, run(ctx, store, opts, &report, file, p, func() error { return p.store(ctx, store) })
}

func (p *specimensPlan) parse(row csvRow, files fs.FS, report *Report) {
	f, line := row.fields, row.line
	s := specimenRow{line: line, customer: f["customer_no"], ref: f["ref"], kind: f["kind"], shape: f["shape"], role: f["role"], validFrom: f["valid_from"]}
	report.wantForm(line, "ref", s.ref, anyName, "1 to 64 characters without spaces")
	wantOneOf(report, line, "kind", models.SealKind(s.kind), models.SealCompany, models.SealFinance, models.SealPersonal, models.SealBank, models.SealOther)
	wantOneOf(report, line, "shape", models.SealShape(s.shape), models.Round, models.Oval, models.Square, models.Rect)
	wantOneOf(report, line, "role", models.SealRole(s.role), models.RoleClient, models.RoleBank)
	if (s.role == string(models.RoleBank)) != (s.customer == "") {
		report.wrong(line, "customer_no", "%q with role %q: the bank's own seals have none, a customer's have one", s.customer, s.role)
	}
	var err error
	if s.dpi, err = strconv.ParseFloat(f["dpi"], 64); err != nil || !(s.dpi >= minDPI && s.dpi <= maxDPI) {
		report.wrong(line, "dpi", "%q: want a resolution from %d to %d", f["dpi"], minDPI, maxDPI)
	}
	if report.wantDate(line, "valid_from", s.validFrom).IsZero() {
		s.validFrom = ""
	}
	img, err := readSpecimen(files, f["file"])
	if err != nil {
		report.wrong(line, "file", "%v", err)
		return
	}
	sum := sha256.Sum256(img)
	s.sha = hex.EncodeToString(sum[:])
	p.images[s.sha] = img
	p.rows = append(p.rows, s)
}

func wantOneOf[T ~string](report *Report, line int, field string, value T, known ...T) {
	if !slices.Contains(known, value) {
		report.wrong(line, field, "%q: want one of %v", value, known)
	}
}

// readSpecimen reads an image and looks at its header only: the reader decodes
// it, under its limits.
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
	if len(data) > maxSpecimenBytes {
		return nil, fmt.Errorf("%s has more than %d MB", name, maxSpecimenBytes>>20)
	}
	cfg, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s is no PNG, JPEG or TIFF: %w", name, err)
	}
	if cfg.Width < 1 || cfg.Height < 1 || cfg.Width > maxSpecimenPixels/cfg.Height {
		return nil, fmt.Errorf("%s is a %s of %d×%d; the limit is %d pixels", name, format, cfg.Width, cfg.Height, maxSpecimenPixels)
	}
	return data, nil
}

// store puts the images where rows may name them. Nothing refers to an image yet
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
		if err := s.compare(ctx, tx, report); err != nil {
			return err
		}
		if s.filed {
			report.Unchanged++
		} else {
			report.Added++
		}
	}
	return nil
}

// compare finds what is on file under the same name on or after the same day.
func (s *specimenRow) compare(ctx context.Context, tx pgx.Tx, report *Report) error {
	if s.validFrom == "" {
		return nil // no date: reported while parsing
	}
	rows, err := tx.Query(ctx, `SELECT p.valid_from::text, p.kind, p.shape, p.dpi, p.object_sha256
  FROM specimens p LEFT JOIN customers c ON c.id = p.customer_id
 WHERE coalesce(c.no, '') = $1 AND p.ref = $2 AND p.valid_from >= $3::date ORDER BY p.valid_from`, s.customer, s.ref, s.validFrom)
	if err != nil {
		return fmt.Errorf("specimens: %w", err)
	}
	var from, kind, shape, sha string
	var dpi float64
	_, err = pgx.ForEachRow(rows, []any{&from, &kind, &shape, &dpi, &sha}, func() error {
		switch {
		case from != s.validFrom:
			if !s.filed {
				report.wrong(s.line, "valid_from", "a specimen %q is on file from %s, which is later", s.ref, from)
			}
		case kind == s.kind && shape == s.shape && dpi == s.dpi && sha == s.sha:
			s.filed = true
		default:
			report.wrong(s.line, "valid_from", "another specimen %q is on file from this very day; give the day the new one begins", s.ref)
		}
		return nil
	})
	return err
}

func (p *specimensPlan) enter(ctx context.Context, tx pgx.Tx) error {
	for _, sha := range slices.Sorted(maps.Keys(p.objects)) {
		if err := storage.SaveObject(ctx, tx, p.objects[sha]); err != nil {
			return err
		}
	}
	var b pgx.Batch
	for _, s := range p.rows {
		if s.filed {
			continue
		}
		const owner = `(SELECT id FROM customers WHERE no = $1)` // no customer: null, the bank's own
		b.Queue(`UPDATE specimens SET valid_to = $3::date WHERE customer_id IS NOT DISTINCT FROM `+owner+` AND ref = $2
   AND valid_from < $3::date AND coalesce(valid_to > $3::date, true)`, s.customer, s.ref, s.validFrom)
		b.Queue(`INSERT INTO specimens (customer_id, ref, kind, shape, role, dpi, object_sha256, valid_from)
VALUES (`+owner+`, $2, $4, $5, $6, $7, $8, $3::date)`, s.customer, s.ref, s.validFrom, s.kind, s.shape, s.role, s.dpi, s.sha)
	}
	return send(ctx, tx, &b)
}
