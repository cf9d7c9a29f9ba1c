/** What every page module needs of the page: its words, its data, its elements. */

function data<T>(id: string): T {
  const text = document.getElementById(id)?.textContent;
  return JSON.parse(text || "{}") as T;
}

let known: Record<string, string> | null = null;

/** The sentence of a key, its `{places}` filled. */
export function say(key: string, values: Record<string, string | number> = {}): string {
  known ??= data<Record<string, string>>("words");
  return (known[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A refusal in words: the catalogue's, else the server's own, else that something went wrong. */
export function sayProblem(problem: { code: string; title: string; status: number }): string {
  for (const key of [`problem.${problem.code}`, `problem.status-${problem.status}`]) {
    if (say(key) !== key) return say(key);
  }
  return problem.title || say("problem.unknown");
}

/** What a room message of the kind "notice" says: the node's by its code, an inspector's by its text. */
export function noticeWords(message: { body?: Record<string, unknown> }): string {
  const code = message.body?.["code"];
  if (typeof code === "string") return say(`live.notice_${code}`);
  return say("live.notice", { text: String(message.body?.["text"] ?? "") });
}

export function page<T>(): T {
  return data<T>("page");
}

export function find<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found as T;
}

export function maybe<T extends HTMLElement = HTMLElement>(id: string): T | null {
  return document.getElementById(id) as T | null;
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...parts: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...parts);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name: string): SVGSVGElement {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("class", "icon");
  made.setAttribute("aria-hidden", "true");
  made.append(document.createElementNS(SVG, "use"));
  setIcon(made, name);
  return made;
}

export function setIcon(svg: Element, name: string): void {
  svg.querySelector("use")?.setAttribute("href", `#i-${name}`);
}

/** Shape and colour of a result, the same as in parts.html. */
export const LOOKS: Record<string, [string, string]> = {
  pass: ["green", "check"],
  fail: ["red", "cross"],
  rectify: ["amber", "wrench"],
  "not-applicable": ["", "minus"],
  open: ["hollow", "ring"],
};

export function resultChip(result: string | null | undefined): HTMLElement {
  const [tone, sign] = LOOKS[result ?? "open"] ?? ["", "minus"];
  return make("span", `chip ${tone}`, icon(sign), say(`result.${result ?? "open"}`));
}

/** Seconds as 0:00:00, with hundredths where a frame is meant. */
export function timecode(seconds: number, exact = false): string {
  const whole = Math.max(0, exact ? Math.floor(seconds * 100) / 100 : Math.floor(seconds));
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const text = `${Math.floor(whole / 3600)}:${two((whole % 3600) / 60)}:${two(whole % 60)}`;
  return exact ? `${text}.${two(Math.round((whole % 1) * 100))}` : text;
}

export function clockTime(moment: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
}

/** Links and their copy buttons, wherever they stand. */
export function copyButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
    const field = button.parentElement?.querySelector<HTMLInputElement>("[data-link]");
    const words = button.querySelector("[data-copy-words]");
    if (!field || !words) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      if (navigator.clipboard) await navigator.clipboard.writeText(field.value).catch(() => undefined);
      else document.execCommand("copy"); // a page without HTTPS has no clipboard of its own
      words.textContent = say("copy.done");
      setTimeout(() => (words.textContent = say("copy.do")), 2000);
    });
  }
}

/** What was typed into a form survives a reload, until it was sent. */
export function keepTyped(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-keep]")) {
    const key = `takan:${form.dataset["keep"]}`;
    const field = form.querySelector<HTMLTextAreaElement>("textarea");
    if (!field) continue;
    if (!field.value) field.value = sessionStorage.getItem(key) ?? "";
    field.addEventListener("input", () => sessionStorage.setItem(key, field.value));
    form.addEventListener("submit", () => sessionStorage.removeItem(key));
  }
}

/** Tabs from links to sections: without script all sections are simply there. */
export function tabs(): void {
  for (const host of document.querySelectorAll<HTMLElement>("[data-tabs]")) {
    const links = [...host.querySelectorAll<HTMLAnchorElement>(".tabs > a")];
    const open = (wanted: HTMLAnchorElement) => {
      for (const link of links) {
        const section = document.getElementById(link.hash.slice(1));
        if (section) section.hidden = link !== wanted;
        if (link === wanted) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    };
    for (const link of links) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        history.replaceState(null, "", link.hash);
        open(link);
      });
    }
    const first = links.find((link) => link.hash === location.hash) ?? links[0];
    if (first) open(first);
  }
}

/** Whether keys belong to a field now, and not to the page. */
export function typing(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  if (target?.isContentEditable || target?.tagName === "TEXTAREA" || target?.tagName === "SELECT") return true;
  return target instanceof HTMLInputElement && !["radio", "checkbox", "range", "button"].includes(target.type);
}
