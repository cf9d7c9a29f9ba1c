/** The list of marks: who marked what and when, what others answered, whether it is done with. */
import { Problem } from "./api-wire.ts";
import { type Filter, left, type Row } from "./marks-rows.ts";
import { momentWords, numberOf, regionWords } from "./marks-words.ts";
import type { MarksWire, Waiting } from "./marks-wire.ts";
import { find, icon, make, maybe, say, sayProblem } from "./page-kit.ts";
import { fromWire } from "./regions.ts";

interface Acts {
  choose(row: Row): void;
  placed(row: Row): boolean; // whether it is on a picture of this page
  name(row: Row): string; // of the file, where it is on another page
  refresh(): void;
}

interface Card {
  box: HTMLLIElement;
  body: HTMLElement;
  reply: HTMLFormElement;
  said: string; // what it shows
}

const SIGNS = { box: "mark-box", arrow: "mark-arrow", freehand: "mark-hand", text: "mark-text" } as const;

export class MarksList {
  shown: Row[] = [];
  private readonly cards = new Map<string, Card>();
  private readonly faults = new Map<string, string>();

  constructor(
    private readonly wire: MarksWire,
    private readonly acts: Acts,
  ) {
    for (const radio of document.querySelectorAll("[name=marks-filter]")) radio.addEventListener("change", () => this.acts.refresh());
  }

  /** Whether an answer was begun and not sent. */
  get writing(): boolean {
    return [...this.cards.values()].some(({ reply }) => reply.querySelector("textarea")?.value.trim());
  }

  draw(rows: Row[], chosen: string | null): void {
    for (const filter of ["all", "open", "closed"] as const) {
      const count = maybe(`marks-count-${filter}`);
      if (count) count.textContent = String(left(rows, filter).length);
    }
    const badge = maybe("marks-badge");
    if (badge) badge.textContent = String(left(rows, "all").length);
    this.shown = left(rows, (document.querySelector<HTMLInputElement>("[name=marks-filter]:checked")?.value ?? "all") as Filter);
    const gone = rows.filter((row) => row.state === "withdrawn");
    find("marks-empty").hidden = this.shown.length > 0;
    find("marks-withdrawn").hidden = gone.length === 0;
    find("marks-withdrawn-words").textContent = say("mark.withdrawn_count", { n: gone.length });
    this.fill(find("marks-list"), this.shown, chosen);
    this.fill(find("marks-withdrawn-list"), gone, chosen);
    const known = new Set(rows.map((row) => row.id));
    for (const id of this.cards.keys()) if (!known.has(id)) this.cards.delete(id);
  }

  reveal(id: string): void {
    const box = this.cards.get(id)?.box;
    const frame = box?.closest<HTMLElement>(".marks-scroll, .side-body");
    if (!box || !frame) return;
    const [inner, outer] = [box.getBoundingClientRect(), frame.getBoundingClientRect()];
    if (inner.top < outer.top) frame.scrollTop -= outer.top - inner.top + 4; // the page stays: its reader looks at the picture
    else if (inner.bottom > outer.bottom) frame.scrollTop += Math.min(inner.bottom - outer.bottom + 4, inner.top - outer.top);
  }

  /** Cards keep their place in the page while nothing about them changes: what is typed into one stays. */
  private fill(list: HTMLElement, rows: Row[], chosen: string | null): void {
    const boxes = rows.map((row) => {
      const card = this.cards.get(row.id) ?? this.card(row);
      const said = JSON.stringify([row, this.faults.get(row.id)]);
      if (card.said !== said) {
        card.said = said;
        this.write(card, row);
      }
      card.box.classList.toggle("chosen", row.id === chosen);
      card.box.querySelector(".mark-go")?.setAttribute("aria-current", String(row.id === chosen));
      return card.box;
    });
    boxes.forEach((box, n) => list.children[n] === box || list.insertBefore(box, list.children[n] ?? null));
    while (list.children.length > boxes.length) list.lastElementChild!.remove();
  }

  private card(row: Row): Card {
    const body = make("div", "mark-body");
    const words = make("textarea");
    words.rows = 1;
    words.maxLength = 5000;
    words.setAttribute("aria-label", say("mark.reply_to", { number: numberOf(row) }));
    words.placeholder = say("mark.reply_hint");
    const reply = make("form", "mark-reply", words, make("button", "button small", say("mark.reply")));
    reply.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!words.value.trim()) return words.focus();
      this.wire.reply(row.id, words.value.trim());
      words.value = "";
    });
    words.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) (event.preventDefault(), reply.requestSubmit());
    });
    const box = make("li", "mark-card", body, reply);
    box.dataset["mark"] = row.id;
    const card = { box, body, reply, said: "" };
    this.cards.set(row.id, card);
    return card;
  }

  private write(card: Card, row: Row): void {
    const had = card.body.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset["act"] : null;
    card.box.dataset["state"] = row.state;
    card.box.dataset["waiting"] = row.waiting ? (row.waiting.problem ? "refused" : "coming") : "";
    card.reply.hidden = !row.may.includes("reply");
    const answers = row.replies.map((one) => make("li", "mark-answer", who(one.by, one.at_us), make("p", "", one.text), ...this.waiting(one.waiting)));
    const fault = this.faults.get(row.id);
    card.body.replaceChildren(
      this.head(row),
      who(row.by, row.at_us, row.stated),
      ...(row.text ? [make("p", "mark-said", row.text)] : []),
      ...this.waiting(row.waiting),
      ...(answers.length ? [make("ol", "mark-answers", ...answers)] : []),
      ...(fault ? [make("p", "field-error", icon("warn"), fault)] : []),
      this.foot(row),
    );
    if (had) card.body.querySelector<HTMLElement>(`[data-act="${had}"]`)?.focus();
  }

  private head(row: Row): HTMLElement {
    const at = make("span", "timecode", momentWords(row));
    const inside: (Node | string)[] = [icon(SIGNS[row.shape])];
    if (row.number !== null) inside.push(name(row));
    inside.push(at);
    if (row.label) inside.push(make("span", "mark-label", row.label));
    const state = row.waiting ? null : chip(row.state);
    if (!this.acts.placed(row) && row.evidence) {
      const link = make("a", "mark-go", ...inside, make("span", "mark-file", this.acts.name(row)));
      link.href = `/evidence/${row.evidence}#mark=${row.id}`;
      return make("div", "row mark-head", link, ...(state ? [state] : []));
    }
    const button = make("button", "mark-go", ...inside);
    button.type = "button";
    button.dataset["act"] = "go";
    button.title = regionWords(fromWire(row.shape, row.points));
    button.append(make("span", "out-of-sight", ` ${say(`mark.shape_${row.shape}`)} ${button.title}`));
    button.addEventListener("click", () => this.acts.choose(row));
    return make("div", "row mark-head", button, ...(state ? [state] : []));
  }

  private foot(row: Row): HTMLElement {
    const acts = (["close", "reopen", "withdraw"] as const).filter((act) => row.may.includes(act)).map((act) => {
      const button = make("button", "link-button", say(`mark.${act}`));
      button.type = "button";
      button.dataset["act"] = act;
      button.setAttribute("aria-describedby", `mark-name-${row.id}`);
      button.addEventListener("click", () => {
        if (act === "withdraw" && button.textContent !== say("mark.withdraw_sure")) button.textContent = say("mark.withdraw_sure"); // it cannot be undone
        else void this.change(row.id, act);
      });
      button.addEventListener("blur", () => (button.textContent = say(`mark.${act}`)));
      return button;
    });
    const cited = row.cited.length ? [make("span", "quiet", say("mark.cited", { n: row.cited.length }))] : [];
    const foot = make("div", "row row-wrap mark-foot", ...acts, ...cited);
    foot.hidden = acts.length + cited.length === 0;
    return foot;
  }

  private async change(id: string, act: "close" | "reopen" | "withdraw"): Promise<void> {
    try {
      await this.wire.change(id, act);
      this.faults.delete(id);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.faults.set(id, sayProblem(error));
    }
    this.acts.refresh();
  }

  /** That it is not with the office yet, and what can be done. */
  private waiting(one: Waiting | null): HTMLElement[] {
    if (!one) return [];
    if (!one.problem) return [make("p", "chip amber mark-waiting", icon("clock"), say("mark.coming"))];
    const again = make("button", "link-button", say("mark.again"));
    const drop = make("button", "link-button", say("mark.drop"));
    again.addEventListener("click", () => this.wire.again(one.id));
    drop.addEventListener("click", () => this.wire.giveUp(one.id));
    return [make("p", "field-error", icon("warn"), sayProblem(one.problem)), make("div", "row mark-foot", again, drop)];
  }
}

function name(row: Row): HTMLElement {
  const made = make("span", "strong", numberOf(row));
  made.id = `mark-name-${row.id}`;
  return made;
}

function chip(state: Row["state"]): HTMLElement {
  const [tone, sign] = { open: ["amber", "flag"], closed: ["green", "check"], withdrawn: ["", "minus"] }[state] as [string, string];
  return make("span", `chip push ${tone}`, icon(sign), say(`mark.state_${state}`));
}

function who(name: string, at_us: number, stated: string | null = null): HTMLElement {
  const at = new Date(at_us / 1000);
  const time = make("time", "nowrap", at.toLocaleString(document.documentElement.lang, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }));
  time.dateTime = at.toISOString();
  const words = stated ? say("mark.stated_by", { name: stated }) : name || say("mark.you");
  return make("p", "quiet mark-who", words, " · ", time);
}
