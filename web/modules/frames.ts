/** Frame by frame, where no table of presented times is there: the next picture is looked for. */
import type { Presented } from "./presented.ts";

const SOONEST = 0.004; // seconds: no camera is faster
const FARTHEST = 0.6; // seconds: beyond it a frame is missing, not late
const PATIENCE = 400; // milliseconds: where nothing is recorded, nothing comes
const WITHIN = 0.0005; // seconds after a picture's begin: surely it

export interface Steps {
  readonly position: number;
  rest(at: number): void; // stands still on a picture that the element shows already
  presented(): Presented | null;
}

export class FrameStep {
  private busy = false;

  constructor(private readonly steps: Steps) {}

  async step(direction: 1 | -1): Promise<void> {
    const shown = this.steps.presented();
    if (!shown || this.busy) return;
    this.busy = true;
    this.steps.rest(this.steps.position);
    try {
      const now = await this.frameAt(shown, this.steps.position);
      let found = now;
      if (direction < 0) found = await this.frameAt(shown, now - 0.001);
      else for (let ahead = SOONEST; ahead < FARTHEST && found <= now; ahead += ahead < 0.05 ? SOONEST : 0.03) found = await this.frameAt(shown, now + ahead);
      this.steps.rest(found + WITHIN);
    } finally {
      this.busy = false;
    }
  }

  private frameAt(shown: Presented, at: number): Promise<number> {
    this.steps.rest(at);
    return shown.seek(at, PATIENCE);
  }
}
