package ocr

import "heyin/imaging"

// box is a rectangle of layout pixels, half open: x0 ≤ x < x1.
type box struct{ x0, y0, x1, y1 int }

func (b box) w() int { return b.x1 - b.x0 }
func (b box) h() int { return b.y1 - b.y0 }

func (b box) centre() (x, y int) { return (b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2 }

func (b box) contains(x, y int) bool { return x >= b.x0 && x < b.x1 && y >= b.y0 && y < b.y1 }

func (b box) union(o box) box {
	return box{min(b.x0, o.x0), min(b.y0, o.y0), max(b.x1, o.x1), max(b.y1, o.y1)}
}

// overlap is the length shared by the intervals [a0, a1) and [b0, b1), negative
// for a gap.
func overlap(a0, a1, b0, b1 int) int { return min(a1, b1) - max(a0, b0) }

func (b box) overlapX(o box) int { return overlap(b.x0, b.x1, o.x0, o.x1) }
func (b box) overlapY(o box) int { return overlap(b.y0, b.y1, o.y0, o.y1) }

func (b box) grow(by int) box { return box{b.x0 - by, b.y0 - by, b.x1 + by, b.y1 + by} }

// component is a connected piece of a mask.
type component struct {
	box
	area int
}

// components finds the connected pieces of the pixels that equal want in a mask
// of 0 and 1, with their runs.
func components(mask []uint8, w, h int, want uint8) ([]component, []imaging.Run) {
	found, runs := imaging.Connected(mask, w, h, want, 1-want)
	pieces := make([]component, len(found))
	for i, c := range found {
		pieces[i] = component{box{c.Box.X, c.Box.Y, c.Box.X + c.Box.W, c.Box.Y + c.Box.H}, c.Area}
	}
	return pieces, runs
}

// transpose swaps rows and columns of a w×h mask into out.
func transpose(out, mask []uint8, w, h int) {
	const tile = 32 // keeps both sides in cache
	for y0 := 0; y0 < h; y0 += tile {
		for x0 := 0; x0 < w; x0 += tile {
			for y := y0; y < min(y0+tile, h); y++ {
				for x := x0; x < min(x0+tile, w); x++ {
					out[x*h+y] = mask[y*w+x]
				}
			}
		}
	}
}
