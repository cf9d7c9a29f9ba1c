/** The layer over one picture: the marks that belong to what it shows, and the one that is being drawn. */
import { art, type Look, node } from "./mark-art.ts";
import { begun, bounds, drawn, moved, type Point, type Rect, type Region, resized, tidy, type Tool, toPixels, toShare } from "./regions.ts";

export interface Laid extends Look {
  id: string;
  region: Region;
}

export interface Draws {
  /** Where all of the picture lies, in pixels from the layer's corner; null while there is none. */
  rect(): Rect | null;
  started(layer: Overlay): void; // the pointer begins a mark here
  drew(region: Region | null): void; // it is done, or was a slip
  chose(id: string): void;
}

const GRIP = 22; // pixels: what a finger takes hold of
type Hold = { kind: "draw" } | { kind: "move" | "size"; from: Point };

export class Overlay {
  readonly svg = node("svg", { class: "marks-layer", "aria-hidden": "true" });
  private laid: Laid[] = [];
  private region: Region | null = null;
  private words = "";
  private tool: Tool | null = null;
  private hold: Hold | null = null;

  constructor(
    readonly host: HTMLElement,
    private readonly draws: Draws,
  ) {
    host.append(this.svg);
    new ResizeObserver(() => this.draw()).observe(host);
    this.svg.addEventListener("pointerdown", (event) => this.down(event));
    this.svg.addEventListener("pointermove", (event) => this.move(event));
    this.svg.addEventListener("pointerup", (event) => this.up(event));
    this.svg.addEventListener("pointercancel", () => this.end(null));
    this.svg.addEventListener("click", (event) => this.click(event));
  }

  show(laid: Laid[]): void {
    this.laid = laid;
    this.draw();
  }

  /** Ready for a pointer to draw with a tool; null: the picture is only looked at. */
  arm(tool: Tool | null): void {
    this.tool = tool;
    this.svg.classList.toggle("armed", tool !== null);
  }

  /** The mark in the making, as the keyboard or its words change it. */
  draft(region: Region | null, words = ""): void {
    this.region = region;
    this.words = words;
    this.draw();
  }

  draw(): void {
    const rect = this.draws.rect();
    this.svg.toggleAttribute("hidden", rect === null);
    if (!rect) return;
    const parts: SVGElement[] = this.laid.map((one) => {
      const group = art(one.region, rect, one);
      group.dataset["mark"] = one.id;
      return group;
    });
    if (this.region) {
      parts.push(art(this.region, rect, { tone: "draft", chosen: true, number: "", words: this.words }));
      const grip = this.grip(rect, this.region);
      if (grip && !this.hold) parts.push(node("circle", { class: "mark-handle", cx: grip[0], cy: grip[1], r: 7 }));
    }
    this.svg.replaceChildren(...parts);
  }

  /** The point by which its size is changed. */
  private grip(rect: Rect, region: Region): [number, number] | null {
    if (region.kind === "text") return null;
    const { left, top, width, height } = bounds(region);
    return toPixels(rect, region.kind === "arrow" ? (region.points.at(-1) ?? [0, 0]) : [left + width, top + height]);
  }

  private at(event: PointerEvent): Point {
    const box = this.svg.getBoundingClientRect();
    return toShare(this.draws.rect() ?? box, event.clientX - box.left, event.clientY - box.top);
  }

  private down(event: PointerEvent): void {
    if (!this.tool || event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
    const at = this.at(event);
    this.hold = this.taken(event, at) ?? { kind: "draw" };
    if (this.hold.kind !== "draw") return;
    this.draws.started(this);
    this.region = begun(this.tool, at);
    this.draw();
  }

  /** Whether the pointer took hold of the mark in the making: by its corner, or by its middle. */
  private taken(event: PointerEvent, at: Point): Hold | null {
    const rect = this.draws.rect();
    if (!this.region || !rect) return null;
    const box = this.svg.getBoundingClientRect();
    const grip = this.grip(rect, this.region);
    if (grip && Math.hypot(event.clientX - box.left - grip[0], event.clientY - box.top - grip[1]) < GRIP) return { kind: "size", from: at };
    const { left, top, width, height } = bounds(this.region);
    const slack = GRIP / 2 / rect.width;
    const inside = at[0] > left - slack && at[0] < left + width + slack && at[1] > top - slack && at[1] < top + height + slack;
    return inside ? { kind: "move", from: at } : null;
  }

  private move(event: PointerEvent): void {
    if (!this.hold || !this.region) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const one of passed.length ? passed : [event]) {
      const at = this.at(one);
      if (this.hold.kind === "draw") this.region = drawn(this.region, at);
      else {
        const [dx, dy] = [at[0] - this.hold.from[0], at[1] - this.hold.from[1]];
        this.region = this.hold.kind === "move" ? moved(this.region, dx, dy) : resized(this.region, dx, dy);
        this.hold.from = at;
      }
    }
    this.draw();
  }

  private up(event: PointerEvent): void {
    if (!this.hold || !this.region) return;
    this.move(event);
    this.end(tidy(this.region));
  }

  private end(region: Region | null): void {
    if (!this.hold) return;
    this.hold = null;
    this.region = region;
    this.draw();
    this.draws.drew(region);
  }

  private click(event: MouseEvent): void {
    const mark = (event.target as Element).closest<SVGGElement>("[data-mark]");
    if (this.tool || mark) event.stopPropagation(); // the picture below would play or stop
    if (!this.tool && mark) this.draws.chose(mark.dataset["mark"]!);
  }
}
