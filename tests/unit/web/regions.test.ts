import assert from "node:assert/strict";
import { test } from "node:test";
import { barbs, begun, bounds, drawn, fit, moved, placed, resized, tidy, toPixels, toShare, TOOLS, type Region } from "../../../web/modules/regions.ts";

const near = (a: number, b: number, slack = 1e-5) => assert.ok(Math.abs(a - b) < slack, `${a} is not ${b}`);

test("a picture lies in the middle of its frame, bars beside or above", () => {
  assert.deepEqual(fit({ width: 1000, height: 500 }, { width: 100, height: 100 }), { left: 250, top: 0, width: 500, height: 500 });
  assert.deepEqual(fit({ width: 360, height: 740 }, { width: 1920, height: 1080 }), { left: 0, top: 268.75, width: 360, height: 202.5 });
  assert.deepEqual(fit({ width: 360, height: 740 }, { width: 0, height: 0 }), { left: 0, top: 0, width: 360, height: 740 });
});

test("a pixel and its share are the same place at every size and zoom; beside the picture is its edge", () => {
  for (const rect of [{ left: 0, top: 0, width: 640, height: 360 }, { left: -800, top: -320, width: 5120, height: 2880 }]) {
    const [x, y] = toPixels(rect, toShare(rect, 320.5, 90.25));
    near(x, 320.5, 0.01);
    near(y, 90.25, 0.01);
  }
  assert.deepEqual(toShare({ left: 10, top: 10, width: 100, height: 100 }, 0, 500), [0, 1]);
});

test("a box may be drawn from any corner; a slip of the hand is none", () => {
  const box = drawn(drawn(begun("box", [0.6, 0.7]), [0.5, 0.5]), [0.2, 0.3]);
  assert.deepEqual(tidy(box), { kind: "box", points: [[0.2, 0.3], [0.6, 0.7]] });
  assert.equal(tidy(begun("box", [0.6, 0.7])), null);
  assert.equal(tidy(drawn(begun("box", [0.1, 0.1]), [0.9, 0.101])), null);
  assert.equal(tidy(begun("arrow", [0.1, 0.1])), null);
  assert.deepEqual(tidy(begun("text", [0.1, 0.1]))?.points, [[0.1, 0.1]]);
});

test("a free hand keeps its way with few points", () => {
  let way = begun("freehand", [0, 0.5]);
  for (let n = 1; n <= 3000; n += 1) way = drawn(way, [n / 3000, 0.5 + 0.3 * Math.sin(n / 200)]);
  const kept = tidy(way)!;
  assert.ok(kept.points.length < 200, String(kept.points.length));
  const before = bounds(way);
  const after = bounds(kept);
  near(after.left, before.left, 0.002);
  near(after.height, before.height, 0.004);
  const straight = tidy({ kind: "freehand", points: [[0, 0], [0.1, 0.1], [0.5, 0.5], [1, 1]] })!;
  assert.deepEqual(straight.points, [[0, 0], [1, 1]]);
});

test("a scribble over everything is thinned until it fits", () => {
  const points = Array.from({ length: 4000 }, (_, n) => [(n * 0.6180339) % 1, (n * 0.4142135) % 1] as const);
  assert.ok(tidy({ kind: "freehand", points: [...points] })!.points.length <= 400);
});

test("what is moved keeps its shape and stays on the picture", () => {
  const box: Region = { kind: "box", points: [[0.2, 0.3], [0.6, 0.7]] };
  assert.deepEqual(moved(box, 0.1, -0.1).points, [[0.3, 0.2], [0.7, 0.6]]);
  assert.deepEqual(moved(box, 5, -5).points, [[0.6, 0], [1, 0.4]]);
});

test("a box's corner and an arrow's head can be moved; nothing grows beyond the picture or turns over", () => {
  const box: Region = { kind: "box", points: [[0.2, 0.3], [0.6, 0.7]] };
  assert.deepEqual(resized(box, 0.1, 0.2).points, [[0.2, 0.3], [0.7, 0.9]]);
  assert.deepEqual(resized(box, 9, 9).points[1], [1, 1]);
  assert.ok(bounds(resized(box, -9, -9)).width > 0);
  assert.deepEqual(resized({ ...box, kind: "arrow" }, -0.5, 0).points, [[0.2, 0.3], [0.1, 0.7]]);
  assert.deepEqual(resized(placed("text"), 0.1, 0.1), placed("text"));
  near(bounds(resized(placed("freehand"), 0.1, 0)).width, 0.3);
});

test("whatever the keyboard begins can be kept as it is", () => {
  for (const tool of TOOLS) {
    const region = tidy(placed(tool));
    assert.ok(region, tool);
    assert.ok(region.points.every(([x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1));
  }
});

test("an arrow's barbs lie behind its head", () => {
  for (const [x, y] of barbs([0, 0], [100, 0], 10)) {
    assert.ok(x < 100);
    near(Math.hypot(x - 100, y), 10);
  }
});
