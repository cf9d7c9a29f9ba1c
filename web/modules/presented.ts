/** Which picture of a film stands on the screen: `currentTime` cannot say it, the frame callback's media time can. */

const PATIENCE = 4_000; // milliseconds for a seek, over a poor network too

export class Presented {
  /** Media time of the picture that stands, seconds; null before the first. */
  time: number | null = null;
  private waiting: ((time: number) => void)[] = [];
  private readonly exact: boolean;

  constructor(
    readonly video: HTMLVideoElement,
    private readonly tell: (time: number) => void = () => undefined,
  ) {
    this.exact = "requestVideoFrameCallback" in video;
    if (this.exact) this.follow();
    else for (const kind of ["timeupdate", "seeked"]) video.addEventListener(kind, () => this.came(video.currentTime)); // an older browser
  }

  private follow(): void {
    this.video.requestVideoFrameCallback((_, frame) => {
      this.came(frame.mediaTime);
      this.follow();
    });
  }

  private came(time: number): void {
    this.time = time;
    for (const go of this.waiting.splice(0)) go(time);
    this.tell(time);
  }

  /** Shows what is shown at a moment; answers the media time of that picture. */
  seek(at: number, patience = PATIENCE): Promise<number> {
    return new Promise((resolve) => {
      const giveUp = setTimeout(() => resolve(this.time ?? this.video.currentTime), patience);
      this.waiting.push((time) => {
        clearTimeout(giveUp);
        resolve(time);
      });
      this.video.currentTime = at;
    });
  }

  /** Stops, and answers the media time of the picture on which it stopped. */
  async still(): Promise<number> {
    this.video.pause();
    if (this.video.seeking) await new Promise((go) => this.video.addEventListener("seeked", go, { once: true }));
    for (let paints = 0; paints < 2; paints += 1) await new Promise(requestAnimationFrame); // one may be on its way
    return this.time ?? this.seek(this.video.currentTime);
  }
}
