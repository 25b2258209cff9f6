package web

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

// shotsEnv names a folder that gets a screenshot of each page.
const shotsEnv = "HEYIN_SCREENSHOTS"

// tabLimit is how long a tab may live: a test that waits for what never comes ends then.
const tabLimit = 2 * time.Minute

// tab is a page of a real Chromium that notes everything its console says.
type tab struct {
	t    testing.TB
	ctx  context.Context
	base string

	mu     sync.Mutex
	errors []string
}

func newTab(t testing.TB, base string, width, height int) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("/usr/bin/chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(width, height), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(alloc)
	t.Cleanup(closeTab)
	b := &tab{t: t, base: base}
	err := chromedp.Listen(ctx, func(event any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			b.errors = append(b.errors, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			b.errors = append(b.errors, fmt.Sprintf("console.%s", e.Type))
		case *cdplog.EventEntryAdded:
			if e.Entry.Level == cdplog.EntryLevelWarning || e.Entry.Level == cdplog.EntryLevelError {
				b.errors = append(b.errors, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var cancel context.CancelFunc
	b.ctx, cancel = context.WithTimeout(ctx, tabLimit)
	t.Cleanup(cancel)
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.quiet()
		b.t.Fatal(err)
	}
}

// ask runs an action that gives a value.
func ask[T any](b *tab, a chromedp.Action[T]) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, a)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b *tab) open(path string) { b.t.Helper(); b.do(chromedp.Navigate(b.base + path)) }

// loaded waits for the page's scripts: a key that comes before them is lost.
const loaded = `new Promise((done) => document.readyState === "complete" ? done(true) : addEventListener("load", () => done(true)))`

// keys presses keys one after another.
func (b *tab) keys(keys string, options ...chromedp.KeyOption) {
	b.t.Helper()
	ask(b, chromedp.Evaluate[bool](loaded, chromedp.EvalAwaitPromise))
	b.do(chromedp.KeyEvent(keys, options...))
}

// press sends a key to the page and waits for what must then be there.
func (b *tab) press(key, selector string) {
	b.t.Helper()
	b.keys(key)
	b.do(chromedp.WaitVisible(chromedp.CSS(selector)))
}

func (b *tab) text(selector string) string {
	b.t.Helper()
	return ask(b, chromedp.Text(chromedp.CSS(selector)))
}

// shot looks at the page as it stands: what axe-core finds against WCAG 2.2 AA
// fails the test; and it keeps a picture.
func (b *tab) shot(name string) {
	b.t.Helper()
	ask(b, chromedp.Evaluate[bool](axeSource()+";true"))
	for _, v := range ask(b, chromedp.Evaluate[[]string](axeRun, chromedp.EvalAwaitPromise)) {
		b.t.Errorf("%s: %s", name, v)
	}
	b.picture(name)
}

// picture keeps a picture of the page when somebody asked for them.
func (b *tab) picture(name string) {
	b.t.Helper()
	dir := os.Getenv(shotsEnv)
	if dir == "" {
		return
	}
	ask(b, chromedp.Evaluate[int](brokenImages, chromedp.EvalAwaitPromise))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), ask(b, chromedp.CaptureScreenshot()), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// axeSource is axe-core, as `make setup` has put it beside the other parts.
var axeSource = sync.OnceValue(func() string {
	deps := os.Getenv("HEYIN_DEPS")
	if deps == "" {
		deps = "../.deps"
	}
	source, err := os.ReadFile(filepath.Join(deps, "axe.min.js"))
	if err != nil {
		panic(err)
	}
	return string(source)
})

// axeRun gives a line for each finding with the elements it is about.
const axeRun = `(async () => {
  const found = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] });
  return found.violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.map((n) => n.html.slice(0, 120) + " " + (n.any[0]?.message ?? "")).join(" | "));
})()`

func (b *tab) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.errors) > 0 {
		b.t.Errorf("the console was not quiet:\n%s", strings.Join(b.errors, "\n"))
	}
}

func (b *tab) login(name string) {
	b.t.Helper()
	b.open("/login")
	b.do(chromedp.SendKeys(chromedp.CSS(`input[name=name]`), name), chromedp.SendKeys(chromedp.CSS(`input[name=password]`), testPassword+"\r"),
		chromedp.WaitVisible(chromedp.CSS(`.user`)))
}

// brokenImages waits for the pictures of the page and counts those that did not
// load; lazy ones that nobody scrolled to never will.
const brokenImages = `(async () => {
  const all = [...document.images].filter((i) => i.loading !== "lazy");
  await Promise.allSettled(all.map((i) => i.decode()));
  return all.filter((i) => !i.naturalWidth).length;
})()`

// drawn waits until what scripts draw is on the screen: the page in its viewer and the fold table.
const drawn = `(async () => {
  const waits = () => document.querySelector("#sheet:has(img):not([data-ready])") || document.querySelector("#fold:not([hidden]):not([data-ready])");
  for (let frames = 0; waits() && frames < 300; frames++) await new Promise(requestAnimationFrame);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return !waits();
})()`

// ahead waits until the receipt that comes next has been fetched.
const ahead = `(async () => { while (!document.querySelector("form.decide").dataset.fetched) await new Promise(requestAnimationFrame); return true; })()`

// A reviewer signs in, claims and decides with the keyboard alone, in a real
// browser under the real Content-Security-Policy.
func TestBrowserReviewerDecides(t *testing.T) {
	s := newSite(t)
	s.richReceipt(t, "晨光贸易有限公司", models.ReasonSealUnsure, models.ReasonBalanceUnread)
	s.richReceipt(t, "远山机械制造有限公司", models.ReasonSealMismatch)
	b := newTab(t, s.URL, 1366, 768)
	b.open("/login")
	b.shot("login")
	b.login(s.user(t, s.branch, models.RoleReviewer))
	b.shot("queue")

	b.press("n", ".decide")
	b.shot("item")
	if broken := ask(b, chromedp.Evaluate[int](brokenImages, chromedp.EvalAwaitPromise)); broken > 0 {
		t.Errorf("%d pictures did not load", broken)
	}
	first := b.text("h1")
	b.keys("l")
	b.shot("item-place")
	b.keys("e")
	b.do(chromedp.SendKeys(chromedp.CSS(`input[name=note]`), "第二笔不连"), chromedp.KeyEvent("\x1b"))
	// The next receipt shows while the decision is still on its way; a reason's letter sends it.
	ask(b, chromedp.Evaluate[bool](ahead, chromedp.EvalAwaitPromise))
	ask(b, chromedp.Evaluate[bool](`document.addEventListener("htmx:beforeRequest", () => { window.sentAt = document.querySelector("h1").innerText; }); true`))
	b.keys("2")
	b.shot("item-reasons")
	b.press("a", ".notice.done")
	second := b.text("h1")
	if sent := ask(b, chromedp.Evaluate[string](`window.sentAt`)); second == first || sent != second {
		t.Errorf("at %q after the decision of %q, which went out at %q", second, first, sent)
	}
	if wrong := ask(b, chromedp.Evaluate[string](`document.querySelector("form.decide").getAttribute("action") === location.pathname + "/decide" && !document.querySelector("form.decide").dataset.sent ? "" : location.pathname`)); wrong != "" {
		t.Errorf("cannot go on at %s", wrong)
	}
	b.shot("item-next")
	// Enter in a field decides nothing.
	ask(b, chromedp.Evaluate[bool](`addEventListener("submit", () => { window.decided = true; }, true); true`))
	b.keys("e")
	b.do(chromedp.SendKeys(chromedp.CSS(`input[name=note]`), "还没看完"), chromedp.KeyEvent(kb.Enter))
	if ask(b, chromedp.Evaluate[bool](`window.decided === true`)) {
		t.Fatal("Enter in the note decided")
	}
	b.do(chromedp.KeyEvent("\x1b"))
	// A decision without the reason it needs asks for one, and goes out with it.
	b.keys("3")
	if at := ask(b, chromedp.Evaluate[string](`document.activeElement.name + document.querySelector("form.decide [name=note]").value`)); !strings.HasPrefix(at, "reason_code") || !strings.HasSuffix(at, "还没看完") {
		t.Fatalf("at %q, want the reasons of the same receipt", at)
	}
	b.shot("item-reason")
	b.press(kb.ArrowDown+"\r", ".empty")
	b.shot("queue-empty")
	b.quiet()
}

// Two people at once never hold one receipt; what lapses is taken over, and then
// the first one's word does not count.
func TestBrowserTwoReviewers(t *testing.T) {
	s := newSite(t)
	s.richReceipt(t, "晨光贸易有限公司", models.ReasonSealUnsure)
	s.richReceipt(t, "远山机械制造有限公司", models.ReasonSealMismatch)
	s.richReceipt(t, "Northwind Trading Co., Ltd", models.ReasonMarkUnclear)
	s.richReceipt(t, "青禾食品有限公司", models.ReasonMarkUnclear)
	anna, bert := newTab(t, s.URL, 1366, 768), newTab(t, s.URL, 1366, 768)
	anna.login(s.user(t, s.branch, models.RoleReviewer))
	bert.login(s.user(t, s.branch, models.RoleReviewer))
	anna.press("n", ".decide")
	ask(anna, chromedp.Evaluate[bool](ahead, chromedp.EvalAwaitPromise))
	bert.press("n", ".decide")
	hers, his := anna.text("h1"), bert.text("h1")
	if hers == his {
		t.Fatalf("both hold %q", hers)
	}
	ask(bert, chromedp.Evaluate[bool](ahead, chromedp.EvalAwaitPromise)) // so that he gives both back
	bert.press("0", ".list")
	if n := ask(bert, chromedp.Evaluate[int](`document.querySelectorAll(".list form").length`)); n != 2 {
		t.Errorf("%d receipts can be claimed beside hers and what is laid ready for her, want 2", n)
	}
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE review_items SET lease_until = now() - interval '1 second' WHERE receipt_id = $1::bigint`,
		strings.TrimPrefix(ask(anna, chromedp.Evaluate[string](`location.pathname`)), "/review/")); err != nil {
		t.Fatal(err)
	}
	bert.press("n", ".decide")
	if his = bert.text("h1"); his != hers {
		t.Errorf("the lapsed claim was not taken over: %q, want %q", his, hers)
	}
	anna.press("1", ".notice.error")
	anna.shot("claim-lost")
	bert.press("1", ".notice.done")
	bert.quiet()
	// A decision that is never answered leads back to its receipt (and htmx tells the console).
	ask(bert, chromedp.Evaluate[bool](ahead, chromedp.EvalAwaitPromise))
	ask(bert, chromedp.Evaluate[bool](`XMLHttpRequest.prototype.send = function () { this.dispatchEvent(new ProgressEvent("error")); }; true`))
	his = bert.text("h1")
	bert.keys("4")
	bert.press("n", ".notice.error a")
	if shown := bert.text("h1"); shown == his {
		t.Errorf("still at %q", shown)
	}
	bert.do(chromedp.Click(chromedp.CSS(".notice.error a")), chromedp.WaitVisible(chromedp.CSS(`form.decide:not([data-sent])`)))
	if back := bert.text("h1"); back != his {
		t.Errorf("back at %q, want %q", back, his)
	}
	anna.quiet()
}

func TestBrowserOtherPages(t *testing.T) {
	s := newSite(t)
	id, _ := s.richReceipt(t, "晨光贸易有限公司", models.ReasonSealUnsure)
	s.richReceipt(t, "Northwind Trading Co., Ltd", models.ReasonMarkUnclear, models.ReasonSealMissing)
	b := newTab(t, s.URL, 1366, 768)
	b.login(s.user(t, s.branch, models.RoleArchivist))
	b.shot("search")
	b.open("/archive?period=2026-09-30")
	b.shot("search-hits")
	b.open(fmt.Sprintf("/archive/%d", id))
	b.shot("receipt")
	b.do(chromedp.Click(chromedp.CSS(`.who a`)), chromedp.WaitVisible(chromedp.CSS(`html[lang=en] .item`)))
	b.shot("receipt-en")
	b.do(chromedp.Click(chromedp.CSS(`.who a`)), chromedp.WaitVisible(chromedp.CSS(`html[lang=zh] .item`)))
	for _, p := range []struct {
		role       models.Role
		path, name string
	}{
		{models.RoleOperator, "/batches", "batches"}, {models.RoleAdmin, "/users", "users"}, {models.RoleAuditor, "/audit", "audit"},
	} {
		b.do(chromedp.Click(chromedp.CSS(`.who button`)), chromedp.WaitVisible(chromedp.CSS(`.login`)))
		branch := s.branch
		if p.role == models.RoleAdmin || p.role == models.RoleAuditor {
			branch = ""
		}
		b.login(s.user(t, branch, p.role))
		b.shot(p.name)
	}
	b.quiet()

	wide := newTab(t, s.URL, 3840, 2160)
	wide.login(s.user(t, s.branch, models.RoleReviewer))
	wide.shot("queue-4k")
	wide.press("n", ".decide")
	wide.shot("item-4k")
	wide.quiet()
}

// What the machine could not identify is named by keyboard and then folded by hand
// against that customer's specimen; another receipt of the statement lies beside it,
// zoomed alike.
func TestBrowserNamesAndCompares(t *testing.T) {
	s := newSite(t)
	other, no := s.richReceipt(t, "晨光贸易有限公司", models.ReasonSealUnsure)
	unknown := world.Upload(t, s.station, "无编号.jpg", "unknown "+no)
	r := world.Result(t, localtest.Statement{}, models.ReasonUnidentified)
	r.PagePxMM, r.Reading.DPI = 2.95, 254
	r.Reading.Imprints = []models.Imprint{{Shape: models.Oval, Role: models.RoleBank, Ink: "red"}}
	world.Read(t, unknown.ReceiptID, r, map[string][]byte{"page": sheetPicture(t, 620, 877, "no number"), "imprint-0": sealPicture(t, 1, redInk)})
	b := newTab(t, s.URL, 1366, 768)
	b.login(s.user(t, s.branch, models.RoleReviewer))
	b.do(chromedp.Click(chromedp.CSS(fmt.Sprintf(`form[action="/review/%d/claim"] button`, unknown.ReceiptID))), chromedp.WaitVisible(chromedp.CSS(".naming")))
	b.keys("s")
	b.do(chromedp.SetValue(chromedp.CSS(`[name=find]`), "晨光"), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(".found button")))
	b.shot("item-naming")
	b.press("\r", "h1 .chip")
	ask(b, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	if h := b.text("h1"); !strings.Contains(h, no) {
		t.Errorf("named %q, want %s", h, no)
	}
	if n := ask(b, chromedp.Evaluate[int](`document.querySelectorAll("[data-hand=specimen] option").length`)); n != 2 {
		t.Errorf("%d specimens to fold against, want both of the customer's", n)
	}
	if ready := ask(b, chromedp.Evaluate[string](`document.querySelector("#fold").dataset.ready`)); ready != "none" {
		t.Errorf("the bank's own imprint %s is laid against the customer's seal", ready)
	}
	b.keys("a")
	b.do(chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`#sheet:not(.boxing)`)))
	ask(b, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	b.keys("f")
	b.says("0°")
	b.keys("V", chromedp.KeyModifiers(chromedp.ModifierShift))
	b.do(chromedp.WaitVisible(chromedp.CSS("#compare canvas")))
	linked := ask(b, chromedp.Evaluate[[]float64](`(async () => {
  const views = [...document.querySelectorAll("#compare figure")].map((f) => OpenSeadragon.getViewer(f).viewport);
  for (let i = 0; i < 120 && !views.every((v) => v.viewer.world.getItemCount()); i++) await new Promise(requestAnimationFrame);
  views[1].zoomTo(3).panTo(new OpenSeadragon.Point(0.3, 0.6));
  for (let i = 0; i < 60; i++) await new Promise(requestAnimationFrame);
  return views.flatMap((v) => [v.getZoom(true), v.getCenter(true).x, v.getCenter(true).y]);
})()`, chromedp.EvalAwaitPromise))
	for i, want := range []float64{3, 0.3, 0.6, 3, 0.3, 0.6} {
		if math.Abs(linked[i]-want) > 0.01 {
			t.Errorf("linked to %v", linked)
			break
		}
	}
	b.shot("item-compare")
	b.do(chromedp.KeyEvent(kb.Escape), chromedp.WaitNotVisible(chromedp.CSS("#compare")))
	b.press("1", `[data-key="u"]`)
	if h := b.text("h1"); !strings.Contains(h, no) || !strings.HasSuffix(ask(b, chromedp.Evaluate[string](`location.pathname`)), fmt.Sprint(other)) {
		t.Errorf("went on to %q", h)
	}
	if n := ask(b, chromedp.Evaluate[int](`document.querySelectorAll(".same li").length`)); n != 0 {
		t.Errorf("%d receipts of the statement beside it: what one person named is not yet on record", n)
	}
	b.quiet()
	if folds := storedFolds(t, unknown.ReceiptID); len(folds) == 0 || folds[len(folds)-1].Box == nil || folds[len(folds)-1].SpecimenID == 0 {
		t.Errorf("stored %+v", folds)
	}
}
