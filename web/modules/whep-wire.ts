/** Watches and hears one participant by WHEP; waits until he publishes and survives his return. */
import { SessionWire, type Shape, type Surroundings } from "./session-wire.ts";

export interface WhepShape extends Omit<Shape, "prepare"> {
  /** Called for each track of each connection; earlier tracks of that kind are then over. */
  arrived(track: MediaStreamTrack): void;
}

export class WhepWire extends SessionWire {
  constructor(
    private readonly whep: WhepShape,
    where: Surroundings,
    private readonly kinds: readonly ("audio" | "video")[] = ["video", "audio"],
  ) {
    super({ ...whep, prepare: (peer) => this.fill(peer) }, where);
  }

  private fill(peer: RTCPeerConnection): void {
    for (const kind of this.kinds) peer.addTransceiver(kind, { direction: "recvonly" });
    peer.ontrack = (event) => {
      // Judging needs the newest picture, not the smoothest.
      if ("jitterBufferTarget" in event.receiver) event.receiver.jitterBufferTarget = 0;
      this.whep.arrived(event.track);
    };
  }
}
