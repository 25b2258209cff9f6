package web

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"heyin/models"
	"heyin/review"
)

func catalogs(t *testing.T) map[language]catalog {
	t.Helper()
	all := map[language]catalog{}
	for _, l := range languages() {
		c, err := loadCatalog(l)
		if err != nil {
			t.Fatal(err)
		}
		all[l] = c
	}
	return all
}

var verbs = regexp.MustCompile(`%[a-z]`)

func TestCatalogsHaveTheSameKeysAndVerbs(t *testing.T) {
	all := catalogs(t)
	zh, en := all[chinese], all[english]
	for _, key := range slices.Sorted(maps.Keys(zh)) {
		switch {
		case en[key] == "":
			t.Errorf("%s has no English", key)
		case zh[key] == "":
			t.Errorf("%s has no Chinese", key)
		case !slices.Equal(verbs.FindAllString(zh[key], -1), verbs.FindAllString(en[key], -1)):
			t.Errorf("%s takes other values in the two languages", key)
		}
	}
	for key := range en {
		if _, ok := zh[key]; !ok {
			t.Errorf("%s has no Chinese", key)
		}
	}
}

func TestWhyAPageIsScannedAgain(t *testing.T) {
	zh := catalogs(t)[chinese]
	for why, want := range map[string]string{"image_truncated: the file ends too early": "文件不完整", "blur, corner": "模糊, 折角", "image_poor": "影像质量不合格", "unheard of: x": "unheard of: x", "": ""} {
		if got := zh.because(why); got != want {
			t.Errorf("%q: %q, want %q", why, got, want)
		}
	}
}

var templateKey = regexp.MustCompile(`\bt[f]? "([a-z_.]+)"`)

// Every word a page asks for by a fixed key is in the catalogs.
func TestPagesUseKnownKeys(t *testing.T) {
	zh := catalogs(t)[chinese]
	files, err := viewFiles.ReadDir("views")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		page, err := viewFiles.ReadFile("views/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range templateKey.FindAllStringSubmatch(string(page), -1) {
			if _, ok := zh[m[1]]; !ok {
				t.Errorf("%s uses %s, which is in no catalog", f.Name(), m[1])
			}
		}
		if s := string(page); strings.ContainsFunc(s, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }) {
			t.Errorf("%s holds Chinese text: it belongs into the catalog", f.Name())
		}
	}
}

// Every value of the domain has a word in both languages.
func TestDomainValuesHaveWords(t *testing.T) {
	terms := map[string][]string{"why": review.ReasonCodes(), "mark": {"agree", "differ", "blank", "unclear"},
		"verdict": {"match", "mismatch", "inconclusive"}, "decision": {"valid", "invalid", "rescan", "refer_up"},
		"form": {"tick", "handwritten", "stamped", "none"}, "kind": {"company", "finance", "personal", "bank", "other"}, "grade": {"good", "usable", "rescan"},
		"defect": {"no_seal", "low_resolution", "faint", "overlapped", "incomplete", "clipped", "frame", "unclear", "averaged", "gray"}}
	for _, s := range models.ReceiptStates() {
		terms["state"] = append(terms["state"], string(s))
	}
	for _, r := range models.Roles() {
		terms["role"] = append(terms["role"], string(r))
	}
	for _, r := range []models.ReasonCode{models.ReasonMarkDiffer, models.ReasonMarkMissing, models.ReasonMarkUnclear, models.ReasonSealMismatch,
		models.ReasonSealMissing, models.ReasonSealUnsure, models.ReasonNoSpecimen, models.ReasonBalanceDiffers, models.ReasonBalanceUnread,
		models.ReasonAccountDiffers, models.ReasonUnreadable, models.ReasonUnidentified, models.ReasonUnknownNumber, models.ReasonCodeConflict,
		models.ReasonPeriodClosed, models.ReasonAnswered, models.ReasonReaderFailed, models.ReasonSampled, models.ReasonScoreLow} {
		terms["reason"] = append(terms["reason"], string(r))
	}
	for _, group := range append(slices.Clone(foldTools), handTools) {
		terms["fold"] = append(terms["fold"], group.Name)
		for _, tool := range group.Tools {
			terms["fold"] = append(terms["fold"], strings.TrimPrefix(tool.Label(), "fold."))
		}
	}
	for _, s := range shownScores {
		terms["says"] = append(terms["says"], s.name)
	}
	terms["channel"] = models.FoldChannels()
	for l, c := range catalogs(t) {
		for kind, values := range terms {
			for _, v := range values {
				if _, ok := c[kind+"."+v]; !ok {
					t.Errorf("%s: no word for %s %s", l, kind, v)
				}
			}
		}
	}
}
