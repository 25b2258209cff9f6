package ocr

import (
	"context"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heyin/imaging"
	"heyin/imaging/nn"
	"heyin/models"
)

// The forms in testdata were drawn with the fonts of Debian's fonts-arphic
// packages at this resolution.
const goldenDPI = 150

func loadGolden(t *testing.T, name string) *imaging.Image {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // read only
	picture, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	b := picture.Bounds()
	pix := make([]byte, 0, 3*b.Dx()*b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			red, green, blue, _ := picture.At(x, y).RGBA()
			pix = append(pix, byte(blue>>8), byte(green>>8), byte(red>>8))
		}
	}
	im, err := imaging.FromPixels(b.Dx(), b.Dy(), 3, pix)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(im.Close)
	return im
}

func openReader(t *testing.T) *Reader {
	t.Helper()
	r, err := Open(Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestReadForms(t *testing.T) {
	r := openReader(t)
	for _, c := range []struct {
		file string
		mark models.Mark
		form string
	}{
		{"form_tick_agree.png", models.Agree, formTick},
		{"form_tick_differ.png", models.Differ, formTick},
		{"form_both_ticked.png", models.Unclear, formTick},
		{"form_blank.png", models.Blank, formNone},
		{"form_written_differ.png", models.Differ, formHandwritten},
		{"form_stamped_agree.png", models.Agree, formStamped},
	} {
		t.Run(c.file, func(t *testing.T) {
			sheet := &imaging.Sheet{Image: loadGolden(t, c.file), DPI: goldenDPI}
			got, err := r.Read(context.Background(), sheet, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got.Mark.Mark != c.mark || got.Mark.Form != c.form {
				t.Errorf("mark %+v, want %s by %s", got.Mark, c.mark, c.form)
			}
			if got.StatementNo.Value != "QY2025-0004417" {
				t.Errorf("statement number %+v", got.StatementNo)
			}
			want := []struct{ account, currency, balance string }{
				{"6222021234567890123", "CNY", "1234567.89"},
				{"6222021234560000001", "USD", "0.00"},
			}
			if len(got.Accounts) != len(want) {
				t.Fatalf("%d accounts, want %d", len(got.Accounts), len(want))
			}
			for i, w := range want {
				a := got.Accounts[i]
				if a.AccountNo.Value != w.account || a.Currency != w.currency || a.Balance.Value != w.balance {
					t.Errorf("account %d: %+v, want %+v", i, a, w)
				}
				if !a.Balance.Agreed {
					t.Errorf("account %d: the readers do not agree on plain print: %+v", i, a.Balance)
				}
			}
		})
	}
}

func TestUpsideDown(t *testing.T) {
	r := openReader(t)
	upright := loadGolden(t, "form_blank.png")
	turned, err := upright.Turn(180)
	if err != nil {
		t.Fatal(err)
	}
	defer turned.Close()
	for _, c := range []struct {
		name string
		im   *imaging.Image
		want bool
	}{{"upright", upright, false}, {"on its head", turned, true}} {
		got, err := r.UpsideDown(context.Background(), &imaging.Sheet{Image: c.im, DPI: goldenDPI})
		if err != nil {
			t.Fatal(err)
		}
		if got != c.want {
			t.Errorf("%s: UpsideDown = %v", c.name, got)
		}
	}
}

func TestReadEmptyPage(t *testing.T) {
	r := openReader(t)
	pix := make([]byte, 600*400)
	for i := range pix {
		pix[i] = 250
	}
	im, err := imaging.FromPixels(600, 400, 1, pix)
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	got, err := r.Read(context.Background(), &imaging.Sheet{Image: im, DPI: goldenDPI}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Mark.Mark != models.Unclear || len(got.Accounts) != 0 || got.StatementNo.Value != "" {
		t.Errorf("an empty page read as %+v", got)
	}
}

func TestReadStopsWhenCancelled(t *testing.T) {
	r := openReader(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	sheet := &imaging.Sheet{Image: loadGolden(t, "form_blank.png"), DPI: goldenDPI}
	if _, err := r.Read(ctx, sheet, nil); err == nil {
		t.Error("Read went on after its context was cancelled")
	}
}

func TestOpenSaysWhatToDo(t *testing.T) {
	_, err := Open(Config{Deps: t.TempDir()})
	if !errors.Is(err, nn.ErrDeps) || !strings.Contains(err.Error(), "make setup") {
		t.Errorf("Open without the recogniser's files: %v; want nn.ErrDeps and what to do", err)
	}
}
