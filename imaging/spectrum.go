package imaging

import (
	"errors"
	"fmt"

	"gocv.io/x/gocv"
)

// Power is the power spectrum of a plane with even sides, of the same size: frequency 0 lies at
// (W/2, H/2), and a pixel is one cycle in W or H pixels. Errors are OpenCV's.
func (p *Plane) Power() (*Plane, error) {
	m := gocv.NewMatWithSize(p.H, p.W, gocv.MatTypeCV32FC1)
	defer m.Close()
	out := gocv.NewMat()
	defer out.Close()
	pix, err := m.DataPtrFloat32()
	if err == nil {
		copy(pix, p.Pix)
		err = gocv.DFT(m, &out, gocv.DftComplexOutput)
	}
	if err == nil {
		pix, err = out.DataPtrFloat32()
	}
	if err != nil {
		return nil, fmt.Errorf("imaging: spectrum: %w", err)
	}
	power := NewPlane(p.W, p.H)
	for y := range p.H {
		row, from, half := power.Pix[y*p.W:(y+1)*p.W], pix[(y+p.H/2)%p.H*p.W*2:], p.W/2
		for x := range half {
			row[half+x] = from[2*x]*from[2*x] + from[2*x+1]*from[2*x+1]
			k := 2 * (half + x)
			row[x] = from[k]*from[k] + from[k+1]*from[k+1]
		}
	}
	return power, nil
}

// Fourier is a picture of complex numbers that is transformed in place.
type Fourier struct {
	Values []float32 // row by row, of each number the real and the imaginary part
	mat    gocv.Mat
}

// NewFourier makes a picture of noughts, to be closed after use. Errors are OpenCV's.
func NewFourier(w, h int) (*Fourier, error) {
	m := gocv.NewMatWithSizeFromScalar(gocv.NewScalar(0, 0, 0, 0), h, w, gocv.MatTypeCV32FC2)
	values, err := m.DataPtrFloat32()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("imaging: spectrum: %w", err), m.Close())
	}
	return &Fourier{values, m}, nil
}

// Transform replaces the picture by its spectrum, with frequency 0 first; errors are OpenCV's.
func (f *Fourier) Transform() error { return transformError(gocv.DFT(f.mat, &f.mat, 0)) }

// Invert replaces a spectrum by the picture, each value times the number of values; errors are OpenCV's.
func (f *Fourier) Invert() error { return transformError(gocv.IDFT(f.mat, &f.mat, 0, 0)) }

// Close frees the picture.
func (f *Fourier) Close() error { return f.mat.Close() }

func transformError(err error) error {
	if err != nil {
		return fmt.Errorf("imaging: spectrum: %w", err)
	}
	return nil
}
