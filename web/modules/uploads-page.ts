/** The upload box, on the applicant's page and on the case's: files in, progress out, and what became of each. */
import { api } from "./browser.ts";
import { type Chosen, chosen, dropped, Turns } from "./folder-wire.ts";
import { find, icon, make, maybe, page, say } from "./page-kit.ts";
import type { Moving } from "./pace-wire.ts";
import { Sender, type Sent } from "./uploads-wire.ts";

const { upload_to: survey, uploads: where, review } = page<{ upload_to: string | null; uploads: string; review: boolean }>();
const server = api();
const csrf = document.querySelector<HTMLMetaElement>('meta[name="csrf"]')?.content ?? "";
const turns = new Turns(3); // files on their way at once: a browser has six connections, and looks need one
const LOOK = 2000; // ms between two looks at what is worked on
const LOOKS: Record<string, [string, string]> = {
  arriving: ["blue", "clock"],
  checking: ["blue", "clock"],
  working: ["blue", "clock"],
  admitted: ["green", "check"],
  ready: ["green", "check"],
  refused: ["red", "cross"],
};

interface Line {
  box: HTMLElement;
  bar: HTMLProgressElement;
  words: HTMLElement;
  chip: HTMLElement;
  sender: Sender | null;
  moving: boolean;
}

const lines = new Map<string, Line>(); // by id as the server tells it; what this page sends, by name and size until then
const keyOf = (name: string, bytes: number) => `${name}|${bytes}`;

function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

function span(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return say("upload.seconds", { n: whole });
  return whole < 3600 ? say("upload.minutes", { n: Math.ceil(whole / 60) }) : say("upload.hours", { n: (whole / 3600).toFixed(1) });
}

function line(name: string, bytes: number, id: string | null = null): Line {
  const own = keyOf(name, bytes);
  const key = id ?? own;
  const known = lines.get(key);
  if (known) return known;
  const sent = id ? ([...lines].find(([, one]) => one.sender?.id === id) ?? [own, lines.get(own)]) : null;
  if (id && sent?.[1]) {
    if (sent[1].moving) return sent[1];
    lines.delete(sent[0]);
    lines.set(id, sent[1]);
    return sent[1];
  }
  const bar = make("progress", "");
  bar.setAttribute("aria-label", name);
  bar.max = Math.max(bytes, 1);
  const words = make("span", "quiet upload-words");
  const chip = make("span", "chip");
  const head = make("div", "row upload-head", make("span", "strong upload-name", name), make("span", "quiet push nowrap", size(bytes)), chip);
  const box = make("li", "upload", head, bar, words);
  box.dataset["file"] = own;
  find("upload-list").prepend(box);
  const made: Line = { box, bar, words, chip, sender: null, moving: false };
  lines.set(key, made);
  return made;
}

function mark(one: Line, state: string): void {
  const [tone, sign] = LOOKS[state] ?? ["", "minus"];
  one.chip.className = `chip ${tone}`;
  one.chip.replaceChildren(icon(sign), say(`upload.state_${state}`));
  one.box.dataset["state"] = state;
}

function send({ file, path }: Chosen): void {
  if (!survey) return;
  const name = path || file.name;
  const waiting = [...lines].find(
    ([, known]) => known.box.dataset["state"] === "arriving" && !known.moving && known.box.dataset["file"] === keyOf(file.name, file.size),
  );
  if (waiting) {
    lines.delete(waiting[0]); // it goes on where it was: the same line
    lines.set(keyOf(name, file.size), waiting[1]);
  }
  const one = line(name, file.size);
  if (one.moving) return;
  one.moving = true;
  mark(one, "arriving");
  one.words.textContent = say("upload.begins");
  const stop = make("button", "button small", say("upload.give_up"));
  stop.type = "button";
  let next = () => {};
  let givenUp = false;
  const over = () => {
    one.moving = false;
    stop.remove();
    next();
  };
  const told = {
    moving: (now: Moving) => moved(one, now),
    waiting: () => (one.words.textContent = say("upload.waiting")),
    done: () => {
      over();
      one.bar.value = one.bar.max;
      mark(one, "checking");
      one.words.textContent = say("upload.all_here");
      void look();
    },
    failed: (code: string) => {
      over();
      mark(one, "refused");
      one.words.textContent = say(`problem.${code}`) === `problem.${code}` ? say("problem.unknown") : say(`problem.${code}`);
    },
  };
  const sender = new Sender(file, survey, csrf, told, path);
  one.sender = sender;
  stop.addEventListener("click", async () => {
    givenUp = true;
    over();
    await one.sender?.giveUp().catch(() => undefined);
    one.box.remove();
    lines.delete(keyOf(name, file.size));
  });
  one.box.append(stop);
  turns.take((ended) => {
    next = ended;
    if (givenUp) ended();
    else void sender.start();
  });
}

function moved(one: Line, now: Moving): void {
  one.bar.value = now.sent;
  const left = now.left === null ? "" : ` · ${say("upload.left", { time: span(now.left) })}`;
  const share = now.total ? Math.floor((100 * now.sent) / now.total) : 100;
  one.words.textContent = `${share} % · ${say("upload.speed", { speed: `${size(now.speed)}/s` })}${left}`;
}

function show(sent: Sent): void {
  const one = line(sent.name, sent.bytes, sent.id);
  if (one.moving) return;
  mark(one, sent.state);
  one.bar.value = sent.received ?? sent.bytes;
  one.bar.hidden = sent.state === "ready" || sent.state === "refused" || sent.state === "admitted";
  if (sent.state === "arriving") {
    one.words.textContent = say("upload.pick_again", { share: Math.floor((100 * sent.received) / Math.max(sent.bytes, 1)) });
  } else if (sent.state === "refused") {
    one.words.textContent = say(`problem.${sent.reason}`);
  } else {
    one.words.replaceChildren(...work(sent));
  }
  if (review && (sent.state === "working" || sent.state === "ready") && !one.box.querySelector("a")) {
    const link = make("a", "button small", icon("play"), say("upload.review"));
    link.href = `/evidence/${sent.id}`;
    one.box.append(link);
  }
}

function work(sent: Sent): (Node | string)[] {
  const going = sent.jobs.filter((job) => job.state === "running" || job.state === "wanted");
  const failed = sent.jobs.filter((job) => job.state === "failed" && job.reason);
  const parts: (Node | string)[] = going.map((job) =>
    make("span", "upload-job", `${say(`job.${job.kind}`)} ${job.state === "running" ? `${Math.floor(job.done / 10)} %` : "…"}`),
  );
  for (const job of failed) parts.push(make("span", "upload-job amber", `${say(`job.${job.kind}`)}: ${say(`problem.${job.reason}`)}`));
  return parts.length ? parts : [say(sent.state === "checking" ? "upload.all_here" : "upload.kept")];
}

let asking = false;

async function look(): Promise<void> {
  if (asking) return;
  asking = true;
  try {
    for (;;) {
      const found = await server.get<{ uploads?: Sent[]; evidence?: Sent[] }>(where);
      const all = found.uploads ?? found.evidence ?? [];
      all.forEach(show);
      const empty = maybe("upload-empty");
      if (empty) empty.hidden = all.length > 0 || lines.size > 0;
      const busy = all.some((one) => one.state === "checking" || one.state === "working" || one.state === "admitted");
      if (!busy && !survey) return;
      await new Promise((resolve) => setTimeout(resolve, busy ? LOOK : LOOK * 3)); // others may send, too
    }
  } catch {
    setTimeout(() => void look(), LOOK * 3);
  } finally {
    asking = false;
  }
}

function dropping(): void {
  const input = maybe<HTMLInputElement>("upload-files");
  const zone = maybe("upload-zone");
  if (!input || !zone) return;
  for (const one of [input, maybe<HTMLInputElement>("upload-folder")]) {
    one?.addEventListener("change", () => {
      for (const file of chosen(one.files ?? [])) send(file);
      one.value = "";
    });
  }
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    const entries = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry()).filter((one) => one !== null);
    void dropped(entries).then((files) => files.forEach(send));
  });
  addEventListener("beforeunload", (event) => {
    if ([...lines.values()].some((one) => one.moving)) event.preventDefault();
  });
}

dropping();
void look();
