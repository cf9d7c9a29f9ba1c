import assert from "node:assert/strict";
import { test } from "node:test";
import { codeOf, Pace } from "../../../web/modules/pace-wire.ts";

test("speed is that of the last seconds, and tells how long it will take", () => {
  const pace = new Pace(5);
  pace.tell(0, 0, 1000);
  assert.deepEqual(pace.tell(1, 100, 1000), { sent: 100, total: 1000, speed: 100, left: 9 });
  for (let at = 2; at <= 20; at += 1) pace.tell(at, 100, 1000); // the network is away
  assert.equal(pace.tell(21, 100, 1000).left, null);
});

test("a refusal's code is read from whatever answers", () => {
  assert.equal(codeOf('{"code":"survey-ended"}'), "survey-ended");
  assert.equal(codeOf("<html>"), null);
});
