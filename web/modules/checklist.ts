/** The checklist at the console's right: one check open, its verdict, its note, the snapshots that it cites. */
import type { Check, Finding, Verdict } from "./contract.ts";
import type { Draft, Saved } from "./findings-wire.ts";
import { clockTime, make, maybe, resultChip, say, sayProblem } from "./page-kit.ts";

export const VERDICTS: Verdict[] = ["pass", "fail", "rectify", "not-applicable"];
const TYPING_PAUSE = 700;

/** What was written before there is a verdict to save it with: a reload must not lose it. */
export class Drafts {
  constructor(private readonly survey: string) {}

  read(check: string): Partial<Draft> {
    return JSON.parse(sessionStorage.getItem(this.key(check)) ?? "{}") as Partial<Draft>;
  }

  keep(check: string, { note, snapshots, annotations }: Draft): void {
    sessionStorage.setItem(this.key(check), JSON.stringify({ note, snapshots, annotations }));
  }

  forget(check: string): void {
    sessionStorage.removeItem(this.key(check));
  }

  private key(check: string): string {
    return `takan:draft:${this.survey}:${check}`;
  }
}

/** What else a card shows of its draft, and may change of it. */
export type More = (card: HTMLElement, draft: Draft, put: (change: Partial<Draft>) => void) => void;

interface Row {
  check: Check;
  card: HTMLElement;
  draft: Draft;
}

export class Checklist {
  private readonly rows: Row[] = [];
  private open = -1;

  constructor(
    checks: Check[],
    private readonly later: (act: () => void, milliseconds: number) => () => void,
    private readonly save: (check: string, draft: Draft) => void,
    private readonly opened: (check: Check) => void,
    private readonly still: (snapshot: string) => HTMLElement | null,
    private readonly drafts: Drafts,
    private readonly more: More = () => undefined,
  ) {
    for (const check of checks) {
      const card = document.querySelector<HTMLElement>(`[data-check="${CSS.escape(check.id)}"]`);
      if (!card) continue;
      const draft = { result: check.result ?? null, note: check.note ?? "", snapshots: check.snapshots ?? [], annotations: check.annotations ?? [] };
      if (!draft.result) Object.assign(draft, this.drafts.read(check.id));
      this.rows.push({ check, card, draft });
    }
    this.rows.forEach((row, at) => this.wire(row, at));
    this.tally();
  }

  get current(): Check | null {
    return this.rows[this.open]?.check ?? null;
  }

  get unjudged(): Check[] {
    return this.rows.filter((row) => !row.draft.result).map((row) => row.check);
  }

  /** The first check without a verdict, else the first of all. */
  get next(): string | null {
    return (this.rows.find((row) => !row.draft.result) ?? this.rows[0])?.check.id ?? null;
  }

  show(id: string, byHand = false): void {
    const at = this.rows.findIndex((row) => row.check.id === id);
    if (at < 0 || at === this.open) return;
    this.open = at;
    this.rows.forEach((row, index) => {
      row.card.classList.toggle("open", index === at);
      row.card.querySelector(".check-card-head")?.setAttribute("aria-expanded", String(index === at));
    });
    const row = this.rows[at]!;
    row.card.scrollIntoView({ block: "nearest" });
    if (byHand) this.opened(row.check);
  }

  move(step: number): void {
    const next = this.rows[Math.min(Math.max(this.open + step, 0), this.rows.length - 1)];
    if (next) this.show(next.check.id, true);
  }

  judge(result: Verdict): void {
    const row = this.rows[this.open];
    if (row) this.put(row, { result });
  }

  writeNote(): void {
    this.rows[this.open]?.card.querySelector<HTMLTextAreaElement>("[data-note]")?.focus();
  }

  /** Cite a snapshot under the open check, or no longer. Answers whether it is cited now. */
  cite(snapshot: string): boolean {
    const row = this.rows[this.open];
    if (!row) return false;
    const had = row.draft.snapshots.includes(snapshot);
    const snapshots = had ? row.draft.snapshots.filter((one) => one !== snapshot) : [...row.draft.snapshots, snapshot];
    this.put(row, { snapshots });
    return !had;
  }

  cites(snapshot: string): boolean {
    return this.rows[this.open]?.draft.snapshots.includes(snapshot) ?? false;
  }

  /** A preview got its real id. */
  rename(before: string, after: string): void {
    for (const row of this.rows) {
      if (!row.draft.snapshots.includes(before)) continue;
      this.put(row, { snapshots: row.draft.snapshots.map((one) => (one === before ? after : one)) });
    }
  }

  /** What another inspector wrote, where nothing of ours is on its way. */
  take(findings: Finding[], pending: (check: string) => boolean): void {
    for (const finding of findings) {
      const row = this.rows.find((one) => one.check.id === finding.check);
      if (!row || pending(finding.check) || row.card.contains(document.activeElement)) continue;
      row.draft = { result: finding.result, note: finding.note, snapshots: [...finding.snapshots], annotations: [...(finding.annotations ?? [])] };
      const note = row.card.querySelector<HTMLTextAreaElement>("[data-note]");
      if (note) note.value = finding.note;
      this.draw(row);
    }
  }

  redraw(): void {
    for (const row of this.rows) this.draw(row);
  }

  saved(check: string, saved: Saved): void {
    const line = this.rows.find((row) => row.check.id === check)?.card.querySelector<HTMLElement>("[data-saved]");
    if (!line) return;
    line.classList.toggle("bad", saved.kind === "unsaved" || saved.kind === "refused");
    if (saved.kind === "saved") line.textContent = say("check.saved", { time: clockTime(new Date()) });
    else if (saved.kind === "refused") line.textContent = sayProblem(saved.problem);
    else line.textContent = say(`check.${saved.kind}`);
  }

  private wire(row: Row, at: number): void {
    row.card.querySelector(".check-card-head")?.addEventListener("click", () => this.show(row.check.id, true));
    for (const button of row.card.querySelectorAll<HTMLButtonElement>("[data-verdict]")) {
      button.addEventListener("click", () => this.put(row, { result: button.dataset["verdict"] as Verdict }));
    }
    const note = row.card.querySelector<HTMLTextAreaElement>("[data-note]");
    if (note && row.draft.note) note.value = row.draft.note;
    let cancel: () => void = () => undefined;
    note?.addEventListener("input", () => {
      cancel();
      row.draft.note = note.value;
      cancel = this.later(() => this.put(row, { note: note.value }), TYPING_PAUSE);
    });
    note?.addEventListener("change", () => {
      cancel(); // left: what was typed is sent before anything that follows
      this.put(row, { note: note.value });
    });
    note?.addEventListener("focus", () => {
      if (this.open !== at) this.show(row.check.id, true);
    });
    this.draw(row);
  }

  private put(row: Row, change: Partial<Draft>): void {
    row.draft = { ...row.draft, ...change };
    this.draw(row);
    if (row.draft.result) {
      this.drafts.forget(row.check.id);
      return this.save(row.check.id, row.draft);
    }
    this.drafts.keep(row.check.id, row.draft);
    const line = row.card.querySelector<HTMLElement>("[data-saved]");
    if (line && (row.draft.note || row.draft.snapshots.length || row.draft.annotations.length)) line.textContent = say("check.note_first");
  }

  private draw(row: Row): void {
    row.card.querySelector(".check-result")?.replaceChildren(resultChip(row.draft.result));
    for (const button of row.card.querySelectorAll<HTMLElement>("[data-verdict]")) {
      button.setAttribute("aria-pressed", String(button.dataset["verdict"] === row.draft.result));
    }
    const stills = row.draft.snapshots.map((id) => this.still(id)).filter((one) => one !== null);
    row.card.querySelector("[data-cited]")?.replaceChildren(...stills);
    this.more(row.card, row.draft, (change) => this.put(row, change));
    this.tally();
  }

  private tally(): void {
    const done = this.rows.filter((row) => row.draft.result).length;
    maybe("tally")?.replaceChildren(make("span", "", say("console.tally", { done, all: this.rows.length })));
  }
}
