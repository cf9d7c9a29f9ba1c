/** Lists by keyboard: J and K move, Enter opens, / searches; the row that is looked at is previewed at the right. */
import { typing } from "./page-kit.ts";

const doors = () => [...document.querySelectorAll<HTMLAnchorElement>("[data-list] a.cover")];

function move(step: number): void {
  const all = doors();
  const at = all.indexOf(document.activeElement as HTMLAnchorElement);
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
  next?.focus();
  next?.closest("tr")?.scrollIntoView({ block: "nearest" });
}

/** The server wrote each row's preview beside it. */
function preview(row: Element | null | undefined): void {
  const box = document.getElementById("preview");
  const written = row?.querySelector("template");
  if (!box || !written) return;
  box.hidden = false;
  box.replaceChildren(written.content.cloneNode(true));
  for (const other of document.querySelectorAll("tr.door")) other.classList.toggle("shown", other === row);
}

for (const row of document.querySelectorAll("[data-list] tr.door")) {
  row.addEventListener("focusin", () => preview(row));
  row.addEventListener("pointerenter", () => preview(row));
}
preview(document.querySelector("[data-list] tr.door"));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target instanceof HTMLInputElement) event.target.blur();
  if (typing(event)) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "/") {
    event.preventDefault();
    document.querySelector<HTMLInputElement>("input[type=search]")?.focus();
  }
});
