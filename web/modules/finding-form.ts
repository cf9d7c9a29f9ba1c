/** Findings on the review page: a verdict, a note, and the marks that it rests on, chosen from all of the survey. */
import type { Api } from "./api-wire.ts";
import { later } from "./browser.ts";
import { Checklist, Drafts, type More } from "./checklist.ts";
import type { Check, Finding } from "./contract.ts";
import { FindingsWire } from "./findings-wire.ts";
import type { Row } from "./marks-rows.ts";
import { momentWords, numberOf } from "./marks-words.ts";
import { icon, make, say } from "./page-kit.ts";

const MOST = 50; // marks that one finding may cite

export class FindingForm {
  private readonly wire: FindingsWire;
  private readonly list: Checklist;
  private drawn = "";

  constructor(
    server: Api,
    survey: string,
    checks: Check[],
    private readonly rows: () => Row[],
    private readonly choose: (id: string) => void,
    still: (id: string) => HTMLElement | null,
  ) {
    this.wire = new FindingsWire(server, survey, later, (check, saved) => this.list.saved(check, saved));
    this.list = new Checklist(checks, later, (check, draft) => this.wire.save(check, draft), () => undefined, still, new Drafts(survey), this.more);
    addEventListener("beforeunload", (event) => this.wire.anyPending && event.preventDefault());
  }

  take(findings: Finding[]): void {
    this.list.take(findings, (check) => this.wire.pending(check));
  }

  writeNote(): void {
    this.list.writeNote();
  }

  /** The marks are others now. */
  redraw(): void {
    const shape = JSON.stringify(this.choice.map((row) => [row.id, row.number, row.label, row.text]));
    if (shape === this.drawn) return;
    this.drawn = shape;
    this.list.redraw();
  }

  private get choice(): Row[] {
    return this.rows().filter((row) => row.state !== "withdrawn" && row.number !== null);
  }

  private readonly more: More = (card, draft, put) => {
    card.querySelector("[data-cited]")?.append(...citedMarks(draft.annotations, this.rows(), this.choose));
    const picks = card.querySelector<HTMLElement>("[data-picks]");
    if (!picks) return;
    const had = (document.activeElement as HTMLInputElement | null)?.value;
    const within = picks.contains(document.activeElement);
    const boxes = this.choice.map((row) => {
      const box = make("input");
      box.type = "checkbox";
      box.value = row.id;
      box.checked = draft.annotations.includes(row.id);
      box.disabled = !box.checked && draft.annotations.length >= MOST;
      box.addEventListener("change", () => {
        const others = draft.annotations.filter((id) => id !== row.id);
        put({ annotations: box.checked ? [...others, row.id] : others });
      });
      return make("label", "mark-pick", box, make("span", "", `${numberOf(row)} ${momentWords({ ...row, frame: null })} ${row.label || row.text}`.trim()));
    });
    picks.replaceChildren(...(boxes.length ? boxes : [make("p", "quiet", say("mark.none_yet"))]));
    if (within && had) picks.querySelector<HTMLInputElement>(`[value="${had}"]`)?.focus();
  };
}

/** Marks that a finding cites, each a press away. */
export function citedMarks(ids: string[], rows: Row[], choose: (id: string) => void): HTMLElement[] {
  return ids.flatMap((id) => {
    const row = rows.find((one) => one.id === id);
    if (!row) return [];
    const button = make("button", "button small cited-mark", icon("mark-hand"), `${numberOf(row)} ${row.label || row.text}`.trim());
    button.type = "button";
    button.title = momentWords(row);
    button.addEventListener("click", () => choose(id));
    return [button];
  });
}
