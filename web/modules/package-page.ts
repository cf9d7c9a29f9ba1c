// The index page of a package, opened from a folder: one clock over all files of a survey, no network, no server.
// The files count their time from the survey's epoch, so the clock is theirs; a player that counts from a file's own
// beginning is told apart by the length that it reports.
interface Part {
  element: HTMLMediaElement;
  figure: HTMLElement;
  start: number;
  end: number;
}

const APART = 0.2; // seconds that picture and clock may differ

class Player {
  private parts: Part[];
  private at: number;
  private began = 0;
  private playing = false;
  private readonly first: number;
  private readonly last: number;

  constructor(private box: HTMLElement) {
    this.parts = [...box.querySelectorAll<HTMLMediaElement>("video, audio")].map((element) => ({
      element,
      figure: element.closest("figure")!,
      start: Number(element.dataset["start"]),
      end: Number(element.dataset["end"]),
    }));
    this.first = Math.min(...this.parts.map((part) => part.start));
    this.last = Math.max(...this.parts.map((part) => part.end));
    const pictures = this.parts.filter((part) => part.element instanceof HTMLVideoElement);
    this.at = pictures.length ? Math.min(...pictures.map((part) => part.start)) : this.first;
    for (const part of this.parts) {
      part.element.controls = false;
      part.element.addEventListener("loadedmetadata", () => this.show());
    }
    box.classList.add("joined");
    const bar = this.find<HTMLElement>("[data-bar]");
    const seek = this.find<HTMLInputElement>("[data-seek]");
    seek.min = String(this.first);
    seek.max = String(this.last);
    seek.addEventListener("input", () => this.seek(Number(seek.value)));
    this.find("[data-play]").addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    bar.hidden = false;
    this.show();
  }

  seek(second: number): void {
    this.at = Math.min(Math.max(second, this.first), this.last);
    this.began = performance.now() - this.at * 1000;
    this.show();
  }

  private play(): void {
    if (this.at >= this.last) this.at = this.first;
    this.playing = true;
    this.box.classList.add("playing");
    this.began = performance.now() - this.at * 1000;
    this.tick();
  }

  private pause(): void {
    this.playing = false;
    this.box.classList.remove("playing");
    this.show();
  }

  private tick(): void {
    if (!this.playing) return;
    const leading = this.parts.find((part) => this.covers(part) && !part.element.paused && part.element.readyState > 2);
    const now = (performance.now() - this.began) / 1000;
    const told = leading ? leading.element.currentTime + this.shift(leading) : now;
    // A picture that has to load holds the clock; one that has not begun does not.
    this.at = leading ? told : now;
    this.began = performance.now() - this.at * 1000;
    if (this.at >= this.last) this.pause();
    this.show();
    if (this.playing) requestAnimationFrame(() => this.tick());
  }

  private covers(part: Part): boolean {
    return part.start <= this.at && this.at < part.end;
  }

  private shift(part: Part): number {
    const length = part.element.duration;
    return Math.abs(length - part.end) <= Math.abs(length - (part.end - part.start)) ? 0 : part.start;
  }

  private show(): void {
    for (const part of this.parts) this.place(part);
    for (const figure of new Set(this.parts.map((part) => part.figure))) {
      const seen = this.parts.some((part) => part.figure === figure && this.covers(part));
      const off = figure.querySelector<HTMLElement>(".off");
      if (off) off.hidden = seen;
    }
    this.find<HTMLInputElement>("[data-seek]").value = String(this.at);
    this.find("[data-time]").textContent = `${clock(this.at - this.first)} / ${clock(this.last - this.first)}`;
  }

  private place(part: Part): void {
    const here = this.covers(part);
    part.element.hidden = !here;
    if (!here) {
      part.element.pause();
      return;
    }
    const wanted = this.at - this.shift(part);
    const ready = part.element.readyState > 0;
    if (ready && !part.element.seeking && Math.abs(part.element.currentTime - wanted) > APART) {
      part.element.currentTime = wanted;
    }
    if (this.playing && part.element.paused) void part.element.play().catch(() => undefined);
    if (!this.playing) part.element.pause();
  }

  private find<Kind extends HTMLElement = HTMLElement>(selector: string): Kind {
    return this.box.querySelector<Kind>(selector)!;
  }
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

for (const survey of document.querySelectorAll<HTMLElement>("[data-survey]")) {
  const box = survey.querySelector<HTMLElement>("[data-player]");
  if (!box) continue;
  const player = new Player(box);
  for (const link of survey.querySelectorAll<HTMLElement>("[data-second]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      player.seek(Number(link.dataset["second"]));
      box.scrollIntoView({ block: "start" });
    });
  }
}

const toggle = document.querySelector<HTMLElement>("[data-language]");
if (toggle) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    document.documentElement.lang = document.documentElement.lang === "en" ? "zh-CN" : "en";
  });
}
