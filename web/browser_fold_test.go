package web

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"heyin/models"
)

// says checks what the fold table tells of itself.
func (b *tab) says(want ...string) {
	b.t.Helper()
	got := ask(b, chromedp.Evaluate[string](`document.querySelector("#fold output").textContent`))
	for _, w := range want {
		if !strings.Contains(got, w) {
			b.t.Errorf("the table says %q, want %q", got, w)
		}
	}
}

// foldPixel looks at the canvas at a place given in mm from the middle of the seal.
func (b *tab) foldPixel(x, y float64) [3]int {
	b.t.Helper()
	ask(b, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	return ask(b, chromedp.Evaluate[[3]int](fmt.Sprintf(`(() => {
  const c = document.querySelector("#fold canvas"), mm = 0.96 * Math.min(c.width, c.height) / 30;
  const one = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  one.drawImage(c, Math.round(c.width / 2 + %g * mm), Math.round(c.height / 2 + %g * mm), 1, 1, 0, 0, 1, 1);
  const p = one.getImageData(0, 0, 1, 1).data;
  return [p[0], p[1], p[2]];
})()`, x, y)))
}

// dragFold drags on the canvas between two places given in mm from the middle.
func (b *tab) dragFold(fromX, fromY, toX, toY float64) {
	b.t.Helper()
	at := ask(b, chromedp.Evaluate[[3]float64](`(() => {
  const r = document.querySelector("#fold canvas").getBoundingClientRect();
  return [r.x + r.width / 2, r.y + r.height / 2, 0.96 * Math.min(r.width, r.height) / 30];
})()`))
	x := func(v float64) float64 { return at[0] + v*at[2] }
	y := func(v float64) float64 { return at[1] + v*at[2] }
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x(fromX), y(fromY), chromedp.Button("left"), chromedp.ClickCount(1)))
	const steps = 5
	for i := 1; i <= steps; i++ {
		k := float64(i) / steps
		b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x(fromX+(toX-fromX)*k), y(fromY+(toY-fromY)*k), chromedp.Button("left")))
	}
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x(toX), y(toY), chromedp.Button("left"), chromedp.ClickCount(1)))
}

func isBlue(p [3]int) bool { return p[2] > p[0]+60 }
func isRed(p [3]int) bool  { return p[0] > p[2]+60 }

// The ring of the sample seal, 13 mm in radius: the specimen is blue, the imprint red.
const ringMM = 12.7

// A fold is laid by mouse and by keys, decides, is stored, and lies there again
// for the one who opens the receipt later.
func TestBrowserFold(t *testing.T) {
	s := newSite(t)
	id, _ := s.richReceipt(t, "晨光贸易有限公司", models.ReasonSealUnsure)
	b := newTab(t, s.URL, 1366, 768)
	b.login(s.user(t, s.branch, models.RoleReviewer))
	b.press("n", ".decide")
	ask(b, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))

	b.says("45°", "3.5 mm") // where the verifier saw the worst
	b.keys("7")
	b.says("90°")
	b.keys(kb.ArrowRight + kb.ArrowRight)
	b.says("90°", "1.5 mm") // the foot lay 2.5 mm left of the middle
	b.keys("5")
	b.keys(strings.Repeat(kb.ArrowDown, 3))
	b.says("0°", "1.5 mm")
	b.keys("..,")
	b.says("1°")
	b.keys("5")
	if top, bottom := b.foldPixel(0, -ringMM), b.foldPixel(0, ringMM); !isBlue(top) || !isRed(bottom) {
		t.Errorf("across the crease: %v and %v, want the specimen's blue and the imprint's red", top, bottom)
	}
	b.keys("x")
	if top, bottom := b.foldPixel(0, -ringMM), b.foldPixel(0, ringMM); !isRed(top) || !isBlue(bottom) {
		t.Errorf("swapped: %v and %v", top, bottom)
	}
	b.picture("fold-swapped")

	b.keys("o")
	if p := b.foldPixel(0, -ringMM); p[0] > 90 || p[1] > 90 || p[2] > 90 || isBlue(p) || isRed(p) {
		t.Errorf("agreeing ink of the overlay is %v, want a neutral dark", p)
	}
	b.picture("fold-overlay")
	b.keys(kb.ArrowLeft, chromedp.KeyModifiers(chromedp.ModifierShift))
	b.keys(">")
	b.says("-0.05", "0.1°")
	b.keys("r")
	for key, name := range map[string]string{"v": "side", "h": "heat", "p": "opacity", "k": "blink"} {
		b.keys(key)
		b.picture("fold-" + name)
	}
	b.keys("fi")
	b.picture("fold-ink")
	b.keys("iiim")
	b.says("20.00 mm")
	b.keys(kb.ArrowLeft)
	b.says("20.10 mm")
	b.picture("fold-ruler")
	b.keys("m")
	b.says("°")
	b.keys("md")
	b.picture("fold-code")
	b.keys("dddd")

	// By mouse: the crease itself moves across, its end turns it.
	b.keys("5")
	b.dragFold(0, 2.4, 0, -3)
	b.says("0°", "偏 -") // a pixel is a tenth of a millimetre
	b.dragFold(15.2, -2.9, 10.8, 7.9)
	b.says("45°")
	b.keys("w")
	b.shot("fold-large")
	b.keys("w")
	told := b.text("#fold output")

	b.keys("?")
	b.shot("keys")
	ask(b, chromedp.Evaluate[bool](`[...document.querySelectorAll("#keysheet .keylist button")].find((e) => e.textContent.includes("换边")).click(); true`))
	b.keys("9" + kb.Escape)
	b.keys("x")
	if now := b.text("#fold output"); now != told {
		t.Errorf("the key before still acts: %q", now)
	}
	b.keys("9")
	b.says("已换边")
	told = b.text("#fold output")
	b.quiet()

	b.do(chromedp.SetValue(chromedp.CSS(`select[name=reason_code]`), "seal_mismatch"))
	b.press("2", ".empty")
	folds := storedFolds(t, id)
	if len(folds) != 1 || folds[0].View != "fold" || folds[0].SpecimenRef != "finance" || folds[0].Crease.AngleDeg < 40 || folds[0].Crease.AngleDeg > 50 {
		t.Fatalf("stored %+v", folds)
	}

	later := newTab(t, s.URL, 1366, 768)
	later.login(s.user(t, s.branch, models.RoleSupervisor))
	later.open(fmt.Sprintf("/archive/%d", id))
	ask(later, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	later.says("3.5 mm")
	later.do(chromedp.Click(chromedp.CSS(`[data-replay]`)))
	later.says(told)
	later.shot("receipt-replayed")
	later.quiet()
}

// clickPane clicks on one of the two pictures that lie beside each other, at a place
// given in mm from its middle.
func (b *tab) clickPane(pane int, x, y float64) {
	b.t.Helper()
	at := ask(b, chromedp.Evaluate[[3]float64](fmt.Sprintf(`(() => {
  const r = document.querySelector("#fold canvas").getBoundingClientRect();
  return [r.x + r.width * (0.25 + %d / 2), r.y + r.height / 2, 0.96 * Math.min(r.width / 2, r.height) / 30];
})()`, pane)))
	b.do(chromedp.MouseClickXY(at[0]+x*at[2], at[1]+y*at[2]))
}

// An imprint is laid by hand against a specimen of the customer, aligned by two
// points, by keys and by a drag; another is boxed on the page first. Both lie there
// again for the one who opens the receipt later.
func TestBrowserFoldByHand(t *testing.T) {
	s := newSite(t)
	id, _ := s.richReceipt(t, "晨光贸易有限公司", models.ReasonSealOther)
	turn := float64(world.Serial()-1) / 1000 // richReceipt's own, or a little more: only differences count
	b := newTab(t, s.URL, 1366, 768)
	b.login(s.user(t, s.branch, models.RoleReviewer))
	b.press("n", ".decide")
	ask(b, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	b.press("n", ".handpick")
	ask(b, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	b.shot("hand-side")

	// The specimen in force has its star turned by one radian (57.3°) against the imprint.
	b.keys("y")
	b.says("0/4")
	for pane, by := range []float64{1, 0} {
		for _, tip := range []float64{0, 4 * math.Pi / 5} {
			b.clickPane(pane, 6*math.Sin(turn+by+tip), -6*math.Cos(turn+by+tip))
		}
		if pane == 0 {
			b.says("2/4")
			b.shot("hand-points")
		}
	}
	told := b.text("#fold output")
	var dx, dy, deg float64
	if _, err := fmt.Sscanf(told, "印文移 %g, %g mm,转 %g°", &dx, &dy, &deg); err != nil || math.Abs(deg-57.3) > 1 || math.Hypot(dx, dy) > 0.5 {
		t.Fatalf("aligned to %q, want a turn of about 57.3° (%v)", told, err)
	}
	if p := b.foldPixel(0, -ringMM); p[0] > 90 || p[1] > 90 || p[2] > 90 || isBlue(p) || isRed(p) {
		t.Errorf("agreeing ink is %v, want a neutral dark", p)
	}
	b.keys(";>")
	b.says("转 62.")
	b.dragFold(0, 5, 2, 5) // a quarter of the way for every other pixel
	b.keys("r")
	if now := b.text("#fold output"); strings.Contains(now, "mm") {
		t.Errorf("not back in the middle: %q", now)
	}
	b.keys(">" + ">") // coarse
	b.keys("f")
	b.says("10.0°")

	// By keyboard a box of the largest seal in the middle of the page, a step to the right.
	b.keys("a" + kb.ArrowRight)
	b.shot("hand-box")
	b.keys("\r")
	ask(b, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	if chosen := ask(b, chromedp.Evaluate[string](`document.querySelector("[data-hand=imprint]").selectedOptions[0].textContent`)); chosen != "框选的印文" {
		t.Errorf("chosen %q", chosen)
	}
	// By mouse: a click puts the box there, a drag takes it.
	b.keys("a")
	at := ask(b, chromedp.Evaluate[[2]float64](`(() => { const r = document.querySelector("#sheet").getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height * 0.7]; })()`))
	b.do(chromedp.MouseClickXY(at[0], at[1]), chromedp.WaitVisible(chromedp.CSS(`#sheet.boxing`)),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, at[0], at[1], chromedp.Button("left"), chromedp.ClickCount(1)),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0]+80, at[1]+60, chromedp.Button("left")),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, at[0]+80, at[1]+60, chromedp.Button("left"), chromedp.ClickCount(1)),
		chromedp.WaitVisible(chromedp.CSS(`#sheet:not(.boxing)`)))
	ask(b, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	b.keys("fx")
	b.says("已换边")
	told = b.text("#fold output")
	b.do(chromedp.SetValue(chromedp.CSS(`select[name=reason_code]`), "seal_mismatch"))
	b.press("2", ".empty")
	b.quiet()

	folds := storedFolds(t, id)
	if len(folds) != 4 || folds[1].SpecimenID == 0 || folds[1].TurnDeg != 10 || folds[2].Imprint != -1 || folds[2].Box == nil || folds[2].Box.W < 100 || folds[3].Box == nil || *folds[3].Box == *folds[2].Box {
		t.Fatalf("stored %+v", folds)
	}
	later := newTab(t, s.URL, 1366, 768)
	later.login(s.user(t, s.branch, models.RoleSupervisor))
	later.open(fmt.Sprintf("/archive/%d", id))
	ask(later, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	ask(later, chromedp.Evaluate[bool](`[...document.querySelectorAll("[data-replay]")].at(-1).click(); true`))
	ask(later, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	later.says(told)
	later.shot("hand-replayed")
	later.quiet()
}

// storedFolds are the folds kept with a receipt's decision.
func storedFolds(t *testing.T, receipt int64) (folds []models.FoldUse) {
	t.Helper()
	var stored []byte
	err := world.Store.DB.QueryRow(t.Context(), `SELECT f.folds FROM folds f JOIN review_items i ON i.id = f.review_item_id WHERE i.receipt_id = $1`, receipt).Scan(&stored)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(stored, &folds); err != nil {
		t.Fatal(err)
	}
	return folds
}

// Where the code of a seal is in doubt the desk begins there, both beside each other: a
// changed digit drowns in the whole seal.
func TestBrowserBeginsAtTheCode(t *testing.T) {
	s := newSite(t)
	id, _ := s.richReceipt(t, "晨光贸易有限公司", models.ReasonSealUnsure)
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE readings SET result = jsonb_set(result, '{verifications,0,doubt}', to_jsonb($2::text)) WHERE receipt_id = $1`, id, models.DoubtCode); err != nil {
		t.Fatal(err)
	}
	b := newTab(t, s.URL, 1366, 768)
	b.login(s.user(t, s.branch, models.RoleReviewer))
	b.press("n", ".decide")
	ask(b, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	pressed := `document.querySelector("[data-fold='view:side']").getAttribute("aria-pressed")`
	if p := ask(b, chromedp.Evaluate[string](pressed)); p != "true" {
		t.Errorf("side by side is %s", p)
	}
	b.picture("fold-code-first")
	b.keys("ft") // one seal: it comes again as it was left
	ask(b, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	b.says("45°")
	b.quiet()
}
