/** Ending a survey: a panel at the side, so that the picture stays in view. */
import { Problem, type Api } from "./api-wire.ts";
import type { Check } from "./contract.ts";
import { find, icon, make, say, sayProblem } from "./page-kit.ts";

export class EndPanel {
  private readonly form = find<HTMLFormElement>("end");
  private readonly note = find<HTMLTextAreaElement>("end-note");
  private readonly button = find<HTMLButtonElement>("end-do");

  constructor(
    private readonly api: Api,
    private readonly survey: string,
    private readonly needsNote: string[],
    private readonly unjudged: () => Check[],
    private readonly settled: () => Promise<void>, // findings on their way belong to the survey
    private readonly done: () => void,
  ) {
    find("end-open").addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    find("end-close").addEventListener("click", () => this.close());
    find("end-cancel").addEventListener("click", () => this.close());
    this.form.addEventListener("change", () => this.hint());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.end();
    });
    const key = `takan:end:${survey}`;
    this.note.value = sessionStorage.getItem(key) ?? "";
    this.note.addEventListener("input", () => sessionStorage.setItem(key, this.note.value));
  }

  get isOpen(): boolean {
    return !this.form.hidden;
  }

  open(): void {
    const open = this.unjudged();
    const box = find("end-open-checks");
    box.hidden = open.length === 0;
    const titles = open.map((check) => check.title).join(say("product.name") === "Takan" ? ", " : "、");
    box.replaceChildren(icon("warn"), make("span", "", say("end.open_checks", { n: open.length, titles })));
    this.form.hidden = false;
    find("list-body").hidden = true;
    find("help").hidden = true;
    this.form.querySelector<HTMLInputElement>("input[type=radio]")?.focus();
  }

  close(): void {
    if (!this.isOpen) return;
    this.form.hidden = true;
    find("list-body").hidden = false;
  }

  private get outcome(): string {
    return String(new FormData(this.form).get("outcome") ?? "");
  }

  private hint(): void {
    const needed = this.needsNote.includes(this.outcome);
    this.note.required = needed;
    find("end-note-hint").textContent = say(needed ? "end.note_needed" : "end.note_hint");
  }

  private async end(): Promise<void> {
    this.button.disabled = true;
    const words = this.button.innerText;
    this.button.replaceChildren(icon("stop"), say("end.doing"));
    try {
      await this.settled();
      const note = this.note.value.trim();
      if (this.outcome === "cancelled") await this.api.post(`/surveys/${this.survey}/cancel`, { note });
      else await this.api.post(`/surveys/${this.survey}/conclude`, { outcome: this.outcome, note });
      sessionStorage.removeItem(`takan:end:${this.survey}`);
      this.done();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const box = make("div", "problem", icon("warn"), make("p", "", sayProblem(error)));
      box.setAttribute("role", "alert");
      find("end-problem").replaceChildren(box);
      this.button.replaceChildren(icon("stop"), words);
      this.button.disabled = false;
    }
  }
}
