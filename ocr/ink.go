package ocr

import (
	"math"
	"slices"

	"heyin/imaging"
	"heyin/models"
)

// Layout is found at this resolution: strokes of 8-point print stay apart, and
// an A4 page has two megapixels.
const layoutDPI = 150

const mmPerInch = 25.4

// widthMM is the paper width assumed when neither the file nor the page states
// a resolution: A4 upright and A5 lying both measure 210 mm.
const widthMM = 210

// paper is the local colour of the unprinted sheet on a coarse grid, as optical
// density against white, one layer a channel.
type paper struct {
	cols, rows int
	block      float64 // layout pixels
	density    [][]float32
}

// paperBlockMM is the grid of the paper estimate: larger than a character, so
// that paper shows in every block, smaller than a shadow's edge.
const paperBlockMM = 4.0

// paperQuantile of the brightness in a block is taken for paper: above the ink,
// below the speckle.
const paperQuantile = 0.8

// ink is the page at layoutDPI as density of ink on paper.
type ink struct {
	w, h  int
	scale float64 // sheet pixels per layout pixel
	perMM float64 // layout pixels per millimetre
	paper paper
	ratio float32 // neutral part of the coloured inks, per unit of chroma
	inks
	patch inks // of the last cut, whose memory the next uses again
	spare [][]uint8
}

// blank gives an empty mask of the layout, out of those put back.
func (in *ink) blank() []uint8 {
	n := len(in.spare)
	if n == 0 {
		return make([]uint8, in.w*in.h)
	}
	m := in.spare[n-1]
	in.spare = in.spare[:n-1]
	clear(m)
	return m
}

// putBack takes masks that nobody uses any more.
func (in *ink) putBack(masks ...[]uint8) { in.spare = append(in.spare, masks...) }

// inks are the separated inks of a picture, as densities.
type inks struct {
	black *imaging.Plane // print, black pens: what darkens all channels
	// Of a patch only. total is every ink: the strongest density of any channel; pen
	// is print and pens of any colour but red, without stamps.
	total, pen *imaging.Plane
	// warm is red and orange ink (stamping pads), cool is blue and violet (pens);
	// both nil on a gray page.
	warm, cool *imaging.Plane
}

// wanted says which inks of a picture are separated.
type wanted int

const (
	blackOnly wanted = iota
	coloured         // black, warm and cool
	every
)

// bytes of a picture with its geometry; they die with the picture.
type raster struct {
	w, h, channels int
	pix            []byte
}

func rasterOf(im *imaging.Image) raster {
	return raster{w: im.Width(), h: im.Height(), channels: im.Channels(), pix: im.View()}
}

// logDensity is -log10(v/255); 0 is read as 1.
var logDensity = func() (t [256]float32) {
	for v := range t {
		t[v] = float32(-math.Log10(float64(max(v, 1)) / 255))
	}
	return t
}()

// newInk analyses an upright picture; dpi 0 means unknown. The memory of old is used
// again.
func newInk(im *imaging.Image, dpi float64, old inks) (*ink, error) {
	if dpi <= 0 {
		dpi = float64(min(im.Width(), im.Height()*210/148)) / widthMM * mmPerInch
	}
	scale := max(1, dpi/layoutDPI)
	small, err := im.Reduce(max(1, int(float64(im.Width())/scale)), max(1, int(float64(im.Height())/scale)))
	if err != nil {
		return nil, err
	}
	defer small.Close()
	in := &ink{w: small.Width(), h: small.Height(), scale: scale, perMM: dpi / scale / mmPerInch}
	r := rasterOf(small)
	in.paper = estimatePaper(r, paperBlockMM*in.perMM)
	in.ratio = in.paper.neutralRatio(r)
	in.inks = in.paper.separate(r, 0, 0, 1, in.ratio, old, coloured)
	return in, nil
}

// px converts millimetres to whole layout pixels, at least 1.
func (in *ink) px(mm float64) int { return max(1, int(math.Round(mm*in.perMM))) }

// sheetBox converts a layout box to sheet pixels.
func (in *ink) sheetBox(b box) models.Box {
	x0, y0 := float64(b.x0)*in.scale, float64(b.y0)*in.scale
	x1, y1 := float64(b.x1)*in.scale, float64(b.y1)*in.scale
	return models.Box{X: int(x0), Y: int(y0), W: int(math.Ceil(x1)) - int(x0), H: int(math.Ceil(y1)) - int(y0)}
}

func estimatePaper(r raster, block float64) paper {
	p := paper{block: block, cols: max(1, int(math.Ceil(float64(r.w)/block))), rows: max(1, int(math.Ceil(float64(r.h)/block)))}
	const step = 2 // a quarter of the pixels is sample enough
	col := make([]int, r.w)
	for x := range col {
		col[x] = min(int(float64(x)/block), p.cols-1)
	}
	n := r.channels
	hist := make([][256]int32, n*p.cols) // of a row of blocks, its channels side by side
	levels := make([][]float32, n)
	y := 0
	for row := range p.rows {
		clear(hist)
		for ; y < r.h && min(int(float64(y)/block), p.rows-1) == row; y += step {
			line := r.pix[y*r.w*n : (y+1)*r.w*n]
			for x := 0; x < r.w; x += step {
				for c, v := range line[x*n : (x+1)*n] { // paper is even: one count waits for the one before
					hist[col[x]*n+c][v]++
				}
			}
		}
		for i := range hist {
			levels[i%n] = append(levels[i%n], logDensity[quantile(hist[i][:], paperQuantile)])
		}
	}
	for _, level := range levels {
		p.density = append(p.density, brightNeighbour(level, p.cols, p.rows))
	}
	return p
}

// quantile is the smallest index with at least share q of the counts at or below it.
func quantile(hist []int32, q float64) int {
	total := int32(0)
	for _, n := range hist {
		total += n
	}
	above := total - int32(math.Ceil(q*float64(total))) // counts that lie beyond
	for v := len(hist) - 1; v > 0; v-- {
		if above -= hist[v]; above < 0 {
			return v
		}
	}
	return 0
}

// brightNeighbour gives each block the third lightest density of its 3×3
// neighbourhood: blocks filled with ink take their neighbours' paper.
func brightNeighbour(level []float32, cols, rows int) []float32 {
	out := make([]float32, len(level))
	for y := range rows {
		for x := range cols {
			best := [3]float32{9, 9, 9}
			for j := max(0, y-1); j <= min(rows-1, y+1); j++ {
				for i := max(0, x-1); i <= min(cols-1, x+1); i++ {
					v := level[j*cols+i]
					for k := range best {
						if v < best[k] {
							best[k], v = v, best[k]
						}
					}
				}
			}
			v := best[2]
			if v == 9 {
				v = best[0]
			}
			out[y*cols+x] = v
		}
	}
	return out
}

// paperCell is the width, in pixels of the picture, within which the paper's
// density is taken as constant along a row.
const paperCell = 8

// grounds gives the paper's density below the cells of the rows of a picture.
type grounds struct {
	paper  *paper
	left   []int     // of each cell: the block before its middle,
	part   []float32 // and how far it lies towards the next
	row    []float32 // of the blocks, at the picture's row
	levels [][]float32
}

// under prepares the grounds of a picture w pixels wide whose column x lies at the
// layout's x0 + x/scale.
func (p *paper) under(w int, x0, scale float64) *grounds {
	cells := (w + paperCell - 1) / paperCell
	g := &grounds{paper: p, left: make([]int, cells), part: make([]float32, cells), row: make([]float32, p.cols+1)}
	for k := range cells {
		g.left[k], g.part[k] = between((x0+(float64(k)+0.5)*paperCell/scale)/p.block, p.cols)
	}
	for range p.density {
		g.levels = append(g.levels, make([]float32, cells))
	}
	return g
}

// at interpolates the paper's density in the layout's row y: of each channel, of each
// cell. It holds until the next call.
func (g *grounds) at(y float64) [][]float32 {
	p := g.paper
	upper, down := between(y/p.block, p.rows)
	below := min(upper+1, p.rows-1)
	for c, d := range p.density {
		for i, v := range d[upper*p.cols : (upper+1)*p.cols] {
			g.row[i] = v + down*(d[below*p.cols+i]-v)
		}
		g.row[p.cols] = g.row[p.cols-1]
		level := g.levels[c]
		for k, i := range g.left {
			level[k] = g.row[i] + g.part[k]*(g.row[i+1]-g.row[i])
		}
	}
	return g.levels
}

// between says between which of n blocks a place lies, counted in blocks from the
// outer edge of the first: i and the next, part of the way.
func between(at float64, n int) (i int, part float32) {
	f := min(max(at-0.5, 0), float64(n-1))
	i = int(f)
	return i, float32(f - float64(i))
}

// Bounds of the neutral part of stamping ink.
const (
	minNeutralRatio, maxNeutralRatio = 0.10, 0.50
	defaultNeutralRatio              = 0.20
	strongChroma                     = 0.30 // density; surely a stamp
	// neutralQuantile of the stamped pixels are cleared of their ink entirely; the
	// rest are print under the stamp.
	neutralQuantile  = 0.75
	minStampedPixels = 100
)

// neutralRatio estimates how much a unit of colour of this page's stamps darkens
// the channel that shows it least, from every other row of the page.
func (p *paper) neutralRatio(r raster) float32 {
	if r.channels < 3 {
		return defaultNeutralRatio
	}
	const bins, perUnit = 128, 64
	var hist [bins]int32
	n := 0
	grounds := p.under(r.w, 0, 1)
	for y := 0; y < r.h; y += 2 {
		ground := grounds.at(float64(y))
		line := r.pix[y*r.w*3 : (y+1)*r.w*3]
		for x := range r.w {
			blue, green, red := logDensity[line[3*x]], logDensity[line[3*x+1]], logDensity[line[3*x+2]]
			if blue-red <= strongChroma/2 {
				continue // so on most of the page, whatever its paper
			}
			k := x / paperCell
			blue, green, red = max(0, blue-ground[0][k]), max(0, green-ground[1][k]), max(0, red-ground[2][k])
			if blue-red <= strongChroma {
				continue
			}
			low := min(blue, green, red)
			hist[min(bins-1, int(low/(max(blue, green, red)-low)*perUnit))]++
			n++
		}
	}
	if n < minStampedPixels {
		return defaultNeutralRatio
	}
	return min(max(float32(quantile(hist[:], neutralQuantile)+1)/perUnit, minNeutralRatio), maxNeutralRatio)
}

// Black print on tinted paper is a little coloured itself: this share of its
// density. Pens hold much black, so little may be taken from cool ink.
const (
	warmFringe = 0.30
	coolFringe = 0.12
)

// separate unmixes the inks of a picture whose pixel (x, y) lies at layout position
// (x0 + x/scale, y0 + y/scale): black darkens every channel alike, a coloured ink
// leaves its own channel nearly clear. The memory of old is used again.
func (p *paper) separate(r raster, x0, y0, scale float64, ratio float32, old inks, want wanted) inks {
	plane := func(old *imaging.Plane) *imaging.Plane {
		if n := r.w * r.h; old != nil && cap(old.Pix) >= n {
			return &imaging.Plane{W: r.w, H: r.h, Pix: old.Pix[:n]}
		}
		return imaging.NewPlane(r.w, r.h)
	}
	s := inks{black: plane(old.black)}
	if want == every {
		s.total, s.pen = plane(old.total), plane(old.pen)
	}
	if r.channels == 3 && want != blackOnly {
		s.warm, s.cool = plane(old.warm), plane(old.cool)
	}
	grounds := p.under(r.w, x0, scale)
	for y := range r.h {
		ground := grounds.at(y0 + float64(y)/scale)
		line := r.pix[y*r.w*r.channels : (y+1)*r.w*r.channels]
		if r.channels == 3 {
			s.unmix(y*r.w, line, ground, ratio)
		} else {
			s.gray(y*r.w, line, ground[0])
		}
	}
	return s
}

// unmix fills in the row of pixels from index at on, whose bytes are B, G, R, on paper
// of one density a channel and cell.
func (s *inks) unmix(at int, pix []byte, ground [][]float32, ratio float32) {
	n := len(pix) / 3
	black := s.black.Pix[at : at+n]
	var warm, cool, total, pen []float32
	if s.warm != nil {
		warm, cool = s.warm.Pix[at:at+n], s.cool.Pix[at:at+n]
	}
	if s.total != nil {
		total, pen = s.total.Pix[at:at+n], s.pen.Pix[at:at+n]
	}
	for from, k := 0, 0; from < n; from, k = from+paperCell, k+1 {
		groundB, groundG, groundR := ground[0][k], ground[1][k], ground[2][k]
		for x := from; x < min(from+paperCell, n); x++ {
			p := pix[3*x : 3*x+3]
			blue, green, red := above(p[0], groundB), above(p[1], groundG), above(p[2], groundR)
			low, high := blue, blue // compared by hand: min and max heed NaN
			if green < low {
				low = green
			} else {
				high = green
			}
			if red < low {
				low = red
			} else if red > high {
				high = red
			}
			if total != nil {
				total[x] = high
				pen[x] = max(0, red-ratio*max(0, blue-red))
			}
			black[x] = max(0, low-ratio*(high-low))
			if warm == nil {
				continue
			}
			if high == 0 { // bare paper, most of a page
				warm[x], cool[x] = 0, 0
				continue
			}
			warm[x] = max(0, blue-red-warmFringe*low)
			cool[x] = max(0, red-blue-coolFringe*low)
		}
	}
}

// gray is unmix for a picture without colour.
func (s *inks) gray(at int, pix []byte, ground []float32) {
	black := s.black.Pix[at : at+len(pix)]
	for x, v := range pix {
		black[x] = above(v, ground[x/paperCell])
	}
	if s.total != nil {
		copy(s.total.Pix[at:], black)
		copy(s.pen.Pix[at:], black)
	}
}

// above is the density of a byte beyond the paper's.
func above(v byte, ground float32) float32 {
	if d := logDensity[v] - ground; d > 0 {
		return d
	}
	return 0
}

// Bounds and share of the local threshold between paper and ink, in density.
const (
	minInk, maxInk = 0.055, 0.18
	inkShare       = 0.40
	inkBlockMM     = 8.0
	inkQuantile    = 0.98
)

// mask marks where a plane carries ink: a share of the strongest density
// nearby, so that faded print counts and a dirty ground does not.
func (in *ink) mask(p *imaging.Plane) []uint8 {
	block := in.px(inkBlockMM)
	cols, rows := (p.W+block-1)/block, (p.H+block-1)/block
	const bins, perUnit = 64, 50
	const faint = 2 // bins below it hold less than minInk
	hist := make([][bins]int32, cols*rows)
	for y := range p.H {
		row := y / block * cols
		for c := range cols {
			h := &hist[row+c]
			paper := int32(0) // most of a page: counted apart
			for _, v := range p.Pix[y*p.W+c*block : y*p.W+min(p.W, (c+1)*block)] {
				if v *= perUnit; v < 1 {
					paper++
				} else {
					h[min(bins-1, int(v))]++
				}
			}
			h[0] += paper
		}
	}
	strong, bare := make([]float32, len(hist)), make([]bool, len(hist))
	for i := range hist {
		strong[i] = float32(quantile(hist[i][:], inkQuantile)) / perUnit
		bare[i] = !slices.ContainsFunc(hist[i][faint:], func(n int32) bool { return n > 0 })
	}
	out := in.blank()
	limit := make([]float32, cols)
	for y := range p.H {
		if y%block == 0 {
			for c := range limit {
				limit[c] = inkLimit(strong, cols, rows, c, y/block)
			}
		}
		for c, least := range limit {
			if bare[y/block*cols+c] {
				continue
			}
			from, to := y*p.W+c*block, y*p.W+min(p.W, (c+1)*block)
			inked := out[from:to]
			for x, v := range p.Pix[from:to] {
				if v > least {
					inked[x] = 1
				}
			}
		}
	}
	return out
}

// inkLimit averages the strong densities of the inked blocks around (x, y).
func inkLimit(strong []float32, cols, rows, x, y int) float32 {
	sum, n := float32(0), float32(0)
	for j := max(0, y-1); j <= min(rows-1, y+1); j++ {
		for i := max(0, x-1); i <= min(cols-1, x+1); i++ {
			weight := float32(1)
			if i == x && j == y {
				weight = 4
			}
			if v := strong[j*cols+i]; v > minInk {
				sum += weight * v
				n += weight
			}
		}
	}
	if n == 0 {
		return minInk
	}
	return min(max(inkShare*sum/n, minInk), maxInk)
}
