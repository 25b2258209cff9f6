package pipeline

import (
	"context"
	"fmt"

	"heyin/imaging"
	"heyin/models"
)

// bankWords stand on a bank's own seals. A client that is itself a bank would be
// taken for it: its seal is then missing, and a person looks.
var bankWords = []string{"银行", "支行", "分行", "信用社", "业务专用", "对账专用"}

// nameRoles tells the bank's own seals from the clients' by the words they bear.
func (p *Pipeline) nameRoles(ctx context.Context, sheet *imaging.Sheet, imprints []models.Imprint) error {
	for i := range imprints {
		says, err := p.reader.SealSays(ctx, sheet, imprints[i], bankWords)
		if err != nil {
			return err
		}
		if says {
			imprints[i].Role = models.RoleBank
		}
	}
	return nil
}

// knowBankSeals finds, by the bank's specimens, its seals among the imprints that
// words did not tell. An imprint wrongly taken for the bank's is a seal missing,
// never a seal passed.
func (p *Pipeline) knowBankSeals(ctx context.Context, sheet *imaging.Sheet, imprints []models.Imprint, specimens []models.Specimen) error {
	for _, s := range specimens {
		if s.Role != models.RoleBank {
			continue
		}
		ref, err := p.references.get(s)
		if err != nil {
			return fmt.Errorf("bank's specimen %s: %w", s.Ref, err)
		}
		for i, im := range imprints {
			if im.Role == models.RoleBank || !comparable(ref, im, sheet.DPI) {
				continue
			}
			like, err := ref.Likes(ctx, sheet, im)
			if err != nil {
				return fmt.Errorf("imprint %d against the bank's specimen %s: %w", i, s.Ref, err)
			}
			if like {
				imprints[i].Role = models.RoleBank
			}
		}
	}
	return nil
}
