// What ink lies where, told from the colours of a picture: pixels once, when a
// seal is laid on the table; drawing afterwards only copies canvases.

export const channels = ["scan", "ink", "black", "paper"] as const;
export type Channel = (typeof channels)[number];

/** One side of the table, ready to draw. */
export interface Picture {
  width: number; // mm
  height: number;
  show(channel: Channel | "tint"): HTMLCanvasElement; // tint: its ink in the colour of the overlay, to be multiplied
}

/** Colours of the overlay: each takes away what the other leaves, so that agreeing ink is a neutral dark. */
export const specimenTint = [0.9, 0.7, 0] as const; // blue
export const imprintTint = [0, 0.7, 0.9] as const; // red

const inkFloor = 0.06; // optical density, between colours, below which there is no ink: noise of a JPEG is less
const strokeFloor = 0.2; // of any colour: what is paler is paper
const saturation = 0.7; // of the median density of a picture's own strokes: a faint imprint counts like a full one
const fullBlack = 0.9; // density of print
const paperFrom = 0.7, paperTo = 1.05; // of the paper's lightness, stretched to the whole range: what is darker is ink
const paperPart = 0.9; // of the pixels are at most as light as paper: crops are mostly paper

function blank(w: number, h: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement("canvas");
  canvas.width = w;
  canvas.height = h;
  return [canvas, canvas.getContext("2d")!];
}

/** Lightness of the paper in each colour: a high quantile of all pixels. */
function paperOf(pixels: Uint8ClampedArray): [number, number, number] {
  const lightest = (c: number): number => {
    const counts = new Uint32Array(256);
    for (let i = c; i < pixels.length; i += 4) counts[pixels[i]!]!++;
    let left = (pixels.length / 4) * (1 - paperPart), v = 255;
    while (v > 1 && (left -= counts[v]!) > 0) v--;
    return v;
  };
  return [lightest(0), lightest(1), lightest(2)];
}

/**
 * Cuts a part out of an image of the given resolution. A seal stamped in black or
 * gray has no colour to tell it from print: all that is dark counts as its ink.
 * Whether it is coloured is looked up in the picture when it is not known.
 */
export function takePicture(image: CanvasImageSource, part: { x: number; y: number; w: number; h: number }, pxMM: number, coloured: boolean | undefined, tintBy: readonly number[]): Picture {
  const { x, y, w, h } = part, [scan, draw] = blank(w, h);
  draw.drawImage(image, x, y, w, h, 0, 0, w, h);
  // Most seals are judged as scanned: the rest is worked out when it is asked for.
  let apart: Record<Exclude<Channel, "scan"> | "tint", HTMLCanvasElement> | null = null;
  return { width: w / pxMM, height: h / pxMM, show: (channel) => (channel === "scan" ? scan : (apart ??= takeApart(scan, coloured, tintBy))[channel]) };
}

/** Whether what is dark has mostly a colour. */
function isColoured(pixels: Uint8ClampedArray, density: Float32Array[]): boolean {
  let dark = 0, bright = 0;
  for (let i = 0; i < pixels.length; i += 4) {
    const d = density.map((of, c) => of[pixels[i + c]!]!), most = Math.max(...d);
    if (most < strokeFloor) continue;
    dark++;
    if (most - Math.min(...d) > inkFloor) bright++;
  }
  return bright * 2 > dark;
}

function takeApart(scan: HTMLCanvasElement, known: boolean | undefined, tintBy: readonly number[]): Record<Exclude<Channel, "scan"> | "tint", HTMLCanvasElement> {
  const { width: w, height: h } = scan;
  const from = scan.getContext("2d")!.getImageData(0, 0, w, h).data;
  const paper = paperOf(from);
  const ink = new ImageData(w, h), black = new ImageData(w, h), plain = new ImageData(w, h), tint = new ImageData(w, h);
  const density = paper.map((white) => Float32Array.from({ length: 256 }, (_, v) => Math.max(0, Math.log10(white / Math.max(v, 1)))));
  const coloured = known ?? isColoured(from, density);
  const inkAt = (i: number): number => {
    const r = density[0]![from[i]!]!, g = density[1]![from[i + 1]!]!, b = density[2]![from[i + 2]!]!;
    return coloured ? Math.max(r, g, b) - Math.min(r, g, b) : Math.max(r, g, b);
  };
  const strokes: number[] = [];
  for (let i = 0; i < from.length; i += 4) if (inkAt(i) > inkFloor) strokes.push(inkAt(i));
  const fullInk = saturation * (strokes.sort((a, b) => a - b)[strokes.length >> 1] ?? 1);
  const gray = (to: ImageData, i: number, v: number): void => {
    to.data[i] = to.data[i + 1] = to.data[i + 2] = v;
    to.data[i + 3] = 255;
  };
  for (let i = 0; i < from.length; i += 4) {
    const r = from[i]!, g = from[i + 1]!, b = from[i + 2]!;
    const dr = density[0]![r]!, dg = density[1]![g]!, db = density[2]![b]!;
    const least = Math.min(dr, dg, db), full = Math.min(inkAt(i) / fullInk, 1);
    gray(ink, i, 255 * (1 - full));
    gray(black, i, 255 * (1 - Math.min(least / fullBlack, 1)));
    gray(plain, i, (255 * (Math.max(r / paper[0], g / paper[1], b / paper[2]) - paperFrom)) / (paperTo - paperFrom));
    for (let c = 0; c < 3; c++) tint.data[i + c] = 255 * (1 - tintBy[c]! * full);
    tint.data[i + 3] = 255;
  }
  const canvasOf = (data: ImageData): HTMLCanvasElement => {
    const [canvas, into] = blank(w, h);
    into.putImageData(data, 0, 0);
    return canvas;
  };
  return { ink: canvasOf(ink), black: canvasOf(black), paper: canvasOf(plain), tint: canvasOf(tint) };
}
