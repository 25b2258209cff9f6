package pipeline

import (
	"heyin/models"
	"heyin/sealcheck"
)

// objectToCopies: an imprint that is the very stamping on the specimen card was
// copied from the bank's own file. Whether it was copied from another receipt only
// the archive knows (storage: reuse.go).
func objectToCopies(imprints []models.Imprint, vs []models.Verification, object objector) {
	for _, v := range vs {
		if sealcheck.CopiesSpecimen(v) {
			object(models.ReasonImprintReused, &imprints[v.Imprint].Box, say("与印鉴 %s 的留底扫描系同一次盖印，相似度 %.2f",
				"specimen %s: the very stamping scanned as the specimen, alike by %.2f", v.SpecimenRef, sealcheck.SpecimenLikeness(v)))
		}
	}
}
