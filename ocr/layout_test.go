package ocr

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// learnt learns the form of a golden page, by way of its file.
func learnt(t *testing.T, r *Reader, name string) Layout {
	t.Helper()
	l, err := r.Learn(t.Context(), &imaging.Sheet{Image: loadGolden(t, name), DPI: goldenDPI}, nil, "form")
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := l.Write(&file); err != nil {
		t.Fatal(err)
	}
	again, err := parseLayout(file.Bytes())
	if err != nil || !reflect.DeepEqual(again, l) {
		t.Fatalf("read back: %v\n%s", err, &file)
	}
	return l
}

// A page of a learnt form is read the same, with less read of its print.
func TestLayoutSavesReadingAndChangesNone(t *testing.T) {
	r := openReader(t)
	layout := learnt(t, r, "form_tick_agree.png")
	for _, name := range []string{"form_tick_differ.png", "form_blank.png", "form_stamped_agree.png"} {
		read := func(layouts ...Layout) (models.Reading, int) {
			r.layouts = layouts
			im := loadGolden(t, name)
			reading, err := r.readPicture(t.Context(), im, goldenDPI, nil)
			if err != nil {
				t.Fatal(err)
			}
			known := 0
			for _, piece := range r.last.texts {
				if slices.ContainsFunc(piece.glyphs, func(g placed) bool { return g.p == 1 }) {
					known++
				}
			}
			r.last = nil
			return reading, known
		}
		without, _ := read()
		with, known := read(layout)
		if with.Form.Layout != "form" || known < 1 {
			t.Errorf("%s: known as %q, with %d pieces of print", name, with.Form.Layout, known)
		}
		if with.Form.Layout = ""; !reflect.DeepEqual(with, without) {
			t.Errorf("%s: read as\n%+v\nwithout the layout\n%+v", name, with, without)
		}
	}
}

// A layout whose labels a page does not show leaves the page as it is.
func TestLayoutOfAnotherForm(t *testing.T) {
	r := openReader(t)
	layout := learnt(t, r, "form_tick_agree.png")
	im := loadGolden(t, "form_blank.png")
	for name, alter := range map[string]func(b *LayoutBlock){
		"other labels": func(b *LayoutBlock) {
			for i := range b.Labels {
				b.Labels[i].Names = roleCurrency
			}
		},
		"other places": func(b *LayoutBlock) {
			for i := range b.Labels {
				b.Labels[i].At[0] += 7 * float64(i)
			}
		},
		"no value there": func(b *LayoutBlock) {
			b.Fields = append(b.Fields, LayoutField{roleBalance, layoutPlace{205, 5, 3, 3}})
		},
	} {
		other := layout
		other.Blocks = slices.Clone(layout.Blocks)
		for i := range other.Blocks {
			b := &other.Blocks[i]
			b.Labels, b.Fields = slices.Clone(b.Labels), slices.Clone(b.Fields)
			alter(b)
		}
		p, err := r.page(t.Context(), im, goldenDPI)
		if err != nil {
			t.Fatal(err)
		}
		r.last, r.layouts = nil, []Layout{other}
		if err := r.recall(t.Context(), p); err != nil || p.layout != "" {
			t.Errorf("%s: %v, taken for %q", name, err, p.layout)
		}
	}
}

func TestLayoutNeedsASampleReadWhole(t *testing.T) {
	r := openReader(t)
	white, err := imaging.FromPixels(1240, 877, 1, bytes.Repeat([]byte{255}, 1240*877))
	if err != nil {
		t.Fatal(err)
	}
	defer white.Close()
	if _, err := r.Learn(t.Context(), &imaging.Sheet{Image: white, DPI: goldenDPI}, nil, "white"); !errors.Is(err, ErrPoorSample) {
		t.Errorf("a blank page: %v", err)
	}
}

// What is wrong with a layout file is told with its line, and what to do.
func TestBadLayoutFiles(t *testing.T) {
	const two = "layout: 1\nname: form\nblocks:\n- labels:\n" +
		"  - {text: 账号, names: account_no, at: [1, 2, 3, 4]}\n  - {text: 余额, names: balance, at: [1, 2, 3, 4]}\n"
	const labels = two +
		"  - {text: 编号, names: statement_no, at: [1, 2, 3, 4]}\n  - {text: 核对结果, names: result, at: [1, 2, 3, 4]}\n"
	dir := t.TempDir()
	path := filepath.Join(dir, "form.yaml")
	for name, c := range map[string]struct{ file, want string }{
		"good":           {labels + "  print:\n  - {text: 经办人, at: [1, 2, 3, 4]}\n", ""},
		"empty":          {"", "empty"},
		"no YAML":        {"layout: [", "line 1"},
		"newer":          {"layout: 2\n", "line 1: layout is 2, want 1"},
		"unnamed":        {strings.Replace(labels, "form", "' '", 1), "name is missing"},
		"mistyped key":   {labels + "  felds: []\n", "line 9: field felds"},
		"unknown field":  {strings.Replace(labels, "balance", "total", 1), `line 6: "total" names no field; want one of account_no, balance`},
		"no place":       {labels + "  fields:\n  - {holds: balance, at: [1, 2, 3]}\n", "line 10: want [x, y, width, height]"},
		"no size":        {labels + "  fields:\n  - {holds: balance, at: [1, 2, 0, 3]}\n", "line 10"},
		"not a number":   {labels + "  fields:\n  - {holds: balance, at: [.nan, 2, 3, 3]}\n", "line 10"},
		"a block adrift": {labels + "- print: []\n", "block 2 of 2 has no labels"},
		"few labels":     {two, "it has 2 labels, want 4"},
		"an answer":      {labels + "  print:\n  - {text: 核对相符, at: [1, 2, 3, 4]}\n", `line 10: print cannot be known as "核对相符"`},
		"a value":        {labels + "  print:\n  - {text: '账号:62220', at: [1, 2, 3, 4]}\n", "line 10"},
		"a label":        {labels + "  print:\n  - {text: 账面余额, at: [1, 2, 3, 4]}\n", "line 10"},
		"no words":       {labels + "  print:\n  - {text: '', at: [1, 2, 3, 4]}\n", "line 10"},
	} {
		if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadLayouts(dir)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "heyin layout learn")):
			t.Errorf("%s: error %v, want %q, the file and what to do", name, err, c.want)
		}
	}
	for _, missing := range []string{filepath.Join(dir, "no.yaml"), t.TempDir()} {
		if _, err := LoadLayouts(missing); err == nil {
			t.Errorf("%s: no error", missing)
		}
	}
	if l, err := LoadLayouts(""); l != nil || err != nil {
		t.Errorf("without a setting: %v, %v", l, err)
	}
}
