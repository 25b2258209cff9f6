package ocr

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// layoutVersion is the version of layout files that is read and written.
const layoutVersion = 1

// Layout is a form as learnt from one sample (ADR 020). It says what need not be read
// again, never what a page says: values, marks and their checks are read as ever.
type Layout struct {
	Version int           `yaml:"layout"`
	Name    string        `yaml:"name"`
	Blocks  []LayoutBlock `yaml:"blocks"` // top down; each begins where the table above it ends
}

// LayoutBlock is a part of a form that moves as a whole: its labels say by how much.
// Places are in millimetres on the sample.
type LayoutBlock struct {
	Labels []LayoutLabel `yaml:"labels"`           // read and compared on every page
	Fields []LayoutField `yaml:"fields,omitempty"` // where values stand; something must stand there
	Print  []LayoutPrint `yaml:"print,omitempty"`  // not read again where it stands in its place
}

// LayoutLabel is a label by which the form is known.
type LayoutLabel struct {
	Text  string      `yaml:"text"` // for who reads the file; Names is compared
	Names role        `yaml:"names"`
	At    layoutPlace `yaml:"at,flow"`
	Cell  layoutSize  `yaml:"cell,flow,omitempty"` // of the rules around it
}

// LayoutField is the place of a value.
type LayoutField struct {
	Holds role        `yaml:"holds"`
	At    layoutPlace `yaml:"at,flow"`
}

// LayoutPrint is print of the form itself that tells nothing of the customer.
type LayoutPrint struct {
	Text  layoutWords `yaml:"text"`
	Begin bool        `yaml:"begin,omitempty"` // Text is only how it begins
	At    layoutPlace `yaml:"at,flow"`
}

// layoutWords are words that print may be known as.
type layoutWords string

// UnmarshalYAML refuses words that a page is judged by.
func (s *layoutWords) UnmarshalYAML(n *yaml.Node) error {
	t := &text{}
	if t.know(LayoutPrint{Text: layoutWords(n.Value)}); len(t.glyphs) == 0 || tells(t) {
		return fmt.Errorf("line %d: print cannot be known as %q: a page is judged by such words and must show them itself", n.Line, n.Value)
	}
	*s = layoutWords(n.Value)
	return nil
}

// layoutPlace is x, y, width and height in millimetres.
type layoutPlace [4]float64

// layoutSize is width and height in millimetres; zero is no cell.
type layoutSize [2]float64

// IsZero implements yaml.IsZeroer.
func (s layoutSize) IsZero() bool { return s == layoutSize{} }

// longestMM bounds a length in a layout file: a page has 420.
const longestMM = 1000.0

// UnmarshalYAML takes four lengths.
func (a *layoutPlace) UnmarshalYAML(n *yaml.Node) error {
	return lengths(n, a[:], "[x, y, width, height]", 2)
}

// UnmarshalYAML takes two lengths.
func (s *layoutSize) UnmarshalYAML(n *yaml.Node) error {
	return lengths(n, s[:], "[width, height]", 0)
}

// lengths reads millimetres; those from index size on are sizes.
func lengths(n *yaml.Node, into []float64, form string, size int) error {
	var read []float64
	good := n.Decode(&read) == nil && len(read) == len(into)
	for i, v := range read {
		good = good && math.Abs(v) <= longestMM && (i < size || v > 0) // false of a NaN
	}
	if !good {
		return fmt.Errorf("line %d: want %s in millimetres, sizes above 0", n.Line, form)
	}
	copy(into, read)
	return nil
}

var roleNames = map[role]string{
	roleAccount: "account_no", roleBalance: "balance", roleCurrency: "currency", roleCustomer: "customer",
	roleStatement: "statement_no", roleCutOff: "cut_off", roleDate: "date", roleResult: "result", roleOther: "other",
}

// MarshalYAML gives the name in layout files.
func (r role) MarshalYAML() (any, error) { return roleNames[r], nil }

// UnmarshalYAML takes one of roleNames.
func (r *role) UnmarshalYAML(n *yaml.Node) error {
	for known, name := range roleNames {
		if n.Value == name {
			*r = known
			return nil
		}
	}
	names := make([]string, 0, len(roleNames))
	for _, name := range roleNames {
		names = append(names, name)
	}
	slices.Sort(names)
	return fmt.Errorf("line %d: %q names no field; want one of %s", n.Line, n.Value, strings.Join(names, ", "))
}

// LoadLayouts reads the layout file at path, or all *.yaml in the folder there; "" is
// none. An error names file and line and says what to do.
func LoadLayouts(path string) ([]Layout, error) {
	if path == "" {
		return nil, nil
	}
	files := []string{path}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		files, err = filepath.Glob(filepath.Join(path, "*.yaml"))
	}
	if err != nil {
		return nil, fmt.Errorf("layout files: %w", err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("layout files: no *.yaml in %s; put some there with heyin layout learn, or leave the setting out", path)
	}
	var layouts []Layout
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("layout file: %w", err)
		}
		l, err := parseLayout(data)
		if err != nil {
			return nil, fmt.Errorf("layout file %s: %w; mend it there, or learn the form again with heyin layout learn", file, err)
		}
		layouts = append(layouts, l)
	}
	return layouts, nil
}

// parseLayout reads the one layout of a file.
func parseLayout(data []byte) (Layout, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	var l Layout
	var wrong *yaml.TypeError
	switch err := dec.Decode(&l); {
	case errors.Is(err, io.EOF):
		return l, errors.New("it is empty")
	case errors.As(err, &wrong):
		return l, errors.New(strings.Join(wrong.Errors, "; "))
	case err != nil:
		return l, err
	}
	if l.Version != layoutVersion {
		return l, fmt.Errorf("line 1: layout is %d, want %d", l.Version, layoutVersion)
	}
	if strings.TrimSpace(l.Name) == "" {
		return l, errors.New("name is missing")
	}
	labels := 0
	for i, b := range l.Blocks {
		if len(b.Labels) == 0 {
			return l, fmt.Errorf("block %d of %d has no labels, so it cannot be found on a page", i+1, len(l.Blocks))
		}
		labels += len(b.Labels)
	}
	if labels < fewestLabels {
		return l, fmt.Errorf("it has %d labels, want %d or more to know the form by", labels, fewestLabels)
	}
	return l, nil
}

// Write writes the layout as a file that LoadLayouts reads.
func (l Layout) Write(w io.Writer) error {
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	return errors.Join(enc.Encode(l), enc.Close())
}
