package imaging

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"heyin/models"
)

// A box and its way to the stored page and back: exact for quarter turns, for a
// skewed page the box may only grow, and by no more than the skew explains.
func TestPoseRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		w, h, rotation := 200+r.IntN(3000), 200+r.IntN(3000), 90*r.IntN(4)
		skew := 0.0
		if r.IntN(2) == 0 {
			skew = 20*r.Float64() - 10
		}
		p := newPose(w, h, rotation, skew)
		if r.IntN(2) == 0 {
			p = p.turnedOver()
		}
		stored := models.Box{X: r.IntN(w - 50), Y: r.IntN(h - 50), W: 1 + r.IntN(49), H: 1 + r.IntN(49)}
		sheet := p.ToSheet(stored)
		back := p.ToStored(sheet)
		about := fmt.Sprintf("%d×%d turned %d, skew %.3f: %+v → %+v → %+v", w, h, p.Rotation(), skew, stored, sheet, back)
		if skew == 0 && back != stored {
			t.Fatal(about)
		}
		if back.X > stored.X || back.Y > stored.Y || back.X+back.W < stored.X+stored.W || back.Y+back.H < stored.Y+stored.H {
			t.Fatal("lost a part: " + about)
		}
		grow := 2*math.Sin(math.Abs(skew)*math.Pi/180)*float64(stored.W+stored.H) + 5
		if skew != 0 && float64(max(back.W-stored.W, back.H-stored.H)) > grow {
			t.Fatal("grew too much: " + about)
		}
	}
}

// What a box shows on the sheet is what the mapped box shows in the file.
func TestPosePixels(t *testing.T) {
	for _, rotation := range []int{0, 90, 180, 270} {
		for _, skew := range []float64{0, 1.7, -3.2} {
			scan := scanOf(t, drawPage(420, 420, 9), 0)
			pose := newPose(420, 420, rotation, skew)
			im, err := pose.lift(scan.Image)
			if err != nil {
				t.Fatal(err)
			}
			sheet := &Sheet{Image: im, Pose: pose}
			for range 2 { // as lifted, then turned over
				checkPixels(t, scan, sheet)
				if err := sheet.TurnOver(); err != nil {
					t.Fatal(err)
				}
			}
			sheet.Close()
		}
	}
}

func checkPixels(t *testing.T, scan *Scan, sheet *Sheet) {
	t.Helper()
	worst := 0.0
	for _, at := range [][2]int{{60, 60}, {150, 200}, {220, 330}} {
		box := models.Box{X: at[0], Y: at[1], W: 24, H: 24}
		a, errA := sheet.Image.Crop(box)
		b, errB := scan.Image.Crop(sheet.Pose.ToStored(box))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		worst = max(worst, math.Abs(meanLevel(a)-meanLevel(b)))
		a.Close()
		b.Close()
	}
	if worst > 12 {
		t.Errorf("turned %d, skew %.1f: crops differ by %.1f levels", sheet.Pose.Rotation(), sheet.Pose.SkewDeg, worst)
	}
}

func meanLevel(im *Image) float64 {
	sum := 0
	for _, v := range im.Pixels() {
		sum += int(v)
	}
	return float64(sum) / float64(len(im.Pixels()))
}
