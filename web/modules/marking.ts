/** Marking on a page: the pictures, the tools, the list and the flags of one survey's marks, joined. */
import { Problem } from "./api-wire.ts";
import { api, later } from "./browser.ts";
import type { Drawn, Place } from "./contract.ts";
import { DraftKeeper } from "./mark-draft.ts";
import { MarkMaking } from "./mark-making.ts";
import { MarksList } from "./marks-list.ts";
import { neighbour, type Row, rowsOf } from "./marks-rows.ts";
import { MarksWire } from "./marks-wire.ts";
import { numberOf } from "./marks-words.ts";
import { type Laid, Overlay } from "./overlay.ts";
import { find, maybe, say, sayProblem } from "./page-kit.ts";
import { fromWire } from "./regions.ts";
import type { Covered, Placed, Screen } from "./screen.ts";

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
  names?: Record<string, string>; // of the evidence that those are on
}

export class Marking {
  readonly wire: MarksWire;
  private readonly screens: Covered[] = [];
  private readonly making: MarkMaking;
  private readonly list: MarksList;
  private known: Row[] = [];
  private chosen: string | null = null;
  private wanted: string | null = new URLSearchParams(location.hash.slice(1)).get("mark");

  constructor(
    private readonly given: Given,
    private readonly flags: (flags: Flag[]) => void,
    private readonly here: () => number, // seconds: where the page is
    private readonly changed: () => void = () => undefined,
  ) {
    this.wire = new MarksWire({
      api: api(), survey: given.survey, me: given.me, keeper: localStorage, later, now: Date.now,
      id: newId, tell: () => this.refresh(), away: (problem) => this.away(problem),
    });
    this.list = new MarksList(this.wire, {
      choose: (row) => void this.choose(row), placed: (row) => this.screenOf(row) !== null,
      name: (row) => given.names?.[row.evidence ?? ""] ?? "", refresh: () => this.refresh(),
    });
    const kept = new DraftKeeper(localStorage, `takan:draft-mark:${given.me}:${given.scope}`);
    this.making = new MarkMaking(given.may, kept, this.screens, () => this.paint(), () => (this.chosen = null), (mark) => this.made(mark));
    this.bar(false);
    maybe("marks-show")?.addEventListener("click", () => this.toggle());
    addEventListener("online", () => this.wire.kick());
    this.wire.start();
  }

  add(screen: Screen): void {
    const layer = screen.host
      ? new Overlay(screen.host, {
          rect: () => screen.rect(),
          started: () => this.making.started(screen),
          drew: (region) => this.making.drew(region),
          chose: (id) => void this.chooseById(id),
        })
      : null;
    this.screens.push({ screen, layer });
    layer?.arm(this.making.tool);
    this.bar(true);
    this.refresh();
    if (this.screens.length === 1) void this.making.restore();
  }

  /** The tools, where there is something to mark. */
  private bar(shown: boolean): void {
    for (const bar of document.querySelectorAll<HTMLElement>(".marks-tools")) bar.hidden = !shown;
  }

  get drafting(): boolean {
    return this.making.going || this.list.writing;
  }

  get rows(): Row[] {
    return this.known;
  }

  private made(mark: (Place & Drawn) | null): void {
    if (mark) this.chosen = this.wire.add(mark);
    this.refresh();
    if (mark && this.chosen) this.list.reveal(this.chosen);
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
    const rows = (this.known = rowsOf(this.wire, (row) => this.given.whole || this.screenOf(row) !== null));
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
        return [{ id: row.id, region: fromWire(row.shape, row.points), tone, chosen: row.id === this.chosen && fits === "now", passing: fits === "passing", number: badge(row), words: row.text }];
      });
      layer?.show(laid);
      this.making.lay({ screen, layer });
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

function badge(row: Row): string {
  return [row.number === null ? "…" : String(row.number), row.shape === "text" ? "" : row.label].join(" ").trim();
}

function newId(): string {
  const letters = crypto.getRandomValues(new Uint8Array(20));
  return Array.from(letters, (one) => (one % 36).toString(36)).join("");
}
