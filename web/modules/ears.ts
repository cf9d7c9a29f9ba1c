/** Hears everybody else in the room who speaks: an element and a WHEP session for each. */
import type { Participant, Ticket } from "./contract.ts";
import { surroundings } from "./browser.ts";
import type { SessionWire } from "./session-wire.ts";
import { WhepWire } from "./whep-wire.ts";

export class Ears {
  private readonly known = new Map<string, { wire: WhepWire; sound: HTMLAudioElement }>();
  private muted = false;

  constructor(
    private readonly host: HTMLElement,
    private readonly ticketFor: (participant: string) => () => Promise<Ticket>,
    private readonly blocked: () => void, // the browser wants a press before it makes a sound
  ) {}

  /** Somebody came, went, or began or ceased to publish. */
  hear(who: Participant): void {
    const known = this.known.get(who.id);
    if (who.here && who.publishing.includes("audio") && !known) this.begin(who.id);
    else if (!who.here && known) this.end(who.id);
  }

  *sessions(): Iterable<SessionWire> {
    for (const ear of this.known.values()) yield ear.wire;
  }

  mute(muted: boolean): void {
    this.muted = muted;
    for (const ear of this.known.values()) ear.sound.muted = muted;
  }

  /** After a press: what was blocked may be heard. */
  async play(): Promise<void> {
    await Promise.all([...this.known.values()].map((ear) => ear.sound.play()));
  }

  close(): void {
    for (const id of [...this.known.keys()]) this.end(id);
  }

  private begin(id: string): void {
    const sound = this.host.appendChild(new Audio());
    sound.muted = this.muted;
    const arrived = (track: MediaStreamTrack) => {
      sound.srcObject = new MediaStream([track]);
      void sound.play().catch(this.blocked);
    };
    const shape = { ticket: this.ticketFor(id), arrived, tell: () => undefined };
    const wire = new WhepWire(shape, surroundings, ["audio"]);
    this.known.set(id, { wire, sound });
    wire.start();
  }

  private end(id: string): void {
    const ear = this.known.get(id);
    ear?.wire.stop();
    ear?.sound.remove();
    this.known.delete(id);
  }
}
