package imaging

import (
	"math"

	"heyin/models"
)

// Pose says how a sheet lies in the stored page. The zero Pose is not valid;
// Straighten makes it.
type Pose struct {
	toStored         Affine // sheet pixel centre → stored pixel centre
	sheetW, sheetH   int
	storedW, storedH int
	rotation         int
	// SkewDeg is the turn that remains after Rotation, clockwise positive.
	SkewDeg float64
}

// Rotation tells by how much the stored page lies turned clockwise: 0, 90, 180 or 270.
func (p Pose) Rotation() int { return p.rotation }

// newPose is the pose of a sheet that undoes rotation (0, 90, 180, 270) and skew
// of a stored page. The sheet grows so that no stored pixel is lost.
func newPose(storedW, storedH, rotation int, skewDeg float64) Pose {
	upW, upH := storedW, storedH
	if rotation%180 != 0 {
		upW, upH = upH, upW
	}
	s, c := math.Sincos(math.Abs(skewDeg) * math.Pi / 180)
	w := int(math.Ceil(float64(upW)*c + float64(upH)*s - 1e-9))
	h := int(math.Ceil(float64(upH)*c + float64(upW)*s - 1e-9))
	turn := turnBack(upW, upH, rotation)
	deskew := Similarity(w, h, float64(upW-1)/2, float64(upH-1)/2, -skewDeg, 1)
	return Pose{
		toStored: deskew.then(turn), sheetW: w, sheetH: h, storedW: storedW, storedH: storedH,
		rotation: rotation, SkewDeg: skewDeg,
	}
}

// turnBack maps a pixel of the upright page of w×h to the stored page, which
// lies turned clockwise by rotation.
func turnBack(w, h, rotation int) Affine {
	right, bottom := float64(w-1), float64(h-1)
	switch rotation {
	case 90:
		return Affine{0, -1, bottom, 1, 0, 0}
	case 180:
		return Affine{-1, 0, right, 0, -1, bottom}
	case 270:
		return Affine{0, 1, 0, -1, 0, right}
	}
	return Affine{1, 0, 0, 0, 1, 0}
}

// then is the map that applies a first, then b.
func (a Affine) then(b Affine) Affine {
	return Affine{
		b[0]*a[0] + b[1]*a[3], b[0]*a[1] + b[1]*a[4], b[0]*a[2] + b[1]*a[5] + b[2],
		b[3]*a[0] + b[4]*a[3], b[3]*a[1] + b[4]*a[4], b[3]*a[2] + b[4]*a[5] + b[5],
	}
}

// Apply maps a point.
func (a Affine) Apply(x, y float64) (float64, float64) {
	return a[0]*x + a[1]*y + a[2], a[3]*x + a[4]*y + a[5]
}

// inverse of a similarity or other invertible map.
func (a Affine) inverse() Affine {
	d := a[0]*a[4] - a[1]*a[3]
	i := Affine{a[4] / d, -a[1] / d, 0, -a[3] / d, a[0] / d, 0}
	i[2] = -(i[0]*a[2] + i[1]*a[5])
	i[5] = -(i[3]*a[2] + i[4]*a[5])
	return i
}

// ToStored gives the smallest box of stored pixels that holds a box of the
// sheet, clipped to the stored page. Quarter turns are exact.
func (p Pose) ToStored(b models.Box) models.Box {
	return p.toStored.box(b, p.storedW, p.storedH)
}

// ToSheet is the other way round.
func (p Pose) ToSheet(b models.Box) models.Box {
	return p.toStored.inverse().box(b, p.sheetW, p.sheetH)
}

// box maps the outline of b, not its pixel centres, and clips to w×h.
func (a Affine) box(b models.Box, w, h int) models.Box {
	const tiny = 1e-6 // pixels; keeps rounding from growing an exact box
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, c := range [4][2]int{{b.X, b.Y}, {b.X + b.W, b.Y}, {b.X, b.Y + b.H}, {b.X + b.W, b.Y + b.H}} {
		x, y := a.Apply(float64(c[0])-0.5, float64(c[1])-0.5)
		x0, x1 = min(x0, x+0.5), max(x1, x+0.5)
		y0, y1 = min(y0, y+0.5), max(y1, y+0.5)
	}
	left, top := clamp(int(math.Floor(x0+tiny)), 0, w), clamp(int(math.Floor(y0+tiny)), 0, h)
	right, bottom := clamp(int(math.Ceil(x1-tiny)), left, w), clamp(int(math.Ceil(y1-tiny)), top, h)
	return models.Box{X: left, Y: top, W: right - left, H: bottom - top}
}

func clamp(v, low, high int) int { return max(low, min(v, high)) }

// turnedOver is the pose of the same sheet turned by 180°.
func (p Pose) turnedOver() Pose {
	p.toStored = turnBack(p.sheetW, p.sheetH, 180).then(p.toStored)
	p.rotation = (p.rotation + 180) % 360
	return p
}
