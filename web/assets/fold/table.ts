// The fold table (折角比对): specimen and imprint of one seal aligned in true
// millimetres, as the verifier registered them: turned, shifted, scaled within
// what paper and scanner do, never bent. Everything it can do is a button with
// data-fold; keys press the buttons (keys.ts).

import { across, along, beyond, creaseThrough, distance, foot, Point, still } from "./geometry";
import { Channel, channels, imprintTint, specimenTint, takePicture } from "./inks";
import { drawTable, gripEm, gripReach, letterSize, Look, measure, Pair, Pane, panes, toCanvas, toTable, View, views } from "./draw";

/** models.FoldUse: how a person looked at an imprint. */
export interface FoldUse {
  specimen_ref: string;
  imprint: number;
  view: View;
  crease: { angle_deg: number; offset_mm: number };
  swapped: boolean;
  channel: Channel;
  shift_mm: [number, number];
  turn_deg: number;
}

const stepMM = 0.5; // of the crease: half a stroke
const tiltDeg = 1;
const moveMM = 0.05;
const turnDeg = 0.1;
const markMM = 0.1; // ruler
const reachMM = 5, reachDeg = 10; // farther by hand is no alignment but another place (models.FoldUse)
const zoomStep = 1.25, zoomMost = 16;
const fadeStep = 0.1;
const blinkMS = 500; // a change: one flash a second, a third of what WCAG 2.3.1 allows
const marginMM = 2; // paper around a specimen (sealcheck)
const codeRadius = 0.82; // of a round seal's radius: where the code runs, along the lower rim
const codeStops = [130, 90, 50]; // degrees at which it is looked at, left to right
const codeZoom = 4, quarterZoom = 2.2;

const arrows: Record<string, Point> = { left: { x: -1, y: 0 }, right: { x: 1, y: 0 }, up: { x: 0, y: -1 }, down: { x: 0, y: 1 } };
const round2 = (v: number): number => Math.round(v * 100) / 100;

/** One seal of the page: its article, pictures and what was done with it. */
interface Seal {
  article: HTMLElement;
  tab: HTMLButtonElement;
  worst: { angle: number; offset: number };
  look: Look;
  pair: Promise<Pair> | null;
  shown: boolean;
}

export class FoldTable {
  private readonly canvas: HTMLCanvasElement;
  private readonly ctx: CanvasRenderingContext2D;
  private readonly status: HTMLOutputElement;
  private readonly seals: Seal[];
  private now: Seal;
  private pair: Pair | null = null;
  private asked = 0; // frame that is to be drawn; 0: none
  private stop = 0; // of the code zoom; 0: the whole seal
  private readonly end = new AbortController();

  /** Takes the table and the articles beside it; null when no seal has an aligned pair. */
  static open(root: HTMLElement): FoldTable | null {
    const articles = [...document.querySelectorAll<HTMLElement>("[data-seal]")];
    return articles.length ? new FoldTable(root, articles) : null;
  }

  private constructor(private readonly root: HTMLElement, articles: HTMLElement[]) {
    this.canvas = root.querySelector("canvas")!;
    this.ctx = this.canvas.getContext("2d", { alpha: false })!;
    this.status = root.querySelector("output")!;
    const tabs = root.querySelector(".foldseals")!;
    this.seals = articles.map((article) => {
      const number = (name: string) => Number(article.dataset[name] || 0);
      const worst = { angle: number("angle"), offset: number("offset") };
      const tab = document.createElement("button");
      tab.type = "button";
      tab.append(...[...article.querySelector("header")!.cloneNode(true).childNodes]);
      tabs.append(tab);
      const seal: Seal = { article, tab, worst, look: freshLook(worst), pair: null, shown: false };
      tab.addEventListener("click", () => this.show(seal));
      return seal;
    });
    this.now = this.seals[0]!;
    root.hidden = false;
    const signal = this.end.signal;
    root.addEventListener("click", (e) => {
      const button = (e.target as Element).closest<HTMLElement>("[data-fold]");
      if (button) this.act(button.dataset.fold!);
    }, { signal });
    this.listenToPointer(signal);
    const resized = new ResizeObserver(() => this.draw());
    resized.observe(this.canvas);
    signal.addEventListener("abort", () => resized.disconnect());
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
      const blink = setInterval(() => { if (this.look.view === "blink") this.change({ lit: !this.look.lit }); }, blinkMS);
      signal.addEventListener("abort", () => clearInterval(blink));
    }
    // The worst seal first: that is what the person is asked about.
    this.show(this.seals.find((s) => s.article.dataset.verdict !== "match") ?? this.now);
  }

  close(): void { this.end.abort(); }

  /** What was used: one entry for each seal that was looked at. */
  used(): FoldUse[] {
    return this.seals.filter((s) => s.shown).map(({ article, look }) => ({
      specimen_ref: article.dataset.ref!, imprint: Number(article.dataset.seal), view: look.view,
      crease: { angle_deg: round2(look.crease.angle), offset_mm: round2(look.crease.offset) }, swapped: look.swapped, channel: look.channel,
      shift_mm: [round2(look.move.dx), round2(look.move.dy)], turn_deg: round2(look.move.turn),
    }));
  }

  /** Shows a fold again as it was stored; false when its seal is not on the page. */
  replay(use: FoldUse): boolean {
    const seal = this.seals.find((s) => s.article.dataset.ref === use.specimen_ref && Number(s.article.dataset.seal) === use.imprint);
    if (!seal) return false;
    seal.look = { ...freshLook({ angle: use.crease.angle_deg, offset: use.crease.offset_mm }), view: use.view, swapped: use.swapped, channel: use.channel,
      move: { dx: use.shift_mm[0], dy: use.shift_mm[1], turn: use.turn_deg } };
    this.show(seal);
    this.root.scrollIntoView({ block: "nearest" });
    return true;
  }

  private get look(): Look { return this.now.look; }

  private show(seal: Seal): void {
    this.now = seal;
    this.stop = 0;
    for (const s of this.seals) {
      s.article.hidden = s !== seal;
      s.tab.setAttribute("aria-pressed", String(s === seal));
    }
    this.pair = null;
    seal.pair ??= loadPair(seal.article);
    seal.pair.then((pair) => {
      if (this.now !== seal) return;
      this.pair = pair;
      seal.shown = true;
      this.root.dataset.ready = seal.article.dataset.seal;
      this.change({});
    }, () => { this.status.textContent = this.root.dataset.failed ?? ""; });
  }

  private change(part: Partial<Look>): void {
    Object.assign(this.look, part);
    this.draw();
    this.tell();
  }

  private draw(): void {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      if (!this.pair) return;
      const ratio = devicePixelRatio, w = this.canvas.clientWidth, h = this.canvas.clientHeight;
      if (this.canvas.width !== Math.round(w * ratio) || this.canvas.height !== Math.round(h * ratio)) {
        this.canvas.width = Math.round(w * ratio);
        this.canvas.height = Math.round(h * ratio);
      }
      drawTable(this.ctx, this.look, this.pair, w, h, ratio);
    });
  }

  /** Says in words and in the buttons what the canvas shows. */
  private tell(): void {
    const { view, crease, move, channel, swapped, tool, opacity } = this.look;
    const values: Record<string, string> = { angle: crease.angle.toFixed(0), offset: crease.offset.toFixed(1), dx: move.dx.toFixed(2), dy: move.dy.toFixed(2),
      turn: move.turn.toFixed(1), opacity: (opacity * 100).toFixed(0) };
    const say = (name: string) => (this.root.dataset[name] ?? "").replace(/\{(\w+)\}/g, (_, k: string) => values[k] ?? "");
    const parts = [view === "fold" ? say("sayFold") : view === "opacity" ? say("sayOpacity") : ""];
    if (swapped) parts.push(say("saySwapped"));
    if (move.dx || move.dy || move.turn) parts.push(say("sayMoved"));
    if (tool !== "none") parts.push(measure(this.look));
    this.status.textContent = parts.filter(Boolean).join(" · ");
    for (const b of this.root.querySelectorAll<HTMLElement>("[data-fold]")) {
      const [what, which] = b.dataset.fold!.split(":");
      if (what === "view") b.setAttribute("aria-pressed", String(which === view));
      if (what === "swap") b.setAttribute("aria-pressed", String(swapped));
      if (what === "channel") b.dataset.now = channel;
      if (what === "tool") b.setAttribute("aria-pressed", String(tool !== "none"));
    }
  }

  private act(action: string): void {
    const [what, which = ""] = action.split(":") as [string, string?];
    const look = this.look, sign = which === "less" ? -1 : 1;
    switch (what) {
      case "view":
        if (views.includes(which as View)) this.change({ lit: which === look.view ? !look.lit : true, view: which as View });
        return;
      case "crease":
        return this.change({ view: "fold", crease: which === "worst" ? { ...this.now.worst } : creaseThrough(foot(look.crease), Number(which)).crease });
      case "arrow":
        return look.tool === "none" ? this.step(arrows[which]!) : this.moveMark(arrows[which]!);
      case "tilt":
        return this.turnCrease(look.crease.angle + sign * tiltDeg);
      case "swap":
        return this.change({ swapped: !look.swapped });
      case "channel":
        return this.change({ channel: channels[(channels.indexOf(look.channel) + 1) % channels.length]! });
      case "fade":
        return this.change({ view: "opacity", opacity: Math.min(1, Math.max(0, look.opacity + sign * fadeStep)) });
      case "move":
        return this.moveBy(arrows[which]!.x * moveMM, arrows[which]!.y * moveMM, 0);
      case "turn":
        return this.moveBy(0, 0, sign * turnDeg);
      case "reset":
        return this.change({ ...freshLook(this.now.worst), view: look.view, channel: look.channel });
      case "tool":
        return this.change({ tool: look.tool === "none" ? "ruler" : look.tool === "ruler" ? "protractor" : "none", held: 0 });
      case "mark":
        return this.change({ held: (look.held + 1) % (look.tool === "protractor" ? 3 : 2) });
      case "zoom":
        return which === "fit" ? this.change({ zoom: 1, pan: { x: 0, y: 0 } }) : this.zoom(sign > 0 ? zoomStep : 1 / zoomStep, look.pan);
      case "code":
        return this.zoomToCode();
      case "large":
        this.root.classList.toggle("large");
        return this.draw();
      case "seal":
        return this.show(this.seals[(this.seals.indexOf(this.now) + 1) % this.seals.length]!);
      case "scan":
        document.querySelector<HTMLElement>(`[data-place="imprint-${this.now.article.dataset.seal}"]`)?.click();
    }
  }

  /** Moves the crease the way of the arrow. */
  private step(way: Point): void {
    const n = across(this.look.crease), towards = n.x * way.x + n.y * way.y;
    const sign = Math.abs(towards) > 0.1 ? Math.sign(towards) : way.x + way.y;
    this.offsetTo(this.look.crease.offset + sign * stepMM);
  }

  private offsetTo(offset: number): void {
    const limit = this.pair ? gripReach(this.pair) : 0;
    this.change({ view: "fold", crease: { ...this.look.crease, offset: Math.min(limit, Math.max(-limit, offset)) } });
  }

  /** Turns the crease about its foot; what lies on which side stays. */
  private turnCrease(angle: number): void {
    const { crease, flipped } = creaseThrough(foot(this.look.crease), angle);
    this.change({ view: "fold", crease, swapped: this.look.swapped !== flipped });
  }

  private moveBy(dx: number, dy: number, turn: number): void {
    const m = this.look.move, within = (v: number, most: number) => Math.min(most, Math.max(-most, v));
    this.change({ move: { dx: within(m.dx + dx, reachMM), dy: within(m.dy + dy, reachMM), turn: within(m.turn + turn, reachDeg) } });
  }

  private moveMark(way: Point): void {
    const marks = [...this.look.marks] as Look["marks"], m = marks[this.look.held]!;
    marks[this.look.held] = { x: m.x + way.x * markMM, y: m.y + way.y * markMM };
    this.change({ marks });
  }

  /** Zooms so that a point of the table stays where it is. */
  private zoom(by: number, keep: Point): void {
    const { zoom, pan } = this.look, next = Math.min(zoomMost, Math.max(1, zoom * by)), k = zoom / next;
    this.change({ zoom: next, pan: next === 1 ? { x: 0, y: 0 } : { x: keep.x + (pan.x - keep.x) * k, y: keep.y + (pan.y - keep.y) * k } });
  }

  /** Looks at the code of a round seal from left to right, at the quarters of any other, then at the whole again. */
  private zoomToCode(): void {
    if (!this.pair) return;
    const { width, height } = this.pair.specimen, rx = width / 2 - marginMM, ry = height / 2 - marginMM;
    const isRound = ["round", "oval"].includes(this.now.article.dataset.shape ?? "");
    const stops: Point[] = isRound
      ? codeStops.map((deg) => ({ x: Math.cos((deg * Math.PI) / 180) * rx * codeRadius, y: Math.sin((deg * Math.PI) / 180) * ry * codeRadius }))
      : [[-1, -1], [1, -1], [-1, 1], [1, 1]].map(([x, y]) => ({ x: (x! * rx) / 2, y: (y! * ry) / 2 }));
    const stop = stops[this.stop];
    this.stop = stop ? this.stop + 1 : 0;
    this.change(stop ? { zoom: isRound ? codeZoom : quarterZoom, pan: stop } : { zoom: 1, pan: { x: 0, y: 0 } });
  }

  private listenToPointer(signal: AbortSignal): void {
    const c = this.canvas;
    let drag: ((p: Point, by: Point) => void) | null = null;
    let last: Point = { x: 0, y: 0 };
    c.addEventListener("pointerdown", (e) => {
      if (!this.pair || e.button !== 0) return;
      c.setPointerCapture(e.pointerId);
      drag = this.grab(e.offsetX, e.offsetY);
      last = { x: e.offsetX, y: e.offsetY };
    }, { signal });
    c.addEventListener("pointermove", (e) => {
      const at = this.under(e.offsetX, e.offsetY);
      if (!at) return;
      if (!drag) {
        if (this.look.view === "side") this.change({ hover: at.point });
        c.style.cursor = this.grab(e.offsetX, e.offsetY) === this.slide ? "grab" : "pointer";
        return;
      }
      drag(at.point, { x: (e.offsetX - last.x) / at.pane.scale, y: (e.offsetY - last.y) / at.pane.scale });
      last = { x: e.offsetX, y: e.offsetY };
    }, { signal });
    for (const over of ["pointerup", "pointercancel"]) c.addEventListener(over, () => { drag = null; }, { signal });
    c.addEventListener("pointerleave", () => { if (this.look.hover) this.change({ hover: null }); }, { signal });
    c.addEventListener("wheel", (e) => {
      const at = this.under(e.offsetX, e.offsetY);
      if (!at) return;
      e.preventDefault();
      this.zoom(e.deltaY < 0 ? zoomStep : 1 / zoomStep, at.point);
    }, { signal, passive: false });
  }

  /** The pane and the point of the table under a point of the canvas. */
  private under(x: number, y: number): { pane: Pane; point: Point } | null {
    if (!this.pair) return null;
    const all = panes(this.look, this.pair, this.canvas.clientWidth, this.canvas.clientHeight);
    const pane = all.find((p) => x < p.left + p.width) ?? all[0]!;
    return { pane, point: toTable(this.look, pane, x, y) };
  }

  private readonly slide = (_: Point, by: Point): void => this.change({ pan: { x: this.look.pan.x - by.x, y: this.look.pan.y - by.y } });

  /** What a drag from here does: a mark, an end of the crease, the crease, else the whole view. */
  private grab(x: number, y: number): (p: Point, by: Point) => void {
    const at = this.under(x, y);
    if (!at || !this.pair) return this.slide;
    const look = this.look, near = (p: Point) => distance(toCanvas(look, at.pane, p), { x, y }) <= letterSize() * gripEm + 2;
    if (look.tool !== "none") {
      const i = look.marks.findIndex((m, i) => (i < 2 || look.tool === "protractor") && near(m));
      if (i >= 0) return (p) => this.change({ held: i, marks: look.marks.map((m, j) => (i === j ? p : m)) as Look["marks"] });
    }
    if (look.view !== "fold") return this.slide;
    const f = foot(look.crease), u = along(look.crease), reach = gripReach(this.pair);
    for (const end of [1, -1]) {
      if (near({ x: f.x + u.x * reach * end, y: f.y + u.y * reach * end })) return this.turnAbout(f, end);
    }
    const off = beyond(look.crease, at.point), from = look.crease.offset;
    if (Math.abs(off) * at.pane.scale <= letterSize() * gripEm) return (p) => this.offsetTo(from + beyond({ ...this.look.crease, offset: from }, p) - off);
    return this.slide;
  }

  /** A drag of one end of the crease turns it about where its foot was. */
  private turnAbout(pivot: Point, end: number): (p: Point) => void {
    let before = this.look.crease.angle, swapped = this.look.swapped;
    return (p) => {
      const angle = (Math.atan2((p.y - pivot.y) * end, (p.x - pivot.x) * end) * 180) / Math.PI;
      const { crease } = creaseThrough(pivot, angle);
      // Past 0° the same line is written the other way round: its sides exchange their names.
      if (Math.abs(crease.angle - before) > 90) swapped = !swapped;
      before = crease.angle;
      this.change({ crease, swapped });
    };
  }
}

function freshLook(worst: { angle: number; offset: number }): Look {
  return { view: "fold", crease: { ...worst }, swapped: false, channel: "scan", move: still, opacity: 0.5, lit: true, zoom: 1, pan: { x: 0, y: 0 },
    tool: "none", marks: [{ x: -10, y: 0 }, { x: 10, y: 0 }, { x: 0, y: -10 }], held: 0, hover: null };
}

/** Reads the pictures of an article: its image "pair" has the specimen left, the imprint right. */
async function loadPair(article: HTMLElement): Promise<Pair> {
  const picture = async (name: string): Promise<HTMLImageElement | null> => {
    const img = article.querySelector<HTMLImageElement>(`.${name} img`);
    if (img) await img.decode();
    return img;
  };
  const pair = await picture("pair");
  if (!pair) throw new Error("no aligned pair");
  const w = pair.naturalWidth / 2, h = pair.naturalHeight, pxMM = Number(article.dataset.pxmm);
  const coloured = !["black", "gray"].includes(article.dataset.ink ?? "");
  return {
    specimen: takePicture(pair, 0, w, h, pxMM, true, specimenTint),
    imprint: takePicture(pair, w, w, h, pxMM, coloured, imprintTint),
    heat: await picture("heat").catch(() => null),
  };
}
