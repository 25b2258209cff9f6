package imaging

import (
	"math"
	"slices"

	"heyin/models"
)

// The tone of bare paper is taken in blocks: smaller than a stain, larger than a
// character, so that paper shows in each.
const (
	toneBlockMM  = 4.0
	toneQuantile = 0.8 // of the brightness in a block is taken for paper
	// Densities above the page's own paper. Print and seals may fill a block: those
	// beyond inkTone, or as coloured as stamping ink, say nothing of the paper.
	inkTone    = 0.35
	inkChroma  = 0.16
	shadowTone = 0.085 // 18 % less light: seen at a glance
	stainTint  = 0.015 // 3 % less blue light than red
	// brown is how much of a stain's tint lies between blue and green light: of red
	// ink, which takes both alike, it is next to nothing.
	brown = 0.42
	// A shadow or stain is so much of the page.
	leastShadow, mostStain = 0.03, 0.25
	leastStain             = 18 // blocks: 3 cm²; a solid name seal in orange ink has 14
)

// tones are the densities of the paper by blocks, against the page's median, one
// layer a channel; NaN where ink fills a block.
type tones struct {
	cols, rows int
	block      int // pixels
	density    [3][]float64
}

// paperTones measures a small colour or gray picture of a page at dpi.
func (im *Image) paperTones(dpi float64) tones {
	w, h, n, pix := im.Width(), im.Height(), im.Channels(), im.View()
	block := max(4, int(math.Round(toneBlockMM/mmPerInch*dpi)))
	t := tones{cols: max(1, w/block), rows: max(1, h/block), block: block}
	for c := range t.density {
		t.density[c] = make([]float64, t.cols*t.rows)
	}
	for i := range t.density[0] {
		var hist [3][256]int
		x, pixels := i%t.cols*block, 0
		for y := i / t.cols * block; y < min((i/t.cols+1)*block, h); y++ {
			line := pix[(y*w+x)*n : (y*w+min(x+block, w))*n]
			for k := 0; k < len(line); k += n {
				for c, v := range line[k : k+n] {
					hist[c][v]++
				}
			}
			pixels += len(line) / n
		}
		for c := range t.density {
			t.density[c][i] = float64(density[quantileOf(hist[min(c, n-1)][:], pixels, toneQuantile)])
		}
	}
	for c := range t.density {
		usual := median(t.density[c])
		for i := range t.density[c] {
			t.density[c][i] -= usual
		}
	}
	for i := range t.density[0] {
		low := min(t.density[0][i], t.density[1][i], t.density[2][i])
		high := max(t.density[0][i], t.density[1][i], t.density[2][i])
		if high > inkTone || high-low > inkChroma {
			t.density[0][i], t.density[1][i], t.density[2][i] = math.NaN(), math.NaN(), math.NaN()
		}
	}
	return t
}

func median(v []float64) float64 {
	s := slices.DeleteFunc(slices.Clone(v), math.IsNaN)
	if len(s) == 0 {
		return 0
	}
	slices.Sort(s)
	return s[len(s)/2]
}

// pixels is the place of a box of blocks.
func (t tones) pixels(b models.Box) models.Box {
	return models.Box{X: b.X * t.block, Y: b.Y * t.block, W: b.W * t.block, H: b.H * t.block}
}

// shadows are the blocks in less light, of whatever colour.
func (t tones) shadows() []bool {
	out := make([]bool, t.cols*t.rows)
	for i := range out {
		out[i] = min(t.density[0][i], t.density[1][i], t.density[2][i]) > shadowTone
	}
	return out
}

// stains are the blocks browner than the page's paper. Light and creases change
// its brightness, not its colour.
func (t tones) stains() []bool {
	out := make([]bool, t.cols*t.rows)
	for i := range out {
		tint := t.density[0][i] - t.density[2][i]
		out[i] = tint > stainTint && t.density[0][i]-t.density[1][i] > brown*tint
	}
	return out
}

// patches joins marked blocks that touch or nearly so (a stain is often a ring), those of least to most blocks, as boxes in blocks with their number of blocks.
func (t tones) patches(marked []bool, least, most int) []Component {
	var found []Component
	seen := make([]bool, len(marked))
	for i := range marked {
		if !marked[i] || seen[i] {
			continue
		}
		seen[i] = true
		part := Component{}
		for queue := []int{i}; len(queue) > 0; queue = queue[1:] {
			x, y := queue[0]%t.cols, queue[0]/t.cols
			part.Box, part.Area = union(part.Box, models.Box{X: x, Y: y, W: 1, H: 1}), part.Area+1
			for v := max(0, y-2); v <= min(t.rows-1, y+2); v++ {
				for u := max(0, x-2); u <= min(t.cols-1, x+2); u++ {
					if k := v*t.cols + u; marked[k] && !seen[k] {
						seen[k] = true
						queue = append(queue, k)
					}
				}
			}
		}
		if part.Area >= least && part.Area <= most {
			found = append(found, part)
		}
	}
	return found
}
