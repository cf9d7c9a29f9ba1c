import assert from "node:assert/strict";
import { test } from "node:test";
import { Flight, scaleBar, storyboard } from "../../../web/modules/flight-wire.ts";

const line = (coordinates: number[][], properties = {}) => ({
  features: [{ geometry: { type: "LineString", coordinates }, properties }],
});

test("a flight lies on a plane in metres, and is known at every moment", () => {
  const flight = new Flight(line([[120, 30], [120, 30.001], [120, 30.002]], { at: [0, 10, 20], relative: [0, 50, 100] }), [30, 120]);
  const half = flight.when(5);
  assert.ok(half && Math.abs(half.y - 55.66) < 0.1 && half.height === 25);
  assert.equal(flight.when(99)?.at, 20);
  assert.equal(flight.nearest(0, 200)?.at, 20);
  assert.deepEqual(flight.site, { x: 0, y: 0 });
  const outlined = new Flight(line([[120, 30]], { at: [0] }), null, [[30, 120], [30.001, 120], [30.001, 119.999]]);
  assert.deepEqual(outlined.outline.map((one) => Math.round(one.y)), [0, 111, 111]);
  assert.ok(outlined.bounds().height > 111, "all of it is on the map");
});

test("an empty flight draws nothing and breaks nothing", () => {
  const flight = new Flight({ features: [{ geometry: null, properties: {} }] }, null);
  assert.equal(flight.when(1), null);
  assert.ok(flight.bounds().width > 0);
});

test("a scale bar is a round length within a third of the map", () => {
  assert.equal(scaleBar(100), 20);
  assert.equal(scaleBar(3100), 1000);
  assert.equal(scaleBar(160), 50);
});

test("a storyboard says which part of the sprite stands for which seconds", () => {
  const tiles = storyboard("WEBVTT\n\n00:00:00.000 --> 00:00:02.500\nstoryboard.jpg#xywh=0,0,160,90\n\n00:00:02.500 --> 01:00:05.000\nstoryboard.jpg#xywh=160,0,160,90\n");
  assert.deepEqual(tiles[1], { start: 2.5, end: 3605, x: 160, y: 0, width: 160, height: 90 });
});
