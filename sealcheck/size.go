package sealcheck

// SizeMM gives the sides of the seal as it lies on the card, without margin.
func (r *Reference) SizeMM() (w, h float64) {
	return float64(r.w)/workPxMM - 2*sealMarginMM, float64(r.h)/workPxMM - 2*sealMarginMM
}

// EvidencePxMM is how many pixels of evidence and planes make a millimetre.
const EvidencePxMM = workPxMM
