package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"heyin/imaging"
	"heyin/models"
	"heyin/sealcheck"
)

// sizeTolerance is how far the larger side of an imprint's box may differ from
// its specimen's and still be worth comparing: a stamp is rigid to 1 %, but the
// box of a faint, smeared or overlapped imprint is not.
const sizeTolerance = 0.25

const mmPerInch = 25.4

// verified is one comparison with its pictures, before assignment.
type verified struct {
	models.Verification
	evidence map[string][]byte
}

// verify compares every specimen in force with every imprint that can be it.
func (p *Pipeline) verify(ctx context.Context, sheet *imaging.Sheet, imprints []models.Imprint, specimens []models.Specimen) ([]verified, error) {
	var all []verified
	for _, s := range specimens {
		if s.Role == models.RoleBank {
			continue
		}
		ref, err := p.references.get(s)
		if err != nil {
			return nil, fmt.Errorf("specimen %s: %w", s.Ref, err)
		}
		for i, im := range imprints {
			if im.Role == models.RoleBank || !comparable(ref, im, sheet.DPI) {
				continue
			}
			v, err := verifyOne(ctx, sheet, ref, im)
			if err != nil {
				return nil, fmt.Errorf("imprint %d against specimen %s: %w", i, s.Ref, err)
			}
			v.SpecimenRef, v.Imprint = s.Ref, i
			all = append(all, v)
		}
	}
	return all, nil
}

func verifyOne(ctx context.Context, sheet *imaging.Sheet, ref *sealcheck.Reference, im models.Imprint) (verified, error) {
	crop, err := sheet.Image.Crop(margin(im.Box, sheet.DPI))
	if err != nil {
		return verified{}, err
	}
	defer crop.Close()
	pictures := evidence{}
	v, err := ref.Verify(ctx, crop, sheet.DPI, pictures)
	return verified{v, pictures}, err
}

// comparable keeps a 42 mm company seal from being registered to an 11 mm name
// seal: such a comparison can only waste time.
func comparable(ref *sealcheck.Reference, im models.Imprint, dpi float64) bool {
	found := float64(max(im.Box.W, im.Box.H)) * mmPerInch / dpi
	w, h := ref.SizeMM()
	filed := max(w, h)
	return found > filed*(1-sizeTolerance) && found < filed*(1+sizeTolerance)
}

// margin widens a box by 2 mm a side: the comparison needs clean paper around
// the ring, and the box may cut a faint edge.
func margin(b models.Box, dpi float64) models.Box {
	const marginMM = 2
	m := int(marginMM * dpi / mmPerInch)
	return models.Box{X: b.X - m, Y: b.Y - m, W: b.W + 2*m, H: b.H + 2*m}
}

// assign gives each specimen its best imprint and each imprint to one specimen,
// the surest pairs first.
func assign(all []verified) []verified {
	rank := map[models.Verdict]int{models.Match: 0, models.Inconclusive: 1, models.Mismatch: 2}
	slices.SortStableFunc(all, func(a, b verified) int {
		return cmp.Or(cmp.Compare(rank[a.Verdict], rank[b.Verdict]), cmp.Compare(b.Score, a.Score))
	})
	specimens, imprints := map[string]bool{}, map[int]bool{}
	var best []verified
	for _, v := range all {
		if specimens[v.SpecimenRef] || imprints[v.Imprint] {
			continue
		}
		specimens[v.SpecimenRef], imprints[v.Imprint] = true, true
		best = append(best, v)
	}
	return best
}

// references caches the prepared side of specimens: the same customer's seals
// come back with every account's receipt.
type references struct {
	byKey map[string]*sealcheck.Reference
	keys  []string // oldest first
}

// maxReferences bounds the cache: one prepared 42 mm specimen with its spectra
// takes about 10 MB, and a reader may use 1.5 GB in all.
const maxReferences = 16

func (c *references) get(s models.Specimen) (*sealcheck.Reference, error) {
	key := fmt.Sprintf("%s/%x", s.Shape, sum(s.Image))
	if r, ok := c.byKey[key]; ok {
		return r, nil
	}
	r, err := sealcheck.NewReference(s)
	if err != nil {
		return nil, err
	}
	if len(c.keys) == maxReferences {
		delete(c.byKey, c.keys[0])
		c.keys = c.keys[1:]
	}
	c.byKey[key], c.keys = r, append(c.keys, key)
	return r, nil
}

// pictures gathers what the comparisons drew under names of their own on the
// page, and notes those names in each verification.
func pictures(vs []verified) map[string][]byte {
	all := map[string][]byte{}
	for i, v := range vs {
		vs[i].Evidence = map[string]string{}
		for name, png := range v.evidence {
			key := fmt.Sprintf("seal-%d-%s-%s", v.Imprint, v.SpecimenRef, name)
			vs[i].Evidence[name], all[key] = key, png
		}
	}
	return all
}
