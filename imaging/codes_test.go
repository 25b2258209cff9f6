package imaging

import (
	"image"
	"image/draw"
	"math/rand/v2"
	"testing"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"

	"heyin/models"
)

const sampleNumber = "2025090712345678"

// drawQR puts a QR code of size pixels at (x, y).
func drawQR(t *testing.T, page draw.Image, x, y, size int) {
	t.Helper()
	code, err := qr.Encode(sampleNumber, qr.M, qr.Auto)
	if err == nil {
		code, err = barcode.Scale(code, size, size)
	}
	if err != nil {
		t.Fatal(err)
	}
	fill(page, x-20, y-20, size+40, size+40, image.White)
	draw.Draw(page, image.Rect(x, y, x+size, y+size), code, image.Point{}, draw.Src)
}

func drawBars(t *testing.T, page draw.Image, x, y, w, h int) {
	t.Helper()
	plain, err := code128.Encode(sampleNumber)
	if err != nil {
		t.Fatal(err)
	}
	code, err := barcode.Scale(plain, w, h)
	if err != nil {
		t.Fatal(err)
	}
	fill(page, x-30, y-10, w+60, h+20, image.White)
	draw.Draw(page, image.Rect(x, y, x+w, y+h), code, image.Point{}, draw.Src)
}

func TestFindCodes(t *testing.T) {
	page := drawPage(1654, 2339, 2)
	drawQR(t, page, 1300, 1500, 180)
	drawBars(t, page, 200, 1560, 500, 90)
	scan := scanOf(t, page, 200)
	for _, turn := range []int{0, 180} {
		for _, skew := range []float64{0, 2} {
			w, h := scan.Image.Width(), scan.Image.Height()
			im, err := scan.Image.Warp(Similarity(w, h, float64(w)/2, float64(h)/2, float64(turn)+skew, 1), w, h)
			if err != nil {
				t.Fatal(err)
			}
			codes, err := FindCodes(im)
			im.Close()
			if err != nil {
				t.Fatal(err)
			}
			if len(codes) != 2 {
				t.Errorf("turned %d, skew %v: %d codes: %+v", turn, skew, len(codes), codes)
			}
			for _, c := range codes {
				want := models.Box{X: 1300, Y: 1500, W: 180, H: 180}
				if c.Kind == KindCode128 {
					want = models.Box{X: 200, Y: 1560, W: 500, H: 90}
				}
				if turn == 180 {
					want.X, want.Y = w-want.X-want.W, h-want.Y-want.H
				}
				const slack = 60 // quiet zone and skew
				off := max(absInt(c.Box.X+c.Box.W/2-want.X-want.W/2), absInt(c.Box.Y+c.Box.H/2-want.Y-want.H/2))
				if c.Text != sampleNumber || c.Turn != turn || off > slack {
					t.Errorf("turned %d, skew %v: %+v, want at %+v", turn, skew, c, want)
				}
			}
		}
	}
}

func absInt(v int) int { return max(v, -v) }

// A code that is damaged beyond its checksum is not read, least of all wrongly.
func TestFindCodesDamaged(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 12 {
		page := drawPage(900, 1200, 2)
		drawQR(t, page, 600, 700, 150)
		drawBars(t, page, 80, 760, 420, 80)
		for range 6 + r.IntN(20) {
			fill(page, 600+r.IntN(140), 700+r.IntN(140), 4+r.IntN(40), 4+r.IntN(40), image.White)
			fill(page, 80+r.IntN(410), 755, 2+r.IntN(9), 100, image.Black)
		}
		codes, err := FindCodes(scanOf(t, page, 100).Image)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range codes {
			if c.Text != sampleNumber {
				t.Errorf("read %+v out of damaged codes", c)
			}
		}
	}
}

func TestFindCodesNone(t *testing.T) {
	codes, err := FindCodes(scanOf(t, drawPage(1654, 2339, 5), 200).Image)
	if err != nil || len(codes) != 0 {
		t.Errorf("%+v, %v", codes, err)
	}
}

func TestTurnByCodes(t *testing.T) {
	page := drawPage(1654, 2339, 2)
	drawQR(t, page, 1300, 1500, 180)
	upright := scanOf(t, page, 200)
	over, err := upright.Image.Turn(180)
	if err != nil {
		t.Fatal(err)
	}
	defer over.Close()
	for want, im := range map[int]*Image{0: upright.Image, 180: over} {
		sheet, err := Straighten(&Scan{Image: im})
		if err != nil {
			t.Fatal(err)
		}
		codes, err := FindCodes(sheet.Image)
		if err != nil {
			t.Fatal(err)
		}
		told, err := sheet.TurnByCodes(codes)
		if !told || err != nil || sheet.Pose.Rotation() != want || len(codes) != 1 || codes[0].Turn != 0 {
			t.Errorf("turned %d: told %v, %v, rotation %d, codes %+v", want, told, err, sheet.Pose.Rotation(), codes)
		}
		again, err := FindCodes(sheet.Image)
		if err != nil || len(again) != 1 || absInt(again[0].Box.X-codes[0].Box.X) > 4 || absInt(again[0].Box.Y-codes[0].Box.Y) > 4 {
			t.Errorf("turned %d: codes %+v, found again %+v, %v", want, codes, again, err)
		}
		for _, quiet := range [][]models.Code{nil, {{Turn: 90}}, {{Turn: 0}, {Turn: 180}}} {
			if told, err := sheet.TurnByCodes(quiet); told || err != nil {
				t.Errorf("%+v told the way up: %v", quiet, err)
			}
		}
		sheet.Close()
	}
}
