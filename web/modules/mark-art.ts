/** A region as lines over a picture. Every line lies on a darker, wider one, so that it is seen on any ground. */
import { barbs, bounds, type Rect, type Region, toPixels } from "./regions.ts";

export interface Look {
  tone: "open" | "closed" | "draft";
  chosen: boolean;
  passing?: boolean; // its picture was shown a moment ago
  number: string; // "" for none
  words: string; // of a text; others show theirs in the list
}

const SVG = "http://www.w3.org/2000/svg";
const BARB = 16; // pixels
const LINE = 30; // letters of a line of words on the picture
const LINES = 6;

export function node<K extends keyof SVGElementTagNameMap>(tag: K, facts: Record<string, string | number>): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(facts)) made.setAttribute(name, String(value));
  return made;
}

export function art(region: Region, rect: Rect, look: Look): SVGGElement {
  const group = node("g", { class: `mark ${look.tone}${look.chosen ? " chosen" : ""}${look.passing ? " passing" : ""}` });
  if (region.kind === "text") group.append(...plate(region, rect, look.words));
  else {
    const way = outline(region, rect);
    for (const name of ["mark-edge", "mark-line", "mark-grip"]) group.append(node("path", { class: name, d: way }));
  }
  if (look.number) group.append(badge(region, rect, look.number));
  return group;
}

/** The line of a box, an arrow or a free hand, in pixels. */
function outline(region: Region, rect: Rect): string {
  const at = region.points.map((point) => toPixels(rect, point).map((value) => value.toFixed(1)));
  if (region.kind === "box") {
    const [[left, top], [right, bottom]] = [at[0] ?? ["0", "0"], at[1] ?? at[0] ?? ["0", "0"]];
    return `M${left} ${top}H${right}V${bottom}H${left}Z`;
  }
  const line = `M${at.map((one) => one.join(" ")).join("L")}`;
  const [tail, head] = [region.points[0], region.points.at(-1)];
  if (region.kind !== "arrow" || !tail || !head) return line;
  const tip = toPixels(rect, head);
  const [one, two] = barbs(toPixels(rect, tail), tip, BARB).map((barb) => barb.map((value) => value.toFixed(1)).join(" "));
  return `${line}M${one}L${tip.map((value) => value.toFixed(1)).join(" ")}L${two}`;
}

/** Words on a solid ground, kept on the picture. */
function plate(region: Region, rect: Rect, words: string): SVGElement[] {
  const lines = wrapped(words || "…");
  const wide = Math.max(...lines.map(width)) * 15 + 16;
  const high = lines.length * 20 + 10;
  const [x, y] = toPixels(rect, region.points[0] ?? [0, 0]);
  const left = Math.max(rect.left, Math.min(x, rect.left + rect.width - wide));
  const top = Math.max(rect.top, Math.min(y, rect.top + rect.height - high));
  const text = node("text", { class: "mark-words", x: left + 8, y: top + 20 });
  lines.forEach((line, n) => {
    const part = node("tspan", { x: left + 8, dy: n ? 20 : 0 });
    part.textContent = line;
    text.append(part);
  });
  return [node("rect", { class: "mark-plate", x: left, y: top, width: wide, height: high, rx: 4 }), text];
}

/** In widths of a Chinese letter, of which others take about half. */
function width(line: string): number {
  return [...line].reduce((sum, letter) => sum + (letter.codePointAt(0)! > 0x2e80 ? 1 : 0.56), 0);
}

function wrapped(words: string): string[] {
  const lines: string[] = [];
  for (const paragraph of words.split("\n")) {
    let line = "";
    for (const word of paragraph.match(/[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*|\s+/g) ?? [""]) {
      if (line && width(line + word) > LINE * 0.56) {
        lines.push(line.trimEnd());
        line = "";
      }
      line += word;
    }
    lines.push(line.trimEnd());
  }
  if (lines.length <= LINES) return lines;
  return [...lines.slice(0, LINES - 1), `${lines[LINES - 1]}…`];
}

/** The number by which the list names it. */
function badge(region: Region, rect: Rect, number: string): SVGGElement {
  const { left, top } = bounds(region);
  const [x, y] = toPixels(rect, region.kind === "arrow" ? (region.points[0] ?? [0, 0]) : [left, top]);
  const group = node("g", { class: "mark-badge" });
  const wide = 12 + number.length * 8;
  const middle = Math.max(wide / 2, x);
  const height = Math.max(11, y - (region.kind === "text" ? 11 : 0));
  const text = node("text", { x: middle, y: height + 4.5, "text-anchor": "middle" });
  text.textContent = number;
  group.append(node("rect", { x: middle - wide / 2, y: height - 10, width: wide, height: 20, rx: 10 }), text);
  return group;
}
