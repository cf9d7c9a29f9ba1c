/** A survey's timeline: what was recorded, read again while it grows, and asked by moments. */
import { Problem, type Api } from "./api-wire.ts";
import type { Segment, Timeline, Track } from "./contract.ts";

export const startOf = (track: Track, segment: Segment): number => segment.start / track.timescale;
export const endOf = (track: Track, segment: Segment): number => (segment.start + segment.duration) / track.timescale;

/** Index of the segment that holds `at`, or of the first one after it; the count when there is none. */
export function indexAt(track: Track, at: number): number {
  let low = 0;
  let high = track.segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (endOf(track, track.segments[middle]!) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The segment from which `at` can be decoded: its own, or an earlier one that begins with a key frame. */
export function entryIndex(track: Track, at: number): number {
  const wanted = indexAt(track, at);
  let index = wanted;
  while (index > 0 && index < track.segments.length && track.segments[index]!.key_frame === false) {
    const before = track.segments[index - 1]!;
    if (before.init !== track.segments[index]!.init) break;
    index -= 1;
  }
  return index < track.segments.length && track.segments[index]!.key_frame === false ? wanted : index;
}

/** Where the first and the last recorded moment lie. */
export function extent(timeline: Timeline): { from: number; to: number } {
  let from = Infinity;
  let to = 0;
  for (const track of timeline.tracks) {
    const first = track.segments[0];
    const last = track.segments.at(-1);
    if (!first || !last) continue;
    from = Math.min(from, startOf(track, first));
    to = Math.max(to, endOf(track, last));
  }
  return { from: Number.isFinite(from) ? from : 0, to };
}

/** The first recorded moment after `at` in any track, or null. */
export function nextRecorded(timeline: Timeline, at: number): number | null {
  let next = Infinity;
  for (const track of timeline.tracks) {
    const segment = track.segments[indexAt(track, at)];
    if (segment) next = Math.min(next, Math.max(at, startOf(track, segment)));
  }
  return Number.isFinite(next) ? next : null;
}

const FILMERS = ["applicant", "agent", "service"];

/** Pictures first, the applicant's before all; then voices in the same order. */
export function inOrder(tracks: Track[]): Track[] {
  const rank = (track: Track) => (track.kind === "video" ? 0 : 2) + (FILMERS.includes(track.role) ? 0 : 1);
  return [...tracks].sort((a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id));
}

/** Where there is something to see: an inspector is often there, and heard, long before the picture. */
export function firstPicture(timeline: Timeline): number | null {
  const track = inOrder(timeline.tracks)[0];
  const segment = track?.kind === "video" ? track.segments[0] : undefined;
  return track && segment ? startOf(track, segment) : null;
}

const EVERY = 3_000;

export class TimelineWire {
  private stopped = false;

  constructor(
    private readonly api: Api,
    private readonly path: string,
    private readonly later: (act: () => void, milliseconds: number) => () => void,
    private readonly tell: (timeline: Timeline) => void,
    private readonly away: (problem: Problem) => void,
  ) {}

  start(): void {
    void this.ask();
  }

  stop(): void {
    this.stopped = true;
  }

  private async ask(): Promise<void> {
    let again = true;
    try {
      const timeline = await this.api.get<Timeline>(this.path);
      if (this.stopped) return;
      this.tell(timeline);
      again = !settled(timeline);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.away(error);
      again = error.passing;
    }
    if (again && !this.stopped) this.later(() => void this.ask(), EVERY);
  }
}

/** Nothing more will change: ended, all stored, all snapshots cut. */
export function settled(timeline: Timeline): boolean {
  return (
    timeline.ended &&
    timeline.tracks.every((track) => track.segments.every((segment) => segment.state === "stored")) &&
    timeline.snapshots.every((one) => one.state !== "wanted")
  );
}
