package ocr

// Strokes at a frame to tick, of which a tick is one; measured on the ticks of docs/adr/028, eleventh round.
const (
	tangledRows   = 0.065 // share of the rows of what is drawn, in which three strokes stand side by side: of 86 ticks and filled boxes none has more than 2 such rows
	tangledLeast  = 4     // such rows
	tangledBeside = 3     // rows beside the frame in which two strokes stand: of 86 ticks and filled boxes one has 1, none more; a small 不 has 4 and more
	tangledFrame  = 0.8   // share of a frame's pixels found at the other one, with which it is known what is its print
	frameAlike    = 20    // of its width: by which a circle may be larger than the other
	frameSide     = 0.85  // share of each side of a square that is inked
	frameSideThin = 0.6   // share of a side's most inked row that its others have
	frameSidePart = 4     // of its width: how far from where it was found a side may stand
)

// tangled reports whether what is drawn at a frame is more than one tick: three strokes side by side, or two beside the frame. empty is the
// frame of the other answer, with nothing in it.
func (v *offers) tangled(drawn []bool, frame, empty box) bool {
	rest := *v
	rest.mask = make([]uint8, len(v.mask))
	for i, on := range drawn {
		if on {
			rest.mask[i] = v.mask[i]
		}
	}
	if !v.takeFrame(&rest, frame, empty) {
		return false
	}
	for i, on := range drawn {
		if on && v.mask[i] == 1 && rest.mask[i] == 0 {
			rest.mask[i] = inkTaken
		}
	}
	rest.clear(v.word[0].grow(1))
	rows, three, gap := 0, 0, max(2, frame.w()/10) // where the frame's line was
	left, right := 0, 0
	for y := range v.h {
		row := rest.mask[y*v.w : (y+1)*v.w]
		if n := strokesIn(row, gap); n > 0 {
			rows, three = rows+1, three+min(n/3, 1)
		}
		left, right = left+min(strokesIn(row[:max(0, frame.x0)], 1)/2, 1), right+min(strokesIn(row[min(frame.x1, v.w):], 1)/2, 1)
	}
	return three >= tangledLeast && float64(three) >= tangledRows*float64(rows) || max(left, right) >= tangledBeside
}

// inkTaken marks, in a mask, the ink of a frame taken out: a stroke that crosses it goes on behind it.
const inkTaken = 2

// strokesIn counts the runs of ink in a row of a mask, which lie more than so many pixels apart.
func strokesIn(row []uint8, gap int) (n int) {
	last := -gap - 1
	for x, ink := range row {
		switch {
		case ink == 1:
			if x-last > gap {
				n++
			}
			last = x
		case ink == inkTaken && x-last == 1:
			last = x
		}
	}
	return n
}

// takeFrame takes the print of a frame out of rest, as the empty one shows it; false where it cannot be told.
func (v *offers) takeFrame(rest *offers, frame, empty box) bool {
	square := true
	for side := range 4 {
		_, share := v.frameSide(empty, side)
		square = square && share >= frameSide
	}
	if square {
		for side := range 4 {
			line, _ := v.frameSide(frame, side)
			rest.clear(line)
		}
		return true
	}
	pixels := v.pixels(empty.grow(2))
	dx, dy := frame.x0-empty.x0, frame.y0-empty.y0
	bx, by, found := v.match(pixels, dx, dy, empty.w()/frameSidePart)
	near := 1 + empty.w()/frameAlike
	for _, q := range pixels {
		x, y := q[0]+dx+bx, q[1]+dy+by
		rest.clear(box{x - near, y - near, x + near + 1, y + near + 1})
	}
	return float64(found) >= tangledFrame*float64(len(pixels))
}

// frameSide is the line along one side of a square, and how much of it is inked: above, below, left, right.
func (v *offers) frameSide(b box, side int) (line box, share float64) {
	reach := b.w() / frameSidePart
	at := func(k int) box { // rows or columns, inwards
		switch side {
		case 0:
			return box{b.x0, b.y0 + k, b.x1, b.y0 + k + 1}
		case 1:
			return box{b.x0, b.y1 - k - 1, b.x1, b.y1 - k}
		case 2:
			return box{b.x0 + k, b.y0, b.x0 + k + 1, b.y1}
		default:
			return box{b.x1 - k - 1, b.y0, b.x1 - k, b.y1}
		}
	}
	best := 0
	for k := -reach; k <= reach; k++ {
		if s := v.share(at(k)); s > share || s == share && abs(k) < abs(best) {
			best, share = k, s
		}
	}
	from, to := best, best
	for to-best < reach && v.share(at(to+1)) >= frameSideThin*share {
		to++
	}
	for best-from < reach && v.share(at(from-1)) >= frameSideThin*share {
		from--
	}
	line = at(from - 2).union(at(to + 2)) // it may lean, and the pixels on either side are half ink
	if side < 2 {
		line.x0, line.x1 = line.x0-reach, line.x1+reach
	} else {
		line.y0, line.y1 = line.y0-reach, line.y1+reach
	}
	return line, share
}
