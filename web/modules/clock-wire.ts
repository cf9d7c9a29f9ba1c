/** One clock for a whole survey, and how each media element is kept on it. Seconds from the room's epoch. */

export class MasterClock {
  private anchor = 0; // position at `since`
  private since: number; // milliseconds
  private speed = 1;
  private running = false;
  private held = false;

  constructor(private readonly now: () => number) {
    this.since = now();
  }

  get position(): number {
    return this.moving ? this.anchor + ((this.now() - this.since) / 1000) * this.speed : this.anchor;
  }

  get playing(): boolean {
    return this.running;
  }

  get rate(): number {
    return this.speed;
  }

  /** Whether time passes now: playing, and not held for want of data. */
  get moving(): boolean {
    return this.running && !this.held;
  }

  play(): void {
    this.set(this.position);
    this.running = true;
  }

  pause(): void {
    this.set(this.position);
    this.running = false;
  }

  /** Wait without forgetting that it plays. */
  hold(held: boolean): void {
    if (held === this.held) return;
    this.set(this.position);
    this.held = held;
  }

  set(position: number): void {
    this.anchor = position;
    this.since = this.now();
  }

  setRate(rate: number): void {
    this.set(this.position);
    this.speed = rate;
  }
}

export type Correction = { kind: "rate"; rate: number } | { kind: "seek" };

const CLOSE = 0.015; // seconds: as good as it gets
const FAR = 0.25; // seconds: beyond it a jump is kinder than a chase
const STRONGEST = 0.12; // share of the rate

/** What brings an element that is `drift` seconds ahead of the clock (negative: behind) back to it. */
export function correction(drift: number, rate: number): Correction {
  if (Math.abs(drift) > FAR * Math.max(1, rate)) return { kind: "seek" };
  if (Math.abs(drift) <= CLOSE) return { kind: "rate", rate };
  const share = Math.max(-STRONGEST, Math.min(STRONGEST, -drift * 1.5));
  return { kind: "rate", rate: rate * (1 + share) };
}
