package sealcheck

import (
	"cmp"
	"math"
	"slices"

	"heyin/imaging"
)

// spectra are the specimen's Fourier transforms at coarseAngles turns, two
// angles to one complex plane: the first as real, the second as imaginary part.
type spectra struct {
	pxmm   float64
	planes [][]float32 // as in imaging.Fourier
}

// newSpectra turns, band-passes and transforms the specimen; errors are OpenCV's.
func newSpectra(r *Reference) (*spectra, error) {
	size := 2 * r.reach() / workPxMM
	s := &spectra{pxmm: min(coarsePxMM, coarseSize/(coarseExtent*size))}
	soft := &imaging.Plane{W: r.w, H: r.h, Pix: make([]float32, r.w*r.h)}
	for i, v := range r.soft.Pix {
		if r.outer.Pix[i] < 0.5 {
			soft.Pix[i] = v
		}
	}
	small := blurred(soft, 0.4*workPxMM/s.pxmm)
	f, err := imaging.NewFourier(coarseSize, coarseSize)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for k := 0; k < coarseAngles; k += 2 {
		a, b := s.turned(small, k), s.turned(small, k+1)
		for i := range a.Pix {
			f.Values[2*i], f.Values[2*i+1] = a.Pix[i], b.Pix[i]
		}
		if err := f.Transform(); err != nil {
			return nil, err
		}
		s.planes = append(s.planes, slices.Clone(f.Values))
	}
	return s, nil
}

// reach is the distance in pixels of the farthest stroke from the centre.
func (r *Reference) reach() float64 {
	cx, cy := float64(r.w-1)/2, float64(r.h-1)/2
	var most float64
	for i, on := range r.strokes {
		if on {
			most = max(most, math.Hypot(float64(i%r.w)-cx, float64(i/r.w)-cy))
		}
	}
	return most
}

// turned samples the specimen turned clockwise by step k onto the coarse plane,
// centred at its middle, and band-passes it to unit norm.
func (s *spectra) turned(soft *imaging.Plane, k int) *imaging.Plane {
	sin, cos := math.Sincos(2 * math.Pi * float64(k) / coarseAngles)
	step := workPxMM / s.pxmm
	p := imaging.NewPlane(coarseSize, coarseSize)
	for y := range coarseSize {
		for x := range coarseSize {
			dx, dy := float64(x-coarseSize/2)*step, float64(y-coarseSize/2)*step
			p.Pix[y*coarseSize+x] = bilinear(soft, cos*dx+sin*dy+float64(soft.W-1)/2, -sin*dx+cos*dy+float64(soft.H-1)/2)
		}
	}
	return bandPassed(p)
}

// bandPassed keeps structure between strokes and half the seal, at unit norm:
// differences in inking do not count.
func bandPassed(p *imaging.Plane) *imaging.Plane {
	low := blurred(p, coarseLow)
	var norm float64
	for i := range p.Pix {
		p.Pix[i] -= low.Pix[i]
		norm += float64(p.Pix[i]) * float64(p.Pix[i])
	}
	if norm > 0 {
		k := float32(1 / math.Sqrt(norm))
		for i := range p.Pix {
			p.Pix[i] *= k
		}
	}
	return p
}

// poses correlates the imprint with every turn of the specimen and gives the
// best hypotheses, likeliest first, at different angles or places. Errors are OpenCV's.
func (r *Reference) poses(p *inked) ([]pose, error) {
	s := r.coarse
	cx, cy := inkCentre(p)
	step := workPxMM / s.pxmm
	known := imaging.NewPlane(p.w, p.h)
	for i, v := range p.ink.Pix {
		if p.known[i] {
			known.Pix[i] = v
		}
	}
	smooth := blurred(known, 0.4*step)
	view := imaging.NewPlane(coarseSize, coarseSize)
	for y := range coarseSize {
		for x := range coarseSize {
			view.Pix[y*coarseSize+x] = bilinear(smooth, float64(x-coarseSize/2)*step+cx, float64(y-coarseSize/2)*step+cy)
		}
	}
	view = bandPassed(view)
	f, err := imaging.NewFourier(coarseSize, coarseSize)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for i, v := range view.Pix {
		f.Values[2*i] = v
	}
	if err := f.Transform(); err != nil {
		return nil, err
	}
	target := slices.Clone(f.Values)

	// With z = a + i·b, the correlation of the target with z's planes has that with
	// a as its real and with b as its (negated) imaginary part.
	type peak struct {
		angle, x, y int
		value       float32
	}
	var peaks []peak
	reach := int(coarseShiftMM * s.pxmm)
	for k, plane := range s.planes {
		for i := 0; i < len(plane); i += 2 {
			t, u, a, b := target[i], target[i+1], plane[i], plane[i+1]
			f.Values[i], f.Values[i+1] = t*a+u*b, u*a-t*b
		}
		if err := f.Invert(); err != nil {
			return nil, err
		}
		best := [2]peak{{value: -math.MaxFloat32}, {value: -math.MaxFloat32}}
		for dy := -reach; dy <= reach; dy++ {
			for dx := -reach; dx <= reach; dx++ {
				v := f.Values[2*(((dy+coarseSize)%coarseSize)*coarseSize+(dx+coarseSize)%coarseSize):]
				for j, c := range [2]float32{v[0], -v[1]} {
					if c > best[j].value {
						best[j] = peak{2*k + j, dx, dy, c}
					}
				}
			}
		}
		peaks = append(peaks, best[0], best[1])
	}
	byValue := slices.Clone(peaks)
	slices.SortStableFunc(byValue, func(a, b peak) int { return cmp.Compare(b.value, a.value) })
	var out []pose
	for _, q := range byValue {
		left, right := peaks[(q.angle+coarseAngles-1)%coarseAngles], peaks[(q.angle+1)%coarseAngles]
		if q.value < left.value || q.value < right.value {
			continue // the neighbouring angle is the same hypothesis, better
		}
		bend := left.value - 2*q.value + right.value
		sub := 0.0
		if bend < 0 {
			sub = 0.5 * float64((left.value-right.value)/bend)
		}
		out = append(out, pose{
			cx: float64(r.w-1) / 2, cy: float64(r.h-1) / 2,
			tx: cx + float64(q.x)*step, ty: cy + float64(q.y)*step,
			angle: 2 * math.Pi * (float64(q.angle) + sub) / coarseAngles, scale: 1,
		})
		if len(out) == coarseKeep {
			break
		}
	}
	return out, nil
}

// inkCentre is the middle of the imprint's ink: of the span that holds all but
// a little of it each way, so that stray strokes do not pull it.
func inkCentre(p *inked) (x, y float64) {
	cols, rows := make([]float64, p.w), make([]float64, p.h)
	var all float64
	for i, v := range p.ink.Pix {
		if v > inkLevel && p.known[i] {
			cols[i%p.w]++
			rows[i/p.w]++
			all++
		}
	}
	return middle(cols, all), middle(rows, all)
}

func middle(hist []float64, all float64) float64 {
	lo, hi := 0, len(hist)-1
	for sum := 0.0; lo < hi && sum+hist[lo] < 0.02*all; lo++ {
		sum += hist[lo]
	}
	for sum := 0.0; hi > lo && sum+hist[hi] < 0.02*all; hi-- {
		sum += hist[hi]
	}
	return float64(lo+hi) / 2
}
