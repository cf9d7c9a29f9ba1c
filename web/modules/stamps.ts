/** The table of presented time stamps, as the worker wrote it: which picture is shown when. Never rate times number. */

export interface PackedStamps {
  base: [number, number]; // a tick is that fraction of a second
  origin: number;
  first: number;
  runs: [number, number][]; // [ticks to the next, how often]
  count: number;
  end: number;
}

const EARLY = 0.0005; // seconds: a browser tells microseconds, rounded

export class Stamps {
  private readonly times: Float64Array;
  private readonly second: number; // ticks

  constructor(private readonly packed: PackedStamps) {
    this.second = packed.base[1] / packed.base[0];
    this.times = new Float64Array(packed.count);
    let at = packed.first;
    let n = 0;
    if (packed.count) this.times[n++] = at;
    for (const [step, often] of packed.runs) {
      for (let left = Math.min(often, packed.count - n); left > 0; left -= 1) this.times[n++] = at += step;
    }
  }

  get count(): number {
    return this.times.length;
  }

  /** The number of the picture shown at a moment; the first before it, the last after the end. */
  index(seconds: number): number {
    const ticks = (seconds + EARLY) * this.second;
    let [low, high] = [0, this.times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle]! <= ticks) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** Ticks at which a picture begins to be shown. */
  ticks(index: number): number {
    return this.times[Math.min(Math.max(index, 0), this.times.length - 1)] ?? 0;
  }

  /** Seconds at which a picture begins to be shown. */
  moment(index: number): number {
    return this.ticks(index) / this.second;
  }

  /** Seconds in the middle of a picture: where to seek to be shown just this one. */
  middle(index: number): number {
    const begin = this.ticks(index);
    const end = index + 1 < this.times.length ? this.ticks(index + 1) : Math.max(this.packed.end, begin + 1);
    return (begin + end) / 2 / this.second;
  }
}
