package sealcheck

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
