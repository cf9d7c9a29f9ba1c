/** Small real stand-ins for what a browser gives: a clock that is turned by hand, a server of answers, a peer. */
import type { Fetch } from "../../../web/modules/api-wire.ts";
import type { Surroundings } from "../../../web/modules/session-wire.ts";

export class Hands {
  now = 0;
  private waiting: { at: number; act: () => void }[] = [];

  later = (act: () => void, milliseconds: number): (() => void) => {
    const entry = { at: this.now + milliseconds, act };
    this.waiting.push(entry);
    return () => (this.waiting = this.waiting.filter((one) => one !== entry));
  };

  /** Let time pass, and whatever was waiting happen, with the promises in between. */
  async turn(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    await settle();
    for (let n = 0; n < 1000; n += 1) {
      const next = this.waiting.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.waiting = this.waiting.filter((one) => one !== next);
      this.now = Math.max(this.now, next.at);
      next.act();
      await settle();
    }
    this.now = end;
  }
}

/** All promises that can go on have gone on. */
export async function settle(): Promise<void> {
  for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
}

export interface Call {
  method: string;
  url: string;
  init: RequestInit;
}

/** Answers each request from a function, and remembers them. */
export class Server {
  calls: Call[] = [];

  constructor(public answer: (call: Call) => Response | Promise<Response>) {}

  fetch: Fetch = async (url, init = {}) => {
    const call = { method: init.method ?? "GET", url, init };
    this.calls.push(call);
    return this.answer(call);
  };

  of(method: string): Call[] {
    return this.calls.filter((call) => call.method === method);
  }
}

export class Peer {
  connectionState = "new";
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((event: unknown) => void) | null = null;
  localDescription: { sdp: string } | null = null;
  answer = "";
  closed = false;
  transceivers: { kind: string; init: RTCRtpTransceiverInit; sender: { track: unknown; replaceTrack(track: unknown): Promise<void> } }[] = [];
  channel: { label: string; onmessage: ((event: { data: string }) => void) | null } | null = null;

  addTransceiver(kind: string, init: RTCRtpTransceiverInit) {
    const sender = {
      track: null as unknown,
      async replaceTrack(track: unknown) {
        sender.track = track;
      },
    };
    const transceiver = { kind, init, sender, setCodecPreferences: () => undefined };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  createDataChannel(label: string) {
    this.channel = { label, onmessage: null };
    return this.channel;
  }

  async createOffer() {
    return { type: "offer", sdp: "v=0 offer" };
  }

  async setLocalDescription(offer: { sdp: string }) {
    this.localDescription = offer;
  }

  async setRemoteDescription(answer: { sdp: string }) {
    this.answer = answer.sdp;
  }

  become(state: string) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close() {
    this.closed = true;
  }
}

export class World {
  hands = new Hands();
  peers: Peer[] = [];
  server: Server;

  constructor(answer: (call: Call) => Response | Promise<Response>) {
    this.server = new Server(answer);
  }

  get surroundings(): Surroundings {
    return {
      peer: () => {
        const peer = new Peer();
        this.peers.push(peer);
        return peer as unknown as RTCPeerConnection;
      },
      fetch: this.server.fetch,
      later: this.hands.later,
      random: () => 0.5,
    };
  }

  get peer(): Peer {
    return this.peers.at(-1)!;
  }
}
