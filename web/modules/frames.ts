/** Frame by frame: `currentTime` cannot name a frame, the frame callback's media time can. */
import type { Player } from "./player-wire.ts";

const SOONEST = 0.004; // seconds: no camera is faster
const FARTHEST = 0.6; // seconds: beyond it a frame is missing, not late

export class FrameStep {
  private busy = false;

  constructor(
    private readonly player: Player,
    private readonly videoOf: (participant: string) => HTMLVideoElement | null,
  ) {}

  async step(direction: 1 | -1): Promise<void> {
    const lane = this.player.main;
    const video = lane && lane.track.kind === "video" ? this.videoOf(lane.track.participant) : null;
    if (!video || this.busy) return;
    if (!("requestVideoFrameCallback" in video)) return this.player.rest(this.player.position + direction / 25); // an older browser
    this.busy = true;
    this.player.rest(this.player.position);
    try {
      const shown = await this.frameAt(video, this.player.position);
      let found = shown;
      if (direction < 0) found = await this.frameAt(video, shown - 0.001);
      else for (let ahead = SOONEST; ahead < FARTHEST && found <= shown; ahead += ahead < 0.05 ? SOONEST : 0.03) found = await this.frameAt(video, shown + ahead);
      this.player.rest(found + 0.0005);
    } finally {
      this.busy = false;
    }
  }

  /** Seeks, and answers the media time of the frame that is shown then. */
  private frameAt(video: HTMLVideoElement, at: number): Promise<number> {
    return new Promise((resolve) => {
      const giveUp = setTimeout(() => {
        video.cancelVideoFrameCallback(handle);
        resolve(video.currentTime);
      }, 400);
      const handle = video.requestVideoFrameCallback((_, frame) => {
        clearTimeout(giveUp);
        resolve(frame.mediaTime);
      });
      this.player.clock.set(at);
      video.currentTime = at;
    });
  }
}
