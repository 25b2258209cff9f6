package imaging

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"gocv.io/x/gocv"

	"heyin/models"
)

// inspected straightens and inspects; findings come by code.
func inspected(t *testing.T, scan *Scan) (models.QualityGrade, map[string]models.Finding) {
	t.Helper()
	sheet, err := Straighten(scan)
	if err != nil {
		t.Fatal(err)
	}
	defer sheet.Close()
	q := Inspect(scan, sheet)
	found := map[string]models.Finding{}
	for _, f := range q.Findings {
		found[f.Code] = f
	}
	return q.Grade, found
}

// blurred blurs a scan by a Gaussian of σ pixels.
func blurred(t *testing.T, scan *Scan, sigma float64) *Scan {
	t.Helper()
	dst := gocv.NewMat()
	im, err := own(dst, gocv.GaussianBlur(scan.Image.mat, &dst, image.Point{}, sigma, sigma, gocv.BorderReplicate))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(im.Close)
	return &Scan{Image: im, DPI: scan.DPI, Pages: 1}
}

// washed moves every level towards paper: level' = floor + share·level.
func washed(page *image.RGBA, floor, share float64) *image.RGBA {
	for i, v := range page.Pix {
		if i%4 != 3 {
			page.Pix[i] = uint8(floor + share*float64(v))
		}
	}
	return page
}

// painted darkens every pixel by a factor a channel: red, green, blue.
func painted(page *image.RGBA, by func(x, y int) [3]float64) *image.RGBA {
	for y := range page.Rect.Dy() {
		for x := range page.Rect.Dx() {
			f, q := by(x, y), page.Pix[page.PixOffset(x, y):]
			for c := range f {
				q[c] = uint8(f[c] * float64(q[c]))
			}
		}
	}
	return page
}

func even(f float64) [3]float64 { return [3]float64{f, f, f} }

func TestInspect(t *testing.T) {
	sound := func(seed uint64) *image.RGBA { return drawPage(1654, 2339, seed) }
	cut := image.NewRGBA(image.Rect(0, 0, 1654, 2339))
	fill(cut, 0, 0, 1654, 2339, color.White)
	for i, v := 0, sound(1); i < 2339; i++ { // the page slid 210 pixels to the left
		copy(cut.Pix[i*cut.Stride:(i+1)*cut.Stride-4*210], v.Pix[i*v.Stride+4*210:(i+1)*v.Stride])
	}
	// laid lays so many rows of the page's top on a gray bed, from a row on.
	laid := func(page *image.RGBA, rows, at int) *image.RGBA {
		bed := image.NewRGBA(page.Rect)
		fill(bed, 0, 0, 1654, 2339, color.RGBA{246, 246, 246, 255})
		draw.Draw(bed, image.Rect(0, at, 1654, at+rows), page, image.Point{}, draw.Src)
		return bed
	}
	framed := sound(1)
	for _, x := range []int{300, 1300} { // the sides of a frame that goes on below
		fill(framed, x, 1900, 5, 439, color.Black)
	}
	blank := sound(1)
	fill(blank, 0, 0, 1654, 2339, color.RGBA{250, 250, 246, 255})
	for _, tc := range []struct {
		name  string
		scan  *Scan
		grade models.QualityGrade
		codes []string
	}{
		{"sound", blurred(t, scanOf(t, sound(1), 200), 0.7), models.QualityGood, nil},
		{"soft", blurred(t, scanOf(t, sound(1), 200), 1.3), models.QualityUsable, []string{FindingBlur}},
		{"blurred", blurred(t, scanOf(t, sound(1), 200), 2.4), models.QualityRescan, []string{FindingBlur}},
		{"low contrast", scanOf(t, washed(sound(1), 120, 0.38), 200), models.QualityGood, nil},
		{"faint", scanOf(t, washed(sound(1), 200, 0.14), 200), models.QualityUsable, []string{FindingFaint}},
		{"hardly there", scanOf(t, washed(sound(1), 220, 0.09), 200), models.QualityRescan, []string{FindingFaint}},
		{"dark", scanOf(t, washed(sound(1), 0, 0.3), 200), models.QualityUsable, []string{FindingDark}},
		{"blank", scanOf(t, blank, 200), models.QualityRescan, []string{FindingBlank, FindingFaint}},
		{"askew", askew(t, 1654, 2339, 1, 0, 6), models.QualityUsable, []string{FindingSkew}},
		{"low resolution", scanOf(t, drawPage(827, 1169, 1), 100), models.QualityRescan, []string{FindingLowResolution}},
		{"clipped", scanOf(t, cut, 200), models.QualityUsable, []string{FindingClipped}},
		{"clipped frame", scanOf(t, framed, 200), models.QualityUsable, []string{FindingClipped}},
		{"clipped between lines", scanOf(t, laid(sound(1), 1739, 600), 200), models.QualityGood, []string{FindingClipped}},
		{"half a sheet", scanOf(t, laid(sound(1), 1169, 0), 200), models.QualityGood, nil},
		{"both ends show", scanOf(t, laid(sound(1), 1500, 400), 200), models.QualityGood, nil},
		{"shadow", scanOf(t, painted(sound(1), func(x, y int) [3]float64 { return even(min(1, 0.6+float64(x)/900)) }), 200), models.QualityGood, []string{FindingShadow}},
		{"stain", scanOf(t, painted(sound(1), func(x, y int) [3]float64 {
			if math.Hypot(float64(x-900), float64(y-1500)) > 180 {
				return even(1)
			}
			return [3]float64{0.97, 0.93, 0.86}
		}), 200), models.QualityGood, []string{FindingStain}},
		{"corner turned over", scanOf(t, painted(sound(1), func(x, y int) [3]float64 {
			switch in := x + y - 130; {
			case in > 0:
				return even(1)
			case in > -3:
				return even(0.7)
			default:
				return even(0.93)
			}
		}), 200), models.QualityGood, []string{FindingCorner}},
		{"two sheets", scanOf(t, painted(sound(1), func(x, y int) [3]float64 {
			if in := float64(y) - 900 - 0.06*float64(x); in > -8 && in < 0 {
				return even(0.8)
			}
			return even(1)
		}), 200), models.QualityRescan, []string{FindingOverlap}},
		{"gray", &Scan{Image: scanOf(t, sound(1), 200).Image, DPI: 200, Gray: true}, models.QualityGood, []string{FindingGray}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			grade, found := inspected(t, tc.scan)
			if grade != tc.grade || len(found) != len(tc.codes) {
				t.Errorf("grade %s, want %s; findings %+v", grade, tc.grade, found)
			}
			for _, code := range tc.codes {
				if f, ok := found[code]; !ok || f.Reason == "" {
					t.Errorf("no %s, or no reason, in %+v", code, found)
				}
			}
		})
	}
}

// The measured spread is the optical blur: of sharp print blurred by σ it is σ,
// apart from the pixel's own size, as long as strokes are wider than the blur.
func TestMeasureEdges(t *testing.T) {
	for _, sigma := range []float64{1, 1.5, 2} {
		scan := blurred(t, scanOf(t, drawPage(2480, 3508, 3), 300), sigma)
		gray, err := scan.Image.Gray()
		if err != nil {
			t.Fatal(err)
		}
		if e := gray.measureEdges(); e.spread < 0.8*sigma || e.spread > 1.3*sigma {
			t.Errorf("σ %.1f measured as %.2f", sigma, e.spread)
		}
		gray.Close()
	}
}

func TestInspectThinPictures(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 400}, {400, 1}, {2, 9}} {
		im, err := FromPixels(size[0], size[1], 3, make([]byte, 3*size[0]*size[1]))
		if err != nil {
			t.Fatal(err)
		}
		scan := &Scan{Image: im, DPI: 300, Pages: 1}
		sheet, err := Straighten(scan)
		if err != nil {
			t.Fatal(err)
		}
		if q := Inspect(scan, sheet); q.Grade != models.QualityRescan {
			t.Errorf("%v: %+v; want it scanned again", size, q)
		}
		sheet.Close()
		scan.Close()
	}
}
