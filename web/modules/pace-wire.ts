/** How fast something moves, and what a refusal said. Pure. */

export interface Moving {
  sent: number; // bytes
  total: number;
  speed: number; // bytes a second, of the last seconds
  left: number | null; // seconds
}

/** Speed over the last seconds, from what was reported: a pause shows, a burst does not. */
export class Pace {
  private seen: { at: number; sent: number }[] = [];
  constructor(private readonly span = 5) {}

  /** `at` in seconds. */
  tell(at: number, sent: number, total: number): Moving {
    this.seen.push({ at, sent });
    while (this.seen.length > 2 && (this.seen[0]?.at ?? at) < at - this.span) this.seen.shift();
    const first = this.seen[0] ?? { at, sent };
    const spent = at - first.at;
    const speed = spent > 0.2 ? Math.max(0, (sent - first.sent) / spent) : 0;
    return { sent, total, speed, left: speed > 0 ? (total - sent) / speed : null };
  }
}

export function codeOf(body: string): string | null {
  try {
    const found = JSON.parse(body) as { code?: unknown };
    return typeof found.code === "string" ? found.code : null;
  } catch {
    return null;
  }
}
