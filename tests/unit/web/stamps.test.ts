import assert from "node:assert/strict";
import { test } from "node:test";
import { Stamps } from "../../../web/modules/stamps.ts";

const steady = new Stamps({ base: [1, 12_800], origin: -1024, first: 0, runs: [[512, 99]], count: 100, end: 51_200 });

test("every picture of a film is found by the time that a browser tells, and shown by its middle", () => {
  for (let n = 0; n < 100; n += 1) {
    assert.equal(steady.index(Math.floor((n / 25) * 1e6) / 1e6), n, "microseconds, cut");
    assert.equal(steady.index(steady.middle(n)), n);
  }
  assert.equal(steady.index(-1), 0);
  assert.equal(steady.index(1e9), 99);
});

test("pictures of unequal length are told apart, an hour later too", () => {
  const uneven = new Stamps({ base: [1, 1000], origin: 0, first: 0, runs: [[40, 92_500], [50, 1], [30, 1], [40, 2]], count: 92_505, end: 3_700_200 });
  assert.equal(uneven.moment(92_500), 3700);
  assert.equal(uneven.index(3700), 92_500);
  assert.equal(uneven.index(3700.049), 92_500);
  assert.equal(uneven.index(3700.05), 92_501);
  assert.equal(uneven.index(3700.08), 92_502);
  assert.equal(uneven.middle(92_504), 3700.18);
});

test("a table that lies about its length, or has nothing, breaks nothing", () => {
  const empty = new Stamps({ base: [1, 1000], origin: 0, first: 0, runs: [], count: 0, end: 0 });
  assert.equal(empty.index(5), 0);
  assert.equal(empty.moment(3), 0);
  assert.equal(new Stamps({ base: [1, 1000], origin: 0, first: 0, runs: [[40, 1e9]], count: 3, end: 120 }).ticks(2), 80);
});
