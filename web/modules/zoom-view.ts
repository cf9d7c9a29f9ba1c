/** A picture that can be looked at closely: wheel, two fingers, keys and buttons; tiles only where they are seen. */
import { icon, make, say } from "./page-kit.ts";
import type { Rect } from "./regions.ts";
import { type Pyramid, tileAt, tilesFor, View } from "./zoom.ts";

const STEP = 1.6; // by a key or a button
const MOST = 160; // tiles kept in the page
const PAN = 60; // pixels by an arrow key

export class ZoomView {
  private readonly view: View;
  private readonly sheet = make("div", "zoom-tiles");
  private readonly tiles = new Map<string, HTMLImageElement>();
  private readonly fingers = new Map<number, PointerEvent>();
  private asked = false;

  /** `tile` answers the address of one; `moved` is called when the picture lies elsewhere. */
  constructor(
    readonly host: HTMLElement,
    private readonly image: HTMLImageElement,
    private readonly pyramid: Pyramid,
    private readonly tile: (level: number, column: number, row: number) => string,
    private readonly moved: () => void,
    private readonly closer: string | null = null, // the same picture in all its pixels, where there are no tiles
  ) {
    this.view = new View(pyramid);
    host.classList.add("zoom");
    host.style.aspectRatio = `${pyramid.width} / ${pyramid.height}`;
    host.append(this.sheet, this.buttons());
    new ResizeObserver(() => this.fitted()).observe(host);
    host.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    host.addEventListener("dblclick", (event) => this.drawing || this.by(event.shiftKey ? 1 / STEP : STEP, event));
    for (const kind of ["pointerdown", "pointermove", "pointerup", "pointercancel"] as const) host.addEventListener(kind, (event) => this.finger(event));
    host.addEventListener("keydown", (event) => this.key(event));
    image.addEventListener("load", () => this.draw());
    this.fitted();
  }

  rect(): Rect | null {
    return this.image.complete && this.image.naturalWidth ? this.view.rect() : null;
  }

  reveal(x: number, y: number): void {
    this.view.reveal(x, y);
    this.draw();
  }

  private fitted(): void {
    this.view.resize({ width: this.host.clientWidth, height: this.host.clientHeight });
    this.draw();
  }

  private buttons(): HTMLElement {
    const box = make("div", "zoom-buttons");
    for (const [name, act] of [["in", () => this.by(STEP)], ["out", () => this.by(1 / STEP)], ["whole", () => (this.view.whole(), this.draw())]] as const) {
      const button = make("button", "tool", icon(`zoom-${name}`), make("span", "out-of-sight", say(`footage.zoom_${name}`)));
      button.type = "button";
      button.title = say(`footage.zoom_${name}`);
      button.addEventListener("click", act);
      box.append(button);
    }
    box.addEventListener("pointerdown", (event) => event.stopPropagation());
    return box;
  }

  /** Nearer or farther, about a point of the page or the middle. */
  private by(factor: number, at?: { clientX: number; clientY: number }): void {
    const box = this.host.getBoundingClientRect();
    this.view.zoom(factor, at ? at.clientX - box.left : box.width / 2, at ? at.clientY - box.top : box.height / 2);
    this.draw();
  }

  private wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !this.view.zoomed && event.deltaY > 0) return; // nothing to zoom out of: the page scrolls
    event.preventDefault();
    this.by(Math.exp(-event.deltaY / 400), event);
  }

  private get drawing(): boolean {
    return this.host.querySelector(".marks-layer.armed") !== null;
  }

  private finger(event: PointerEvent): void {
    if (event.type === "pointerdown") {
      this.fingers.set(event.pointerId, event);
      return;
    }
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    if (event.type !== "pointermove") return void this.fingers.delete(event.pointerId);
    const other = [...this.fingers.values()].find((one) => one.pointerId !== event.pointerId);
    this.fingers.set(event.pointerId, event);
    if (other) {
      const far = (one: PointerEvent) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
      this.by(far(event) / far(before), { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 });
    } else if (this.view.zoomed && !this.drawing) {
      if (!this.host.hasPointerCapture(event.pointerId)) this.host.setPointerCapture(event.pointerId);
      this.view.pan(event.clientX - before.clientX, event.clientY - before.clientY);
      this.draw();
    }
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || this.drawing) return;
    const arrows: Record<string, [number, number]> = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };
    const arrow = arrows[event.key];
    if (event.key === "+" || event.key === "=") this.by(STEP);
    else if (event.key === "-") this.by(1 / STEP);
    else if (event.key === "0") this.view.whole();
    else if (arrow && this.view.zoomed) this.view.pan(...arrow);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.draw();
  }

  private draw(): void {
    const rect = this.view.rect();
    place(this.image, rect);
    this.host.classList.toggle("zoomed", this.view.zoomed);
    const frame = { width: this.host.clientWidth, height: this.host.clientHeight };
    const sharp = this.image.naturalWidth || Infinity;
    if (this.closer && !this.asked && rect.width * devicePixelRatio > sharp) {
      this.asked = true;
      this.image.src = this.closer;
    }
    const wanted = tilesFor(this.pyramid, rect, frame, devicePixelRatio || 1, sharp);
    for (const one of wanted) {
      const name = `${one.level}/${one.column}_${one.row}`;
      let image = this.tiles.get(name);
      if (!image) {
        image = make("img");
        image.alt = "";
        image.draggable = false;
        image.src = this.tile(one.level, one.column, one.row);
        this.sheet.append(image);
      }
      this.tiles.delete(name);
      this.tiles.set(name, image); // the newest last
    }
    this.tidy(rect, wanted.length);
    this.moved();
  }

  /** Every tile at its place; those longest out of use go. */
  private tidy(rect: Rect, wanted: number): void {
    for (const name of [...this.tiles.keys()].slice(0, Math.max(0, this.tiles.size - Math.max(MOST, wanted)))) {
      this.tiles.get(name)!.remove();
      this.tiles.delete(name);
    }
    for (const [name, image] of this.tiles) {
      const [level, column, row] = name.split(/[/_]/).map(Number) as [number, number, number];
      place(image, tileAt(this.pyramid, rect, level, column, row));
      image.style.zIndex = String(level);
    }
  }
}

function place(image: HTMLElement, rect: Rect): void {
  image.style.left = `${rect.left}px`;
  image.style.top = `${rect.top}px`;
  image.style.width = `${rect.width}px`;
  image.style.height = `${rect.height}px`;
}
