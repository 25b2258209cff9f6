package sim

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image"
	"io"
	"os/exec"
	"strconv"
)

// rasterise draws one page of a PDF file at dpi with poppler's pdftoppm, as a
// printer would: black on white.
func rasterise(ctx context.Context, pdf string, page int, dpi float64) (*image.RGBA, error) {
	n := strconv.Itoa(page)
	cmd := exec.CommandContext(ctx, "pdftoppm", "-f", n, "-l", n, "-r", strconv.FormatFloat(dpi, 'f', -1, 64), pdf)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("sim: pdftoppm page %d: %w (%s); it is in the Debian package poppler-utils", page, err, bytes.TrimSpace(stderr.Bytes()))
	}
	return readPPM(out)
}

// readPPM reads a binary PPM (P6, 8 bits) as pdftoppm writes it.
func readPPM(data []byte) (*image.RGBA, error) {
	r := bufio.NewReader(bytes.NewReader(data))
	var magic string
	var w, h, depth int
	if _, err := fmt.Fscan(r, &magic, &w, &h, &depth); err != nil {
		return nil, fmt.Errorf("sim: PPM header: %w", err)
	}
	if _, err := r.ReadByte(); err != nil || magic != "P6" || depth != 255 || w < 1 || h < 1 {
		return nil, fmt.Errorf("sim: not an 8-bit PPM: %s %d×%d depth %d", magic, w, h, depth)
	}
	rgb := make([]byte, w*h*3)
	if _, err := io.ReadFull(r, rgb); err != nil {
		return nil, fmt.Errorf("sim: PPM pixels: %w", err)
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, j := 0, 0; i < len(rgb); i, j = i+3, j+4 {
		img.Pix[j], img.Pix[j+1], img.Pix[j+2], img.Pix[j+3] = rgb[i], rgb[i+1], rgb[i+2], 255
	}
	return img, nil
}
