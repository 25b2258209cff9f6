package sim

import (
	"image"
	"math"
	"slices"
	"sync"

	"golang.org/x/image/vector"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// commonCharacters are the 3,755 of GB 2312, level 1 (rows 16 to 55).
var commonCharacters = sync.OnceValue(func() []rune {
	var out []rune
	decoder := simplifiedchinese.GBK.NewDecoder()
	for row := byte(0xB0); row <= 0xD7; row++ {
		for cell := byte(0xA1); cell <= 0xFE; cell++ {
			// The last five cells of the last row are empty.
			if text, err := decoder.Bytes([]byte{row, cell}); err == nil && !(row == 0xD7 && cell > 0xF9) {
				out = append(out, []rune(string(text))...)
			}
		}
	}
	return out
})

// portraitSide is the side in pixels of the picture by which characters are likened: strokes are about one pixel.
const portraitSide = 24

// portrait is a character's outline as a picture of mean 0 and length 1.
type portrait [portraitSide * portraitSide]float32

func (s *Studio) portrait(face Face, r rune) (p portrait) {
	raster := vector.NewRasterizer(portraitSide, portraitSide)
	at := func(q point) (x, y float32) {
		return float32((q.X + 0.5) * portraitSide), float32((q.Y + 0.5) * portraitSide)
	}
	for _, poly := range s.glyph(face, r).outline {
		raster.MoveTo(at(poly[0]))
		for _, q := range poly[1:] {
			raster.LineTo(at(q))
		}
		raster.ClosePath()
	}
	drawn := image.NewAlpha(image.Rect(0, 0, portraitSide, portraitSide))
	raster.Draw(drawn, drawn.Bounds(), image.Opaque, image.Point{})
	var mean, length float64
	for _, v := range drawn.Pix {
		mean += float64(v) / float64(len(p))
	}
	for i, v := range drawn.Pix {
		p[i] = float32(float64(v) - mean)
		length += float64(p[i]) * float64(p[i])
	}
	for i := range p {
		p[i] /= float32(math.Sqrt(max(length, 1)))
	}
	return p
}

func (p *portrait) likeness(q *portrait) (sum float32) {
	for i := range p {
		sum += p[i] * q[i]
	}
	return sum
}

// likest gives the n common characters most like r in a typeface, the likest first.
func (s *Studio) likest(face Face, r rune, n int) []rune {
	s.portraitsMu.Lock()
	all, ok := s.portraits[face]
	if !ok {
		for _, c := range commonCharacters() {
			all = append(all, s.portrait(face, c))
		}
		s.portraits[face] = all
	}
	s.portraitsMu.Unlock()
	own := s.portrait(face, r)
	type candidate struct {
		r    rune
		like float32
	}
	best := make([]candidate, 0, len(all))
	for i, c := range commonCharacters() {
		if c != r {
			best = append(best, candidate{c, own.likeness(&all[i])})
		}
	}
	slices.SortFunc(best, func(a, b candidate) int {
		switch {
		case a.like > b.like:
			return -1
		case a.like < b.like:
			return 1
		}
		return int(a.r - b.r)
	})
	out := make([]rune, n)
	for i := range out {
		out[i] = best[i].r
	}
	return out
}
