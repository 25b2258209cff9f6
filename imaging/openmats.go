//go:build matprofile

package imaging

import "gocv.io/x/gocv"

// OpenMats counts the Mats nobody has closed. It exists in builds with the tag
// matprofile only, for tests that look for leaks.
func OpenMats() int { return gocv.MatProfile.Count() }
