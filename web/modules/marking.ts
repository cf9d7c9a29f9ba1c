/** Marking on a page: the pictures, the tools, the list and the flags of one survey's marks, joined. */
import { Problem } from "./api-wire.ts";
import { api, later } from "./browser.ts";
import type { Place } from "./contract.ts";
import { DraftKeeper } from "./mark-draft.ts";
import { MarkTools } from "./mark-tools.ts";
import { MarksList } from "./marks-list.ts";
import { neighbour, type Row, rowsOf } from "./marks-rows.ts";
import { MarksWire } from "./marks-wire.ts";
import { momentWords, numberOf } from "./marks-words.ts";
import { type Laid, Overlay } from "./overlay.ts";
import { find, maybe, say, sayProblem } from "./page-kit.ts";
import { fromWire, moved, placed, type Rect, type Region, resized, tidy, type Tool, toWire } from "./regions.ts";

/** A picture on the page. What stands on it is asked for, never guessed from a clock. */
export interface Screen {
  readonly host: HTMLElement | null; // null: there is only sound
  rect(): Rect | null;
  owns(row: Placed): boolean;
  /** Whether what it is about is shown: just now, or a moment ago while it plays. */
  fits(row: Placed): "now" | "passing" | null;
  still(): Promise<Place>;
  show(row: Placed): Promise<void>;
}

export type Placed = Pick<Row, "evidence" | "track" | "time_us" | "until_us" | "seek_us" | "page"> & { points?: number[][] };

export interface Flag {
  id: string;
  at: number; // seconds
  words: string;
  state: "open" | "closed";
}

export interface Given {
  survey: string;
  me: string;
  may: boolean;
  scope: string; // what this page is about: an unfinished mark comes back only here
  whole: boolean; // the survey's other marks are listed too
}

interface Draft {
  screen: Screen;
  tool: Tool;
  region: Region | null;
  place: Promise<Place>;
  known: Place | null;
}

const READY = 200; // ms between two looks whether a picture is there by now

export class Marking {
  readonly wire: MarksWire;
  private readonly screens: { screen: Screen; layer: Overlay | null }[] = [];
  private readonly tools: MarkTools;
  private readonly list: MarksList;
  private readonly kept: DraftKeeper;
  private tool: Tool | null = null;
  private draft: Draft | null = null;
  private chosen: string | null = null;
  private wanted: string | null = new URLSearchParams(location.hash.slice(1)).get("mark");

  constructor(
    private readonly given: Given,
    private readonly flags: (flags: Flag[]) => void,
    private readonly here: () => number, // seconds: where the page is
    private readonly changed: () => void = () => undefined,
  ) {
    this.kept = new DraftKeeper(localStorage, `takan:draft-mark:${given.me}:${given.scope}`);
    this.wire = new MarksWire({
      api: api(), survey: given.survey, me: given.me, keeper: localStorage, later, now: Date.now,
      id: newId, tell: () => this.refresh(), away: (problem) => this.away(problem),
    });
    this.list = new MarksList(this.wire, {
      choose: (row) => void this.choose(row), placed: (row) => this.screenOf(row) !== null, refresh: () => this.refresh(),
    });
    this.tools = new MarkTools({
      take: (tool, byKey) => this.take(tool, byKey),
      nudge: (dx, dy, size) => this.nudge(dx, dy, size),
      write: () => this.redraft(),
      save: (label, text) => void this.save(label, text),
      cancel: () => this.cancel(),
      back: () => this.draft?.known && void this.draft.screen.show(whole(this.draft.known)),
    });
    maybe("marks-show")?.addEventListener("click", () => this.toggle());
    addEventListener("online", () => this.wire.kick());
    this.wire.start();
  }

  add(screen: Screen): void {
    const layer = screen.host
      ? new Overlay(screen.host, {
          rect: () => screen.rect(),
          started: () => this.started(screen),
          drew: (region) => this.drew(region),
          chose: (id) => void this.chooseById(id),
        })
      : null;
    this.screens.push({ screen, layer });
    layer?.arm(this.tool);
    this.refresh();
    if (this.screens.length === 1) void this.restore();
  }

  get drafting(): boolean {
    return this.draft !== null || this.list.writing;
  }

  get rows(): Row[] {
    return rowsOf(this.wire, (row) => this.given.whole || this.screenOf(row) !== null);
  }

  /** The next mark, or the one before. */
  step(step: 1 | -1): void {
    const row = neighbour(this.list.shown, this.chosen, this.here() * 1e6, step);
    if (row) void this.choose(row);
  }

  async chooseById(id: string): Promise<void> {
    const row = this.rows.find((one) => one.id === id);
    if (row) await this.choose(row);
  }

  /** What is shown became something else. */
  moved(): void {
    this.paint();
  }

  // --- a mark in the making -----------------------------------------------------------------------------------------

  private take(tool: Tool, byKey: boolean): void {
    if (!this.given.may || this.screens.length === 0) return;
    if (this.tool === tool && !byKey) return this.cancel();
    const screen = this.draft?.screen ?? this.screens.find((one) => !one.layer || this.onView(one.layer))?.screen ?? this.screens[0]!.screen;
    if (!screen.host) tool = "text"; // a moment of sound has words only
    this.arm(tool);
    if (this.draft) this.draft.tool = tool;
    if (!byKey && screen.host) return void screen.still();
    this.start(screen, tool, screen.host ? placed(tool) : { kind: "text", points: [] });
    void this.opened("pad");
  }

  private onView(layer: Overlay): boolean {
    const { top, bottom } = layer.host.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  }

  private arm(tool: Tool | null): void {
    this.tool = tool;
    this.tools.armed(tool);
    for (const { layer } of this.screens) layer?.arm(tool);
  }

  private start(screen: Screen, tool: Tool, region: Region | null): void {
    this.chosen = null;
    const same = this.draft?.screen === screen && this.draft.known !== null && screen.fits(whole(this.draft.known)) === "now";
    const place = same ? this.draft!.place : screen.still();
    const draft: Draft = { screen, tool, region, place, known: same ? this.draft!.known : null };
    this.draft = draft;
    void place.then((known) => ((draft.known = known), this.paint()));
    this.tools.tell(region);
    this.paint();
  }

  private started(screen: Screen): void {
    if (this.tool) this.start(screen, this.tool, null);
  }

  private drew(region: Region | null): void {
    if (!this.draft) return;
    this.draft.region = region;
    this.tools.tell(region);
    this.redraft();
    if (region) void this.opened(matchMedia("(pointer: coarse)").matches ? null : "text");
  }

  private async opened(focus: "pad" | "text" | null): Promise<void> {
    const draft = this.draft;
    if (!draft) return;
    const shape = say(`mark.shape_${draft.tool}`);
    this.tools.begin(shape, focus, this.kept.words); // at once: the next key is the mark's
    this.tools.tell(draft.region);
    const place = await draft.place;
    if (this.draft === draft) this.tools.where(`${shape} · ${momentWords({ ...place, frame: null })}`);
    this.redraft();
  }

  private nudge(dx: number, dy: number, size: boolean): void {
    if (!this.draft?.region || this.draft.region.points.length === 0) return;
    this.draft.region = (size ? resized : moved)(this.draft.region, dx, dy);
    this.tools.tell(this.draft.region);
    this.redraft();
  }

  /** Keeps it on the device as it is now: a reload does not lose it. */
  private redraft(): void {
    this.paint();
    const { draft } = this;
    if (draft?.known && draft.region) this.kept.keep({ place: draft.known, region: draft.region, ...this.tools.words });
  }

  private async restore(): Promise<void> {
    const kept = this.kept.read();
    if (!kept || !this.given.may) return;
    const found = this.screens.find(({ screen }) => screen.owns(whole(kept.place)));
    if (!found) return void later(() => void this.restore(), READY * 10);
    await found.screen.show(whole(kept.place));
    this.draft = { screen: found.screen, tool: kept.region.kind, region: kept.region, place: Promise.resolve(kept.place), known: kept.place };
    this.arm(kept.region.kind);
    await this.opened(null);
  }

  private async save(label: string, text: string): Promise<void> {
    const { draft } = this;
    if (!draft) return;
    const region = draft.region && (draft.region.points.length ? tidy(draft.region) : draft.region);
    if (!region) return this.tools.fault(say("mark.not_drawn"));
    if (region.kind === "text" && !text) return this.tools.fault(say("mark.no_words"));
    this.tools.fault("");
    const place = await draft.place;
    this.chosen = this.wire.add({ ...place, shape: region.kind, points: toWire(region), label, text });
    this.over();
    this.list.reveal(this.chosen);
  }

  private cancel(): void {
    this.tools.fault("");
    this.over();
  }

  private over(): void {
    this.draft = null;
    this.kept.forget();
    this.arm(null);
    this.tools.end();
    for (const { layer } of this.screens) layer?.draft(null);
    this.refresh();
  }

  // --- what is there ------------------------------------------------------------------------------------------------

  private screenOf(row: Placed): Screen | null {
    return this.screens.find(({ screen }) => screen.owns(row))?.screen ?? null;
  }

  async choose(row: Row): Promise<void> {
    this.chosen = row.id;
    this.refresh();
    this.list.reveal(row.id);
    await this.screenOf(row)?.show(row);
    this.paint();
  }

  private refresh(): void {
    const rows = this.rows;
    this.list.draw(rows, this.chosen);
    const flags = rows.filter((row) => row.state !== "withdrawn" && row.time_us !== null && this.screenOf(row));
    this.flags(flags.map((row) => ({ id: row.id, at: row.time_us! / 1e6, words: `${numberOf(row)} ${row.label || row.text}`.trim(), state: row.state as Flag["state"] })));
    this.paint();
    this.changed();
    const wanted = rows.find((row) => row.id === this.wanted && this.screenOf(row));
    if (!wanted) return;
    this.wanted = null;
    void this.choose(wanted);
  }

  /** Lays on each picture the marks of what it shows. */
  private paint(): void {
    const hidden = maybe("marks-show")?.getAttribute("aria-pressed") === "false";
    const rows = hidden ? [] : this.rows.filter((row) => row.state !== "withdrawn" && row.points.length > 0);
    for (const { screen, layer } of this.screens) {
      const laid = rows.flatMap((row): Laid[] => {
        const fits = screen.owns(row) ? screen.fits(row) : null;
        if (!fits) return [];
        const tone = row.state === "closed" ? "closed" : "open";
        return [{ id: row.id, region: fromWire(row.shape, row.points), tone, chosen: row.id === this.chosen && fits === "now", number: badge(row), words: row.text }];
      });
      layer?.show(laid);
      const draft = this.draft?.screen === screen ? this.draft : null;
      const onIt = draft && (draft.known === null || screen.fits(whole(draft.known)) === "now");
      if (draft?.region) layer?.draft(onIt ? draft.region : null, this.tools.words.text);
    }
  }

  private toggle(): void {
    const button = find("marks-show");
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") === "false"));
    this.paint();
  }

  private away(problem: Problem | null): void {
    const line = maybe("marks-away");
    if (!line) return;
    line.hidden = problem === null;
    if (problem) line.textContent = problem.status === 0 ? say("mark.away") : sayProblem(problem);
  }
}

export function whole(place: Place): Placed {
  return { ...place, until_us: null, seek_us: null };
}

function badge(row: Row): string {
  return [row.number === null ? "…" : String(row.number), row.shape === "text" ? "" : row.label].join(" ").trim();
}

function newId(): string {
  const letters = crypto.getRandomValues(new Uint8Array(20));
  return Array.from(letters, (one) => (one % 36).toString(36)).join("");
}
