package web

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"testing"
	"time"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

var (
	redInk  = color.RGBA{190, 30, 40, 255}
	blueInk = color.RGBA{40, 80, 180, 255}
)

// sheetPicture draws a page with a printed number, so that every call gives
// other bytes and a person sees which receipt it is.
func sheetPicture(t testing.TB, w, h int, text string) []byte {
	t.Helper()
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(im, im.Bounds(), image.White, image.Point{}, draw.Src)
	for y := h / 4; y < h*3/4; y += h / 20 {
		draw.Draw(im, image.Rect(w/12, y, w*11/12, y+2), image.NewUniform(color.Gray{150}), image.Point{}, draw.Src)
	}
	d := font.Drawer{Dst: im, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(w/12, h/2)}
	d.DrawString(text)
	if h > 300 {
		ring(im, w*2/3, h*4/5, w/9, redInk)
	}
	return encode(t, im)
}

// sealPicture draws seals with a star beside each other, one for each ink.
func sealPicture(t testing.TB, turn float64, inks ...color.RGBA) []byte {
	t.Helper()
	return encode(t, drawSeals(turn, inks...))
}

func drawSeals(turn float64, inks ...color.RGBA) *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, 300*len(inks), 300))
	draw.Draw(im, im.Bounds(), image.White, image.Point{}, draw.Src)
	for s, ink := range inks {
		cx := 150 + 300*float64(s)
		ring(im, int(cx), 150, 130, ink)
		for i := range 5 {
			a := turn + float64(i)*4*math.Pi/5
			b := a + 4*math.Pi/5
			for f := 0.0; f < 1; f += 0.005 {
				x := cx + 60*((1-f)*math.Sin(a)+f*math.Sin(b))
				y := 150 - 60*((1-f)*math.Cos(a)+f*math.Cos(b))
				draw.Draw(im, image.Rect(int(x)-2, int(y)-2, int(x)+2, int(y)+2), image.NewUniform(ink), image.Point{}, draw.Src)
			}
		}
	}
	return im
}

func ring(im *image.RGBA, cx, cy, r int, ink color.RGBA) {
	for a := 0.0; a < 2*math.Pi; a += 0.5 / float64(r) {
		for k := range 6 {
			im.SetRGBA(cx+int(float64(r-k)*math.Cos(a)), cy+int(float64(r-k)*math.Sin(a)), ink)
		}
	}
}

func encode(t testing.TB, im image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// receiptWithPair waits in review with a page as large as the pipeline's and a
// pair of this many pixels a side.
func (s *site) receiptWithPair(t testing.TB, side int) {
	t.Helper()
	st := world.Statement(t, s.branch, "晨光贸易有限公司")
	n := world.Serial()
	a := world.Upload(t, s.station, fmt.Sprintf("scan-%d.jpg", n), fmt.Sprintf("scan with pair %d", n))
	r := world.Result(t, st, models.ReasonSealUnsure)
	r.Reading.Imprints = []models.Imprint{{Shape: models.Round, Role: models.RoleClient, Ink: "red"}}
	r.Verifications = []models.Verification{{SpecimenRef: "finance", Verdict: models.Inconclusive, Scale: 1, Params: "test", PxMM: 10, Crease: &models.Crease{AngleDeg: 45}}}
	small := drawSeals(float64(n)/1000, blueInk, redInk)
	pair := image.NewRGBA(image.Rect(0, 0, 2*side, side))
	xdraw.CatmullRom.Scale(pair, pair.Bounds(), small, small.Bounds(), draw.Src, nil)
	world.Read(t, a.ReceiptID, r, map[string][]byte{"page": sheetPicture(t, 1414, 2000, "page of "+st.No), "seal-0-finance-pair": encode(t, pair)})
}

// richReceipt waits in review with everything the item page can show.
func (s *site) richReceipt(t testing.TB, customer string, reasons ...models.ReasonCode) (id int64, statementNo string) {
	t.Helper()
	st := world.Statement(t, s.branch, customer)
	n := world.Serial()
	a := world.Upload(t, s.station, fmt.Sprintf("扫描-%d.jpg", n), fmt.Sprintf("rich scan %d", n))
	r := world.Result(t, st, reasons...)
	r.Reading.Customer = customer
	r.Reading.Accounts[0].Balance.Second, r.Reading.Accounts[0].Balance.Agreed = "1,234,561.89", false
	for i := range r.Reasons {
		r.Reasons[i].Detail, r.Reasons[i].DetailZH = "account "+st.Lines[0].AccountNo, "账户 "+st.Lines[0].AccountNo
	}
	r.Reading.Imprints = []models.Imprint{{Shape: models.Round, Role: models.RoleClient, Ink: "red"}}
	r.Verifications = []models.Verification{{SpecimenRef: "finance", Verdict: models.Inconclusive, Score: 0.71, Scale: 1, Params: "test",
		PxMM: 10, Crease: &models.Crease{AngleDeg: 45, OffsetMM: 3.5},
		ReasonZH: "右侧笔画有缺损,证据不足", ReasonEN: "strokes on the right are missing: not enough evidence",
		SubScores: map[string]float64{"coverage": 0.71, "known": 0.93, "off_p90": 0.31, "off_max": 0.44, "glyphs_checked": 5, "glyphs_lost": 2, "glyph_corr_min": 0.64, "extra_max": 0.12, "missing_max": 1.9, "z": -0.81}}}
	r.Reading.DPI, r.PagePxMM = 254, 2.95 // of the picture "page" below, as A4
	r.Places = map[string]models.Box{"mark": {X: 60, Y: 640, W: 220, H: 40}, "balance-0": {X: 300, Y: 400, W: 200, H: 30}, "imprint-0": {X: 330, Y: 620, W: 160, H: 160}}
	for i, year := range []int{2023, 2026} {
		localtest.Specimen(t, world.Store, st.CustomerNo, models.Specimen{Ref: "finance", Kind: models.SealFinance, Shape: models.Round, Role: models.RoleClient, DPI: 254,
			Image: sealPicture(t, float64(n)/1000+float64(i), blueInk)}, time.Date(year, 2, 16, 0, 0, 0, 0, time.UTC))
	}
	no := st.No
	world.Read(t, a.ReceiptID, r, map[string][]byte{
		"page":         sheetPicture(t, 620, 877, "page of "+no),
		"mark":         sheetPicture(t, 260, 60, "[v] "+no),
		"statement-no": sheetPicture(t, 260, 40, no),
		"account-0":    sheetPicture(t, 260, 40, st.Lines[0].AccountNo),
		"balance-0":    sheetPicture(t, 260, 40, "1,234,567.89 "+no),

		"imprint-0":              sealPicture(t, float64(n)/1000, redInk),
		"seal-0-finance-pair":    sealPicture(t, float64(n)/1000, blueInk, redInk),
		"seal-0-finance-overlay": sealPicture(t, float64(n)/1000, blueInk),
		"seal-0-finance-heat":    sealPicture(t, float64(n)/1000, color.RGBA{230, 150, 30, 255}),
	})
	return a.ReceiptID, no
}
