/** Brings one track's segments around the playhead into a source buffer, and takes old ones out again. */
import type { Segment, Track } from "./contract.ts";
import { endOf, entryIndex, indexAt, startOf } from "./timeline-wire.ts";

/** A SourceBuffer, each of its works awaited. */
export interface Sink {
  append(bytes: ArrayBuffer): Promise<void>;
  remove(from: number, to: number): Promise<void>;
  buffered(): [number, number][];
  changeType(codecs: string): void;
}

export type Load = (digest: string, signal: AbortSignal) => Promise<ArrayBuffer>;
export type Cover = "here" | "coming" | "nothing";

const AHEAD = 20; // seconds kept ready
const BEHIND = 30; // seconds kept after they were played
const SLACK = 0.12; // a frame or two between declared and decoded times
const AGAIN = 5_000; // milliseconds before a segment that failed is asked again

export class Feed {
  private readonly loaded = new Set<string>();
  private readonly failed = new Map<string, number>();
  private readonly inits = new Map<string, ArrayBuffer>();
  private init = "";
  private at = 0;
  private abort: AbortController | null = null;
  private loading: Segment | null = null;
  private closed = false;

  constructor(
    public track: Track,
    private readonly sink: Sink,
    private readonly load: Load,
    private readonly now: () => number, // milliseconds
  ) {}

  /** Whether something was recorded at that moment which could not be read just now. */
  brokenAt(at: number): boolean {
    const segment = this.track.segments[indexAt(this.track, at)];
    return Boolean(segment && startOf(this.track, segment) <= at && this.failed.has(segment.digest));
  }

  update(track: Track): void {
    this.track = track;
  }

  close(): void {
    this.closed = true;
    this.abort?.abort();
  }

  /** The playhead is here: see to it that what follows is there. Cheap enough for every tick. */
  aim(at: number): void {
    this.at = at;
    if (this.loading) {
      const wanted = endOf(this.track, this.loading) > at - 10 && startOf(this.track, this.loading) < at + AHEAD;
      if (wanted) return;
      this.abort?.abort();
      return; // the pump goes on from the new place
    }
    const next = this.next();
    if (next) void this.pump(next);
  }

  cover(at: number): Cover {
    for (const [from, to] of this.sink.buffered()) if (at >= from - SLACK && at < to - 0.02) return "here";
    const segment = this.track.segments[indexAt(this.track, at)];
    if (!segment || startOf(this.track, segment) > at + SLACK) return "nothing";
    if (this.failed.has(segment.digest)) return "nothing";
    return this.loaded.has(segment.digest) ? "nothing" : "coming"; // loaded, yet no picture here: a hole inside it
  }

  /** `at`, or where the data begins that covers it: an element waits for ever on a moment that it does not hold. */
  within(at: number): number {
    for (const [from, to] of this.sink.buffered()) if (at >= from - SLACK && at < to) return Math.max(at, from + 0.001);
    return at;
  }

  private next(): Segment | null {
    const segments = this.track.segments;
    for (let index = entryIndex(this.track, this.at); index < segments.length; index += 1) {
      const segment = segments[index]!;
      if (startOf(this.track, segment) > this.at + AHEAD) return null;
      if (this.loaded.has(segment.digest)) continue;
      const failedAt = this.failed.get(segment.digest);
      if (failedAt === undefined || this.now() - failedAt > AGAIN) return segment;
    }
    return null;
  }

  private async pump(first: Segment): Promise<void> {
    let segment: Segment | null = first;
    while (segment && !this.closed) {
      this.loading = segment;
      this.abort = new AbortController();
      try {
        await this.bring(segment, this.abort.signal);
      } catch (error) {
        if (this.closed) return;
        if (!this.abort.signal.aborted) this.failedNow(segment, error);
      }
      segment = this.next();
    }
    this.loading = null;
  }

  private failedNow(segment: Segment, error: unknown): void {
    if (error instanceof DOMException && error.name === "QuotaExceededError") {
      this.loaded.clear(); // the buffer is emptied around the playhead before the next append
      void this.sink.remove(0, Math.max(0.01, this.at - 1));
    }
    this.failed.set(segment.digest, this.now());
  }

  private async bring(segment: Segment, signal: AbortSignal): Promise<void> {
    await this.evict();
    const bytes = this.load(segment.digest, signal);
    bytes.catch(() => undefined); // awaited below; the init segment may fail first
    if (segment.init !== this.init) await this.begin(segment.init, signal);
    await this.sink.append(await bytes);
    this.loaded.add(segment.digest);
    this.failed.delete(segment.digest);
  }

  private async begin(digest: string, signal: AbortSignal): Promise<void> {
    const known = this.inits.get(digest) ?? (await this.load(digest, signal));
    this.inits.set(digest, known);
    const codecs = this.track.inits.find((one) => one.digest === digest)?.codecs;
    if (codecs) this.sink.changeType(codecs);
    await this.sink.append(known);
    this.init = digest;
  }

  private async evict(): Promise<void> {
    const keepFrom = this.at - BEHIND;
    const keepTo = this.at + 3 * AHEAD;
    for (const [from, to] of this.sink.buffered()) {
      if (from < keepFrom - 10) await this.forget(from, Math.min(to, keepFrom));
      if (to > keepTo + 10) await this.forget(Math.max(from, keepTo), to);
    }
  }

  private async forget(from: number, to: number): Promise<void> {
    await this.sink.remove(from, to);
    for (const segment of this.track.segments) {
      if (startOf(this.track, segment) < to && endOf(this.track, segment) > from) this.loaded.delete(segment.digest);
    }
  }
}
