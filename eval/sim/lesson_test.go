package sim

import (
	"testing"

	"heyin/imaging"
)

// The truth of a lesson lies where the seals differ: nowhere for a genuine one,
// and for an altered one within the seal.
func TestLessonsTellWhereSealsDiffer(t *testing.T) {
	studio, err := NewStudio("")
	if err != nil {
		t.Fatal(err)
	}
	genuine, altered := 0, 0
	for k := range 16 {
		l := studio.Lesson(3, k)
		const pxmm = 10
		specimen := imaging.NewPlane(int(float64(l.cut.W)/basePxPerMM*pxmm), int(float64(l.cut.H)/basePxPerMM*pxmm))
		for i := range specimen.Pix {
			x, y := i%specimen.W, i/specimen.W
			specimen.Pix[i] = l.cut.at(float64(x)*basePxPerMM/pxmm, float64(y)*basePxPerMM/pxmm)
		}
		var area float32
		for _, v := range l.Truth(specimen, pxmm).Pix {
			area += v / (pxmm * pxmm)
		}
		switch {
		case l.Genuine && area > 0:
			t.Errorf("lesson %d is genuine and differs in %.2f mm²", k, area)
		case l.Genuine:
			genuine++
		case area > 0.3:
			altered++
		}
	}
	if genuine < 3 || altered < 5 {
		t.Errorf("of 16 lessons %d genuine and %d that differ visibly", genuine, altered)
	}
}
