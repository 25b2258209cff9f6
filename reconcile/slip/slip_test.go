package slip_test

import (
	"bytes"
	"image"
	_ "image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"

	"heyin/models"
	"heyin/reconcile/slip"
)

func order(form slip.Form, accounts int) slip.Order {
	o := slip.Order{
		Form: form, Issuer: slip.Issuer{Bank: "示例商业银行", Branch: "示例商业银行北门支行", Phone: "000-0000000"}, Codes: slip.Codes{QR: true, Code128: true},
		Statement: models.Statement{No: "202512-00480167", Customer: "示例市样本电子科技有限公司", CutOff: time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)},
	}
	for range accounts {
		o.Statement.Lines = append(o.Statement.Lines, models.StatementLine{AccountNo: "6206596749728328526", Currency: "CNY", Balance: models.MustAmount("-1,234,567.89")})
	}
	return o
}

func fonts(t *testing.T) slip.Fonts {
	t.Helper()
	f, err := slip.LoadFonts("")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCodesOnThePrintedPageAreReadable(t *testing.T) {
	var orders []slip.Order
	for _, form := range slip.Forms() {
		orders = append(orders, order(form, form.MaxLines()))
	}
	var pdf bytes.Buffer
	if _, err := slip.Print(&pdf, fonts(t), orders); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s.pdf")
	if err := os.WriteFile(path, pdf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, o := range orders {
		page := strconv.Itoa(i + 1)
		out, err := exec.CommandContext(t.Context(), "pdftoppm", "-png", "-r", "150", "-f", page, "-l", page, path).Output()
		if err != nil {
			t.Fatal(err)
		}
		img, _, err := image.Decode(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
		if err != nil {
			t.Fatal(err)
		}
		hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
		for name, reader := range map[string]gozxing.Reader{"QR": qrcode.NewQRCodeReader(), "Code 128": oned.NewCode128Reader()} {
			r, err := reader.Decode(bitmap, hints)
			if err != nil {
				t.Errorf("%s: %s: %v", o.Form, name, err)
			} else if r.GetText() != o.Statement.No {
				t.Errorf("%s: %s says %q, want %q", o.Form, name, r.GetText(), o.Statement.No)
			}
		}
	}
}

func TestSameStatementsGiveTheSameBytes(t *testing.T) {
	f := fonts(t)
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if _, err := slip.Print(w, f, []slip.Order{order(slip.FormLetter, 2), order(slip.FormStrip, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two prints differ")
	}
}

func TestPlacesLieOnThePage(t *testing.T) {
	for _, form := range slip.Forms() {
		places, err := slip.Print(&bytes.Buffer{}, fonts(t), []slip.Order{order(form, form.MaxLines())})
		if err != nil {
			t.Fatal(err)
		}
		p := places[0]
		for name, r := range map[string]slip.Rect{"result": p.Result, "amount": p.Amount, "seals": p.Seals, "bank seal": p.BankSeal, "signer": p.Signer, "date": p.Date} {
			if r.Empty() || r.X < 0 || r.Y < 0 || r.X+r.W > p.Width || r.Y+r.H > p.Height {
				t.Errorf("%s: %s at %+v does not lie on %g×%g mm", form, name, r, p.Width, p.Height)
			}
		}
		if len(p.Balances) != form.MaxLines() {
			t.Errorf("%s: %d places of balances for %d accounts", form, len(p.Balances), form.MaxLines())
		}
		if p.Seals.H < 36 || p.Seals.W < 90 {
			t.Errorf("%s: %+v has no room for a company and a personal seal", form, p.Seals)
		}
	}
}

func TestOrdersThatDoNotFit(t *testing.T) {
	many, none, unknown := order(slip.FormStrip, 4), order(slip.FormLetter, 0), order("poster", 1)
	for want, o := range map[string]slip.Order{"issue several": many, "no accounts": none, "no such form": unknown} {
		_, err := slip.Print(&bytes.Buffer{}, fonts(t), []slip.Order{o})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := slip.Print(&bytes.Buffer{}, fonts(t), nil); err == nil {
		t.Error("nothing to print gave no error")
	}
	if _, err := slip.LoadFonts(t.TempDir()); err == nil || !strings.Contains(err.Error(), "fonts-arphic-gbsn00lp") {
		t.Errorf("error %v, want the package's name", err)
	}
}
