package sim

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"heyin/reconcile/slip"
)

// Face is a typeface a seal is cut in or a person writes in.
type Face int

// Faces.
const (
	Song Face = iota
	Kai
	Digits
)

// glyph is the outline of one character in an em of 1, its origin at the middle
// of the em box; advance is its width.
type glyph struct {
	outline shape
	advance float64
}

// typeface looks up outlines; safe for concurrent use.
type typeface struct {
	font *sfnt.Font
	mu   sync.Mutex
	seen map[rune]glyph
}

// Studio holds what every drawing needs: the fonts, and the same fonts as
// outlines. Safe for concurrent use.
type Studio struct {
	fonts slip.Fonts
	faces []*typeface // by Face; beyond Digits those of MoreFaces
	text  []Face      // faces of MoreFaces that have Chinese characters
	codes []Face      // and those for digits

	portraitsMu sync.Mutex
	portraits   map[Face][]portrait // of commonCharacters
}

// NewStudio reads the fonts from fontDir ("" for Debian's place).
func NewStudio(fontDir string) (*Studio, error) {
	fonts, err := slip.LoadFonts(fontDir)
	if err != nil {
		return nil, err
	}
	s := &Studio{fonts: fonts, portraits: map[Face][]portrait{}}
	for i, ttf := range [][]byte{fonts.Song, fonts.Kai, fonts.Digits} {
		f, err := sfnt.Parse(ttf)
		if err != nil {
			return nil, fmt.Errorf("sim: font %d: %w", i, err)
		}
		s.faces = append(s.faces, &typeface{font: f, seen: map[rune]glyph{}})
	}
	return s, nil
}

// lessonFonts are the typefaces of lessons beside the studio's own. Those of the
// Noto family are left out on purpose: a set that uses them stays unseen.
var lessonFonts = []string{
	"cwtex/cwfs.ttf", "cwtex/cwheib.ttf", "cwtex/cwkai.ttf", "cwtex/cwming.ttf", "babelstone/BabelStoneHan.ttf",
	"droid/DroidSansFallbackFull.ttf", "hanazono/HanaMinA.ttf",
	"liberation/LiberationSans-Regular.ttf", "liberation/LiberationSerif-Regular.ttf", "liberation/LiberationMono-Regular.ttf",
}

// MoreFaces adds the typefaces of lessons from Debian's font folder.
func (s *Studio) MoreFaces(fontDir string) error {
	for _, name := range lessonFonts {
		data, err := os.ReadFile(filepath.Join(fontDir, name))
		if err != nil {
			return fmt.Errorf("sim: typeface: %w (make train installs it)", err)
		}
		f, err := sfnt.Parse(data)
		if err != nil {
			return fmt.Errorf("sim: typeface %s: %w", name, err)
		}
		face := Face(len(s.faces))
		s.faces = append(s.faces, &typeface{font: f, seen: map[rune]glyph{}})
		if s.has(face, '章') {
			s.text = append(s.text, face)
		}
		s.codes = append(s.codes, face)
	}
	for _, pen := range []float64{0.09, 0.13} {
		s.codes = append(s.codes, Face(len(s.faces)))
		s.faces = append(s.faces, &typeface{font: s.faces[Digits].font, seen: bars(pen)})
	}
	return nil
}

// barsOf are the strokes of each digit, of the seven bars of a clock's: top, upper left,
// upper right, middle, lower left, lower right, bottom. Seal cutters' machines have such digits.
var barsOf = [10]string{"1110111", "0010010", "1011101", "1011011", "0111010", "1101011", "1101111", "1010010", "1111111", "1111011"}

// bars draws digits of bars, in a pen of the given width in ems.
func bars(pen float64) map[rune]glyph {
	const w, h = 0.21, 0.36 // half of width and height: a digit is as high as in other typefaces
	ends := [7][2]point{{{-w, -h}, {w, -h}}, {{-w, -h}, {-w, 0}}, {{w, -h}, {w, 0}}, {{-w, 0}, {w, 0}}, {{-w, 0}, {-w, h}}, {{w, 0}, {w, h}}, {{-w, h}, {w, h}}}
	out := map[rune]glyph{}
	for digit, on := range barsOf {
		g := glyph{advance: 2*w + 2*pen}
		for i, end := range ends {
			if on[i] == '1' {
				g.outline = append(g.outline, stroke(end[:], []float64{pen, pen})...)
			}
		}
		out['0'+rune(digit)] = g
	}
	return out
}

// anyFace rolls a typeface for characters, anyFigures one for digits.
func (s *Studio) anyFace(d dice) Face    { return pick(d, append([]Face{Song, Kai}, s.text...)) }
func (s *Studio) anyFigures(d dice) Face { return pick(d, append([]Face{Digits}, s.codes...)) }

// emUnits is the grid outlines are loaded on.
const emUnits = 1024

// glyph gives the outline of r; a character that one of MoreFaces lacks comes
// from Song. One that Song lacks is a gap, which the tests on names rule out.
func (s *Studio) glyph(face Face, r rune) glyph {
	if face > Digits && !s.has(face, r) {
		face = Song
	}
	t := s.faces[face]
	t.mu.Lock()
	defer t.mu.Unlock()
	if g, ok := t.seen[r]; ok {
		return g
	}
	g := t.load(r)
	t.seen[r] = g
	return g
}

// has reports whether the face can draw r.
func (s *Studio) has(face Face, r rune) bool {
	var buf sfnt.Buffer
	i, err := s.faces[face].font.GlyphIndex(&buf, r)
	return err == nil && i != 0
}

func (t *typeface) load(r rune) glyph {
	var buf sfnt.Buffer
	ppem := fixed.I(emUnits)
	index, err := t.font.GlyphIndex(&buf, r)
	if err != nil || index == 0 {
		return glyph{advance: 0.5}
	}
	adv, err := t.font.GlyphAdvance(&buf, index, ppem, font.HintingNone)
	if err != nil {
		return glyph{advance: 0.5}
	}
	segments, err := t.font.LoadGlyph(&buf, index, ppem, nil)
	if err != nil {
		return glyph{advance: 0.5}
	}
	advance := float64(adv) / 64 / emUnits
	// Chinese em boxes reach from 0.86 above the baseline to 0.14 below it.
	const middle = 0.36
	at := func(p fixed.Point26_6) point {
		return point{float64(p.X)/64/emUnits - advance/2, float64(p.Y)/64/emUnits + middle}
	}
	return glyph{flatten(segments, at), advance}
}

// flatten turns curves into chords: fine enough at the size of a seal.
func flatten(segments sfnt.Segments, at func(fixed.Point26_6) point) shape {
	const chords = 5
	var out shape
	var poly []point
	for _, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if poly != nil {
				out = append(out, poly)
			}
			poly = []point{at(s.Args[0])}
		case sfnt.SegmentOpLineTo:
			poly = append(poly, at(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			a, b, c := poly[len(poly)-1], at(s.Args[0]), at(s.Args[1])
			for i := 1; i <= chords; i++ {
				t := float64(i) / chords
				u := 1 - t
				poly = append(poly, point{u*u*a.X + 2*u*t*b.X + t*t*c.X, u*u*a.Y + 2*u*t*b.Y + t*t*c.Y})
			}
		case sfnt.SegmentOpCubeTo:
			curve := bezier(poly[len(poly)-1], at(s.Args[0]), at(s.Args[1]), at(s.Args[2]), chords)
			poly = append(poly, curve[1:]...)
		}
	}
	if poly != nil {
		out = append(out, poly)
	}
	return out
}

// line sets text from the left at (0, 0), middle of the line, with em of size mm.
func (s *Studio) line(face Face, size float64, text string) (shape, float64) {
	var out shape
	x := 0.0
	for _, r := range text {
		g := s.glyph(face, r)
		out = append(out, g.outline.place(size, size, 0, point{x + g.advance*size/2, 0})...)
		x += g.advance * size
	}
	return out, x
}
