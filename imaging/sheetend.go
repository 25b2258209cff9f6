package imaging

import (
	"math"
	"slices"
)

// Where a sheet ends within the picture, the scanner's bed lies beyond: bare, and of
// a tone that differs from the paper's all along. A sheet of which one end shows and
// the other does not may go on beyond the picture, though nothing printed is cut.
const (
	leastBedMM = 15.0   // less is what a feeder leaves of any sheet
	bedEven    = 0.0055 // density: three of 255 levels, the grain of a bed
	bedStep    = 0.003  // density between bed and paper: two levels
	bedGrains  = 2.0    // times the bed's own grain: what changes by and by is light
	bedShare   = 0.9    // of the blocks along the end that show it so
	paperMiss  = 8.0    // mm by which a sheet measured in blocks misses its size
)

// sideNames numbers the sides of a page; s^1 is the one opposite to s.
var sideNames = [4]string{"left", "right", "top", "bottom"}

// hiddenEnd finds the side at which a sheet may go on beyond the picture: its
// opposite end shows, this one does not, and what is seen of the sheet, so many
// millimetres between the two, is of no usual paper. A block is blockMM wide; skew is
// by how many degrees the picture was turned, and left blank beyond its edges.
func (t tones) hiddenEnd(blockMM, skew float64) (side int, seenMM float64, found bool) {
	var bed [len(sideNames)]int
	for s := range bed {
		bed[s] = t.bedAt(s, int(leastBedMM/blockMM), math.Tan(math.Abs(skew)*math.Pi/180))
	}
	seen := [2]float64{blockMM * float64(t.cols-bed[0]-bed[1]), blockMM * float64(t.rows-bed[2]-bed[3])}
	for _, p := range papers {
		if math.Abs(min(seen[0], seen[1])-p[0]) < paperMiss && math.Abs(max(seen[0], seen[1])-p[1]) < paperMiss {
			return 0, 0, false
		}
	}
	for s := range bed {
		if bed[s] == 0 && bed[s^1] > 0 {
			return s, seen[s/2], true
		}
	}
	return 0, 0, false
}

// bedAt counts the columns of blocks, from a side inwards, that show the bed: at
// least so many, or none. slant is how far a straight end strays from them.
func (t tones) bedAt(side, least int, slant float64) int {
	deep, along := t.cols, t.rows
	if side >= 2 {
		deep, along = along, deep
	}
	lost := 1 + int(slant*float64(max(deep, along))) // blocks that the turn left partly blank
	column := func(channel, depth int) []float64 {
		if side%2 == 1 {
			depth = deep - 1 - depth
		}
		var out []float64
		for i := lost; i < along-lost; i++ {
			if side >= 2 {
				out = append(out, t.density[channel][depth*t.cols+i])
			} else {
				out = append(out, t.density[channel][i*t.cols+depth])
			}
		}
		return out
	}
	// share is how many of a column's blocks differ from the bed by from to, or more.
	share := func(channel, depth int, bed, from, to float64) float64 {
		n, all := 0, column(channel, depth)
		for _, v := range all {
			if v-bed >= from && v-bed <= to { // not of a NaN
				n++
			}
		}
		return float64(n) / float64(max(1, len(all)))
	}
	if deep < 2*(least+lost) {
		return 0
	}
	ends, n := false, deep
	for c := range t.density {
		bed := median(column(c, lost))
		bare := lost
		for bare < n && share(c, bare, bed, -bedEven, bedEven) >= bedShare {
			bare++
		}
		n = bare
	}
	if n < max(least, lost+1) || n >= deep/2 {
		return 0
	}
	for c := range t.density {
		bed, paper := median(column(c, lost)), n+lost
		var grain []float64
		for depth := lost; depth < n; depth++ {
			for _, v := range column(c, depth) {
				grain = append(grain, math.Abs(v-bed)) // of a NaN too: it sorts first
			}
		}
		slices.Sort(grain)
		step := max(bedStep, bedGrains*grain[int(bedShare*float64(len(grain)))])
		ends = ends || max(share(c, paper, bed, step, math.Inf(1)), share(c, paper, bed, math.Inf(-1), -step)) >= bedShare
	}
	if !ends {
		return 0
	}
	return n
}
