package sealcheck

import "heyin/imaging"

// Sink receives the pictures of a verification as PNG under stable names, in the
// specimen's frame at workPxMM pixels a millimetre:
//
//	pair      the specimen left, the imprint laid on its place right
//	overlay   specimen blue, imprint red, both dark
//	heat      where the imprint differs: red too much ink, blue too little, yellow
//	          ground where it is thought to be cut differently
//
// Nothing is drawn for a nil Sink.
type Sink interface {
	Put(name string, png []byte)
}

// PlaneSink is a Sink that wants what the pictures are drawn from instead, in the
// same frame: "specimen" and "imprint" are ink, 0 paper to 1 full, the imprint laid
// on the specimen; "clear" and "known" are 1 where specimen and imprint can be
// trusted; "heat" is the imprint's ink less what the specimen and the stamping's
// fatness explain; "unlike" is the comparer's log odds, one value each 4 pixels;
// "digits" and "characters" are the cells that the comparers of single glyphs looked at (see
// digitCells, characterCells), "digit_places" and "character_places" where they stand.
type PlaneSink interface {
	Sink
	PutPlane(name string, p *imaging.Plane)
}
