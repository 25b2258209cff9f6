// What ink lies where, told from the colours of a picture: pixels once, when a
// seal is laid on the table; drawing afterwards only copies canvases.

export const channels = ["scan", "ink", "black", "paper"] as const;
export type Channel = (typeof channels)[number];

/** One side of the table, ready to draw. */
export interface Picture {
  width: number; // mm
  height: number;
  show: Record<Channel, HTMLCanvasElement>;
  tint: HTMLCanvasElement; // its ink in the colour of the overlay, to be multiplied
}

/** Colours of the overlay: each takes away what the other leaves, so that agreeing ink is a neutral dark. */
export const specimenTint = [0.9, 0.7, 0] as const; // blue
export const imprintTint = [0, 0.7, 0.9] as const; // red

const fullColour = 0.45; // optical density between channels of well inked strokes (red 0.6, blue 0.5 in scans)
const fullBlack = 0.9; // density of print
const paperFrom = 0.7; // of the paper's lightness: what is darker is ink, not paper
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
 * Cuts w×h pixels from x on out of an image of the given resolution. A seal
 * stamped in black or gray has no colour to tell it from print: all that is
 * dark counts as its ink.
 */
export function takePicture(image: CanvasImageSource, x: number, w: number, h: number, pxMM: number, coloured: boolean, tintBy: readonly number[]): Picture {
  const [scan, draw] = blank(w, h);
  draw.drawImage(image, x, 0, w, h, 0, 0, w, h);
  const from = draw.getImageData(0, 0, w, h).data;
  const paper = paperOf(from);
  const gray: Record<"ink" | "black" | "paper", ImageData> = { ink: new ImageData(w, h), black: new ImageData(w, h), paper: new ImageData(w, h) };
  const tint = new ImageData(w, h);
  const density: Float32Array[] = paper.map((white) => Float32Array.from({ length: 256 }, (_, v) => Math.max(0, Math.log10(white / Math.max(v, 1)))));
  const put = (to: ImageData, i: number, v: number): void => {
    to.data[i] = to.data[i + 1] = to.data[i + 2] = v;
    to.data[i + 3] = 255;
  };
  for (let i = 0; i < from.length; i += 4) {
    const r = from[i]!, g = from[i + 1]!, b = from[i + 2]!;
    const dr = density[0]![r]!, dg = density[1]![g]!, db = density[2]![b]!;
    const most = Math.max(dr, dg, db), least = Math.min(dr, dg, db);
    const ink = Math.min((coloured ? most - least : most) / fullColour, 1);
    put(gray.ink, i, 255 * (1 - ink));
    put(gray.black, i, 255 * (1 - Math.min(least / fullBlack, 1)));
    put(gray.paper, i, (255 * (Math.max(r / paper[0], g / paper[1], b / paper[2]) - paperFrom)) / (1.05 - paperFrom));
    for (let c = 0; c < 3; c++) tint.data[i + c] = 255 * (1 - tintBy[c]! * ink);
    tint.data[i + 3] = 255;
  }
  const canvasOf = (data: ImageData): HTMLCanvasElement => {
    const [canvas, into] = blank(w, h);
    into.putImageData(data, 0, 0);
    return canvas;
  };
  return {
    width: w / pxMM, height: h / pxMM, tint: canvasOf(tint),
    show: { scan, ink: canvasOf(gray.ink), black: canvasOf(gray.black), paper: canvasOf(gray.paper) },
  };
}
