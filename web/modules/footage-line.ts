/** The line below a film: its sound, a picture of every moment under the pointer, the marks as flags. */
import { storyboard, type Tile } from "./flight-wire.ts";
import type { Flag } from "./marking.ts";
import { find, icon, make, maybe, timecode } from "./page-kit.ts";

export interface Film {
  length(): number; // seconds
  seek(at: number): void;
  fetched(name: string): Promise<Response | null>;
  address(name: string): string | null;
}

/** A canvas in the pixels of its screen, empty. */
export function sized(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  const box = canvas.getBoundingClientRect();
  const dense = devicePixelRatio || 1;
  if (canvas.width !== Math.round(box.width * dense)) {
    canvas.width = Math.round(box.width * dense);
    canvas.height = Math.round(box.height * dense);
  }
  const context = canvas.getContext("2d");
  context?.setTransform(dense, 0, 0, dense, 0, 0);
  context?.clearRect(0, 0, box.width, box.height);
  return context;
}

export const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class FootageLine {
  private readonly line = maybe("footage-line");
  private flags: Flag[] = [];

  constructor(
    private readonly film: Film,
    private readonly choose: (id: string) => void,
  ) {
    if (!this.line) return;
    const slider = find<HTMLInputElement>("footage-slider");
    slider.addEventListener("input", () => this.film.seek(Number(slider.value)));
    void this.sound();
    void this.board();
  }

  place(at: number): void {
    if (!this.line) return;
    const slider = find<HTMLInputElement>("footage-slider");
    const length = this.film.length();
    if (slider.max !== String(length)) {
      slider.max = String(length);
      this.mark(this.flags);
    }
    slider.value = String(at);
    slider.setAttribute("aria-valuetext", timecode(at));
    find("footage-head").style.left = `${(100 * at) / length}%`;
  }

  mark(flags: Flag[]): void {
    this.flags = flags;
    if (!this.line) return;
    find("footage-flags").replaceChildren(...flagButtons(flags, (at) => at / this.film.length(), this.choose));
  }

  private async sound(): Promise<void> {
    const answer = await this.film.fetched("waveform.json");
    if (!answer) return;
    const wave = (await answer.json()) as { data: number[]; bits: number };
    const canvas = find<HTMLCanvasElement>("footage-wave");
    const draw = () => drawWave(canvas, wave);
    draw();
    new ResizeObserver(draw).observe(canvas);
  }

  private async board(): Promise<void> {
    const answer = await this.film.fetched("storyboard.vtt");
    const sheet = this.film.address("storyboard.jpg");
    if (!this.line || !answer || !sheet) return;
    const tiles: Tile[] = storyboard(await answer.text());
    const peek = find("footage-peek");
    this.line.addEventListener("pointermove", (event) => {
      const box = this.line!.getBoundingClientRect();
      const share = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
      const at = share * this.film.length();
      const tile = tiles.find((one) => one.start <= at && at < one.end) ?? tiles.at(-1);
      if (!tile) return;
      peek.hidden = false;
      const half = (tile.width + 4) / 2; // kept within the line
      peek.style.left = `${Math.max(half, Math.min(share * box.width, box.width - half))}px`;
      peek.style.width = `${tile.width}px`;
      peek.style.height = `${tile.height}px`;
      peek.style.backgroundImage = `url("${sheet}")`;
      peek.style.backgroundPosition = `-${tile.x}px -${tile.y}px`;
      peek.dataset["time"] = timecode(at);
    });
    this.line.addEventListener("pointerleave", () => (peek.hidden = true));
  }
}

const NEAR = 0.02; // of the line: what is nearer would lie over the other

/** Marks at their moments; those that would cover each other stand in two rows. */
export function flagButtons(flags: Flag[], share: (at: number) => number, choose: (id: string) => void): HTMLButtonElement[] {
  const free = [-1, -1]; // where each row is free again
  return flags.map((flag) => {
    const at = share(flag.at);
    const row = at >= free[0]! || free[0]! <= free[1]! ? 0 : 1;
    free[row] = at + NEAR;
    const button = flagButton(flag, at, choose);
    button.classList.toggle("lower", row === 1);
    return button;
  });
}

function flagButton(flag: Flag, share: number, choose: (id: string) => void): HTMLButtonElement {
  const button = make("button", `mark-flag ${flag.state}`, icon(flag.state === "open" ? "flag" : "check"));
  button.type = "button";
  button.dataset["flag"] = flag.id;
  button.title = `${timecode(flag.at, true)} ${flag.words}`;
  button.setAttribute("aria-label", button.title);
  button.style.left = `${100 * Math.min(Math.max(share, 0), 1)}%`;
  button.addEventListener("click", () => choose(flag.id));
  return button;
}

function drawWave(canvas: HTMLCanvasElement, wave: { data: number[]; bits: number }): void {
  const context = sized(canvas);
  if (!context) return;
  const { width, height } = canvas.getBoundingClientRect();
  context.fillStyle = colour("--ink-3");
  const pairs = wave.data.length / 2;
  const top = wave.bits === 16 ? 32768 : 128;
  const y = (value: number) => (height / 2) * (1 - value / top);
  for (let x = 0; x < width; x += 1) {
    const from = Math.floor((x / width) * pairs);
    const to = Math.max(from + 1, Math.floor(((x + 1) / width) * pairs));
    let low = 0;
    let high = 0;
    for (let n = from; n < to; n += 1) {
      low = Math.min(low, wave.data[2 * n] ?? 0);
      high = Math.max(high, wave.data[2 * n + 1] ?? 0);
    }
    context.fillRect(x, y(high), 1, Math.max(1, y(low) - y(high)));
  }
}
