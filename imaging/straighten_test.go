package imaging

import (
	"image/color"
	"math"
	"testing"
)

// askew lays a drawn page turned by quarter turns and a skew, both clockwise.
func askew(t *testing.T, w, h int, seed uint64, rotation int, skew float64) *Scan {
	t.Helper()
	flat := scanOf(t, drawPage(w, h, seed), 0)
	tilted, err := flat.Image.Warp(Similarity(w, h, float64(w-1)/2, float64(h-1)/2, skew, 1), w, h)
	if err != nil {
		t.Fatal(err)
	}
	defer tilted.Close()
	turned, err := tilted.Turn(rotation)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(turned.Close)
	return &Scan{Image: turned}
}

func TestStraighten(t *testing.T) {
	const tolerance = 0.05 // degrees
	for _, size := range [][2]int{{1240, 1754}, {1654, 1165}} {
		for i, skew := range []float64{0, 0.11, -0.37, 1.83, -4.2, 7.5} {
			rotation := 90 * (i % 4)
			scan := askew(t, size[0], size[1], uint64(i), rotation, skew)
			sheet, err := Straighten(scan)
			if err != nil {
				t.Fatal(err)
			}
			if got := sheet.Pose.Rotation(); got%180 != rotation%180 {
				t.Errorf("%v turned %d, skew %.2f: rotation %d", size, rotation, skew, got)
			} else if math.Abs(sheet.Pose.SkewDeg-skew) > tolerance {
				t.Errorf("%v turned %d: skew %.3f, want %.3f", size, rotation, sheet.Pose.SkewDeg, skew)
			}
			if w, h := sheet.Image.Width(), sheet.Image.Height(); w < size[0] || h < size[1] || w > size[0]*5/4 || h > size[1]*5/4 {
				t.Errorf("%v turned %d, skew %.2f: sheet of %d×%d", size, rotation, skew, w, h)
			}
			sheet.Close()
		}
	}
}

// The black rim a scanner shows beyond the paper says nothing of the print.
func TestStraightenIgnoresRim(t *testing.T) {
	page := drawPage(1240, 1754, 4)
	fill(page, 0, 0, 9, 1754, color.Black)
	fill(page, 1233, 0, 7, 1754, color.Black)
	scan := scanOf(t, page, 0)
	sheet, err := Straighten(scan)
	if err != nil {
		t.Fatal(err)
	}
	defer sheet.Close()
	if sheet.Pose.Rotation() != 0 {
		t.Errorf("rotation %d", sheet.Pose.Rotation())
	}
}

// The bars of a code run across the lines: on a page of few words they must not outweigh them.
func TestStraightenIgnoresBars(t *testing.T) {
	page := drawPage(1240, 1754, 4)
	fill(page, 0, 300, 1240, 1454, color.White) // few lines are left
	for x := 620; x < 1200; x += 8 {
		fill(page, x, 1500, 5, 60, color.Black)
	}
	sheet, err := Straighten(scanOf(t, page, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer sheet.Close()
	if sheet.Pose.Rotation() != 0 {
		t.Errorf("rotation %d", sheet.Pose.Rotation())
	}
}

func TestStraightenBlank(t *testing.T) {
	for name, level := range map[string]uint8{"white": 255, "gray": 128, "black": 0} {
		page := drawPage(600, 800, 1)
		fill(page, 0, 0, 600, 800, color.Gray{level})
		sheet, err := Straighten(scanOf(t, page, 0))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if sheet.Pose.Rotation() != 0 || sheet.Pose.SkewDeg != 0 {
			t.Errorf("%s: %+v", name, sheet.Pose)
		}
		sheet.Close()
	}
}

// Geometry leaves 180° open; the file's own hint closes it when it agrees.
func TestStraightenHint(t *testing.T) {
	for hint, want := range map[int]int{0: 0, 180: 180, 90: 0, 270: 0} {
		scan := askew(t, 1240, 1754, 8, 0, 0)
		scan.Hint = hint
		sheet, err := Straighten(scan)
		if err != nil {
			t.Fatal(err)
		}
		if got := sheet.Pose.Rotation(); got != want {
			t.Errorf("hint %d: rotation %d, want %d", hint, got, want)
		}
		sheet.Close()
	}
}

func TestGuessDPI(t *testing.T) {
	for _, tc := range []struct {
		w, h int
		want float64
	}{
		{2480, 3508, 300}, {3508, 2480, 300}, {1654, 2339, 200}, {1654, 1165, 200}, {2480, 1748, 300},
		{1240, 1754, 150}, {874, 1240, 150}, {4961, 7016, 600}, {2550, 3540, 300}, {1000, 5000, 121},
	} {
		if got := guessDPI(tc.w, tc.h); got != tc.want {
			t.Errorf("%d×%d: %v dpi, want %v", tc.w, tc.h, got, tc.want)
		}
	}
}
