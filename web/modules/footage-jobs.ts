/** The work that is still going on with an upload: its progress, its end, and what can be stopped or tried anew. */
import { Problem, type Api } from "./api-wire.ts";
import { maybe, sayProblem } from "./page-kit.ts";

interface Told {
  state: string;
  jobs: { id: string; state: string; done: number }[];
  renditions: Record<string, string>;
}

interface Page {
  evidence: string;
  case: string;
  working: boolean;
  source: string;
  files: Record<string, string>;
}

const EVERY = 2_000;
const SHOWN = /^((\d+p|whole|recovered|beginning)\.mp4|view\.jpg|page-1\.jpg)$/; // what there is to be seen

/** `busy`: whether the reader is in the middle of something, so that the page is not loaded anew under his hands. */
export function jobs(api: Api, page: Page, busy: () => boolean): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-job]")) {
    button.hidden = false;
    button.addEventListener("click", () => void press(api, page.case, button));
  }
  if (page.working) setTimeout(() => void look(api, page, busy), EVERY);
}

async function press(api: Api, of: string, button: HTMLButtonElement): Promise<void> {
  button.disabled = true;
  try {
    await api.post(`/cases/${of}/jobs/${button.dataset["job"]}/${button.dataset["act"]}`);
    location.reload();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    button.disabled = false;
    button.after(` ${sayProblem(error)}`);
  }
}

async function look(api: Api, page: Page, busy: () => boolean): Promise<void> {
  let told: Told | null = null;
  try {
    told = await api.get<Told>(`/evidence/${page.evidence}`);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
  for (const job of told?.jobs ?? []) progress(job);
  const waiting = maybe("footage-player") === null || page.source === "beginning.mp4";
  const first = waiting && Object.keys(told?.renditions ?? {}).some((name) => SHOWN.test(name) && !(name in page.files));
  if (told && (told.state !== "working" || first)) {
    const notice = maybe("footage-more");
    if (busy() && notice) notice.hidden = false;
    else location.reload();
    return;
  }
  setTimeout(() => void look(api, page, busy), EVERY);
}

function progress(job: { id: string; done: number }): void {
  const row = document.querySelector(`[data-job-row="${CSS.escape(job.id)}"]`);
  const bar = row?.querySelector("progress");
  if (!row || !bar) return;
  bar.value = job.done;
  row.querySelector(".push")!.textContent = `${Math.floor(job.done / 10)} %`;
}
