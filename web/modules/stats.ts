/** What the browser's statistics say of a connection, in the few numbers that a person is told. */

export interface Sending {
  loss: number; // share that the receiver missed, 0 to 1
  trip: number; // seconds
  limited: string; // "none" | "bandwidth" | "cpu" | "other"
  height: number; // pixels sent
  silent: number; // seconds since anything came back from the receiver
}

type Entry = Record<string, unknown> & { type: string };

/** `now`: milliseconds since 1970, as the statistics count. */
export function readSender(stats: RTCStatsReport, now: number): Sending {
  const found: Sending = { loss: 0, trip: 0, limited: "none", height: 0, silent: 0 };
  stats.forEach((value: unknown) => {
    const entry = value as Entry;
    if (entry.type === "remote-inbound-rtp" && entry["kind"] === "video") {
      found.loss = Number(entry["fractionLost"] ?? 0);
      found.trip = Number(entry["roundTripTime"] ?? 0);
    }
    if (entry.type === "candidate-pair" && entry["nominated"] && entry["lastPacketReceivedTimestamp"]) {
      found.silent = Math.max(0, (now - Number(entry["lastPacketReceivedTimestamp"])) / 1000);
    }
    if (entry.type === "outbound-rtp" && entry["kind"] === "video") {
      found.limited = String(entry["qualityLimitationReason"] ?? "none");
      found.height = Number(entry["frameHeight"] ?? 0);
    }
  });
  return found;
}

export function levelOf(sending: Sending): "good" | "weak" | "bad" {
  if (sending.loss > 0.12 || sending.trip > 1.2) return "bad";
  const small = sending.limited === "bandwidth" && sending.height > 0 && sending.height < 300;
  return sending.loss > 0.03 || sending.trip > 0.5 || small ? "weak" : "good";
}

/** Round trip to the node in seconds, 0 while unknown. */
export function roundTrip(stats: RTCStatsReport): number {
  let found = 0;
  stats.forEach((value: unknown) => {
    const entry = value as Entry;
    if (entry.type === "candidate-pair" && entry["nominated"]) found = Number(entry["currentRoundTripTime"] ?? 0);
  });
  return found;
}
