import assert from "node:assert/strict";
import { test } from "node:test";
import { sizeOf, tilesFor, View } from "../../../web/modules/zoom.ts";

const plan = { width: 9001, height: 6000, tile: 512, levels: 6 };
const frame = { width: 800, height: 600 };

function looking(): View {
  const view = new View(plan);
  view.resize(frame);
  return view;
}

test("each level is half of the next, rounded up, as the worker cut them", () => {
  assert.deepEqual([5, 4, 3, 2, 1, 0].map((level) => sizeOf(plan, level).width), [9001, 4501, 2251, 1126, 563, 282]);
  assert.deepEqual(sizeOf(plan, 0), { width: 282, height: 188 });
});

test("all of it is seen first, and needs no tile while the ordinary picture is sharp", () => {
  const view = looking();
  assert.ok(!view.zoomed);
  assert.equal(Math.round(view.rect().height), 533);
  assert.deepEqual(tilesFor(plan, view.rect(), frame, 2, 2048), []);
  assert.deepEqual(tilesFor({ ...plan, levels: 0 }, { ...view.rect(), width: 9e4 }, frame, 1, 10), []);
});

test("what lies under the pointer stays there", () => {
  const view = looking();
  const before = view.rect();
  const place = (rect: typeof before) => [(500 - rect.left) / rect.width, (300 - rect.top) / rect.height];
  view.zoom(5, 500, 300);
  const [x, y] = place(view.rect()) as [number, number];
  const [was, high] = place(before) as [number, number];
  assert.ok(Math.abs(x - was) < 1e-9 && Math.abs(y - high) < 1e-9);
});

test("near by, only the tiles in the frame are asked for, of the sharp level, and they cover it", () => {
  const view = looking();
  view.zoom(9, 400, 300);
  const rect = view.rect();
  const tiles = tilesFor(plan, rect, frame, 1, 2048);
  assert.ok(tiles.length >= 4 && tiles.length <= 12, String(tiles.length));
  assert.equal(tiles[0]!.level, 5, "7,200 pixels wide");
  assert.ok(Math.min(...tiles.map((one) => one.rect.left)) <= 0);
  assert.ok(Math.max(...tiles.map((one) => one.rect.left + one.rect.width)) >= frame.width);
  for (const one of tiles) {
    assert.ok(one.rect.left < frame.width && one.rect.left + one.rect.width > -1);
    assert.ok(one.rect.top < frame.height && one.rect.top + one.rect.height > -1);
  }
});

test("the last tiles of a row and a column are as small as they are", () => {
  const tiles = tilesFor(plan, { left: 0, top: 0, width: 9001, height: 6000 }, { width: 9001, height: 6000 }, 1, 2048);
  assert.equal(tiles.length, 18 * 12);
  const last = tiles.at(-1)!;
  assert.deepEqual([last.column, last.row, last.rect.width, last.rect.height], [17, 11, 9001 - 17 * 512, 6000 - 11 * 512]);
});

test("no empty ground comes into the frame, and it never gets smaller than whole", () => {
  const view = looking();
  view.zoom(4, 400, 300);
  view.pan(1e6, 1e6);
  assert.deepEqual([Math.round(view.rect().left), Math.round(view.rect().top)], [0, 0]);
  view.pan(-1e6, 0);
  assert.ok(Math.abs(view.rect().left + view.rect().width - 800) < 1e-6);
  view.zoom(1e-6, 0, 0);
  assert.ok(!view.zoomed);
  view.zoom(1e9, 400, 300);
  assert.equal(Math.round(view.rect().width), 4 * 9001);
  view.whole();
  assert.ok(!view.zoomed);
});

test("a place that is looked for comes into the frame", () => {
  const view = looking();
  view.zoom(8, 0, 300);
  view.reveal(0.95, 0.5);
  const rect = view.rect();
  const at = rect.left + 0.95 * rect.width;
  assert.ok(at > 0 && at < 800);
});
