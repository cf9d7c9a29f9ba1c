/** The pictures that can be marked: a film, a recorded track, a photo or a page, a sound. */
import type { Place } from "./contract.ts";
import type { Player } from "./player-wire.ts";
import type { Presented } from "./presented.ts";
import { fit, type Rect } from "./regions.ts";
import type { Placed, Screen } from "./screen.ts";
import type { ZoomView } from "./zoom-view.ts";

const SLACK = 0.001; // seconds: as far as two time bases of a millisecond may differ
const PASSING = 0.7; // seconds for which a mark is still seen while the film goes on
const PATIENCE = 600; // paints to wait for recorded data

/** Whether the picture that began at `time` is the one of a mark, by the middle of it where that is known. */
export function fitsTime(time: number | null, playing: boolean, row: Placed): "now" | "passing" | null {
  if (time === null || row.time_us === null) return null;
  const from = row.time_us / 1e6;
  const now = row.until_us !== null && row.seek_us !== null
    ? time <= row.seek_us / 1e6 && row.seek_us / 1e6 < time + (row.until_us - row.time_us) / 1e6
    : Math.abs(time - from) < SLACK;
  if (now) return "now";
  return playing && time > from && time < from + PASSING ? "passing" : null;
}

const seekOf = (row: Placed): number => (row.seek_us ?? (row.time_us ?? 0) + SLACK * 5e5) / 1e6;

/** Where a video's picture lies in the element that the marks are laid over. */
export function pictureIn(host: HTMLElement, video: HTMLVideoElement): Rect | null {
  if (!video.videoWidth) return null;
  const [outer, inner] = [host.getBoundingClientRect(), video.getBoundingClientRect()];
  const rect = fit(inner, { width: video.videoWidth, height: video.videoHeight });
  return { ...rect, left: rect.left + inner.left - outer.left, top: rect.top + inner.top - outer.top };
}

export class FilmScreen implements Screen {
  constructor(
    readonly host: HTMLElement,
    private readonly evidence: string,
    private readonly source: string,
    private readonly shown: Presented,
  ) {}

  rect = (): Rect | null => pictureIn(this.host, this.shown.video);
  owns = (row: Placed): boolean => row.evidence === this.evidence;
  fits = (row: Placed) => fitsTime(this.shown.time, !this.shown.video.paused, row);

  async still(): Promise<Place> {
    const time = await this.shown.still();
    return { evidence: this.evidence, track: null, source: this.source, time_us: Math.round(time * 1e6), page: null };
  }

  async show(row: Placed): Promise<void> {
    this.host.scrollIntoView({ block: "nearest" });
    this.shown.video.pause();
    await this.shown.seek(seekOf(row));
    await this.shown.still();
  }
}

/** One participant's picture in the recording of a live survey. */
export class TrackScreen implements Screen {
  constructor(
    readonly host: HTMLElement,
    private readonly track: string,
    private readonly shown: Presented,
    private readonly player: Player,
  ) {}

  rect = (): Rect | null => pictureIn(this.host, this.shown.video);
  owns = (row: Placed): boolean => row.track === this.track;
  fits = (row: Placed) => fitsTime(this.shown.time, this.player.clock.playing, row);

  async still(): Promise<Place> {
    this.player.pause();
    const time = await this.shown.still();
    this.player.rest(this.shown.video.currentTime);
    return { evidence: null, track: this.track, source: "original", time_us: Math.round(time * 1e6), page: null };
  }

  async show(row: Placed): Promise<void> {
    const at = seekOf(row);
    this.player.rest(at);
    const lane = () => this.player.lanes.find((one) => one.track.id === this.track);
    for (let paints = 0; paints < PATIENCE && lane()?.cover !== "here"; paints += 1) await new Promise(requestAnimationFrame);
    await this.shown.seek(at);
    await this.shown.still();
    this.player.rest(at);
  }
}

/** A photo, or a page of a document. */
export class PictureScreen implements Screen {
  constructor(
    readonly host: HTMLElement,
    private readonly evidence: string,
    private readonly source: string,
    private readonly page: number | null,
    private readonly view: ZoomView,
  ) {}

  rect = (): Rect | null => this.view.rect();
  owns = (row: Placed): boolean => row.evidence === this.evidence && row.page === this.page;
  fits = () => "now" as const;

  still(): Promise<Place> {
    return Promise.resolve({ evidence: this.evidence, track: null, source: this.source, time_us: null, page: this.page });
  }

  show(row: Placed): Promise<void> {
    this.host.scrollIntoView({ block: "nearest" });
    const [x, y] = row.points?.[0] ?? [];
    if (x !== undefined && y !== undefined) this.view.reveal(x / 1e6, y / 1e6);
    return Promise.resolve();
  }
}

/** A sound: moments, and nothing to draw on. */
export class SoundScreen implements Screen {
  readonly host = null;

  constructor(
    private readonly evidence: string,
    private readonly sound: HTMLMediaElement,
  ) {}

  rect = () => null;
  owns = (row: Placed): boolean => row.evidence === this.evidence;
  fits = () => null;

  still(): Promise<Place> {
    this.sound.pause();
    const time_us = Math.round(this.sound.currentTime * 1e6);
    return Promise.resolve({ evidence: this.evidence, track: null, source: "original", time_us, page: null });
  }

  show(row: Placed): Promise<void> {
    this.sound.pause();
    this.sound.currentTime = (row.time_us ?? 0) / 1e6;
    return Promise.resolve();
  }
}
