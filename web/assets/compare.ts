// Two receipts of one statement beside each other: what is zoomed or moved in one is
// in the other. Decisions stay at hand below; Escape and the button close it.

import { newViewer, Viewer } from "./page";

/** Makes the page's buttons open the pair; gives what closes it for good. */
export function startCompare(): () => void {
  const panel = document.getElementById("compare");
  if (!panel) return () => {};
  const [mine, other] = panel.querySelectorAll("figure"), said = panel.querySelector("[data-compare-name]");
  const buttons = [...document.querySelectorAll<HTMLElement>("[data-compare]")];
  const end = new AbortController(), signal = end.signal;
  let viewers: Viewer[] = [];
  const close = (): void => {
    for (const v of viewers) v.destroy();
    viewers = [];
    panel.hidden = true;
    for (const b of buttons) b.setAttribute("aria-pressed", "false");
  };
  const open = (button: HTMLElement): void => {
    close();
    panel.hidden = false;
    button.setAttribute("aria-pressed", "true");
    if (said) said.textContent = button.parentElement?.querySelector("[data-compare-label]")?.textContent ?? "";
    const own = document.querySelector<HTMLImageElement>("#sheet img");
    viewers = [newViewer(mine!, own?.currentSrc || own?.src || ""), newViewer(other!, button.dataset.compare!)];
    link(viewers[0]!, viewers[1]!);
  };
  for (const button of buttons) {
    button.addEventListener("click", () => (button.getAttribute("aria-pressed") === "true" ? close() : open(button)), { signal });
  }
  panel.querySelector("[data-compare-close]")?.addEventListener("click", close, { signal });
  document.addEventListener("keydown", (e) => { if (e.key === "Escape" && !panel.hidden && !document.querySelector("dialog[open]")) close(); }, { signal });
  return () => {
    end.abort();
    close();
  };
}

/** Whatever one shows the other shows too. */
function link(a: Viewer, b: Viewer): void {
  let following = false; // what is moved here says that it moved: an echo would never end
  const follow = (from: Viewer, to: Viewer) => (): void => {
    if (following) return;
    following = true;
    to.viewport.zoomTo(from.viewport.getZoom());
    to.viewport.panTo(from.viewport.getCenter());
    following = false;
  };
  for (const moved of ["zoom", "pan"]) {
    a.addHandler(moved, follow(a, b));
    b.addHandler(moved, follow(b, a));
  }
}
