/**
 * Plays a survey's tracks on one clock. Each track has an element of its own, so that a gap in one never stops another;
 * the first that has data leads the clock, the others are kept within 40 ms of it; where nothing was recorded the clock
 * runs on by itself or jumps to what comes next.
 */
import { MasterClock, correction } from "./clock-wire.ts";
import type { Timeline, Track } from "./contract.ts";
import { Feed, type Cover, type Load, type Sink } from "./feed-wire.ts";
import { extent, firstPicture, inOrder, nextRecorded } from "./timeline-wire.ts";

/** The part of a media element that the player uses. */
export type Element = Pick<
  HTMLMediaElement,
  "currentTime" | "playbackRate" | "paused" | "seeking" | "readyState" | "muted" | "play" | "pause"
>;

export interface Stage {
  /** An element and its sink for a track; null where the browser cannot play it. */
  open(track: Track): Promise<{ element: Element; sink: Sink } | null>;
  load: Load;
  now(): number; // milliseconds
}

export interface Lane {
  track: Track;
  element: Element;
  feed: Feed;
  cover: Cover;
  main: boolean; // waited for
}

const WAIT_FOR_OTHERS = 2_000; // milliseconds
const STUCK = 0.5; // seconds behind a seek that has not come back
const SHOWN = 0.02; // seconds: paused on the right frame

export class Player {
  readonly clock: MasterClock;
  readonly lanes: Lane[] = [];
  timeline: Timeline | null = null;
  skipGaps = true;
  waiting = false; // for data
  private readonly opening = new Set<string>();
  private waitingSince = 0;

  constructor(private readonly stage: Stage) {
    this.clock = new MasterClock(() => stage.now());
  }

  get position(): number {
    return this.clock.position;
  }

  get range(): { from: number; to: number } {
    return this.timeline ? extent(this.timeline) : { from: 0, to: 0 };
  }

  /** The lane of the first picture. */
  get main(): Lane | null {
    return this.lanes.find((lane) => lane.track.kind === "video") ?? this.lanes[0] ?? null;
  }

  async update(timeline: Timeline): Promise<void> {
    const first = this.timeline === null || this.range.to === 0;
    this.timeline = timeline;
    if (first) this.clock.set(firstPicture(timeline) ?? this.range.from);
    for (const track of inOrder(timeline.tracks)) {
      const lane = this.lanes.find((one) => one.track.id === track.id);
      if (lane) {
        lane.track = track;
        lane.feed.update(track);
      } else if (track.segments.length > 0 && !this.opening.has(track.id)) await this.open(track);
    }
  }

  play(): void {
    if (this.position >= this.range.to - 0.05 && this.timeline?.ended) this.clock.set(this.range.from);
    this.clock.play();
    this.tick();
  }

  pause(): void {
    this.clock.pause();
    for (const lane of this.lanes) lane.element.pause();
  }

  seek(at: number): void {
    const { from, to } = this.range;
    this.clock.set(Math.min(Math.max(at, from), Math.max(from, to - 0.05)));
    this.waitingSince = this.stage.now();
    this.tick();
  }

  setRate(rate: number): void {
    this.clock.setRate(rate);
  }

  /** Rest exactly on a frame that the picture's element shows already. */
  rest(at: number): void {
    this.pause();
    this.clock.set(at);
  }

  mute(participant: string, muted: boolean): void {
    for (const lane of this.lanes) {
      if (lane.track.participant === participant && lane.track.kind === "audio") lane.element.muted = muted;
    }
  }

  /** Twenty times a second: fetch, wait, follow, correct. */
  tick(): void {
    if (!this.timeline) return;
    const at = this.clock.position;
    for (const lane of this.lanes) {
      lane.feed.aim(at);
      lane.cover = lane.feed.cover(at);
    }
    if (this.mustWait(at)) return;
    if (this.clock.playing) this.passGaps(at);
    const leader = this.lead();
    for (const lane of this.lanes) this.keep(lane, lane === leader);
  }

  private mustWait(at: number): boolean {
    const coming = this.lanes.filter((lane) => lane.cover === "coming");
    const now = this.stage.now();
    if (coming.length === 0) this.waitingSince = now;
    const atEdge = !this.timeline?.ended && at >= this.range.to - 0.3; // a running survey: more will come
    const patient = now - this.waitingSince < WAIT_FOR_OTHERS;
    this.waiting = coming.some((lane) => lane.main || patient) || (atEdge && this.clock.playing);
    this.clock.hold(this.waiting);
    if (this.waiting) for (const lane of this.lanes) if (!lane.element.paused) lane.element.pause();
    return this.waiting;
  }

  private passGaps(at: number): void {
    if (this.timeline?.ended && at >= this.range.to - 0.02) {
      this.pause();
      this.clock.set(this.range.to);
    } else if (this.skipGaps && this.lanes.every((lane) => lane.cover === "nothing") && this.timeline) {
      const next = nextRecorded(this.timeline, at + 0.05);
      if (next !== null && next > at + 0.3) this.clock.set(next + 0.02);
    }
  }

  /** Whoever is heard leads, for sound suffers most from being corrected. */
  private lead(): Lane | null {
    const running = (lane: Lane) => lane.cover === "here" && !lane.element.paused && !lane.element.seeking && lane.element.readyState >= 3;
    const able = this.lanes.filter((lane) => running(lane) && Math.abs(lane.element.currentTime - this.position) < 0.25);
    const leader = able.find((lane) => lane.track.kind === "audio" && lane.main) ?? able[0] ?? null;
    if (leader && this.clock.moving) this.clock.set(leader.element.currentTime);
    return leader;
  }

  private keep(lane: Lane, leads: boolean): void {
    const { element } = lane;
    const at = this.clock.position;
    if (lane.cover !== "here") {
      if (!element.paused) element.pause();
      return;
    }
    const drift = element.currentTime - at;
    if (!this.clock.moving) {
      if (!element.paused) element.pause();
      if (Math.abs(drift) > SHOWN && !element.seeking) element.currentTime = lane.feed.within(at);
      return;
    }
    if (element.paused) {
      if (Math.abs(drift) > 0.04) element.currentTime = lane.feed.within(at);
      element.playbackRate = this.clock.rate;
      element.play().catch(() => undefined); // interrupted by the next pause or seek: tried again with the next tick
      return;
    }
    if (element.seeking) {
      if (Math.abs(drift) > STUCK) element.currentTime = lane.feed.within(at);
      return;
    }
    const how = leads ? { kind: "rate" as const, rate: this.clock.rate } : correction(drift, this.clock.rate);
    if (how.kind === "seek") element.currentTime = lane.feed.within(at);
    else if (element.playbackRate !== how.rate) element.playbackRate = how.rate;
  }

  private async open(track: Track): Promise<void> {
    this.opening.add(track.id);
    const opened = await this.stage.open(track);
    if (!opened) return;
    const feed = new Feed(track, opened.sink, this.stage.load, () => this.stage.now());
    const main = track.participant === inOrder(this.timeline?.tracks ?? [track])[0]!.participant;
    this.lanes.push({ track, element: opened.element, feed, cover: "nothing", main });
  }
}
