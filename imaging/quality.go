package imaging

import (
	"context"
	"fmt"
	"math"
	"slices"

	"heyin/models"
)

// Codes of the findings of Inspect. Value is in the unit given.
const (
	FindingLowResolution = "low_resolution" // dpi
	FindingBlur          = "blur"           // mm, standard deviation
	FindingFaint         = "low_contrast"   // gray levels from ink to paper
	FindingDark          = "dark"           // gray level of the paper
	FindingBlank         = "blank"          // edges of print found
	FindingClipped       = "clipped"        // pieces of print cut by the page's edge
	FindingSkew          = "skew"           // degrees
	FindingGray          = "gray"           // no value
	FindingShadow        = "shadow"         // density of paper, against the page's own
	FindingStain         = "stain"          // cm²
	FindingCorner        = "corner"         // mm from the corner to the crease
	FindingOverlap       = "overlap"        // mm of the other sheet's edge
	FindingUnseen        = "not_inspected"  // no value
)

// Limits of a good scan. "rescan" limits are where print is lost, "usable" ones
// where a person should look before anything passes.
const (
	rescanDPI = 145 // 150 with the tolerance of an estimate; below, a 0.3 mm seal stroke is under 2 pixels
	// Print of 10.5 pt has strokes of 0.25 mm with gaps of 0.4 mm: a blur of
	// 0.2 mm closes the gaps, one of 0.14 mm halves their contrast. A sound scan
	// at 200 dpi measures 0.10 to 0.11 mm, at 300 dpi 0.07 to 0.09 mm.
	rescanBlur, usableBlur = 0.20, 0.14
	// Faded print on gray paper that is still read well measures 50 to 60 levels;
	// at 25, JPEG noise is a quarter of it.
	rescanContrast, usableContrast = 25, 40
	darkPaper                      = 90 // gray level; recycled paper scans at 180, a shadowed page at 130
	blankEdges                     = 12 // edges measured per 100 cm²; one line of text has a hundred
	usableSkew                     = 5.0
	clippedPieces                  = 3 // pieces of print on one side: half a word, no speck
	clippedRules                   = 2 // rules that end there: of a frame or a table
)

// Inspect judges a scan by what can be measured on it. A gray scan is reported
// but not graded down: it reads as well, only ink cannot be told by colour.
// Boxes are in sheet pixels. It borrows both. When OpenCV fails, the page is not
// good: nothing passes unseen.
func Inspect(scan *Scan, sheet *Sheet) models.Quality {
	j := judge{q: models.Quality{Grade: models.QualityGood}}
	if err := j.inspect(scan, sheet); err != nil {
		j.find(models.QualityUsable, FindingUnseen, 0, "the scan could not be inspected: %v", err)
	}
	return j.q
}

func (j *judge) inspect(scan *Scan, sheet *Sheet) error {
	gray, err := scan.Image.Gray()
	if err != nil {
		return err
	}
	defer gray.Close()
	small, err := scan.Image.grayAt(coarseSide)
	if err != nil {
		return err
	}
	defer small.Close()
	j.resolution(sheet.DPI)
	j.print(gray.measureEdges(), gray, sheet.DPI)
	j.light(small)
	if err := j.clipped(small, scan, sheet); err != nil {
		return err
	}
	if err := j.paper(sheet); err != nil {
		return err
	}
	if skew := sheet.Pose.SkewDeg; math.Abs(skew) > usableSkew {
		j.find(models.QualityUsable, FindingSkew, skew, "the page lies %.1f° askew", skew)
	}
	if scan.Gray {
		j.find(models.QualityGood, FindingGray, 0, "scanned without colour: ink cannot be told from print by its colour")
	}
	return nil
}

// Grade judges one page of a file for who holds the paper: decoded, laid even and
// inspected, not read. Its boxes are in pixels of the stored page. The errors are
// those of Decode and Straighten.
func Grade(ctx context.Context, data []byte, page int) (models.Quality, error) {
	scan, err := Decode(ctx, data, page)
	if err != nil {
		return models.Quality{}, err
	}
	defer scan.Close()
	sheet, err := Straighten(scan)
	if err != nil {
		return models.Quality{}, err
	}
	defer sheet.Close()
	q := Inspect(scan, sheet)
	for _, f := range q.Findings {
		if f.Box != nil {
			*f.Box = sheet.Pose.ToStored(*f.Box)
		}
	}
	return q, nil
}

// judge collects findings and keeps the worst grade.
type judge struct{ q models.Quality }

var severity = map[models.QualityGrade]int{models.QualityGood: 0, models.QualityUsable: 1, models.QualityRescan: 2}

func (j *judge) find(grade models.QualityGrade, code string, value float64, format string, args ...any) {
	if severity[grade] > severity[j.q.Grade] {
		j.q.Grade = grade
	}
	j.q.Findings = append(j.q.Findings, models.Finding{Code: code, Value: value, Reason: fmt.Sprintf(format, args...)})
}

func (j *judge) resolution(dpi float64) {
	if dpi < rescanDPI {
		j.find(models.QualityRescan, FindingLowResolution, dpi, "scanned at %.0f dpi; scan again at 200 to 300", dpi)
	}
}

// print judges whether there is print and whether it is sharp.
func (j *judge) print(e edges, page *Image, dpi float64) {
	const squareInchesOf100cm2 = 15.5
	areas := max(1, float64(page.Width())*float64(page.Height())/(dpi*dpi)/squareInchesOf100cm2)
	if float64(e.n) < blankEdges*areas {
		j.find(models.QualityRescan, FindingBlank, float64(e.n), "the page is blank or too faint to read; scan the printed side again")
		return
	}
	if dpi < rescanDPI {
		return // a pixel is so large that every edge looks blurred
	}
	switch blur := e.spread * mmPerInch / dpi; {
	case blur > rescanBlur:
		j.find(models.QualityRescan, FindingBlur, blur, "print is blurred by %.2f mm; clean the glass and scan again", blur)
	case blur > usableBlur:
		j.find(models.QualityUsable, FindingBlur, blur, "print is soft: blurred by %.2f mm", blur)
	}
}

// light judges the levels of paper and ink on a small gray copy.
func (j *judge) light(small *Image) {
	switch contrast := small.inkRange(); {
	case contrast < rescanContrast:
		j.find(models.QualityRescan, FindingFaint, contrast, "print stands out by %.0f gray levels only; scan again with more contrast", contrast)
	case contrast < usableContrast:
		j.find(models.QualityUsable, FindingFaint, contrast, "print is faint: %.0f gray levels from ink to paper", contrast)
	}
	hist := levels(small.View())
	if paper := quantile(hist[:], 0.5); paper < darkPaper {
		j.find(models.QualityUsable, FindingDark, float64(paper), "the page is dark: its paper has gray level %d of 255", paper)
	}
}

// clipped looks for print that the edge of the picture cuts: strokes and rules
// that run into it, and reach some way in. What runs along the edge is the lid, what
// runs from edge to edge a crease or the line to tear along.
func (j *judge) clipped(small *Image, scan *Scan, sheet *Sheet) error {
	parts, runs, err := small.inkParts()
	if err != nil {
		return err
	}
	w, h := small.Width(), small.Height()
	part := Numbered(runs, w, h)
	least, rim, long := h/250, h/40, h/20 // of A4: 1.2 mm, no specks; 7 mm, no stroke's or rule's width; 15 mm, no stroke's length
	f := scan.Image.reduction(coarseSide)
	for _, side := range [4]struct {
		name  string
		n     int // pixels along the edge
		pixel func(i int) int
		place func(from, to int) models.Box
		deep  func(b models.Box) int
	}{
		{"left", h, func(i int) int { return i * w }, func(from, to int) models.Box { return models.Box{Y: from, W: rim, H: to - from} }, func(b models.Box) int { return b.W }},
		{"right", h, func(i int) int { return i*w + w - 1 }, func(from, to int) models.Box { return models.Box{X: w - rim, Y: from, W: rim, H: to - from} }, func(b models.Box) int { return b.W }},
		{"top", w, func(i int) int { return i }, func(from, to int) models.Box { return models.Box{X: from, W: to - from, H: rim} }, func(b models.Box) int { return b.H }},
		{"bottom", w, func(i int) int { return (h-1)*w + i }, func(from, to int) models.Box { return models.Box{X: from, Y: h - rim, W: to - from, H: rim} }, func(b models.Box) int { return b.H }},
	} {
		cuts := map[int32][][2]int{} // by piece of ink, where the edge cuts it
		for i := 0; i < side.n; {
			from, p := i, part[side.pixel(i)]
			for i < side.n && part[side.pixel(i)] == p {
				i++
			}
			if p != 0 {
				cuts[p] = append(cuts[p], [2]int{from, i})
			}
		}
		var hull models.Box
		n, rules := 0, 0
		for p, runs := range cuts {
			deep := side.deep(parts[p-1].Box)
			if deep < least || slices.ContainsFunc(runs, func(r [2]int) bool { return r[1]-r[0] > rim }) {
				continue
			}
			if across := w + h - side.n; deep >= long && deep < across-rim {
				rules += len(runs)
			}
			for _, r := range runs {
				hull, n = union(hull, side.place(r[0], r[1])), n+1
			}
		}
		if n >= clippedPieces || rules >= clippedRules {
			box := sheet.Pose.ToSheet(models.Box{X: hull.X * f, Y: hull.Y * f, W: hull.W * f, H: hull.H * f})
			j.find(models.QualityUsable, FindingClipped, float64(n), "print is cut off at the %s edge of the scan", side.name)
			j.q.Findings[len(j.q.Findings)-1].Box = &box
		}
	}
	return nil
}

// paper looks at the sheet itself, upright: its light, its colour, its corners, and
// whether another lies on it. What is lost to a stain, a shadow or a corner is
// told by the fields that cannot be read: by itself it does not lower the grade.
func (j *judge) paper(sheet *Sheet) error {
	small, err := sheet.Image.shrinkTo(coarseSide)
	if err != nil {
		return err
	}
	defer small.Close()
	k := sheet.Image.reduction(coarseSide)
	dpi := sheet.DPI / float64(k)
	put := func(b models.Box) {
		box := sheet.Image.Clip(models.Box{X: b.X * k, Y: b.Y * k, W: b.W * k, H: b.H * k})
		j.q.Findings[len(j.q.Findings)-1].Box = &box
	}
	t := small.paperTones(dpi)
	all := t.cols * t.rows
	for _, p := range t.patches(t.shadows(), int(leastShadow*float64(all)), all) {
		j.find(models.QualityGood, FindingShadow, shadowTone, "a shadow lies on the page; close the lid, lay the page flat")
		put(t.pixels(p.Box))
	}
	const blocksOfCm2 = 100 / (toneBlockMM * toneBlockMM)
	for _, p := range t.patches(t.stains(), leastStain, int(mostStain*float64(all))) {
		j.find(models.QualityGood, FindingStain, float64(p.Area)/blocksOfCm2, "a stain of %.0f cm²", float64(p.Area)/blocksOfCm2)
		put(t.pixels(p.Box))
	}
	if side, seen, found := t.hiddenEnd(float64(t.block)/dpi*mmPerInch, sheet.Pose.SkewDeg); found {
		j.find(models.QualityGood, FindingClipped, seen, "only one end of the sheet shows: if it is longer than %.0f mm, the %s of it is not on the scan", seen, sideNames[side])
	}
	gray, err := small.Gray()
	if err != nil {
		return err
	}
	defer gray.Close()
	w, h, px := gray.Width(), gray.Height(), dpi/mmPerInch
	edges := gray.slopes()
	for _, c := range []struct {
		name          string
		right, bottom bool
	}{{"top left", false, false}, {"top right", true, false}, {"bottom left", false, true}, {"bottom right", true, true}} {
		size, lost := lostCorner(edges, w, h, c.right, c.bottom, px)
		if !lost {
			continue
		}
		j.find(models.QualityGood, FindingCorner, size/px, "the %s corner is turned over or missing; unfold it", c.name)
		side := int(size * math.Sqrt2)
		b := models.Box{W: side, H: side}
		if c.right {
			b.X = w - side
		}
		if c.bottom {
			b.Y = h - side
		}
		put(b)
	}
	for _, upright := range []bool{false, true} {
		if b, found := otherSheet(edges, w, h, upright, px); found {
			j.find(models.QualityRescan, FindingOverlap, float64(max(b.W, b.H))/px, "the edge of another sheet lies across the page; scan the sheets one by one")
			put(b)
			break
		}
	}
	return nil
}

// union is the hull of two boxes; the zero Box is empty.
func union(a, b models.Box) models.Box {
	if a.W == 0 {
		return b
	}
	x, y := min(a.X, b.X), min(a.Y, b.Y)
	return models.Box{X: x, Y: y, W: max(a.X+a.W, b.X+b.W) - x, H: max(a.Y+a.H, b.Y+b.H) - y}
}
