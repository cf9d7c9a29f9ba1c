import assert from "node:assert/strict";
import { test } from "node:test";
import { levelOf, readSender, roundTrip } from "../../../web/modules/stats.ts";
import { timecode } from "../../../web/modules/page-kit.ts";

test("time codes count whole seconds, and hundredths where a frame is meant", () => {
  assert.equal(timecode(0), "0:00:00");
  assert.equal(timecode(3725.99), "1:02:05");
  assert.equal(timecode(61.256, true), "0:01:01.25");
  assert.equal(timecode(-3), "0:00:00");
});

test("a network is weak or bad by loss, delay and the size that is left", () => {
  const good = { loss: 0, trip: 0.05, limited: "none", height: 720, silent: 0 };
  assert.equal(levelOf(good), "good");
  assert.equal(levelOf({ ...good, loss: 0.05 }), "weak");
  assert.equal(levelOf({ ...good, limited: "bandwidth", height: 240 }), "weak");
  assert.equal(levelOf({ ...good, trip: 2 }), "bad");
});

test("a browser's statistics are read by what they are", () => {
  const stats = new Map<string, unknown>([
    ["a", { type: "remote-inbound-rtp", kind: "video", fractionLost: 0.1, roundTripTime: 0.2 }],
    ["b", { type: "outbound-rtp", kind: "video", qualityLimitationReason: "bandwidth", frameHeight: 360 }],
    ["c", { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.03, lastPacketReceivedTimestamp: 6000 }],
  ]) as unknown as RTCStatsReport;
  assert.deepEqual(readSender(stats, 10_000), { loss: 0.1, trip: 0.2, limited: "bandwidth", height: 360, silent: 4 });
  assert.equal(roundTrip(stats), 0.03);
});
