// Package sealcheck finds imprints on a page and compares an imprint with the
// specimen on file (验印). It registers the two, judges ring, characters and
// code digits one by one, and keeps every figure it judged by.
//
// It works in optical density, where ink adds, and in millimetres of the
// specimen. A genuine imprint mainly misses ink and varies smoothly; a forged
// one differs locally: a character moved, turned or altered, ink where the
// specimen has none. Global likeness cannot see that, so the worst character
// decides. What print, pen or a faint specimen hides is unknown, never evidence;
// when too much is unknown the verdict is inconclusive.
package sealcheck
