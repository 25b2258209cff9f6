package web

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"heyin/models"
)

// foldFrames draws a thousand pixels square, a crease swept across, and gives
// what each frame took: the time until the next could be drawn, in ms. Headless
// Chromium draws without a graphics card: a desk's computer is faster.
const foldFrames = `(async () => {
  const canvas = document.querySelector("#fold canvas"), frame = () => new Promise(requestAnimationFrame);
  const box = canvas.getBoundingClientRect(), y = box.height / 2, took = [];
  const send = (type, x) => canvas.dispatchEvent(new PointerEvent(type, { clientX: box.x + x, clientY: box.y + y, button: 0, pointerId: 1, bubbles: true }));
  canvas.setPointerCapture = () => {};
  document.querySelector("[data-fold='crease:90']").click();
  await frame();
  send("pointerdown", box.width / 2);
  let before = await frame();
  for (let i = 0; i < %d; i++) {
    send("pointermove", box.width / 2 + 200 * Math.sin(i / 20));
    const now = await frame();
    took.push(now - before);
    before = now;
  }
  send("pointerup", 0);
  if (!/90/.test(document.querySelector("#fold output").textContent) || took.length === 0) throw new Error("no crease was dragged");
  return took;
})()`

// BenchmarkBrowserFold is the frame time of a crease drawn across a pair of
// 1000×1000 pixels on the enlarged table.
func BenchmarkBrowserFold(b *testing.B) {
	s := newSite(b)
	s.receiptWithPair(b, 1000)
	t := newTab(b, s.URL, 1920, 1200)
	t.login(s.user(b, s.branch, models.RoleReviewer))
	t.press("n", ".decide")
	t.keys("w")
	ask(t, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	b.ResetTimer()
	took := ask(t, chromedp.Evaluate[[]float64](fmt.Sprintf(foldFrames, b.N), chromedp.EvalAwaitPromise))
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "ms/frame-median")
	b.ReportMetric(took[len(took)*95/100], "ms/frame-p95")
}

// nextShown decides and gives the milliseconds until the next receipt's page
// and fold table are on the screen.
const nextShown = `(async () => {
  const form = document.querySelector("form.decide");
  const until = async (what, done) => {
    for (const from = performance.now(); !done(); await new Promise(requestAnimationFrame)) {
      if (performance.now() - from > 20000) throw new Error("waited in vain until the next receipt was " + what);
    }
  };
  await until("fetched", () => form.dataset.fetched); // a person looks for longer
  form.elements.reason_code.value = "seal_unclear";
  const pressed = performance.now();
  document.querySelector("[data-key='2']").click();
  await until("shown", () => !form.isConnected && document.querySelector("#sheet[data-ready]") && document.querySelector("#fold[data-ready]"));
  await new Promise(requestAnimationFrame);
  return performance.now() - pressed;
})()`

// BenchmarkBrowserNext is the time from a decision's key to the next receipt.
func BenchmarkBrowserNext(b *testing.B) {
	s := newSite(b)
	for range b.N + 1 {
		s.receiptWithPair(b, 460)
	}
	t := newTab(b, s.URL, 1366, 768)
	t.login(s.user(b, s.branch, models.RoleReviewer))
	t.press("n", ".decide")
	ask(t, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise))
	b.ResetTimer()
	var took []float64
	for range b.N {
		took = append(took, ask(t, chromedp.Evaluate[float64](nextShown, chromedp.EvalAwaitPromise)))
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "ms/next-median")
	b.ReportMetric(took[len(took)*95/100], "ms/next-p95")
	b.ReportMetric(took[len(took)-1], "ms/next-worst")
}
