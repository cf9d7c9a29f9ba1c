/** A mark in the making: on which picture, which shape, its words; kept on the device until it is saved or given up. */
import { later } from "./browser.ts";
import type { Drawn, Place } from "./contract.ts";
import { DraftKeeper } from "./mark-draft.ts";
import { MarkTools } from "./mark-tools.ts";
import { momentWords } from "./marks-words.ts";
import type { Overlay } from "./overlay.ts";
import { say } from "./page-kit.ts";
import { moved, placed, type Region, resized, tidy, type Tool, toWire } from "./regions.ts";
import { type Covered, type Screen, whole } from "./screen.ts";

interface Draft {
  screen: Screen;
  tool: Tool;
  region: Region | null;
  place: Promise<Place>;
  known: Place | null;
}

const AGAIN = 2_000; // ms between two looks whether the picture of a kept mark is there by now

export class MarkMaking {
  tool: Tool | null = null;
  private draft: Draft | null = null;
  private readonly tools: MarkTools;

  constructor(
    private readonly may: boolean,
    private readonly kept: DraftKeeper,
    private readonly screens: Covered[],
    private readonly paint: () => void,
    private readonly began: () => void,
    private readonly made: (mark: (Place & Drawn) | null) => void, // null: given up
  ) {
    this.tools = new MarkTools({
      take: (tool, byKey) => this.take(tool, byKey),
      nudge: (dx, dy, size) => this.nudge(dx, dy, size),
      write: () => this.redraft(),
      save: (label, text) => void this.save(label, text),
      cancel: () => this.over(null),
      back: () => this.draft?.known && void this.draft.screen.show(whole(this.draft.known)),
    });
  }

  get going(): boolean {
    return this.draft !== null;
  }

  /** Lays it on its picture while that is shown; over another one it would lie wrong. */
  lay({ screen, layer }: Covered): void {
    const draft = this.draft?.screen === screen ? this.draft : null;
    const onIt = draft && (draft.known === null || screen.fits(whole(draft.known)) === "now");
    if (draft?.region) layer?.draft(onIt ? draft.region : null, this.tools.words.text);
  }

  private take(tool: Tool, byKey: boolean): void {
    if (!this.may || this.screens.length === 0) return;
    if (this.tool === tool && !byKey) return this.over(null);
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
    this.began();
    const same = this.draft?.screen === screen && this.draft.known !== null && screen.fits(whole(this.draft.known)) === "now";
    const place = same ? this.draft!.place : screen.still();
    const draft: Draft = { screen, tool, region, place, known: same ? this.draft!.known : null };
    this.draft = draft;
    void place.then((known) => ((draft.known = known), this.paint()));
    this.tools.tell(region);
    this.paint();
  }

  started(screen: Screen): void {
    if (this.tool) this.start(screen, this.tool, null);
  }

  drew(region: Region | null): void {
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

  /** What an earlier page did not finish. */
  async restore(): Promise<void> {
    const kept = this.kept.read();
    if (!kept || !this.may) return;
    const found = this.screens.find(({ screen }) => screen.owns(whole(kept.place)));
    if (!found) return void later(() => void this.restore(), AGAIN);
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
    this.draft = null; // a second press saves nothing
    const place = await draft.place;
    this.over({ ...place, shape: region.kind, points: toWire(region), label, text });
  }

  private over(mark: (Place & Drawn) | null): void {
    this.draft = null;
    this.tools.fault("");
    this.kept.forget();
    this.arm(null);
    this.tools.end();
    for (const { layer } of this.screens) layer?.draft(null);
    this.made(mark);
  }
}
