// The page of a receipt in OpenSeadragon, with a box around everything that was
// found on it. Without script the plain image stands there.

interface Viewer {
  viewport: { fitBounds(r: unknown): void; goHome(): void; imageToViewportRectangle(x: number, y: number, w: number, h: number): { getTopLeft(): unknown } };
  innerTracker: { keyHandler: unknown; keyDownHandler: unknown };
  addHandler(event: string, done: () => void): void;
  addOnceHandler(event: string, done: () => void): void;
  addOverlay(o: { element: HTMLElement; location: unknown }): void;
  destroy(): void;
}
declare const OpenSeadragon: ((options: object) => Viewer) & { Rect: new (x: number, y: number, w: number, h: number) => unknown };

const around = 0.6; // of a box's larger side, shown about it

/** Opens the viewer in the figure; gives what closes it. */
export function openPage(figure: HTMLElement): () => void {
  const img = figure.querySelector("img");
  if (!img) return () => {};
  keepStyleOut();
  const viewer = OpenSeadragon({
    element: figure, tileSources: { type: "image", url: img.currentSrc || img.src }, drawer: "canvas", showNavigationControl: false,
    animationTime: 0.25, maxZoomPixelRatio: 4, visibilityRatio: 0.5, gestureSettingsMouse: { clickToZoom: false }, crossOriginPolicy: false,
  });
  // Arrows and letters belong to the fold table.
  viewer.innerTracker.keyHandler = viewer.innerTracker.keyDownHandler = null;
  img.hidden = true;
  const places = [...document.querySelectorAll<HTMLElement>("[data-place]")];
  const look = (place: HTMLElement | undefined) => {
    for (const p of places) p.setAttribute("aria-pressed", String(p === place));
    if (!place) return viewer.viewport.goHome();
    const [x, y, w, h] = boxOf(place), m = around * Math.max(w, h);
    viewer.viewport.fitBounds(viewer.viewport.imageToViewportRectangle(x - m, y - m, w + 2 * m, h + 2 * m));
  };
  const end = new AbortController(), signal = end.signal;
  viewer.addHandler("open", () => {
    for (const place of places) {
      const [x, y, w, h] = boxOf(place), box = document.createElement("div");
      box.className = `box ${place.dataset.kind ?? ""}`;
      box.title = place.textContent ?? "";
      box.addEventListener("pointerup", () => look(place), { signal });
      viewer.addOverlay({ element: box, location: viewer.viewport.imageToViewportRectangle(x, y, w, h) });
    }
  });
  viewer.addOnceHandler("tile-drawn", () => { figure.dataset.ready = "yes"; });
  for (const place of places) place.addEventListener("click", () => look(place), { signal });
  document.querySelector("[data-page=whole]")?.addEventListener("click", () => look(undefined), { signal });
  document.querySelector("[data-page=next]")?.addEventListener("click", () => {
    look(places[places.findIndex((p) => p.getAttribute("aria-pressed") === "true") + 1]);
  }, { signal });
  return () => {
    end.abort();
    viewer.destroy();
  };
}

/**
 * OpenSeadragon adds a style of its own where it finds none, without the nonce
 * that our Content-Security-Policy asks for. What it finds here has the name of a
 * style and is none, being no HTML. (Ours keeps the focus ring on touch screens.)
 */
function keepStyleOut(): void {
  const mark = "data-openseadragon-mobile-css";
  if (document.querySelector(`style[${mark}]`)) return;
  const decoy = document.createElementNS(null, "style");
  decoy.setAttribute(mark, "");
  document.head.append(decoy);
}

function boxOf(place: HTMLElement): [number, number, number, number] {
  return place.dataset.box!.split(",").map(Number) as [number, number, number, number];
}
