package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed catalogs/*.json
var catalogFiles embed.FS

// language is one of the two catalogs.
type language string

const (
	chinese language = "zh"
	english language = "en"
)

// languages in the order of preference; the first is the default.
func languages() []language { return []language{chinese, english} }

func (l language) other() language {
	if l == english {
		return chinese
	}
	return english
}

// catalog holds the words of one language by key.
type catalog map[string]string

func loadCatalog(l language) (catalog, error) {
	data, err := catalogFiles.ReadFile("catalogs/" + string(l) + ".json")
	if err != nil {
		return nil, err
	}
	var c catalog
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("catalog %s: %w", l, err)
	}
	return c, nil
}

// text gives the words of a fixed key. A missing key shows itself; a test
// keeps every key the pages use in both catalogs.
func (c catalog) text(key string) string {
	if s, ok := c[key]; ok {
		return s
	}
	return key
}

func (c catalog) format(key string, args ...any) string {
	return fmt.Sprintf(c.text(key), args...)
}

// term translates a value of the domain ("state", "passed"). A value without a
// word, like the name of a new sub-score, is shown as it is.
func (c catalog) term(kind string, value any) string {
	v := fmt.Sprint(value)
	if s, ok := c[kind+"."+v]; ok {
		return s
	}
	return v
}

// because says why a page must be scanned again: the reason code of a person, codes
// of what is wrong with a scan, or one with the log's words behind it. What has no
// word is shown as it is.
func (c catalog) because(why string) string {
	codes, _, _ := strings.Cut(why, ":")
	var said []string
	for code := range strings.SplitSeq(codes, ", ") {
		for _, kind := range []string{"why", "scan"} {
			if word, ok := c[kind+"."+code]; ok {
				said = append(said, word)
				break
			}
		}
	}
	if len(said) == 0 {
		return why
	}
	return strings.Join(said, ", ")
}
