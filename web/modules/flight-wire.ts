/** A flight as GeoJSON tells it, laid on a plane: what the map and the height curve draw. No page, no tiles. */

export interface Point {
  at: number; // seconds on the film's timeline
  x: number; // metres east of the first point
  y: number; // metres north
  height: number | null; // metres
}

export interface GeoJson {
  features: {
    geometry: { type: string; coordinates: number[] | number[][] } | null;
    properties: { at?: (number | null)[]; relative?: (number | null)[]; altitude?: (number | null)[]; datum?: string };
  }[];
}

const METRES = 111_320; // of a degree of latitude

export class Flight {
  readonly points: Point[] = [];
  readonly site: { x: number; y: number } | null;
  readonly outline: { x: number; y: number }[];

  /** `site` and the corners of its `polygon`: latitude, longitude. */
  constructor(data: GeoJson, site: [number, number] | null, polygon: [number, number][] = []) {
    const feature = data.features[0];
    const geometry = feature?.geometry ?? null;
    const line = !geometry ? [] : geometry.type === "Point" ? [geometry.coordinates as number[]] : (geometry.coordinates as number[][]);
    const origin = line[0] ?? [site?.[1] ?? 0, site?.[0] ?? 0];
    const east = METRES * Math.cos(((origin[1] ?? 0) * Math.PI) / 180);
    const flat = (longitude: number, latitude: number) => ({
      x: (longitude - (origin[0] ?? 0)) * east,
      y: (latitude - (origin[1] ?? 0)) * METRES,
    });
    const told = feature?.properties ?? {};
    line.forEach((place, n) => {
      const height = told.relative?.[n] ?? told.altitude?.[n] ?? place[2] ?? null;
      this.points.push({ at: told.at?.[n] ?? n, ...flat(place[0] ?? 0, place[1] ?? 0), height });
    });
    this.outline = polygon.map(([latitude, longitude]) => flat(longitude, latitude));
    this.site = site ? flat(site[1], site[0]) : null;
  }

  /** Where it was at a moment, between the two samples around it. */
  when(at: number): Point | null {
    const after = this.points.findIndex((point) => point.at >= at);
    if (after < 0) return this.points.at(-1) ?? null;
    const next = this.points[after]!;
    const before = this.points[after - 1];
    if (!before || next.at === before.at) return next;
    const share = (at - before.at) / (next.at - before.at);
    const mix = (a: number, b: number) => a + (b - a) * share;
    const height = before.height === null || next.height === null ? next.height : mix(before.height, next.height);
    return { at, x: mix(before.x, next.x), y: mix(before.y, next.y), height };
  }

  /** The sample nearest to a place on the plane. */
  nearest(x: number, y: number): Point | null {
    let best: Point | null = null;
    let least = Infinity;
    for (const point of this.points) {
      const far = (point.x - x) ** 2 + (point.y - y) ** 2;
      if (far < least) [best, least] = [point, far];
    }
    return best;
  }

  /** What a map has to show: everything, and a margin. */
  bounds(): { left: number; bottom: number; width: number; height: number } {
    const all = [...this.points, ...(this.site ? [this.site] : []), ...this.outline];
    const xs = all.map((point) => point.x);
    const ys = all.map((point) => point.y);
    const left = Math.min(...xs, 0);
    const bottom = Math.min(...ys, 0);
    const width = Math.max(Math.max(...xs, 0) - left, 20);
    const height = Math.max(Math.max(...ys, 0) - bottom, 20);
    return { left: left - width * 0.1, bottom: bottom - height * 0.1, width: width * 1.2, height: height * 1.2 };
  }
}

/** A round length of at most a third of a map's width, for its scale bar: 1, 2 or 5 times a power of ten metres. */
export function scaleBar(width: number): number {
  const most = width / 3;
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((n) => n * power).find((length) => length <= most) ?? power;
}

export interface Tile {
  start: number;
  end: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A WebVTT storyboard: which part of the sprite stands for which seconds. */
export function storyboard(vtt: string): Tile[] {
  const seconds = (text: string) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const tiles: Tile[] = [];
  const cue = /([\d:.]+) --> ([\d:.]+)\s+\S*#xywh=(\d+),(\d+),(\d+),(\d+)/g;
  for (const found of vtt.matchAll(cue)) {
    const [x, y, width, height] = found.slice(3, 7).map(Number) as [number, number, number, number];
    tiles.push({ start: seconds(found[1]!), end: seconds(found[2]!), x, y, width, height });
  }
  return tiles;
}
