package sim

import (
	"slices"
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
		for _, v := range l.Lay(specimen, pxmm).Differences().Pix {
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

// A lesson knows which digit of either seal stands at a place of the specimen.
func TestLessonsKnowTheirDigits(t *testing.T) {
	studio, err := NewStudio("")
	if err != nil {
		t.Fatal(err)
	}
	altered := 0
	for k := 0; altered == 0 && k < 12; k++ {
		l := studio.Lesson(4, k)
		a, b := l.seals[0], l.seals[1]
		if a.Code == "" {
			continue
		}
		const pxmm = 10
		laid := Laid{lesson: l, w: 601, h: 601, pxmm: pxmm}
		inset, _, span := a.codeLine()
		for i, p := range arcPlaces(a.Width/2-inset, a.Height/2-inset, len(a.Code), span, false) {
			at := p.at.turn(l.turn)
			specimen, imprint, ok := laid.Digits(at.X*pxmm+300, at.Y*pxmm+300)
			if !ok || specimen != a.Code[i]-'0' || imprint != b.Code[i]-'0' {
				t.Fatalf("lesson %d, digit %d: %d and %d, %v; the codes are %s and %s", k, i, specimen, imprint, ok, a.Code, b.Code)
			}
			if specimen != imprint {
				altered++
			}
		}
		if _, _, ok := laid.Digits(300, 300); ok {
			t.Errorf("lesson %d has a digit in the middle of the seal", k)
		}
	}
	if altered == 0 {
		t.Error("no lesson of 12 has an altered digit")
	}
}

// The truth of a lesson is that of the seal which was stamped, however often it is drawn.
func TestLessonsStampTheSealTheyJudge(t *testing.T) {
	studio, err := NewStudio("")
	if err != nil {
		t.Fatal(err)
	}
	edited := 0
	for k := 0; edited < 3; k++ {
		l := studio.Lesson(5, k)
		if other := l.seals[1]; other.edits != 0 {
			edited++
			if !slices.Equal(other.mask(studio).A, other.mask(studio).A) {
				t.Errorf("lesson %d: the other seal is cut anew each time it is drawn", k)
			}
		}
	}
}
