/** A media element fed through Media Source Extensions, as the feed sees it. */
import type { Sink } from "./feed-wire.ts";

export const LONGEST = 86_400; // seconds: a survey never lasts a day, so every seek lies inside

export function mime(kind: "audio" | "video", codecs: string): string {
  return `${kind}/${codecs === "vp8" ? "webm" : "mp4"}; codecs="${codecs}"`;
}

export function playable(kind: "audio" | "video", codecs: string): boolean {
  return typeof MediaSource !== "undefined" && MediaSource.isTypeSupported(mime(kind, codecs));
}

/** Resolves once the element has its source buffer. */
export async function openSink(element: HTMLMediaElement, kind: "audio" | "video", codecs: string): Promise<Sink> {
  const source = new MediaSource();
  const address = URL.createObjectURL(source);
  element.src = address;
  await new Promise((resolve) => source.addEventListener("sourceopen", resolve, { once: true }));
  URL.revokeObjectURL(address);
  const buffer = source.addSourceBuffer(mime(kind, codecs));
  source.duration = LONGEST;
  return new SourceSink(buffer, kind, codecs);
}

class SourceSink implements Sink {
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly buffer: SourceBuffer,
    private readonly kind: "audio" | "video",
    private codecs: string,
  ) {}

  append(bytes: ArrayBuffer): Promise<void> {
    return this.work(() => this.buffer.appendBuffer(bytes));
  }

  remove(from: number, to: number): Promise<void> {
    return to > from ? this.work(() => this.buffer.remove(from, to)) : Promise.resolve();
  }

  buffered(): [number, number][] {
    const ranges = this.buffer.buffered;
    return Array.from({ length: ranges.length }, (_, index) => [ranges.start(index), ranges.end(index)]);
  }

  changeType(codecs: string): void {
    if (codecs === this.codecs) return;
    this.codecs = codecs;
    this.queue = this.queue.then(() => this.buffer.changeType(mime(this.kind, codecs)));
  }

  private work(act: () => void): Promise<void> {
    const done = this.queue.then(
      () =>
        new Promise<void>((resolve, reject) => {
          const stop = (): void => {
            this.buffer.removeEventListener("updateend", ended);
            this.buffer.removeEventListener("error", broke);
          };
          const ended = (): void => (stop(), resolve());
          const broke = (): void => (stop(), reject(new Error("the bytes could not be read")));
          this.buffer.addEventListener("updateend", ended);
          this.buffer.addEventListener("error", broke);
          try {
            act();
          } catch (error) {
            stop();
            reject(error as Error);
          }
        }),
    );
    this.queue = done.catch(() => undefined); // the next work does not suffer for this one
    return done;
  }
}
