/** Watches and hears one participant by WHEP; waits until he publishes and survives his return. */
import { SessionWire, type Shape, type Surroundings } from "./session-wire.ts";

export interface WhepShape extends Omit<Shape, "prepare"> {
  /** Called for each track of each connection; earlier tracks of that kind are then over. */
  arrived(track: MediaStreamTrack): void;
}

export class WhepWire extends SessionWire {
  private side = 0; // 0: not known, any size will do

  constructor(
    private readonly whep: WhepShape,
    where: Surroundings,
    private readonly kinds: readonly ("audio" | "video")[] = ["video", "audio"],
  ) {
    super({ ...whep, prepare: (peer) => this.fill(peer) }, where);
  }

  /**
   * How large the picture is shown, in pixels of its shorter side: a node that gets it in several sizes sends the one
   * that fits. Larger by a third is still worth having.
   */
  shown(side: number): void {
    const wanted = Math.ceil(side * 1.34);
    if (this.side > 0 && Math.abs(wanted - this.side) < this.side / 8) return;
    this.side = wanted;
    if (this.now.kind === "live") this.stands();
  }

  protected override stands(): void {
    if (this.side > 0) void this.ask("layer", { maxHeight: this.side });
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
