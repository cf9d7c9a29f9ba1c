/** The case: its tabs, the link to copy, what was typed, and the progress of an export. */
import { Problem } from "./api-wire.ts";
import { api } from "./browser.ts";
import { copyButtons, keepTyped, page, tabs } from "./page-kit.ts";

interface Export {
  state: "wanted" | "running" | "ready" | "failed";
  done: number;
  total: number;
}

const { case: id } = page<{ case: string }>();
const server = api();

async function follow(box: HTMLElement): Promise<void> {
  const bar = box.querySelector("progress");
  const words = box.querySelector(".quiet");
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    let now: Export;
    try {
      now = await server.get<Export>(`/cases/${id}/exports/${box.dataset["export"]}`);
    } catch (error) {
      if (error instanceof Problem && error.passing) continue;
      throw error;
    }
    if (now.state === "ready" || now.state === "failed") return location.reload();
    if (bar && now.total > 0) {
      bar.max = now.total;
      bar.value = now.done;
      if (words) words.textContent = `${Math.floor((100 * now.done) / now.total)} %`;
    }
  }
}

/** A paper or a clip that is being made: the page is drawn anew when it is there; for a clip the bar moves. */
async function made(box: HTMLElement, path: string): Promise<void> {
  const bar = box.querySelector("progress");
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    let now: { state: string; done?: number; total?: number };
    try {
      now = await server.get<typeof now>(path);
    } catch (error) {
      if (error instanceof Problem && error.passing) continue;
      throw error;
    }
    if (now.state !== "wanted") return location.reload();
    if (bar && now.total) {
      bar.max = now.total;
      bar.value = now.done ?? 0;
    }
  }
}

tabs();
copyButtons();
keepTyped();
for (const box of document.querySelectorAll<HTMLElement>("[data-export]")) {
  if (box.dataset["state"] === "wanted" || box.dataset["state"] === "running") void follow(box);
}
for (const box of document.querySelectorAll<HTMLElement>("[data-made]")) void made(box, box.dataset["made"] ?? "");
