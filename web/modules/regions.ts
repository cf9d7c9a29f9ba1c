/** What is drawn on a picture: where, in shares of the picture as it is shown. Numbers only, no page. */

export type Tool = "box" | "arrow" | "freehand" | "text";
export const TOOLS: readonly Tool[] = ["box", "arrow", "freehand", "text"];

/** From the left and from the top, 0 to 1: the same on every rendition, at every size, turned as it is shown. */
export type Point = readonly [number, number];

/** box: two corners · arrow: tail, head · freehand: its way · text: where its words begin. */
export interface Region {
  kind: Tool;
  points: Point[];
}

/** As the API writes it: millionths. */
export function toWire(region: Region): number[][] {
  return region.points.map(([x, y]) => [Math.round(x * 1e6), Math.round(y * 1e6)]);
}

export function fromWire(kind: Tool, points: number[][]): Region {
  return { kind, points: points.map(([x, y]) => [(x ?? 0) / 1e6, (y ?? 0) / 1e6] as const) };
}

/** Pixels of the page. */
export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

const LEAST = 0.004; // of an edge: less was a slip of the hand
const BEND = 0.0015; // a free hand's points may leave the line by that much
const MOST = 400; // points of a free hand
const FIRST = 0.2; // edge of a box that the keyboard begins
const clamp = (value: number): number => Math.min(Math.max(value, 0), 1);
const round = (value: number): number => Math.round(value * 1e6) / 1e6;
const point = (x: number, y: number): Point => [round(clamp(x)), round(clamp(y))];

/** Where a picture lies in a frame that shows all of it: bars at the sides, or above and below. */
export function fit(frame: { width: number; height: number }, picture: { width: number; height: number }): Rect {
  const scale = Math.min(frame.width / picture.width, frame.height / picture.height);
  if (!Number.isFinite(scale)) return { left: 0, top: 0, width: frame.width, height: frame.height };
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { left: (frame.width - width) / 2, top: (frame.height - height) / 2, width, height };
}

export function toShare(rect: Rect, x: number, y: number): Point {
  return point((x - rect.left) / (rect.width || 1), (y - rect.top) / (rect.height || 1));
}

export function toPixels(rect: Rect, [x, y]: Point): [number, number] {
  return [rect.left + x * rect.width, rect.top + y * rect.height];
}

export function bounds(region: Region): Rect {
  const [xs, ys] = [region.points.map(([x]) => x), region.points.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return { left, top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
}

/** What a press of the pointer begins. */
export function begun(kind: Tool, at: Point): Region {
  return { kind, points: kind === "text" ? [at] : [at, at] };
}

/** What a key begins: in the middle, large enough to be seen, to be moved and resized from there. */
export function placed(kind: Tool): Region {
  const [from, to] = [0.5 - FIRST / 2, 0.5 + FIRST / 2];
  if (kind === "text") return { kind, points: [[0.5, 0.5]] };
  if (kind !== "freehand") return { kind, points: [[from, from], [to, to]] };
  const ring = Array.from({ length: 25 }, (_, n) => (n * Math.PI) / 12);
  return { kind, points: ring.map((turn) => point(0.5 + (FIRST / 2) * Math.cos(turn), 0.5 + (FIRST / 2) * Math.sin(turn))) };
}

/** As the pointer goes on. */
export function drawn(region: Region, to: Point): Region {
  if (region.kind === "text") return { ...region, points: [to] };
  if (region.kind !== "freehand") return { ...region, points: [region.points[0] ?? to, to] };
  const [x, y] = region.points.at(-1) ?? to;
  return Math.hypot(to[0] - x, to[1] - y) < BEND ? region : { ...region, points: [...region.points, to] };
}

/** Ready to be kept: corners in order, a free hand without needless points; null when it was a slip. */
export function tidy(region: Region): Region | null {
  const { left, top, width, height } = bounds(region);
  if (region.kind === "text") return region;
  if (region.kind === "box") {
    return width < LEAST || height < LEAST ? null : { kind: "box", points: [point(left, top), point(left + width, top + height)] };
  }
  if (Math.max(width, height) < LEAST) return null;
  return region.kind === "freehand" ? { kind: "freehand", points: thinned(region.points) } : region;
}

/** Moved as a whole; it stops at the picture's edge and keeps its shape. */
export function moved(region: Region, dx: number, dy: number): Region {
  const { left, top, width, height } = bounds(region);
  const x = Math.min(Math.max(dx, -left), 1 - left - width);
  const y = Math.min(Math.max(dy, -top), 1 - top - height);
  return { ...region, points: region.points.map((one) => point(one[0] + x, one[1] + y)) };
}

/** A box's right and lower edge, an arrow's head, a free hand's right and lower end; words have no size. */
export function resized(region: Region, dx: number, dy: number): Region {
  const [first, last] = [region.points[0], region.points.at(-1)];
  if (region.kind === "text" || !first || !last) return region;
  if (region.kind === "arrow") return { ...region, points: [first, point(last[0] + dx, last[1] + dy)] };
  const { left, top, width, height } = bounds(region);
  const wide = Math.min(Math.max(width + dx, LEAST), 1 - left) / (width || LEAST);
  const high = Math.min(Math.max(height + dy, LEAST), 1 - top) / (height || LEAST);
  return { ...region, points: region.points.map(([x, y]) => point(left + (x - left) * wide, top + (y - top) * high)) };
}

/** The three strokes of an arrow in pixels: its shaft and the two barbs of its head. */
export function barbs(tail: readonly [number, number], head: readonly [number, number], length: number): [number, number][] {
  const angle = Math.atan2(head[1] - tail[1], head[0] - tail[0]);
  return [-1, 1].map((side) => [
    head[0] - length * Math.cos(angle + (side * Math.PI) / 7),
    head[1] - length * Math.sin(angle + (side * Math.PI) / 7),
  ]);
}

function thinned(points: Point[]): Point[] {
  let bend = BEND;
  let found = simple(points, bend);
  while (found.length > MOST) found = simple(found, (bend *= 2));
  return found;
}

/** The points without which the line would leave its way (Ramer, Douglas and Peucker). */
function simple(points: Point[], bend: number): Point[] {
  const keep = new Set([0, points.length - 1]);
  const open: [number, number][] = [[0, points.length - 1]];
  for (let part = open.pop(); part; part = open.pop()) {
    const [from, to] = part;
    let [farthest, most] = [-1, bend];
    for (let n = from + 1; n < to; n += 1) {
      const off = distance(points[n]!, points[from]!, points[to]!);
      if (off > most) [farthest, most] = [n, off];
    }
    if (farthest < 0) continue;
    keep.add(farthest);
    open.push([from, farthest], [farthest, to]);
  }
  return points.filter((_, n) => keep.has(n));
}

function distance(one: Point, from: Point, to: Point): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : clamp(((one[0] - from[0]) * dx + (one[1] - from[1]) * dy) / length);
  return Math.hypot(one[0] - from[0] - share * dx, one[1] - from[1] - share * dy);
}
