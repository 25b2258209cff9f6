// Lengths are millimetres on the specimen's paper, from the middle of the
// picture, y down; angles are degrees clockwise from the right.

export interface Point { x: number; y: number }

/** The line of a fold: it runs along the angle, offset is measured across (models.Crease). */
export interface Crease { angle: number; offset: number }

/** How the imprint was moved by hand: turned about the middle, then shifted. Never stretched or bent. */
export interface Move { dx: number; dy: number; turn: number }

export const still: Move = { dx: 0, dy: 0, turn: 0 };

const radians = Math.PI / 180;

const turned = (p: Point, degrees: number): Point => {
  const c = Math.cos(degrees * radians), s = Math.sin(degrees * radians);
  return { x: c * p.x - s * p.y, y: s * p.x + c * p.y };
};

/** Where the move puts a point of the imprint, and where a point came from. */
export const applied = (m: Move, p: Point): Point => { const t = turned(p, m.turn); return { x: t.x + m.dx, y: t.y + m.dy }; };
export const undone = (m: Move, p: Point): Point => turned({ x: p.x - m.dx, y: p.y - m.dy }, -m.turn);

/** An angle in [-180, 180). */
export const halfTurns = (degrees: number): number => ((((degrees + 180) % 360) + 360) % 360) - 180;

/** The move that lays two points of the imprint as well on two of the specimen as can be without stretching. */
export function moveOnto(imprint: [Point, Point], specimen: [Point, Point]): Move {
  const turn = halfTurns(direction(...specimen) - direction(...imprint));
  const middle = ([a, b]: [Point, Point]): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const from = turned(middle(imprint), turn), to = middle(specimen);
  return { dx: to.x - from.x, dy: to.y - from.y, turn };
}

export const along = (c: Crease): Point => ({ x: Math.cos(c.angle * radians), y: Math.sin(c.angle * radians) });

/** Points to the side that shows the imprint, unless the sides are swapped. */
export const across = (c: Crease): Point => ({ x: -Math.sin(c.angle * radians), y: Math.cos(c.angle * radians) });

/** The point of the crease nearest to the middle. */
export const foot = (c: Crease): Point => { const n = across(c); return { x: n.x * c.offset, y: n.y * c.offset }; };

/** How far a point lies beyond the crease. */
export const beyond = (c: Crease, p: Point): number => { const n = across(c); return n.x * p.x + n.y * p.y - c.offset; };

/** The crease through a point at an angle in [0, 180), and whether writing it so exchanged its sides. */
export function creaseThrough(p: Point, angle: number): { crease: Crease; flipped: boolean } {
  const turns = ((angle % 360) + 360) % 360;
  const crease = { angle: turns % 180, offset: 0 };
  crease.offset = beyond(crease, p);
  return { crease, flipped: turns >= 180 };
}

/** Everything within reach on one side of the crease (+1 beyond, -1 before), as a polygon. */
export function side(c: Crease, which: 1 | -1, reach: number): Point[] {
  const f = foot(c), u = along(c), n = across(c);
  const at = (s: number, t: number) => ({ x: f.x + u.x * s + n.x * t, y: f.y + u.y * s + n.y * t });
  return [at(-reach, 0), at(reach, 0), at(reach, which * reach), at(-reach, which * reach)];
}

export const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** The direction from a to b, in (-180, 180]. */
export const direction = (a: Point, b: Point): number => Math.atan2(b.y - a.y, b.x - a.x) / radians;

/** The angle at the corner between two points, 0 to 180. */
export function cornerAngle(corner: Point, a: Point, b: Point): number {
  const d = Math.abs(direction(corner, a) - direction(corner, b));
  return Math.min(d, 360 - d);
}
