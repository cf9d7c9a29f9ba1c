/** The timeline over the full width: a scale, a lane for each track, gaps, and marks that can be pressed. */
import type { Timeline, Track } from "./contract.ts";
import { flagButtons } from "./footage-line.ts";
import type { Flag } from "./marking.ts";
import { LOOKS, find, icon, make, say, timecode } from "./page-kit.ts";
import { endOf, inOrder, startOf } from "./timeline-wire.ts";

export interface Mark {
  at: number; // seconds
  tone: string;
  sign: string;
  words: string;
}

/** Findings and snapshots as marks, in the order of time. */
export function marksOf(timeline: Timeline): Mark[] {
  const found: Mark[] = [];
  for (const one of timeline.findings) {
    const [tone, sign] = LOOKS[one.result] ?? ["", "minus"];
    const words = `${one.title ?? one.check} · ${say(`result.${one.result}`)}`;
    found.push({ at: (one.at_us - timeline.epoch_us) / 1e6, tone, sign, words });
  }
  for (const one of timeline.snapshots) {
    const track = timeline.tracks.find((other) => other.id === one.track);
    found.push({ at: one.time / (track?.timescale ?? 90_000), tone: "", sign: "camera", words: say("review.stills") });
  }
  return found.sort((a, b) => a.at - b.at);
}

export class Lanes {
  private from = 0;
  private to = 1;
  private drawn = "";

  private flagged: Flag[] = [];
  private readonly flagBar = make("div", "lane-bar flag-bar");

  constructor(
    private readonly seek: (at: number) => void,
    private readonly choose: (id: string) => void,
  ) {
    const slider = find<HTMLInputElement>("slider");
    slider.addEventListener("input", () => this.seek(Number(slider.value)));
    find("timeline").addEventListener("pointerdown", (event) => this.drag(event));
  }

  draw(timeline: Timeline, range: { from: number; to: number }): void {
    const shape = JSON.stringify([range, timeline.tracks.map((one) => [one.segments.length, one.gaps.length, one.segments.filter((s) => s.state === "stored").length]), timeline.snapshots.length, timeline.findings.length]);
    if (shape === this.drawn) return;
    this.drawn = shape;
    this.from = range.from;
    this.to = Math.max(range.to, range.from + 1);
    const slider = find<HTMLInputElement>("slider");
    slider.min = String(this.from);
    slider.max = String(this.to);
    this.scale();
    const lanes = inOrder(timeline.tracks).map((track) => this.lane(track));
    find("lanes").replaceChildren(this.marks(timeline), this.flagLane(), ...lanes);
  }

  /** What was marked on the pictures. */
  flags(flags: Flag[]): void {
    this.flagged = flags;
    this.flagLane();
  }

  private flagLane(): HTMLElement {
    const share = (at: number) => (at - this.from) / (this.to - this.from);
    this.flagBar.replaceChildren(...flagButtons(this.flagged, share, this.choose));
    const name = make("span", "lane-name", icon("mark-hand"), make("span", "", say("review.lane_flags")));
    return this.flagBar.parentElement ?? make("div", "lane", name, this.flagBar);
  }

  place(at: number): void {
    const bar = document.querySelector<HTMLElement>(".lane-bar") ?? find("scale");
    const share = (at - this.from) / (this.to - this.from);
    find("playhead").style.left = `${bar.offsetLeft + bar.offsetWidth * Math.min(Math.max(share, 0), 1)}px`;
    const slider = find<HTMLInputElement>("slider");
    slider.value = String(at);
    slider.setAttribute("aria-valuetext", timecode(at));
  }

  private percent(seconds: number): string {
    return `${(100 * (seconds - this.from)) / (this.to - this.from)}%`;
  }

  private scale(): void {
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
    const step = steps.find((one) => (this.to - this.from) / one <= 10) ?? 7200;
    const labels = [];
    for (let at = Math.ceil(this.from / step) * step; at < this.to; at += step) {
      const label = make("span", "", timecode(at));
      label.style.left = this.percent(at);
      labels.push(label);
    }
    find("scale").replaceChildren(...labels);
  }

  private lane(track: Track): HTMLElement {
    const bar = make("div", "lane-bar");
    for (const segment of track.segments) {
      bar.append(this.part(`lane-part ${track.kind} ${segment.state}`, startOf(track, segment), endOf(track, segment)));
    }
    for (const gap of track.gaps) {
      const seconds = Math.max(1, Math.round((gap.end - gap.start) / track.timescale));
      const part = this.part("lane-gap", gap.start / track.timescale, gap.end / track.timescale);
      const known = say(`gap.${gap.reason}`) === `gap.${gap.reason}` ? "unknown" : gap.reason;
      part.title = say(`gap.${known}`, { seconds });
      bar.append(part);
    }
    const name = make("span", "lane-name", icon(track.kind === "video" ? "video" : "wave"), make("span", "", track.name));
    name.title = `${track.name} · ${say(`review.${track.kind}`)}`;
    return make("div", "lane", name, bar);
  }

  private part(className: string, from: number, to: number): HTMLElement {
    const part = make("span", className);
    part.style.left = this.percent(from);
    part.style.width = `${(100 * (to - from)) / (this.to - this.from)}%`;
    return part;
  }

  private marks(timeline: Timeline): HTMLElement {
    const bar = make("div", "lane-bar");
    for (const mark of marksOf(timeline)) {
      const button = make("button", `lane-mark ${mark.tone}`, icon(mark.sign));
      button.type = "button";
      button.title = `${timecode(mark.at)} ${mark.words}`;
      button.setAttribute("aria-label", button.title);
      button.style.left = this.percent(Math.min(Math.max(mark.at, this.from), this.to));
      button.addEventListener("click", () => this.seek(mark.at));
      bar.append(button);
    }
    return make("div", "lane", make("span", "lane-name", icon("flag"), make("span", "", say("review.lane_marks"))), bar);
  }

  private drag(event: PointerEvent): void {
    if ((event.target as HTMLElement).closest(".lane-mark, .mark-flag") || event.target instanceof HTMLInputElement) return;
    const bar = document.querySelector<HTMLElement>(".lane-bar");
    if (!bar || event.button !== 0) return;
    const go = (moved: PointerEvent) => {
      const box = bar.getBoundingClientRect();
      this.seek(this.from + ((moved.clientX - box.left) / box.width) * (this.to - this.from));
    };
    const box = find("timeline");
    box.setPointerCapture(event.pointerId);
    box.addEventListener("pointermove", go);
    box.addEventListener("pointerup", () => box.removeEventListener("pointermove", go), { once: true });
    go(event);
  }
}
