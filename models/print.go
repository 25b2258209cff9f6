package models

import (
	"math"
	"math/bits"
)

// Print tells one stamping from every other of the same seal: PrintBits signs of
// how its ink lies unevenly, in the frame of the specimen it was compared with. It
// says nothing of the seal's design. Prints compare only under one specimen and
// one PrintMethod. Nil: too little of the imprint is
// seen, or its ink is too even, to tell.
type Print []byte

// PrintBits is the length of a print. The likeness read from so many signs is
// off by 0.04 (one deviation of a binomial share).
const PrintBits = 1024

// PrintMethod names how prints are made; it is stored with each and grows with
// every change after which old and new ones no longer compare.
const PrintMethod = 1

// CopyBits is how many bits two prints may differ in and still be of one
// stamping: a likeness of 0.7. Separate stampings came up to 0.41 in one set and, in
// one where every second seal has nicks that its card does not show and all its
// imprints share, to 0.66 (docs/adr/010).
const CopyBits = 259

// Apart counts the bits in which two prints differ; PrintBits when they cannot be
// compared.
func (p Print) Apart(q Print) int {
	if !p.Whole() || !q.Whole() {
		return PrintBits
	}
	n := 0
	for i := range p {
		n += bits.OnesCount8(p[i] ^ q[i])
	}
	return n
}

// Whole reports whether p holds a print at all.
func (p Print) Whole() bool { return len(p) == PrintBits/8 }

// CopyOf reports whether p and q are of one stamping.
func (p Print) CopyOf(q Print) bool { return p.Apart(q) <= CopyBits }

// Likeness estimates, from the bits that differ, how the unevenness of two
// imprints correlates: 1 the same, 0 unrelated. A share s of signs differing
// means a correlation of cos(πs) (Goemans and Williamson 1995).
func Likeness(apart int) float64 { return math.Cos(math.Pi * float64(apart) / PrintBits) }
