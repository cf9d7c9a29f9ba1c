/** The console's picture: whoever films, seen and heard, and when the frame on screen was received. */
import { surroundings } from "./browser.ts";
import type { Participant, RoomMessage, Ticket } from "./contract.ts";
import { find, maybe, say } from "./page-kit.ts";
import type { SessionState } from "./session-wire.ts";
import { roundTrip } from "./stats.ts";
import { WhepWire } from "./whep-wire.ts";

export class Picture {
  readonly video = find<HTMLVideoElement>("picture");
  filmer: string | null = null;
  wire: WhepWire | null = null;
  shownAt = 0; // milliseconds, 0 before the first frame
  private trip = 0; // seconds to the node and back

  constructor(
    private readonly ticketFor: (participant: string) => () => Promise<Ticket>,
    private readonly message: (message: RoomMessage) => void,
  ) {
    this.followFrames();
    const sized = () => this.sized();
    new ResizeObserver(sized).observe(this.video);
    this.video.addEventListener("resize", sized);
  }

  get live(): boolean {
    return this.wire?.now.kind === "live";
  }

  /** Milliseconds from the node's receipt of what is on screen to its receipt here, about. */
  get delay(): number {
    return (this.trip / 2) * 1000;
  }

  watch(who: Participant): void {
    if (this.filmer === who.id) return this.wire?.kick();
    this.filmer = who.id;
    this.wire?.stop();
    const stream = new MediaStream();
    this.video.srcObject = stream;
    const arrived = (track: MediaStreamTrack) => {
      for (const old of stream.getTracks()) if (old.kind === track.kind) stream.removeTrack(old);
      stream.addTrack(track);
      void this.play();
    };
    const shape = { ticket: this.ticketFor(who.id), arrived, tell: (state: SessionState) => this.state(state), message: this.message };
    this.wire = new WhepWire(shape, surroundings);
    this.wire.start();
  }

  /** Tell how large the picture is on the screen: of its shorter side, in the screen's own pixels. */
  private sized(): void {
    const { clientWidth, clientHeight, videoWidth, videoHeight } = this.video;
    if (!videoWidth || !videoHeight || !clientWidth || !clientHeight) return;
    const scale = Math.min(clientWidth / videoWidth, clientHeight / videoHeight);
    this.wire?.shown(Math.min(videoWidth, videoHeight) * scale * devicePixelRatio);
  }

  async play(): Promise<void> {
    const sound = find("listen").getAttribute("aria-pressed") === "true";
    this.video.muted = !sound;
    try {
      await this.video.play();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.video.muted = true; // the browser wants a press before it makes a sound
      find("unmute").hidden = !sound;
      await this.video.play().catch(() => undefined);
    }
  }

  nobody(title: string, words = ""): void {
    find("nobody").hidden = false;
    find("nobody-title").textContent = say(title);
    if (words) find("nobody-words").textContent = say(words);
  }

  /** The room's word on whoever films: his session may stand while nothing comes. */
  present(here: boolean): void {
    if (!this.live || this.shownAt === 0) return;
    const snap = maybe<HTMLButtonElement>("snap");
    if (snap) snap.disabled = !here;
    if (here) find("nobody").hidden = true;
    else this.nobody("console.left", "console.left_words");
  }

  /** Every two seconds: the round trip, and for how many seconds the picture has stood still (0: it moves). */
  async check(): Promise<number> {
    const stats = await this.wire?.stats();
    if (stats) this.trip = roundTrip(stats);
    const still = Math.round((performance.now() - this.shownAt) / 1000);
    const seen = this.live && this.shownAt > 0 && find("nobody").hidden;
    return seen && still >= 3 ? still : 0;
  }

  private state(state: SessionState): void {
    const snap = maybe<HTMLButtonElement>("snap");
    if (snap) snap.disabled = state.kind !== "live";
    const seen = this.shownAt > 0;
    if (state.kind === "live") find("nobody").hidden = true;
    else if (state.kind === "connecting" && !seen) this.nobody("console.connecting");
    else if (state.kind === "interrupted" || state.kind === "waiting") {
      this.nobody(seen ? "console.lost" : "console.waiting", seen ? "console.lost_words" : "");
    }
  }

  private followFrames(): void {
    if (!("requestVideoFrameCallback" in this.video)) {
      (this.video as HTMLVideoElement).addEventListener("timeupdate", () => (this.shownAt = performance.now()));
      return;
    }
    this.video.requestVideoFrameCallback((now, frame) => {
      this.shownAt = frame.receiveTime ?? now;
      this.followFrames();
    });
  }
}
