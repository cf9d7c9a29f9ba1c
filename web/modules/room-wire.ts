/** A room's state: by HTTP every two seconds, at once after a message; one stream of typed events. */
import { Problem, type Api } from "./api-wire.ts";
import type { Participant, Room, RoomMessage } from "./contract.ts";

export type RoomEvent =
  | { kind: "room"; room: Room }
  | { kind: "joined"; who: Participant }
  | { kind: "left"; who: Participant }
  | { kind: "publishing"; who: Participant }
  | { kind: "focus"; check: string | null }
  | { kind: "ended"; state: string }
  | { kind: "message"; message: RoomMessage }
  | { kind: "away"; problem: Problem }
  | { kind: "back" };

export interface RoomNeeds {
  later(act: () => void, milliseconds: number): () => void;
  now(): number; // milliseconds, of a clock that does not jump
}

const EVERY = 2_000;

/** What is different between two states, in the order in which it should be told. */
export function changes(before: Room | null, after: Room): RoomEvent[] {
  const events: RoomEvent[] = [];
  const known = new Map(before?.participants.map((one) => [one.id, one]));
  for (const who of after.participants) {
    const was = known.get(who.id);
    known.delete(who.id);
    if (who.here && !was?.here) events.push({ kind: "joined", who });
    if (!who.here && was?.here) events.push({ kind: "left", who });
    if (who.publishing.join() !== (was?.publishing ?? []).join()) events.push({ kind: "publishing", who });
  }
  for (const who of known.values()) if (who.here) events.push({ kind: "left", who: { ...who, here: false } });
  if (after.focus !== (before?.focus ?? null)) events.push({ kind: "focus", check: after.focus });
  const over = after.state === "concluded" || after.state === "cancelled";
  if (over && before?.state !== after.state) events.push({ kind: "ended", state: after.state });
  return events;
}

export class RoomWire {
  private room: Room | null = null;
  private cancel: (() => void) | null = null;
  private stopped = true;
  private away = false;
  private asking = false;
  private again = false;
  private offset_us: number | null = null; // server's clock minus ours
  private closest = Infinity; // round trip of the reading behind it, milliseconds

  constructor(
    private readonly api: Api,
    private readonly survey: string,
    private readonly needs: RoomNeeds,
    private readonly tell: (event: RoomEvent) => void,
  ) {}

  start(): void {
    this.stopped = false;
    void this.ask();
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
  }

  /** The newest state that arrived. */
  get now(): Room | null {
    return this.room;
  }

  /** Microseconds UTC by the server's clock, for a moment of ours (milliseconds); null before the first answer. */
  serverTime(moment = this.needs.now()): number | null {
    return this.offset_us === null ? null : Math.round(moment * 1000 + this.offset_us);
  }

  /** A message over any of the page's data channels. */
  receive(message: RoomMessage): void {
    this.tell({ kind: "message", message });
    this.nudge();
  }

  /** Ask now: something has changed. */
  nudge(): void {
    if (this.asking) this.again = true;
    else if (!this.stopped) void this.ask();
  }

  private async ask(): Promise<void> {
    this.cancel?.();
    this.asking = true;
    const sent = this.needs.now();
    try {
      this.take(await this.api.get<Room>(`/surveys/${this.survey}/room`), sent);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.away = true;
      if (!this.stopped) this.tell({ kind: "away", problem: error });
    } finally {
      this.asking = false;
    }
    if (this.stopped) return;
    const soon = this.again;
    this.again = false;
    this.cancel = this.needs.later(() => void this.ask(), soon ? 0 : EVERY);
  }

  private take(room: Room, sent: number): void {
    if (this.stopped) return;
    const trip = this.needs.now() - sent;
    if (trip <= this.closest) {
      this.closest = trip;
      this.offset_us = room.clock_us - (sent + trip / 2) * 1000;
    } else this.closest += 1; // so that an old reading does not count for ever
    const events = changes(this.room, room);
    this.room = room;
    if (this.away) this.tell({ kind: "back" });
    this.away = false;
    for (const event of events) this.tell(event);
    this.tell({ kind: "room", room });
  }
}
