package imaging

import (
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
		row, from := power.Pix[y*p.W:(y+1)*p.W], pix[(y+p.H/2)%p.H*p.W*2:]
		for x := range row {
			k := (x + p.W/2) % p.W * 2
			row[x] = from[k]*from[k] + from[k+1]*from[k+1]
		}
	}
	return power, nil
}
