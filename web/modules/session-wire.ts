/**
 * One WHIP (RFC 9725) or WHEP session that outlives its connections: a fresh ticket and a new offer each time the
 * network, the phone or the node went away. The node answers with all its candidates and is ICE-lite, so an offer needs
 * none of ours and is sent at once.
 */
import { Problem, problemOf, type Fetch } from "./api-wire.ts";
import type { RoomMessage, Ticket } from "./contract.ts";

export type SessionState =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "waiting" } // nobody publishes there yet
  | { kind: "interrupted"; code: string; retryIn: number } // seconds
  | { kind: "ended"; code: string };

/** What the browser gives; a test gives its own. */
export interface Surroundings {
  peer(config: RTCConfiguration): RTCPeerConnection;
  fetch: Fetch;
  later(act: () => void, milliseconds: number): () => void;
  random(): number;
}

export interface Shape {
  ticket(): Promise<Ticket>;
  prepare(peer: RTCPeerConnection): void;
  tell(state: SessionState): void;
  message?(message: RoomMessage): void;
}

/** Refusals that no repetition mends. */
const FINAL = new Set([
  "survey-ended", "survey-wrong-state", "ticket-wrong-place", "not-allowed", "not-joined", "not-signed-in",
  "codec-refused", "consent-needed", "participant-missing", "survey-missing",
]);
const ANSWER_WITHIN = 10_000;
const CONNECT_WITHIN = 12_000;
const PATIENCE = 3_000; // with "disconnected", which ICE often mends by itself
const LONGEST_PAUSE = 8; // seconds

export class SessionWire {
  protected peer: RTCPeerConnection | null = null;
  private run = 0; // work of an older run notices that it is stale
  private place: { url: string; token: string } | null = null;
  private failures = 0;
  private cancel: (() => void) | null = null;
  private state: SessionState = { kind: "ended", code: "not-begun" };

  constructor(
    protected readonly shape: Shape,
    private readonly where: Surroundings,
  ) {}

  get now(): SessionState {
    return this.state;
  }

  start(): void {
    if (this.state.kind !== "ended") return;
    this.failures = 0;
    void this.attempt();
  }

  /** The network or the page is back: do not wait for the pause to end. */
  kick(): void {
    if (this.state.kind === "interrupted" || this.state.kind === "waiting") {
      this.failures = 0;
      void this.attempt();
    }
  }

  /** End on purpose; the node is told even while the page goes away. */
  stop(code = "stopped"): void {
    this.run += 1;
    if (code === "survey-ended") this.place = null; // the node has let go of it already
    this.drop();
    this.become({ kind: "ended", code });
  }

  /** Statistics of the connection, or null while there is none. */
  async stats(): Promise<RTCStatsReport | null> {
    return this.peer && this.state.kind === "live" ? this.peer.getStats() : null;
  }

  /** A connection stands: what the node has to be told of this session alone. */
  protected stands(): void {}

  /** Post to a place below the session's own. What comes of it is seen elsewhere, if at all. */
  protected async ask(part: string, body: unknown): Promise<void> {
    if (!this.place) return;
    const headers = { Authorization: `Bearer ${this.place.token}`, "Content-Type": "application/json" };
    const sent = { method: "POST", headers, body: JSON.stringify(body) };
    await this.where.fetch(`${this.place.url}/${part}`, sent).catch(() => undefined); // it is told again when that changes
  }

  private become(state: SessionState): void {
    this.state = state;
    this.shape.tell(state);
  }

  private async attempt(): Promise<void> {
    const run = ++this.run;
    this.drop();
    this.become({ kind: "connecting" });
    try {
      await this.offer(run);
    } catch (error) {
      if (run === this.run) this.refused(error);
    }
  }

  private async offer(run: number): Promise<void> {
    const ticket = await this.shape.ticket();
    if (run !== this.run) return;
    const peer = this.where.peer({ iceServers: ticket.ice_servers, bundlePolicy: "max-bundle" });
    this.peer = peer;
    this.shape.prepare(peer);
    this.listen(peer);
    this.watch(peer, run);
    await peer.setLocalDescription(await peer.createOffer());
    const answer = await this.exchange(ticket, peer.localDescription?.sdp ?? "", run);
    if (run !== this.run || answer === null) return;
    await peer.setRemoteDescription({ type: "answer", sdp: answer });
    this.pause(() => this.lost(run, "too-slow"), CONNECT_WITHIN);
    this.look(peer, run);
  }

  private async exchange(ticket: Ticket, sdp: string, run: number): Promise<string | null> {
    const abort = new AbortController();
    const giveUp = this.where.later(() => abort.abort(), ANSWER_WITHIN);
    const headers = { Authorization: `Bearer ${ticket.token}`, "Content-Type": "application/sdp" };
    let response: Response;
    try {
      response = await this.where.fetch(ticket.url, { method: "POST", headers, body: sdp, signal: abort.signal });
    } catch {
      throw new Problem(0, "offline", "");
    } finally {
      giveUp();
    }
    if (!response.ok) throw await problemOf(response);
    const location = response.headers.get("Location");
    const place = location ? { url: location, token: ticket.token } : null;
    if (run !== this.run) {
      this.release(place);
      return null;
    }
    this.place = place;
    return response.text();
  }

  private listen(peer: RTCPeerConnection): void {
    const channel = peer.createDataChannel("takan");
    channel.onmessage = (event: MessageEvent<string>) => {
      try {
        this.shape.message?.(JSON.parse(event.data) as RoomMessage);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error; // a message that is not ours
      }
    };
  }

  private watch(peer: RTCPeerConnection, run: number): void {
    peer.onconnectionstatechange = () => this.look(peer, run);
  }

  private look(peer: RTCPeerConnection, run: number): void {
    if (run !== this.run) return;
    const now = peer.connectionState;
    if (now === "connected") {
      this.cancel?.();
      this.cancel = null;
      this.failures = 0;
      if (this.state.kind !== "live") {
        this.become({ kind: "live" });
        this.stands();
      }
    } else if (now === "failed" || now === "closed") {
      this.lost(run, "connection-lost");
    } else if (now === "disconnected") {
      this.become({ kind: "interrupted", code: "connection-lost", retryIn: PATIENCE / 1000 });
      this.pause(() => this.lost(run, "connection-lost"), PATIENCE);
    }
  }

  private lost(run: number, code: string): void {
    if (run === this.run) this.refused(new Problem(0, code, ""));
  }

  private refused(error: unknown): void {
    const problem = error instanceof Problem ? error : new Problem(0, "unknown", String(error));
    this.run += 1;
    this.drop();
    if (FINAL.has(problem.code)) return this.become({ kind: "ended", code: problem.code });
    if (problem.code === "not-publishing" || problem.code === "survey-not-live") {
      this.become({ kind: "waiting" });
      return this.pause(() => void this.attempt(), 1000 * (problem.retryAfter ?? 1));
    }
    const retryIn = problem.retryAfter ?? this.backoff();
    this.become({ kind: "interrupted", code: problem.code, retryIn });
    this.pause(() => void this.attempt(), 1000 * retryIn);
  }

  /** Half a second, doubling, with a spread so that a room does not return in one burst. */
  private backoff(): number {
    const base = Math.min(0.5 * 2 ** this.failures, LONGEST_PAUSE);
    this.failures += 1;
    return base * (0.75 + 0.5 * this.where.random());
  }

  private pause(act: () => void, milliseconds: number): void {
    this.cancel?.();
    this.cancel = this.where.later(act, milliseconds);
  }

  private drop(): void {
    this.cancel?.();
    this.cancel = null;
    if (this.peer) {
      this.peer.onconnectionstatechange = null;
      this.peer.ontrack = null;
      this.peer.close();
      this.peer = null;
    }
    this.release(this.place);
    this.place = null;
  }

  private release(place: { url: string; token: string } | null): void {
    if (!place) return;
    const headers = { Authorization: `Bearer ${place.token}` };
    this.where.fetch(place.url, { method: "DELETE", headers, keepalive: true }).catch(() => undefined); // the node times it out
  }
}
