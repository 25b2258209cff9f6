package sealcheck

import (
	"slices"

	"heyin/imaging"
)

// profile is the imprint's mean ink over the signed distance from the
// specimen's edges: it says how fat this stamping came out.
type profile struct {
	ink  [profileBins]float64
	edge float64 // mm at which ink falls to half: positive for fat strokes
}

const (
	profileBins = 25
	profileStep = 0.05 // mm a bin
	profileFrom = -0.6 // mm
)

// at interpolates the profile at a distance in mm.
func (p profile) at(d float32) float64 {
	u := (float64(d) - profileFrom) * (1 / profileStep)
	k := min(max(int(u), 0), profileBins-2)
	f := min(max(u-float64(k), 0), 1)
	return p.ink[k] + f*(p.ink[k+1]-p.ink[k])
}

// profileOf averages ink by distance over the usable pixels within the seal.
func (r *Reference) profileOf(a *aligned) profile {
	var p profile
	var n [profileBins]float64
	for i, ok := range a.usable {
		if !ok || r.outer.Pix[i] > 0.8 {
			continue
		}
		k := min(max(int((float64(r.sdf.Pix[i])-profileFrom)/profileStep+0.5), 0), profileBins-1)
		p.ink[k] += float64(a.ink.Pix[i])
		n[k]++
	}
	// From paper inwards: strokes thinner than the reach of the profile leave its
	// inner bins empty, and their ink is that of the deepest bin met.
	for k := profileBins - 1; k >= 0; k-- {
		if n[k] > 0 {
			p.ink[k] /= n[k]
		} else if k < profileBins-1 {
			p.ink[k] = p.ink[k+1]
		}
	}
	// More ink farther from the stroke is noise: keep it falling.
	for k := profileBins - 2; k >= 0; k-- {
		p.ink[k] = max(p.ink[k], p.ink[k+1])
	}
	half := (slices.Max(p.ink[:]) + p.ink[profileBins-1]) / 2
	for k := 1; k < profileBins; k++ {
		if p.ink[k] < half {
			p.edge = profileFrom + profileStep*(float64(k)-0.5)
			break
		}
	}
	p.edge = min(max(p.edge, -edgeCapMM), edgeCapMM)
	return p
}

// residuals compares the whole after registration.
type residuals struct {
	corr     float64 // ink against the model of the specimen, over usable pixels
	coverage float64 // share of the specimen's strokes that are known and inked
	known    float64 // share of the specimen's strokes that are known
	extra    float64 // share: ink on clean paper against the specimen's ink
	extraMax float64 // mm², largest blob of it
	missMax  float64 // mm², largest blob of paper within strokes
	heat     *imaging.Plane
}

func (r *Reference) residualsOf(a *aligned, prof profile) residuals {
	res := residuals{heat: imaging.NewPlane(r.w, r.h)}
	var whole moments
	strokes, seen, inkedPixels, extraPixels := 0.0, 0.0, 0.0, 0.0
	extra, missing := make([]bool, r.w*r.h), make([]bool, r.w*r.h)
	for i := range a.usable {
		d := r.sdf.Pix[i]
		v := a.ink.Pix[i]
		if d < -0.05 {
			strokes++
			if a.known[i] {
				seen++
				if v > coverInk {
					inkedPixels++
				}
			}
		}
		if !a.usable[i] || r.outer.Pix[i] > 0.8 {
			continue
		}
		expected := prof.at(d)
		whole.add(expected, float64(v))
		res.heat.Pix[i] = v - float32(expected)
		switch {
		case float64(d) > prof.edge+extraTolMM && v > extraInk:
			extra[i] = true
			extraPixels++
		case float64(d) < min(prof.edge, 0)-missingTolMM && v < missingInk:
			missing[i] = true
		}
	}
	res.corr = whole.corr()
	strokes = max(strokes, 1)
	res.coverage, res.known, res.extra = inkedPixels/strokes, seen/strokes, extraPixels/strokes
	res.extraMax, res.missMax = largestMM2(extra, r.w, r.h), largestMM2(missing, r.w, r.h)
	return res
}
