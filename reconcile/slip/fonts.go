package slip

import (
	"fmt"
	"os"
	"path/filepath"
)

// DefaultFontDir is where Debian puts the fonts of the packages named below.
const DefaultFontDir = "/usr/share/fonts/truetype"

// Fonts holds the typefaces of the forms as TrueType bytes. Only plain TTF can
// be embedded (no collections), hence the Arphic fonts.
type Fonts struct {
	Song   []byte // text
	Kai    []byte // customer names, handwriting in samples
	Digits []byte // numbers: tabular figures
}

// fontFiles names each file below the font directory and the Debian package it comes from.
var fontFiles = []struct {
	path, pkg string
	into      func(*Fonts) *[]byte
}{
	{"arphic-gbsn00lp/gbsn00lp.ttf", "fonts-arphic-gbsn00lp", func(f *Fonts) *[]byte { return &f.Song }},
	{"arphic-gkai00mp/gkai00mp.ttf", "fonts-arphic-gkai00mp", func(f *Fonts) *[]byte { return &f.Kai }},
	{"dejavu/DejaVuSans.ttf", "fonts-dejavu-core", func(f *Fonts) *[]byte { return &f.Digits }},
}

// LoadFonts reads the fonts below dir; "" means DefaultFontDir. The error names
// the Debian package that is missing.
func LoadFonts(dir string) (Fonts, error) {
	if dir == "" {
		dir = DefaultFontDir
	}
	var fonts Fonts
	for _, f := range fontFiles {
		b, err := os.ReadFile(filepath.Join(dir, f.path))
		if err != nil {
			return Fonts{}, fmt.Errorf("font for statements: %w (install the Debian package %s)", err, f.pkg)
		}
		*f.into(&fonts) = b
	}
	return fonts, nil
}
