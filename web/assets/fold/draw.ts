// Draws one frame of the fold table. Nothing here remembers anything.

import { across, along, applied, cornerAngle, Crease, direction, distance, foot, Move, Point, side } from "./geometry";
import { Channel, Picture } from "./inks";

export const views = ["fold", "overlay", "blink", "opacity", "side", "heat"] as const;
export type View = (typeof views)[number];

/** Points marked to align by, up to two each; those of the imprint on the imprint as it lay before any move. */
export interface Pins { specimen: Point[]; imprint: Point[] }

/** All that decides what is seen. */
export interface Look {
  view: View;
  crease: Crease;
  swapped: boolean; // the imprint lies before the crease, the specimen beyond
  channel: Channel;
  move: Move;
  opacity: number; // of the imprint over the specimen, 0 to 1
  lit: boolean; // blink: the imprint is up
  zoom: number; // 1: the whole seal fits
  pan: Point; // mm that lie in the middle of the view
  tool: "none" | "ruler" | "protractor";
  marks: [Point, Point, Point]; // ruler: from the first to the second; protractor: the first is the corner
  held: number; // the mark that keys move
  hover: Point | null; // under the pointer, shown in both panes
  pins: Pins | null; // not null: two points are being marked in each picture
}

/** Both pictures in one frame; heat may be missing. */
export interface Pair { specimen: Picture; imprint: Picture; heat: CanvasImageSource | null }

const ground = "#fff", creaseColour = "#0a6cc4", toolColour = "#8a2be2", halo = "rgba(255,255,255,.85)";
const fit = 0.96; // of the view's side that the whole pair fills
export const gripEm = 0.65; // radius of what can be dragged, of the page's letter size

/** A part of the canvas that looks at the table, in CSS pixels. */
export interface Pane { left: number; top: number; width: number; height: number; scale: number }

/** Letters and grips grow with the screen like the page's own. */
export const letterSize = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize);

/** The panes of a view: two beside each other, or one. */
export function panes(look: Look, pair: Pair, width: number, height: number): Pane[] {
  const n = look.view === "side" ? 2 : 1;
  const w = width / n;
  const scale = fit * look.zoom * Math.min(w / pair.specimen.width, height / pair.specimen.height);
  return Array.from({ length: n }, (_, i) => ({ left: i * w, top: 0, width: w, height, scale }));
}

/** Where a point of the canvas lies on the table. */
export function toTable(look: Look, pane: Pane, x: number, y: number): Point {
  return { x: (x - pane.left - pane.width / 2) / pane.scale + look.pan.x, y: (y - pane.top - pane.height / 2) / pane.scale + look.pan.y };
}

/** The other way round. */
export function toCanvas(look: Look, pane: Pane, p: Point): Point {
  return { x: (p.x - look.pan.x) * pane.scale + pane.left + pane.width / 2, y: (p.y - look.pan.y) * pane.scale + pane.top + pane.height / 2 };
}

/** How far the crease's grips lie from its foot, mm: just outside the seal. */
export const gripReach = (pair: Pair): number => Math.hypot(pair.specimen.width, pair.specimen.height) * 0.36;

export function drawTable(ctx: CanvasRenderingContext2D, look: Look, pair: Pair, width: number, height: number, ratio: number): void {
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.fillStyle = ground;
  ctx.fillRect(0, 0, width, height);
  for (const [i, pane] of panes(look, pair, width, height).entries()) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(pane.left, pane.top, pane.width, pane.height);
    ctx.clip();
    ctx.translate(pane.left + pane.width / 2, pane.top + pane.height / 2);
    ctx.scale(pane.scale, pane.scale);
    ctx.translate(-look.pan.x, -look.pan.y);
    drawPane(ctx, look, pair, i);
    ctx.restore();
    if (look.view === "fold") drawCrease(ctx, look, pair, pane);
    if (look.tool !== "none") drawTool(ctx, look, pane);
    if (look.pins && look.view === "side") drawPins(ctx, look, pane, showsSpecimen(look, i));
  }
  if (look.view === "side") drawLink(ctx, look, pair, width, height);
  drawScale(ctx, panes(look, pair, width, height)[0]!, height);
}

/** Whether a pane of the side by side view is the specimen's. */
export const showsSpecimen = (look: Look, pane: number): boolean => (pane === 0) !== look.swapped;

function drawPins(ctx: CanvasRenderingContext2D, look: Look, pane: Pane, specimen: boolean): void {
  const points = specimen ? look.pins!.specimen : look.pins!.imprint.map((p) => applied(look.move, p));
  for (const [i, p] of points.entries()) {
    const at = toCanvas(look, pane, p);
    dot(ctx, at, toolColour);
    label(ctx, String(i + 1), { x: at.x + letterSize() * 0.6, y: at.y - letterSize() * 0.6 });
  }
}

/** The line between two panes, and in both a cross where the pointer is in one. */
function drawLink(ctx: CanvasRenderingContext2D, look: Look, pair: Pair, width: number, height: number): void {
  line(ctx, "#9aa7b3", 1, { x: width / 2, y: 0 }, { x: width / 2, y: height });
  if (!look.hover) return;
  for (const pane of panes(look, pair, width, height)) {
    const p = toCanvas(look, pane, look.hover);
    line(ctx, creaseColour, 1, { x: p.x - 12, y: p.y }, { x: p.x + 12, y: p.y });
    line(ctx, creaseColour, 1, { x: p.x, y: p.y - 12 }, { x: p.x, y: p.y + 12 });
  }
}

/** A bar of 1, 5 or 10 mm, the longest that stays below a quarter of the view. */
function drawScale(ctx: CanvasRenderingContext2D, pane: Pane, height: number): void {
  const mm = [10, 5, 1].find((l) => l * pane.scale < pane.width / 4) ?? 1;
  line(ctx, "#1b2733", 3, { x: 10, y: height - 10 }, { x: 10 + mm * pane.scale, y: height - 10 });
  label(ctx, `${mm} mm`, { x: 14, y: height - 18 }, "#1b2733");
}

function drawPane(ctx: CanvasRenderingContext2D, look: Look, pair: Pair, pane: number): void {
  const specimen = () => lay(ctx, pair.specimen.show(look.channel), pair.specimen);
  const imprint = () => moved(ctx, look.move, () => lay(ctx, pair.imprint.show(look.channel), pair.imprint));
  switch (look.view) {
    case "fold": {
      const reach = 4 * Math.max(pair.specimen.width, pair.specimen.height);
      clipped(ctx, side(look.crease, look.swapped ? 1 : -1, reach), specimen);
      clipped(ctx, side(look.crease, look.swapped ? -1 : 1, reach), imprint);
      return;
    }
    case "overlay":
      lay(ctx, pair.specimen.show("tint"), pair.specimen);
      ctx.globalCompositeOperation = "multiply";
      moved(ctx, look.move, () => lay(ctx, pair.imprint.show("tint"), pair.imprint));
      return;
    case "blink":
      return look.lit !== look.swapped ? imprint() : specimen();
    case "opacity":
      specimen();
      ctx.globalAlpha = look.opacity;
      return imprint();
    case "side":
      return showsSpecimen(look, pane) ? specimen() : imprint();
    case "heat":
      if (pair.heat) lay(ctx, pair.heat, pair.specimen);
  }
}

/** Lays a picture with its middle on the table's. */
function lay(ctx: CanvasRenderingContext2D, what: CanvasImageSource, size: Picture): void {
  ctx.drawImage(what, -size.width / 2, -size.height / 2, size.width, size.height);
}

function moved(ctx: CanvasRenderingContext2D, m: Move, draw: () => void): void {
  ctx.save();
  ctx.translate(m.dx, m.dy);
  ctx.rotate((m.turn * Math.PI) / 180);
  draw();
  ctx.restore();
}

function clipped(ctx: CanvasRenderingContext2D, area: Point[], draw: () => void): void {
  ctx.save();
  ctx.beginPath();
  for (const p of area) ctx.lineTo(p.x, p.y);
  ctx.clip();
  draw();
  ctx.restore();
}

/** The crease is thin over the seal, where strokes must be followed across it, and bold outside. */
function drawCrease(ctx: CanvasRenderingContext2D, look: Look, pair: Pair, pane: Pane): void {
  const f = foot(look.crease), u = along(look.crease), n = across(look.crease), reach = gripReach(pair);
  const at = (s: number, t = 0) => toCanvas(look, pane, { x: f.x + u.x * s + n.x * t, y: f.y + u.y * s + n.y * t });
  ctx.save();
  ctx.globalAlpha = 0.4;
  line(ctx, creaseColour, 1, at(-reach), at(reach));
  ctx.restore();
  for (const s of [-1, 1]) {
    line(ctx, creaseColour, 2, at(s * reach), at(s * reach * 3));
    dot(ctx, at(s * reach), creaseColour);
  }
  dot(ctx, at(0), creaseColour);
}

function drawTool(ctx: CanvasRenderingContext2D, look: Look, pane: Pane): void {
  const [a, b, c] = look.marks.map((p) => toCanvas(look, pane, p)) as [Point, Point, Point];
  line(ctx, toolColour, 2, a, b);
  if (look.tool === "protractor") line(ctx, toolColour, 2, a, c);
  for (const [i, p] of (look.tool === "ruler" ? [a, b] : [a, b, c]).entries()) dot(ctx, p, toolColour, i === look.held);
  const em = letterSize();
  label(ctx, measure(look), { x: (a.x + b.x) / 2 - 4 * em, y: (a.y + b.y) / 2 - 0.8 * em });
}

/** What the ruler or the protractor says. */
export function measure(look: Look): string {
  const [a, b, c] = look.marks;
  if (look.tool === "protractor") return `${cornerAngle(a, b, c).toFixed(1)}°`;
  return `${distance(a, b).toFixed(2)} mm ∠ ${direction(a, b).toFixed(1)}°`;
}

function line(ctx: CanvasRenderingContext2D, colour: string, width: number, a: Point, b: Point): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.moveTo(a.x, a.y);
  ctx.lineTo(b.x, b.y);
  ctx.stroke();
}

function dot(ctx: CanvasRenderingContext2D, p: Point, colour: string, full = false): void {
  ctx.beginPath();
  ctx.arc(p.x, p.y, letterSize() * (gripEm - 0.2), 0, 2 * Math.PI);
  ctx.fillStyle = full ? colour : halo;
  ctx.fill();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  ctx.stroke();
}

function label(ctx: CanvasRenderingContext2D, text: string, at: Point, colour = toolColour): void {
  const em = letterSize();
  ctx.font = `600 ${em}px system-ui, sans-serif`;
  const w = ctx.measureText(text).width;
  ctx.fillStyle = halo;
  ctx.fillRect(at.x - 4, at.y - 1.1 * em, w + 8, 1.4 * em);
  ctx.fillStyle = colour;
  ctx.fillText(text, at.x, at.y);
}
