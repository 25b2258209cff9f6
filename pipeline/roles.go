package pipeline

import (
	"context"
	"strings"

	"heyin/imaging"
	"heyin/models"
)

// bankWords stand on a bank's own seals. A client that is itself a bank would be
// taken for it: its seal is then missing, and a person looks.
var bankWords = []string{"银行", "支行", "分行", "信用社", "业务专用", "对账专用"}

// nameRoles tells the bank's own seals from the clients' by the words they bear.
func (p *Pipeline) nameRoles(ctx context.Context, sheet *imaging.Sheet, imprints []models.Imprint) error {
	for i := range imprints {
		text, err := p.reader.SealText(ctx, sheet, imprints[i])
		if err != nil {
			return err
		}
		for _, w := range bankWords {
			if strings.Contains(text, w) {
				imprints[i].Role = models.RoleBank
			}
		}
	}
	return nil
}
