/** The player of one file: its tools, its keys' acts, and the picture that stands. */
import { FrameStep } from "./frames.ts";
import { find, maybe, say, timecode } from "./page-kit.ts";
import { Presented } from "./presented.ts";
import type { Stamps } from "./stamps.ts";

export class FilmPlayer {
  readonly shown: Presented;
  stamps: Stamps | null = null;
  private readonly steps: FrameStep;
  private stepping: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly media: HTMLVideoElement,
    private readonly seconds: number | null,
    private readonly drawn: (at: number) => void,
  ) {
    this.shown = new Presented(media, () => this.tell());
    this.steps = new FrameStep({
      get position() {
        return media.currentTime;
      },
      rest: () => media.pause(),
      presented: () => this.shown,
    });
    media.controls = false; // its own would lie over the picture, and over what is marked on it
    find("footage-tools").hidden = false;
    for (const kind of ["play", "pause", "seeked", "loadedmetadata", "timeupdate"]) media.addEventListener(kind, () => this.tell());
    media.addEventListener("play", () => this.follow());
    media.addEventListener("error", () => this.broken());
    if (media.error) this.broken();
    this.buttons();
  }

  get at(): number {
    return this.media.currentTime;
  }

  get paused(): boolean {
    return this.media.paused;
  }

  get length(): number {
    return (Number.isFinite(this.media.duration) ? this.media.duration : this.seconds) || this.seconds || 1;
  }

  seek(at: number): void {
    this.media.currentTime = Math.max(0, Math.min(at, this.length));
    this.drawn(this.media.currentTime);
  }

  toggle(): void {
    if (this.media.paused) void this.media.play().catch(() => this.broken());
    else this.media.pause();
  }

  /** The next picture or the one before, each key press one: by the table of presented times where it is there. */
  step(by: 1 | -1): Promise<unknown> {
    return (this.stepping = this.stepping.then(async () => {
      const { stamps } = this;
      if (!stamps?.count) return this.steps.step(by);
      const now = stamps.index(await this.shown.still());
      await this.shown.seek(stamps.middle(Math.min(Math.max(now + by, 0), stamps.count - 1)));
    }));
  }

  tell(): void {
    find("play").setAttribute("aria-pressed", String(!this.media.paused));
    find("footage-now").textContent = `${timecode(this.media.currentTime, true)} / ${timecode(this.length)}`;
    this.drawn(this.media.currentTime);
  }

  private follow(): void {
    this.tell();
    if (!this.media.paused) requestAnimationFrame(() => this.follow());
  }

  private broken(): void {
    find("footage-problem").textContent = say("footage.not_played");
  }

  private buttons(): void {
    const { media } = this;
    find("play").addEventListener("click", () => this.toggle());
    maybe("footage-screen")?.addEventListener("click", () => this.toggle());
    maybe("frame-back")?.addEventListener("click", () => void this.step(-1));
    maybe("frame-on")?.addEventListener("click", () => void this.step(1));
    find("mute").addEventListener("click", () => {
      media.muted = !media.muted;
      find("mute").setAttribute("aria-pressed", String(!media.muted));
    });
    const rate = find<HTMLSelectElement>("rate");
    rate.addEventListener("change", () => (media.playbackRate = Number(rate.value)));
    fullScreen(find("footage-player"));
  }
}

/** The player with its tools over the whole screen: what is marked stays on the picture. */
export function fullScreen(box: HTMLElement): void {
  const button = maybe("full");
  if (!button) return;
  if (!document.fullscreenEnabled) return void (button.hidden = true);
  button.addEventListener("click", () => void (document.fullscreenElement ? document.exitFullscreen() : box.requestFullscreen()));
}
