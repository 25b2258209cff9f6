package imaging

import (
	"fmt"
	"math"

	"heyin/models"
)

// Sheet is the page as a person holds it: upright (up to TurnOver) and even,
// at the resolution it was stored with. The owner closes it.
type Sheet struct {
	Image *Image
	DPI   float64 // as the file states, else estimated from the page's size
	Pose  Pose
}

// Close frees the pixels.
func (s *Sheet) Close() {
	if s != nil {
		s.Image.Close()
	}
}

// leastSkew is the turn, in degrees, that is left alone: over 30 cm it moves a
// line by 0.1 mm, and not resampling keeps seals as scanned.
const leastSkew = 0.02

// Straighten finds out how the page lies and gives it upright and even. Page
// geometry cannot tell up from down; who can (a bar code, the text) calls
// TurnOver. It borrows the scan.
func Straighten(scan *Scan) (*Sheet, error) {
	rotation, skew, err := lie(scan.Image)
	if err != nil {
		return nil, fmt.Errorf("imaging: how the page lies: %w", err)
	}
	if math.Abs(skew) < leastSkew {
		skew = 0
	}
	if (scan.Hint+180)%360 == rotation {
		rotation = scan.Hint // geometry leaves 180° open, so the file's hint decides
	}
	pose := newPose(scan.Image.Width(), scan.Image.Height(), rotation, skew)
	im, err := pose.lift(scan.Image)
	if err != nil {
		return nil, fmt.Errorf("imaging: straighten: %w", err)
	}
	dpi := scan.DPI
	if dpi == 0 {
		dpi = guessDPI(scan.Image.Width(), scan.Image.Height())
	}
	return &Sheet{Image: im, DPI: dpi, Pose: pose}, nil
}

// lift makes the sheet's picture out of the stored one.
func (p Pose) lift(stored *Image) (*Image, error) {
	if p.SkewDeg == 0 {
		return stored.Turn(-p.rotation)
	}
	return stored.Warp(p.toStored, p.sheetW, p.sheetH)
}

// TurnOver turns the sheet by 180°. Boxes found on it before no longer hold.
func (s *Sheet) TurnOver() error {
	im, err := s.Image.Turn(180)
	if err != nil {
		return fmt.Errorf("imaging: turn over: %w", err)
	}
	s.Image.Close()
	s.Image, s.Pose = im, s.Pose.turnedOver()
	return nil
}

// papers are the sizes a receipt may have, in millimetres, short side first: A4,
// A5 (half of A4).
var papers = [][2]float64{{210, 297}, {148, 210}}

// usualDPI are the resolutions scanners offer; the commonest first, so that it
// wins where two fit equally.
var usualDPI = []float64{300, 200, 150, 240, 400, 600, 100}

const mmPerInch = 25.4

// guessDPI finds the usual resolution at which a picture of w×h pixels fits a
// usual paper best. A page of no usual size is taken as A4 wide.
func guessDPI(w, h int) float64 {
	short, long := float64(min(w, h)), float64(max(w, h))
	const near = 0.04 // sum of the relative errors of both sides; scanners crop by a few millimetres
	const tie = 0.005 // a rarer resolution must fit better by this
	best, at := near+tie, 0.0
	for _, dpi := range usualDPI {
		for _, p := range papers {
			miss := math.Abs(short*mmPerInch/dpi/p[0]-1) + math.Abs(long*mmPerInch/dpi/p[1]-1)
			if miss < best-tie {
				best, at = miss, dpi
			}
		}
	}
	if at != 0 {
		return at
	}
	return math.Round(short * mmPerInch / papers[0][0])
}

// TurnByCodes turns the sheet over when the codes found on it lie upside down,
// and the codes' boxes and turns with it. It tells whether the codes settle which
// way is up: at least one lies along the lines, and all that do agree. When they
// do not, the sheet stays and the text must tell.
func (s *Sheet) TurnByCodes(codes []models.Code) (told bool, err error) {
	up, down := 0, 0
	for _, c := range codes {
		switch c.Turn {
		case 0:
			up++
		case 180:
			down++
		}
	}
	if down == 0 || up > 0 {
		return up > 0 && down == 0, nil
	}
	if err := s.TurnOver(); err != nil {
		return false, err
	}
	for i := range codes {
		b := &codes[i].Box
		b.X, b.Y = s.Image.Width()-b.X-b.W, s.Image.Height()-b.Y-b.H
		codes[i].Turn = (codes[i].Turn + 180) % 360
	}
	return true, nil
}
