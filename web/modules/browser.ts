/** The one place that hands the browser's own parts to the wires. */
import { Api } from "./api-wire.ts";
import type { RoomNeeds } from "./room-wire.ts";
import type { SessionWire, Surroundings } from "./session-wire.ts";

export function later(act: () => void, milliseconds: number): () => void {
  const timer = setTimeout(act, milliseconds);
  return () => clearTimeout(timer);
}

export const surroundings: Surroundings = {
  peer: (config) => new RTCPeerConnection(config),
  fetch: (url, init) => fetch(url, init),
  later,
  random: Math.random,
};

export const roomNeeds: RoomNeeds = { later, now: () => performance.now() };

/** `base` is "/api/v1"; recorded bytes lie beside it, under the site's root. */
export function api(base = "/api/v1"): Api {
  const csrf = document.querySelector<HTMLMetaElement>('meta[name="csrf"]')?.content ?? "";
  return new Api(base, csrf, (url, init) => fetch(url, init));
}

/** Reconnect as soon as the network or the person is back; tell the node when the page goes. */
export function keepAlive(sessions: () => Iterable<SessionWire>): void {
  const kick = () => {
    for (const session of sessions()) session.kick();
  };
  addEventListener("online", kick);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") kick();
  });
  addEventListener("pagehide", (event) => {
    if (!event.persisted) for (const session of sessions()) session.stop("page-left");
  });
}
