package sealcheck

import "heyin/imaging"

// Sink receives the pictures of a verification as PNG under stable names, in the
// specimen's frame at workPxMM pixels a millimetre:
//
//	pair      the specimen left, the imprint laid on its place right
//	overlay   specimen blue, imprint red, both dark
//	heat      where the imprint differs: red too much ink, blue too little
//
// Nothing is drawn for a nil Sink.
type Sink interface {
	Put(name string, png []byte)
}

// PlaneSink is a Sink that wants what the pictures are drawn from instead, in the
// same frame: "specimen" and "imprint" are ink, 0 paper to 1 full, the imprint laid
// on the specimen; "clear" and "known" are 1 where specimen and imprint can be
// trusted.
type PlaneSink interface {
	Sink
	PutPlane(name string, p *imaging.Plane)
}
