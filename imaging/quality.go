package imaging

import (
	"fmt"
	"math"

	"heyin/models"
)

// Limits of a good scan.
const (
	leastDPI  = 150 // below, a 0.3 mm seal stroke is under 2 pixels
	worstSkew = 5.0 // degrees; more says the feeder pulled the sheet askew
)

// Inspect judges a scan by what can be measured on it; boxes are in sheet
// pixels. It borrows both.
func Inspect(scan *Scan, sheet *Sheet) models.Quality {
	q := models.Quality{Grade: models.QualityGood}
	if sheet.DPI < leastDPI {
		q.Grade = models.QualityRescan
		q.Findings = append(q.Findings, models.Finding{Code: "low_resolution", Value: sheet.DPI, Reason: fmt.Sprintf("%.0f dpi; scan at 200 to 300", sheet.DPI)})
	}
	if math.Abs(sheet.Pose.SkewDeg) > worstSkew {
		q.Findings = append(q.Findings, models.Finding{Code: "skew", Value: sheet.Pose.SkewDeg, Reason: fmt.Sprintf("the page lies %.1f° askew", sheet.Pose.SkewDeg)})
	}
	if scan.Gray {
		q.Findings = append(q.Findings, models.Finding{Code: "gray", Reason: "scanned without colour: seals cannot be told from print by ink"})
	}
	if len(q.Findings) > 0 && q.Grade == models.QualityGood {
		q.Grade = models.QualityUsable
	}
	return q
}
