/** Deep zoom: which part of a large picture is seen, and which tiles are needed for it. Numbers only, no page. */
import { fit, type Rect } from "./regions.ts";

/** Level 0 is the smallest; the last one is full size; each is half of the next, rounded up. */
export interface Pyramid {
  width: number;
  height: number;
  tile: number; // pixels of a tile's edge
  levels: number; // 0: there are none
}

export interface Tile {
  level: number;
  column: number;
  row: number;
  rect: Rect; // in pixels of the page
}

interface Size {
  width: number;
  height: number;
}

const CLOSEST = 4; // pixels of the page for one of the picture

export class View {
  private frame: Size = { width: 1, height: 1 };
  private scale = 1; // times the size at which all of it is seen
  private x = 0.5; // what lies in the frame's middle, in shares of the picture
  private y = 0.5;

  constructor(readonly picture: Size) {}

  get zoomed(): boolean {
    return this.scale > 1.001;
  }

  resize(frame: Size): void {
    this.frame = frame;
    this.zoom(1, frame.width / 2, frame.height / 2);
  }

  /** Where all of the picture lies, most of it perhaps beyond the frame. */
  rect(): Rect {
    const whole = fit(this.frame, this.picture);
    const [width, height] = [whole.width * this.scale, whole.height * this.scale];
    return {
      left: width <= this.frame.width ? (this.frame.width - width) / 2 : this.frame.width / 2 - this.x * width,
      top: height <= this.frame.height ? (this.frame.height - height) / 2 : this.frame.height / 2 - this.y * height,
      width,
      height,
    };
  }

  /** Nearer or farther; what lies under a point of the frame stays there. */
  zoom(factor: number, x: number, y: number): void {
    const before = this.rect();
    const whole = fit(this.frame, this.picture);
    const most = Math.max(1, (CLOSEST * this.picture.width) / (whole.width || 1));
    this.scale = Math.min(Math.max(this.scale * factor, 1), most);
    const grown = (whole.width * this.scale) / (before.width || 1);
    this.look(x - (x - before.left) * grown, y - (y - before.top) * grown);
  }

  pan(dx: number, dy: number): void {
    const { left, top } = this.rect();
    this.look(left + dx, top + dy);
  }

  whole(): void {
    this.scale = 1;
    this.look(0, 0);
  }

  /** Brings a place of the picture into the frame, if it is not seen. */
  reveal(x: number, y: number): void {
    const { left, top, width, height } = this.rect();
    const [at, over] = [left + x * width, top + y * height];
    if (at > 0 && at < this.frame.width && over > 0 && over < this.frame.height) return;
    this.look(this.frame.width / 2 - x * width, this.frame.height / 2 - y * height);
  }

  /** With the picture's corner there, as near as no empty ground comes into the frame. */
  private look(left: number, top: number): void {
    const { width, height } = this.rect();
    const kept = (edge: number, frame: number, length: number) => Math.min(0, Math.max(frame - length, edge));
    this.x = (this.frame.width / 2 - kept(left, this.frame.width, width)) / (width || 1);
    this.y = (this.frame.height / 2 - kept(top, this.frame.height, height)) / (height || 1);
  }
}

/** Pixels of a level. */
export function sizeOf(pyramid: Pyramid, level: number): Size {
  let { width, height } = pyramid;
  for (let n = pyramid.levels - 1; n > level; n -= 1) [width, height] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  return { width, height };
}

/** The tiles that the frame needs, of the smallest level that is sharp there; none while `enough` pixels in width do. */
export function tilesFor(pyramid: Pyramid, rect: Rect, frame: Size, dense: number, enough: number): Tile[] {
  const needed = rect.width * dense;
  if (pyramid.levels === 0 || needed <= enough) return [];
  let level = 0;
  while (level < pyramid.levels - 1 && sizeOf(pyramid, level).width < needed) level += 1;
  const size = sizeOf(pyramid, level);
  const [across, down] = [rect.width / size.width, rect.height / size.height]; // pixels of the page for one of the level
  const span = (edge: number, seen: number, step: number, count: number): [number, number] => [
    Math.max(0, Math.floor(-edge / step)),
    Math.min(count - 1, Math.floor((seen - edge) / step)),
  ];
  const [left, right] = span(rect.left, frame.width, pyramid.tile * across, Math.ceil(size.width / pyramid.tile));
  const [top, bottom] = span(rect.top, frame.height, pyramid.tile * down, Math.ceil(size.height / pyramid.tile));
  const found: Tile[] = [];
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      found.push({ level, column, row, rect: tileAt(pyramid, rect, level, column, row) });
    }
  }
  return found;
}

/** Where a tile lies; the last ones of a row and a column are smaller. */
export function tileAt(pyramid: Pyramid, rect: Rect, level: number, column: number, row: number): Rect {
  const size = sizeOf(pyramid, level);
  const [across, down] = [rect.width / size.width, rect.height / size.height];
  const [x, y] = [column * pyramid.tile, row * pyramid.tile];
  const [wide, high] = [Math.min(pyramid.tile, size.width - x), Math.min(pyramid.tile, size.height - y)];
  return { left: rect.left + x * across, top: rect.top + y * down, width: wide * across, height: high * down };
}
