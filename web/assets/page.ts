// The page of a receipt in OpenSeadragon, with a box around everything that was
// found on it. Without script the plain image stands there.

import { Box } from "./fold/hand";

interface Spot { x: number; y: number }
export interface Viewer {
  viewport: {
    getZoom(): number; getCenter(): Spot; zoomTo(z: number): void; panTo(p: Spot): void;
    fitBounds(r: unknown): void; goHome(): void; imageToViewportRectangle(x: number, y: number, w: number, h: number): { getTopLeft(): unknown };
    viewerElementToImageCoordinates(p: Spot): Spot;
  };
  world: { getItemAt(i: number): { getContentSize(): Spot } };
  innerTracker: { keyHandler: unknown; keyDownHandler: unknown };
  setMouseNavEnabled(on: boolean): void;
  removeOverlay(element: HTMLElement): void;
  updateOverlay(element: HTMLElement, location: unknown): void;
  addHandler(event: string, done: () => void): void;
  addOnceHandler(event: string, done: () => void): void;
  addOverlay(o: { element: HTMLElement; location: unknown }): void;
  destroy(): void;
}
declare const OpenSeadragon: ((options: object) => Viewer) & { Point: new (x: number, y: number) => Spot };

const around = 0.6; // of a box's larger side, shown about it

/** A viewer of one picture. Arrows and letters belong to the fold table. */
export function newViewer(element: HTMLElement, url: string): Viewer {
  keepStyleOut();
  const viewer = OpenSeadragon({
    element, tileSources: { type: "image", url }, drawer: "canvas", showNavigationControl: false,
    animationTime: 0.25, maxZoomPixelRatio: 4, visibilityRatio: 0.5, gestureSettingsMouse: { clickToZoom: false }, crossOriginPolicy: false,
  });
  viewer.innerTracker.keyHandler = viewer.innerTracker.keyDownHandler = null;
  return viewer;
}

/** Opens the viewer in the figure; gives what closes it. boxed gets what a person draws around an imprint. */
export function openPage(figure: HTMLElement, boxed: (box: Box) => void): () => void {
  const img = figure.querySelector("img");
  if (!img) return () => {};
  const viewer = newViewer(figure, img.currentSrc || img.src);
  img.hidden = true;
  // What was objected to comes first: it is what a person wants to see.
  const places = [...document.querySelectorAll<HTMLElement>("[data-place]")].sort((a, b) => Number("first" in b.dataset) - Number("first" in a.dataset));
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
      box.className = `box ${place.dataset.kind ?? ""} ${"first" in place.dataset ? "bad" : ""}`;
      box.title = place.textContent ?? "";
      box.addEventListener("pointerup", () => { if (!figure.matches(".boxing")) look(place); }, { signal });
      viewer.addOverlay({ element: box, location: viewer.viewport.imageToViewportRectangle(x, y, w, h) });
    }
  });
  viewer.addOnceHandler("tile-drawn", () => { figure.dataset.ready = "yes"; });
  for (const place of places) place.addEventListener("click", () => look(place), { signal });
  const draw = document.querySelector<HTMLElement>("[data-page=box]");
  draw?.addEventListener("click", () => startBox(figure, viewer, draw, boxed, signal), { signal });
  document.querySelector("[data-page=whole]")?.addEventListener("click", () => look(undefined), { signal });
  document.querySelector("[data-page=next]")?.addEventListener("click", () => {
    look(places[places.findIndex((p) => p.getAttribute("aria-pressed") === "true") + 1]);
  }, { signal });
  return () => {
    end.abort();
    viewer.destroy();
  };
}

const newBoxMM = 46, boxStepMM = 2; // the largest round seal and a little paper; half a character
const leastBoxMM = 5; // a drag of less was a slip

/**
 * Lets a person put a box around an imprint: by dragging, or starting from one in the
 * middle of the view, or where he clicks, by arrows, + and -, and Enter. Escape ends it.
 */
function startBox(figure: HTMLElement, viewer: Viewer, button: HTMLElement, taken: (box: Box) => void, closed: AbortSignal): void {
  if (figure.matches(".boxing") || !figure.dataset.ready) return;
  const pxMM = Number(button.dataset.pxmm), size = viewer.world.getItemAt(0).getContentSize(), frame = document.createElement("div");
  const spot = (x: number, y: number): Spot => viewer.viewport.viewerElementToImageCoordinates(new OpenSeadragon.Point(x, y));
  const middle = spot(figure.clientWidth / 2, figure.clientHeight / 2), side = newBoxMM * pxMM;
  let box: Box = { x: middle.x - side / 2, y: middle.y - side / 2, w: side, h: side };
  const clipped = (): Box => {
    const x = Math.max(0, Math.round(box.x)), y = Math.max(0, Math.round(box.y));
    return { x, y, w: Math.min(size.x, Math.round(box.x + box.w)) - x, h: Math.min(size.y, Math.round(box.y + box.h)) - y };
  };
  const place = () => viewer.viewport.imageToViewportRectangle(box.x, box.y, box.w, box.h);
  const set = (next: Box): void => { box = next; viewer.updateOverlay(frame, place()); };
  frame.className = "box drawn";
  frame.tabIndex = 0;
  frame.setAttribute("role", "img");
  frame.setAttribute("aria-label", button.dataset.hint ?? "");
  figure.classList.add("boxing");
  button.setAttribute("aria-pressed", "true");
  viewer.addOverlay({ element: frame, location: place() });
  viewer.setMouseNavEnabled(false);
  frame.focus();
  const end = new AbortController(), signal = AbortSignal.any([end.signal, closed]);
  const stop = (): void => {
    end.abort();
    figure.classList.remove("boxing");
    button.setAttribute("aria-pressed", "false");
    viewer.removeOverlay(frame);
    viewer.setMouseNavEnabled(true);
  };
  const take = (): void => {
    stop();
    taken(clipped());
  };
  frame.addEventListener("keydown", (e) => {
    const step = boxStepMM * pxMM, way = ({ ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] } as Record<string, [number, number]>)[e.key];
    const grow = e.key === "+" ? step : e.key === "-" && Math.min(box.w, box.h) > 2 * step ? -step : 0;
    if (way) set({ ...box, x: box.x + way[0], y: box.y + way[1] });
    else if (grow) set({ x: box.x - grow / 2, y: box.y - grow / 2, w: box.w + grow, h: box.h + grow });
    else if (e.key === "Enter") take();
    else if (e.key === "Escape") stop();
    else return;
    e.preventDefault();
    e.stopPropagation(); // the same keys mean something else on the fold table
  }, { signal });
  let from: Spot | null = null;
  const at = (e: PointerEvent): Spot => { const r = figure.getBoundingClientRect(); return spot(e.clientX - r.x, e.clientY - r.y); };
  figure.addEventListener("pointerdown", (e) => {
    from = at(e);
    set({ ...from, w: 0, h: 0 });
    figure.setPointerCapture(e.pointerId);
    e.preventDefault(); // the frame keeps the focus
  }, { signal });
  figure.addEventListener("pointermove", (e) => {
    if (!from) return;
    const to = at(e);
    set({ x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), w: Math.abs(to.x - from.x), h: Math.abs(to.y - from.y) });
  }, { signal });
  figure.addEventListener("pointerup", () => {
    if (!from) return;
    if (Math.min(box.w, box.h) >= leastBoxMM * pxMM) return take();
    set({ x: from.x - side / 2, y: from.y - side / 2, w: side, h: side }); // a click: as from the keyboard, but here
    from = null;
  }, { signal });
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
