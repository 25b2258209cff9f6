package imaging

import (
	"errors"
	"fmt"
	"image"
	"math"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"
	"gocv.io/x/gocv"

	"heyin/models"
)

// Kinds of code.
const (
	KindQR      = "qr"
	KindCode128 = "code128"
)

var tryHarder = map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}

// FindCodes reads the QR codes and Code 128 bars of a picture. Only what passes
// the symbology's own checksum is returned; boxes are rough, in the picture's
// pixels. It borrows the picture.
func FindCodes(im *Image) ([]models.Code, error) {
	blocks, err := im.codeBlocks()
	if err != nil {
		return nil, fmt.Errorf("imaging: find codes: %w", err)
	}
	var codes []models.Code
	for _, b := range blocks {
		code, ok, err := im.codeAt(b)
		if err != nil {
			return nil, fmt.Errorf("imaging: find codes: %w", err)
		}
		if ok {
			codes = append(codes, code)
		}
	}
	return codes, nil
}

// codeAt reads the code in a place: as it is, then at half size, which joins
// broken print, then sharpened, which parts blurred bars.
func (im *Image) codeAt(at models.Box) (models.Code, bool, error) {
	colour, err := im.Crop(at)
	if err != nil {
		return models.Code{}, false, err
	}
	defer colour.Close()
	crop, err := colour.Gray()
	if err != nil {
		return models.Code{}, false, err
	}
	defer crop.Close()
	for _, view := range []func(*Image) (*Image, error){asIs, halved, sharpened} {
		im, err := view(crop)
		if err != nil {
			return models.Code{}, false, err
		}
		code, ok := im.readOnce()
		im.Close()
		if ok {
			code.Box = at
			return code, true, nil
		}
	}
	return models.Code{}, false, nil
}

func asIs(im *Image) (*Image, error) { return im.Turn(0) }

func halved(im *Image) (*Image, error) {
	return im.Resize(max(1, im.Width()/2), max(1, im.Height()/2))
}

// sharpened undoes a blur of some 0.3 mm by an unsharp mask, then halves the
// picture, since the mask sharpens noise too.
func sharpened(im *Image) (*Image, error) {
	const sigma, gain = 4, 3 // pixels; found on blurred scans of 300 dpi
	soft, mask := gocv.NewMat(), gocv.NewMat()
	defer soft.Close()
	sharp, err := own(mask, errors.Join(
		gocv.GaussianBlur(im.mat, &soft, image.Point{}, sigma, sigma, gocv.BorderReplicate),
		gocv.AddWeighted(im.mat, 1+gain, soft, -gain, 0, &mask),
	))
	if err != nil {
		return nil, err
	}
	defer sharp.Close()
	return halved(sharp)
}

// readOnce tries both symbologies, and QR under both of gozxing's binarizers: local
// thresholds stand shadows, a global one stands thin modules. Bars are read row by
// row, which both do alike.
func (im *Image) readOnce() (models.Code, bool) {
	w, h := im.Width(), im.Height()
	src, err := gozxing.NewPlanarYUVLuminanceSource(im.Pixels(), w, h, 0, 0, w, h, false)
	if err != nil {
		return models.Code{}, false
	}
	for i, bin := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(src), gozxing.NewGlobalHistgramBinarizer(src)} {
		bitmap, err := gozxing.NewBinaryBitmap(bin)
		if err != nil {
			continue
		}
		if r, err := qrcode.NewQRCodeReader().Decode(bitmap, tryHarder); err == nil {
			return models.Code{Kind: KindQR, Text: r.GetText(), Turn: turnOfQR(r)}, true
		}
		if i > 0 {
			break
		}
		if r, err := oned.NewCode128Reader().Decode(bitmap, tryHarder); err == nil {
			return models.Code{Kind: KindCode128, Text: r.GetText(), Turn: turnOfBars(r)}, true
		}
	}
	return models.Code{}, false
}

// turnOfQR reads off the finder patterns (bottom left, top left, top right) how
// far the code lies turned clockwise.
func turnOfQR(r *gozxing.Result) int {
	p := r.GetResultPoints()
	if len(p) < 3 {
		return 0
	}
	dx, dy := p[2].GetX()-p[1].GetX(), p[2].GetY()-p[1].GetY()
	switch {
	case math.Abs(dx) >= math.Abs(dy) && dx >= 0:
		return 0
	case math.Abs(dx) >= math.Abs(dy):
		return 180
	case dy > 0:
		return 90
	}
	return 270
}

// turnOfBars says whether the bars were read from right to left.
func turnOfBars(r *gozxing.Result) int {
	turn, _ := r.GetResultMetadata()[gozxing.ResultMetadataType_ORIENTATION].(int)
	return turn
}
