package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
)

// assets/dist is what `make assets` builds.
//
//go:embed assets/*.css assets/*.svg all:assets/dist
var assetFiles embed.FS

// assetDigits of the SHA-256 name an asset: enough to tell versions apart.
const assetDigits = 12

// assets serves the embedded style, script and picture under names that carry
// their checksum, so that browsers may keep them for ever.
type assets struct {
	byURL map[string]asset  // "/assets/<sum>/desk.css"
	urls  map[string]string // "desk.css" → URL
}

type asset struct {
	contentType string
	data        []byte
}

func loadAssets() (*assets, error) {
	a := &assets{byURL: map[string]asset{}, urls: map[string]string{}}
	err := fs.WalkDir(assetFiles, "assets", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == ".gitignore" {
			return err
		}
		data, err := assetFiles.ReadFile(file)
		if err != nil {
			return err
		}
		kind := mime.TypeByExtension(path.Ext(file))
		if kind == "" {
			return fmt.Errorf("asset %s: unknown type", file)
		}
		sum := sha256.Sum256(data)
		url := "/assets/" + hex.EncodeToString(sum[:])[:assetDigits] + "/" + path.Base(file)
		a.urls[path.Base(file)], a.byURL[url] = url, asset{kind, data}
		return nil
	})
	if err == nil && a.urls["desk.js"] == "" {
		err = errors.New("the desk's scripts are not built: run `make assets`")
	}
	return a, err
}

// url gives the address of a named asset; a template that names an unknown
// one fails to render.
func (a *assets) url(name string) (string, error) {
	if u, ok := a.urls[name]; ok {
		return u, nil
	}
	return "", fmt.Errorf("no asset %q", name)
}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found, ok := a.byURL[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", found.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	// A failed write means the browser went away; there is nobody to tell.
	_, _ = w.Write(found.data)
}
