/** The tools of marking: which shape, its place by the keyboard, its words; saved by Enter, given up by Escape. */
import { regionWords } from "./marks-words.ts";
import { find, maybe, say } from "./page-kit.ts";
import type { Region, Tool } from "./regions.ts";

export interface Acts {
  /** A tool is taken (again: laid down). By a key it also places a mark that the arrows then move. */
  take(tool: Tool, byKey: boolean): void;
  nudge(dx: number, dy: number, size: boolean): void;
  write(words: string): void;
  save(label: string, text: string): void;
  cancel(): void;
  back(): void; // to the picture on which it lies
}

const KEYS: Record<string, Tool> = { b: "box", p: "arrow", f: "freehand", t: "text" };
const STEP = 0.01; // of the picture, by one press of an arrow key
const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class MarkTools {
  private readonly form = maybe<HTMLFormElement>("mark-form");
  private readonly text = maybe<HTMLTextAreaElement>("mark-text");
  private readonly label = maybe<HTMLInputElement>("mark-label");
  private drafting = false;

  constructor(private readonly acts: Acts) {
    if (!this.form || !this.text) return;
    for (const button of document.querySelectorAll<HTMLButtonElement>("[data-tool]")) {
      button.addEventListener("click", (event) => this.acts.take(button.dataset["tool"] as Tool, event.detail === 0));
    }
    this.form.addEventListener("submit", (event) => (event.preventDefault(), this.save()));
    this.form.addEventListener("keydown", (event) => this.inForm(event));
    this.text.addEventListener("input", () => this.acts.write(this.text!.value));
    find("mark-cancel").addEventListener("click", () => this.acts.cancel());
    find("mark-back").addEventListener("click", () => this.acts.back());
    document.addEventListener("keydown", (event) => this.key(event), true);
  }

  get words(): { label: string; text: string } {
    return { label: this.label?.value.trim() ?? "", text: this.text?.value.trim() ?? "" };
  }

  armed(tool: Tool | null): void {
    for (const button of document.querySelectorAll<HTMLButtonElement>("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset["tool"] === tool));
    }
  }

  /** The form of a mark in the making; `focus`: where the next key belongs. */
  begin(where: string, focus: "pad" | "text" | null, kept: { label: string; text: string } = { label: "", text: "" }): void {
    if (!this.form || !this.text || !this.label) return;
    if (!this.drafting) [this.label.value, this.text.value] = [kept.label, kept.text];
    this.drafting = true;
    this.form.hidden = false;
    this.where(where);
    if (focus) (focus === "pad" ? find("mark-pad") : this.text).focus({ preventScroll: true });
    this.form.scrollIntoView({ block: "nearest" });
  }

  where(words: string): void {
    find("mark-where").textContent = words;
  }

  /** What lies where, in words: for those who do not see it, and said as it moves. */
  tell(region: Region | null): void {
    const pad = maybe("mark-pad");
    if (pad) pad.textContent = region ? regionWords(region) : say("mark.not_drawn");
  }

  end(): void {
    this.drafting = false;
    if (!this.form) return;
    const inside = this.form.contains(document.activeElement);
    this.form.hidden = true;
    this.form.reset();
    if (inside) document.querySelector<HTMLElement>("[data-tool]")?.focus({ preventScroll: true });
  }

  fault(words: string): void {
    const line = find("mark-fault");
    line.hidden = words === "";
    line.textContent = words;
    if (words) this.text?.focus();
  }

  private save(): void {
    const { label, text } = this.words;
    this.acts.save(label, text);
  }

  private inForm(event: KeyboardEvent): void {
    if (event.isComposing) return; // Enter takes a Chinese word then
    if (event.key === "Enter" && !event.shiftKey && event.target !== find("mark-cancel") && event.target !== find("mark-back")) {
      event.preventDefault();
      if (event.target === find("mark-pad")) this.text?.focus();
      else this.save();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (event.target === this.text && this.text?.value) find("mark-pad").focus(); // what was typed is not lost by one key
      else this.acts.cancel();
    }
  }

  /** Before the page's own keys: while a mark is made the arrows are its own. */
  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || inField(event.target)) return;
    const arrow = ARROWS[event.key];
    const tool = KEYS[event.key.toLowerCase()];
    if (tool && !event.shiftKey) this.acts.take(tool, true);
    else if (this.drafting && arrow) this.acts.nudge(arrow[0] * STEP, arrow[1] * STEP, event.shiftKey);
    else if (this.drafting && event.key === "Enter" && event.target === document.body) this.text?.focus();
    else if (this.drafting && event.key === "Escape" && !this.form?.contains(event.target as Node)) this.acts.cancel();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function inField(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !["radio", "checkbox", "range", "button"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
