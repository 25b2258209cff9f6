package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heyin/deploy/local"
	"heyin/eval/sim"
	"heyin/models"
	"heyin/storage"
	"heyin/web"
)

// browser is somebody signed in.
type browser struct {
	t    *testing.T
	base string
	http http.Client
}

const cardsPassword = "correct horse battery"

func signIn(t *testing.T, base, login string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t, base, http.Client{Jar: jar}}
	b.post("/login", "application/x-www-form-urlencoded", url.Values{"name": {login}, "password": {cardsPassword}}.Encode(), http.StatusOK)
	return b
}

func (b *browser) post(path, contentType, body string, want int) string {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Origin", b.base)
	r.Header.Set("Content-Type", contentType)
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != want {
		b.t.Fatalf("POST %s: %d, want %d; %v\n%s", path, answer.StatusCode, want, err, text)
	}
	return string(text)
}

// TestCards takes a card in by the command line and by the API, where the real
// reader process cuts it, and has a second person approve it.
func TestCards(t *testing.T) {
	dir := t.TempDir()
	studio, err := sim.NewStudio("")
	if err != nil {
		t.Fatal(err)
	}
	period := sim.NewPeriod(7, 3)
	if err := studio.WriteBooks(dir, period); err != nil {
		t.Fatal(err)
	}
	customer := period.Customers[0]
	card := image.NewRGBA(image.Rect(0, 0, 1600, 800))
	draw.Draw(card, card.Bounds(), image.White, image.Point{}, draw.Src)
	for i := range 2 {
		seal := studio.Card(customer.Seals[0].Cut, uint64(i))
		draw.Draw(card, seal.Bounds().Add(image.Pt(80+800*i, 80)), seal, image.Point{}, draw.Src)
	}
	var scan bytes.Buffer
	if err := png.Encode(&scan, card); err != nil {
		t.Fatal(err)
	}
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cardFile := file("card.png", scan.String())
	var found struct{ Seals []models.CardSeal }
	if err := json.Unmarshal([]byte(must(t, "seal", "card", "--json", "--dpi", "300", "--out", dir, cardFile)), &found); err != nil || len(found.Seals) != 2 {
		t.Fatalf("seal card: %+v, %v", found, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "card-2.png")); err != nil {
		t.Error(err)
	}

	data := filepath.Join(dir, "var")
	h := startUp(t, data)
	must(t, "import", "accounts", filepath.Join(dir, sim.AccountsFile), "--dir", data)
	stores, err := local.Running(data)
	if err != nil {
		t.Fatal(err)
	}
	cfg := storage.DefaultConfig()
	cfg.DSN, cfg.S3Endpoint, cfg.S3AccessKey, cfg.S3SecretKey = stores.DSN, stores.S3Endpoint, stores.S3AccessKey, stores.S3SecretKey
	store, err := storage.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for login, role := range map[string]models.Role{"li": models.RoleOperator, "wang": models.RoleSupervisor} {
		if err := web.CreateUser(context.Background(), store, models.Actor{Kind: "system"}, web.NewUser{Login: login, Password: cardsPassword, Roles: []models.Role{role}}); err != nil {
			t.Fatal(err)
		}
	}
	shape := customer.Seals[0].Cut.Shape
	rows := fmt.Sprintf("customer_no,ref,kind,shape,role,dpi,valid_from,file,place\n%s,one,company,%s,client,300,2026-01-01,card.png,1\n", customer.No, shape)
	cards := file("cards.csv", rows)
	if out, errOut, code := run(t, "import", "specimens", cards, "--dir", data); code != 1 || !strings.Contains(out+errOut, "--maker") {
		t.Errorf("without a maker: exit status %d\n%s%s", code, out, errOut)
	}
	if out := must(t, "import", "specimens", cards, "--dir", data, "--maker", "li"); !strings.Contains(out, "1 added") {
		t.Error(out)
	}
	var access struct{ Server string }
	text, err := os.ReadFile(filepath.Join(data, "station.json"))
	if err == nil {
		err = json.Unmarshal(text, &access)
	}
	if err != nil {
		t.Fatal(err)
	}
	li, wang := signIn(t, access.Server, "li"), signIn(t, access.Server, "wang")
	path := "/api/v1/specimens/cards?" + url.Values{"customer_no": {customer.No}, "ref": {"two"}, "kind": {"company"}, "dpi": {"300"},
		"valid_from": {"2026-01-01"}, "place": {"2"}}.Encode()
	var proposal struct {
		ID      int64
		Quality models.Quality
	}
	if err := json.Unmarshal([]byte(li.post(path, "image/png", scan.String(), http.StatusCreated)), &proposal); err != nil || proposal.Quality.Grade != models.QualityGood {
		t.Errorf("%+v, %v", proposal, err)
	}
	li.post(path+"&ref=x", "image/png", scan.String()[:3000], http.StatusUnprocessableEntity)
	approve := fmt.Sprintf("/api/v1/specimens/proposals/%d/approve", proposal.ID)
	li.post(approve, "application/json", "", http.StatusForbidden)
	wang.post(approve, "application/json", "", http.StatusOK)
	var filed, waiting int
	if err := store.DB.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM specimens WHERE checker IS NOT NULL), count(*) FROM specimen_proposals WHERE state = 'proposed'`).Scan(&filed, &waiting); err != nil || filed != 1 || waiting != 1 {
		t.Errorf("%d in force, %d waiting, %v", filed, waiting, err)
	}
	if out := must(t, "report", "specimens", "--json", "--dir", data); out != "" {
		t.Errorf("doubtful without any receipt: %s", out)
	}
	must(t, "audit", "verify", "--dir", data)
	h.stop()
}
