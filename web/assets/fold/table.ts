// The fold table (折角比对): specimen and imprint of one seal aligned in true
// millimetres, as the verifier registered them: turned, shifted, scaled within
// what paper and scanner do, never bent; or as a person lays them (hand.ts).
// Everything it can do is a button with data-fold; keys press the buttons (keys.ts).

import { across, along, beyond, creaseThrough, distance, foot, halfTurns, moveOnto, Point, still, undone } from "./geometry";
import { Box, HandPair, HandPicker } from "./hand";
import { Channel, channels, imprintTint, specimenTint, takePicture } from "./inks";
import { drawTable, gripEm, gripReach, letterSize, Look, measure, Pair, Pane, panes, showsSpecimen, toCanvas, toTable, View, views } from "./draw";

/** models.FoldUse: how a person looked at an imprint. */
export interface FoldUse {
  specimen_ref: string;
  specimen_id?: number;
  imprint: number;
  box?: Box;
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
const coarseMM = 1, coarseDeg = 5; // the same moves while the pair is roughly laid
const turnPerMM = 2; // degrees that a drag with shift turns
const reachMM = 5, reachDeg = 10; // farther by hand is no alignment but another place (models.FoldUse)
const handReachMM = 90; // of a pair laid by hand
const mostFolds = 16; // are kept of one judgement (review)
const zoomStep = 1.25, zoomMost = 16;
const fadeStep = 0.1;
const blinkMS = 500; // a change: one flash a second, a third of what WCAG 2.3.1 allows
const marginMM = 2; // paper around a specimen (sealcheck)
const codeRadius = 0.82; // of a round seal's radius: where the code runs, along the lower rim
const codeStops: [degrees: number, zoom: number][] = [[90, 2.2], [130, 4], [90, 4], [50, 4]]; // all of it, then closer, left to right
const quarterZoom = 2.2;

const arrows: Record<string, Point> = { left: { x: -1, y: 0 }, right: { x: 1, y: 0 }, up: { x: 0, y: -1 }, down: { x: 0, y: 1 } };
const round2 = (v: number): number => Math.round(v * 100) / 100;

/** One pair: what it is, its pictures and what was done with it. */
interface Seal {
  article: HTMLElement | null; // what the verifier says of it; null: laid by hand
  tab: HTMLButtonElement;
  ref: string;
  specimen?: number; // set when laid by hand
  imprint: number;
  box?: Box;
  shape: string;
  worst: { angle: number; offset: number };
  look: Look;
  load(): Promise<Pair>;
  pair: Promise<Pair> | null;
  shown: boolean;
}

export class FoldTable {
  private readonly canvas: HTMLCanvasElement;
  private readonly ctx: CanvasRenderingContext2D;
  private readonly status: HTMLOutputElement;
  private readonly seals: Seal[]; // the verifier's
  private readonly laid = new Map<string, Seal>(); // by hand
  private readonly picker: HandPicker | null;
  private now: Seal | null = null;
  private coarse = false;
  private pair: Pair | null = null;
  private asked = 0; // frame that is to be drawn; 0: none
  private stop = 0; // of the code zoom; 0: the whole seal
  private readonly end = new AbortController();

  /** Takes the table and the articles beside it. */
  constructor(private readonly root: HTMLElement) {
    const articles = [...document.querySelectorAll<HTMLElement>("[data-seal]")];
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
      tabs.insertBefore(tab, tabs.querySelector("[data-hand=open]"));
      const seal: Seal = { article, tab, ref: article.dataset.ref!, imprint: number("seal"), shape: article.dataset.shape ?? "", worst, look: freshLook(worst),
        load: () => loadPair(article), pair: null, shown: false };
      tab.addEventListener("click", () => this.show(seal));
      return seal;
    });
    root.hidden = false;
    const signal = this.end.signal;
    const pick = root.querySelector<HTMLElement>(".handpick");
    this.picker = pick && new HandPicker(pick, () => this.showHand(), signal);
    root.querySelector("[data-hand=open]")?.addEventListener("click", () => this.showHand(), { signal });
    root.addEventListener("click", (e) => {
      const button = (e.target as Element).closest<HTMLElement>("[data-fold]");
      if (button) this.act(button.dataset.fold!);
    }, { signal });
    this.listenToPointer(signal);
    const resized = new ResizeObserver(() => this.draw());
    resized.observe(this.canvas);
    signal.addEventListener("abort", () => resized.disconnect());
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
      const blink = setInterval(() => { if (this.now?.look.view === "blink") this.change({ lit: !this.look.lit }); }, blinkMS);
      signal.addEventListener("abort", () => clearInterval(blink));
    }
    // The worst seal first: that is what the person is asked about.
    const worst = ["mismatch", "inconclusive"].map((v) => this.seals.find((s) => s.article?.dataset.verdict === v));
    const first = worst[0] ?? worst[1] ?? (pick && "first" in pick.dataset ? undefined : this.seals[0]);
    if (first) this.show(first);
    else this.showHand(this.picker?.ofCustomer());
  }

  close(): void { this.end.abort(); }

  /** What was used: one entry for each seal that was looked at. */
  used(): FoldUse[] {
    return [...this.seals, ...this.laid.values()].filter((s) => s.shown).slice(-mostFolds).map(({ ref, specimen, imprint, box, look }) => ({
      specimen_ref: ref, specimen_id: specimen, imprint, box, view: look.view,
      crease: { angle_deg: round2(look.crease.angle), offset_mm: round2(look.crease.offset) }, swapped: look.swapped, channel: look.channel,
      shift_mm: [round2(look.move.dx), round2(look.move.dy)], turn_deg: round2(look.move.turn),
    }));
  }

  /** Shows a fold again as it was stored; false when its seal is not on the page. */
  replay(use: FoldUse): boolean {
    const seal = use.specimen_id ? this.handSeal(use) : this.seals.find((s) => s.ref === use.specimen_ref && s.imprint === use.imprint);
    if (!seal) return false;
    seal.look = { ...freshLook({ angle: use.crease.angle_deg, offset: use.crease.offset_mm }), view: use.view, swapped: use.swapped, channel: use.channel,
      move: { dx: use.shift_mm[0], dy: use.shift_mm[1], turn: use.turn_deg } };
    seal.shown = true;
    this.show(seal);
    this.root.scrollIntoView({ block: "nearest" });
    return true;
  }

  /** Lays the imprint that a person boxed on the page beside a specimen. */
  layBox(box: Box): void {
    this.picker?.takeBox(box);
    this.showHand();
  }

  private show(seal: Seal): void {
    this.now = seal;
    this.stop = 0;
    for (const s of this.seals) {
      s.article!.hidden = s !== seal;
      s.tab.setAttribute("aria-pressed", String(s === seal));
    }
    if (this.picker) {
      this.picker.root.hidden = seal.article !== null;
      this.root.querySelector("[data-hand=open]")!.setAttribute("aria-pressed", String(seal.article === null));
    }
    this.pair = null;
    delete this.root.dataset.ready;
    seal.pair ??= seal.load();
    seal.pair.then((pair) => {
      if (this.now !== seal) return;
      this.pair = pair;
      const first = !seal.shown;
      seal.shown = true;
      this.root.dataset.ready = String(seal.imprint);
      // A digit that was changed drowns in an overlay of the whole seal, and lies on no crease.
      if (first && seal.article?.dataset.code !== undefined) {
        this.look.view = "side";
        return this.zoomToCode();
      }
      this.change({});
    }, () => { this.status.textContent = this.root.dataset.failed ?? ""; });
  }

  /** Shows the pair that is chosen by hand, or says how to get one. */
  private showHand(lay = true): void {
    const chosen = lay ? this.picker?.chosen() : null;
    if (chosen) return this.show(this.laidAs(chosen));
    if (!this.picker) return;
    this.picker.root.hidden = false;
    this.root.dataset.ready = "none";
    this.status.textContent = this.root.dataset.sayNothing ?? "";
  }

  private laidAs(chosen: HandPair): Seal {
    const name = JSON.stringify([chosen.imprint, chosen.box, chosen.specimen]), worst = { angle: 0, offset: 0 };
    const seal = this.laid.get(name) ?? { article: null, tab: this.root.querySelector<HTMLButtonElement>("[data-hand=open]")!, ref: chosen.ref, specimen: chosen.specimen,
      imprint: chosen.imprint, ...(chosen.box && { box: chosen.box }), shape: chosen.shape, worst, look: { ...freshLook(worst), view: "side" as const }, load: () => chosen.load(), pair: null, shown: false };
    this.laid.set(name, seal);
    return seal;
  }

  private handSeal(use: FoldUse): Seal | null {
    const chosen = this.picker?.choose(use.imprint, use.box ?? null, use.specimen_id!) ? this.picker.chosen() : null;
    return chosen && this.laidAs(chosen);
  }

  private get look(): Look { return this.now!.look; }

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
    const { view, crease, move, channel, swapped, tool, opacity, pins } = this.look;
    const values: Record<string, string> = { angle: crease.angle.toFixed(0), offset: crease.offset.toFixed(1), dx: move.dx.toFixed(2), dy: move.dy.toFixed(2),
      turn: move.turn.toFixed(1), opacity: (opacity * 100).toFixed(0), pins: String((pins?.specimen.length ?? 0) + (pins?.imprint.length ?? 0)) };
    const say = (name: string) => (this.root.dataset[name] ?? "").replace(/\{(\w+)\}/g, (_, k: string) => values[k] ?? "");
    const parts = [view === "fold" ? say("sayFold") : view === "opacity" ? say("sayOpacity") : ""];
    if (swapped) parts.push(say("saySwapped"));
    if (move.dx || move.dy || move.turn) parts.push(say("sayMoved"));
    if (tool !== "none") parts.push(measure(this.look));
    if (pins) parts.unshift(say("sayPins"));
    this.status.textContent = parts.filter(Boolean).join(" · ");
    for (const b of this.root.querySelectorAll<HTMLElement>("[data-fold]")) {
      const [what, which] = b.dataset.fold!.split(":");
      if (what === "view") b.setAttribute("aria-pressed", String(which === view));
      if (what === "swap") b.setAttribute("aria-pressed", String(swapped));
      if (what === "channel") b.dataset.now = channel;
      if (what === "pins") b.setAttribute("aria-pressed", String(pins !== null));
      if (what === "coarse") b.setAttribute("aria-pressed", String(this.coarse));
      if (what === "tool") b.setAttribute("aria-pressed", String(tool !== "none"));
    }
  }

  private act(action: string): void {
    const [what, which = ""] = action.split(":") as [string, string?];
    if (what === "hand") {
      if (this.now?.article === null) this.picker?.next();
      else if (this.now && this.now.article.dataset.verdict !== "match") this.picker?.begin(this.now.imprint, this.now.ref);
      return this.showHand();
    }
    if (!this.now) return;
    const look = this.look, sign = which === "less" ? -1 : 1;
    switch (what) {
      case "view":
        if (views.includes(which as View)) this.change({ lit: which === look.view ? !look.lit : true, view: which as View, pins: null });
        return;
      case "pins":
        return this.change(look.pins ? { pins: null } : { pins: { specimen: [], imprint: [] }, view: "side" });
      case "coarse":
        this.coarse = !this.coarse;
        return this.tell();
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
        return this.moveBy(arrows[which]!.x * (this.coarse ? coarseMM : moveMM), arrows[which]!.y * (this.coarse ? coarseMM : moveMM), 0);
      case "turn":
        return this.moveBy(0, 0, sign * (this.coarse ? coarseDeg : turnDeg));
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
        if (this.seals.length) this.show(this.seals[(this.seals.indexOf(this.now) + 1) % this.seals.length]!);
        return;
      case "scan":
        document.querySelector<HTMLElement>(`[data-place="imprint-${this.now.imprint}"]`)?.click();
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
    const byHand = this.now!.article === null, reach = byHand ? handReachMM : reachMM;
    this.change({ move: { dx: within(m.dx + dx, reach), dy: within(m.dy + dy, reach), turn: byHand ? halfTurns(m.turn + turn) : within(m.turn + turn, reachDeg) } });
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

  /** Looks at the code of a round seal, whole and from left to right, at the quarters of any other, then at the whole again. */
  private zoomToCode(): void {
    if (!this.pair) return;
    const { width, height } = this.pair.specimen, rx = width / 2 - marginMM, ry = height / 2 - marginMM;
    const isRound = ["round", "oval"].includes(this.now!.shape);
    const stops = isRound
      ? codeStops.map(([deg, zoom]) => ({ zoom, pan: { x: Math.cos((deg * Math.PI) / 180) * rx * codeRadius, y: Math.sin((deg * Math.PI) / 180) * ry * codeRadius } }))
      : [[-1, -1], [1, -1], [-1, 1], [1, 1]].map(([x, y]) => ({ zoom: quarterZoom, pan: { x: (x! * rx) / 2, y: (y! * ry) / 2 } }));
    const stop = stops[this.stop];
    this.stop = stop ? this.stop + 1 : 0;
    this.change(stop ?? { zoom: 1, pan: { x: 0, y: 0 } });
  }

  private listenToPointer(signal: AbortSignal): void {
    const c = this.canvas;
    let drag: ((p: Point, by: Point) => void) | null = null;
    let last: Point = { x: 0, y: 0 };
    c.addEventListener("pointerdown", (e) => {
      if (!this.pair || e.button !== 0) return;
      if (this.look.pins) return this.pin(e.offsetX, e.offsetY);
      c.setPointerCapture(e.pointerId);
      drag = this.grab(e.offsetX, e.offsetY, e.shiftKey);
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

  /** Marks a point to align by; the fourth aligns and shows the overlay. */
  private pin(x: number, y: number): void {
    const at = this.under(x, y), look = this.look;
    if (!at || !look.pins) return;
    const pins = { specimen: [...look.pins.specimen], imprint: [...look.pins.imprint] };
    const left = showsSpecimen(look, at.pane.left === 0 ? 0 : 1), into = left ? pins.specimen : pins.imprint;
    into.splice(1, into.length > 1 ? 1 : 0); // a third replaces the second
    into.push(left ? at.point : undone(look.move, at.point));
    const [a, b] = pins.imprint, [to, too] = pins.specimen;
    if (!a || !b || !to || !too) return this.change({ pins });
    this.change({ pins: null, view: "overlay", move: still });
    const onto = moveOnto([a, b], [to, too]);
    this.moveBy(onto.dx, onto.dy, onto.turn);
  }

  /** A drag moves an imprint laid by hand, and turns it about the table's middle with shift. */
  private readonly push = (_: Point, by: Point): void => this.moveBy(by.x, by.y, 0);
  private readonly spin = (_: Point, by: Point): void => this.moveBy(0, 0, by.x * turnPerMM);

  private readonly slide = (_: Point, by: Point): void => this.change({ pan: { x: this.look.pan.x - by.x, y: this.look.pan.y - by.y } });

  /** What a drag from here does: a mark, an end of the crease, the crease, else the whole view. */
  private grab(x: number, y: number, shift = false): (p: Point, by: Point) => void {
    const at = this.under(x, y);
    if (!at || !this.pair) return this.slide;
    const look = this.look, near = (p: Point) => distance(toCanvas(look, at.pane, p), { x, y }) <= letterSize() * gripEm + 2;
    if (look.tool !== "none") {
      const i = look.marks.findIndex((m, i) => (i < 2 || look.tool === "protractor") && near(m));
      if (i >= 0) return (p) => this.change({ held: i, marks: look.marks.map((m, j) => (i === j ? p : m)) as Look["marks"] });
    }
    if (this.now!.article === null && (shift || ["overlay", "blink", "opacity"].includes(look.view))) return shift ? this.spin : this.push;
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
    tool: "none", marks: [{ x: -10, y: 0 }, { x: 10, y: 0 }, { x: 0, y: -10 }], held: 0, hover: null, pins: null };
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
    specimen: takePicture(pair, { x: 0, y: 0, w, h }, pxMM, true, specimenTint),
    imprint: takePicture(pair, { x: w, y: 0, w, h }, pxMM, coloured, imprintTint),
    heat: await picture("heat").catch(() => null),
  };
}
