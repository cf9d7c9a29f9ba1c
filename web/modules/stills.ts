/** The strip of snapshots: a preview at once, the picture cut from the recording when it is there. */
import type { Snapshot } from "./contract.ts";
import { find, icon, make, maybe, say, timecode } from "./page-kit.ts";

const TICKS = 90_000;

interface Still {
  id: string;
  time: number;
  state: Snapshot["state"];
  preview: string | null; // data URL of what was on screen
  url: string | null;
}

export class Stills {
  private readonly known = new Map<string, Still>();
  private readonly buttons = new Map<string, HTMLButtonElement>();

  constructor(
    private readonly pressed: (id: string) => void,
    private readonly isCited: (id: string) => boolean,
  ) {}

  get waiting(): boolean {
    return [...this.known.values()].some((one) => one.state === "wanted");
  }

  /** The picture that is on screen, as a preview. */
  grab(video: HTMLVideoElement): string | null {
    if (!video.videoWidth) return null;
    const canvas = make("canvas");
    canvas.width = 320;
    canvas.height = Math.round((320 * video.videoHeight) / video.videoWidth);
    canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/jpeg", 0.8);
  }

  add(id: string, time: number, preview: string | null): void {
    this.known.set(id, { id, time, state: "wanted", preview, url: null });
    this.draw();
    this.buttons.get(id)?.scrollIntoView({ inline: "end", block: "nearest" });
  }

  rename(before: string, after: string): void {
    const still = this.known.get(before);
    if (!still) return;
    this.known.delete(before);
    this.buttons.get(before)?.remove();
    this.buttons.delete(before);
    if (!this.known.has(after)) this.known.set(after, { ...still, id: after });
    else this.known.get(after)!.preview = still.preview;
    this.draw();
  }

  remove(id: string): void {
    this.known.delete(id);
    this.buttons.get(id)?.remove();
    this.buttons.delete(id);
    this.draw();
  }

  take(snapshots: Snapshot[]): void {
    for (const one of snapshots) {
      const preview = this.known.get(one.id)?.preview ?? null;
      this.known.set(one.id, { id: one.id, time: one.time, state: one.state, preview, url: one.url });
    }
    this.draw();
  }

  /** A small one, to stand under a check. */
  small(id: string): HTMLElement | null {
    const still = this.known.get(id);
    if (!still) return null;
    const button = this.shape(still, make("button", "still small"));
    button.addEventListener("click", () => this.pressed(id));
    return button;
  }

  draw(): void {
    const strip = maybe("strip");
    if (!strip) return;
    const all = [...this.known.values()].sort((a, b) => a.time - b.time);
    for (const still of all) {
      let button = this.buttons.get(still.id);
      if (!button) {
        button = make("button", "still");
        button.addEventListener("click", () => this.pressed(still.id));
        this.buttons.set(still.id, button);
      }
      this.shape(still, button);
      button.setAttribute("aria-pressed", String(this.isCited(still.id)));
      button.title = say("check.cite");
    }
    strip.replaceChildren(...all.map((still) => this.buttons.get(still.id)!));
    find("strip-empty").hidden = all.length > 0;
  }

  private shape(still: Still, button: HTMLButtonElement): HTMLButtonElement {
    const source = still.url ?? still.preview;
    const time = timecode(still.time / TICKS);
    button.type = "button";
    button.classList.toggle("failed", still.state === "failed");
    const sign = still.state === "ready" ? "check" : still.state === "failed" ? "warn" : "clock";
    const words = make("span", "still-words", icon(sign), time);
    const image = make("img");
    image.alt = say(still.state === "failed" ? "console.snapshot_failed" : "console.snapshot_taken", { time });
    if (source) {
      const shown = button.querySelector("img");
      if (shown && shown.src === new URL(source, location.href).href) {
        shown.alt = image.alt;
        button.replaceChildren(shown, words);
        return button;
      }
      image.src = source;
    } else image.hidden = true;
    button.replaceChildren(image, words);
    return button;
  }
}
