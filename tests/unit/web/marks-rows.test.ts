import assert from "node:assert/strict";
import { test } from "node:test";
import type { Annotation } from "../../../web/modules/contract.ts";
import { left, neighbour, rowsOf } from "../../../web/modules/marks-rows.ts";
import type { Waiting } from "../../../web/modules/marks-wire.ts";
import { fitsTime } from "../../../web/modules/screens.ts";

const guo = { id: "p1", name: "Guo Wei", role: "inspector" };
const mark = (id: string, number: number, facts: Partial<Annotation> = {}): Annotation => ({
  id, number, evidence: "e1", track: null, source: { name: "original", sha256: "" }, time_us: number * 1e6, until_us: null, seek_us: null,
  page: null, frame: null, shape: "box", points: [[0, 0], [1, 1]], label: "", text: "", by: guo, at_us: 0, state: "open", state_by: null,
  replies: [], revision: number, imported: null, mine: true, may: [], cited: [], ...facts,
});
const place = { evidence: "e1", track: null, source: "original", time_us: 2_500_000, page: null };
const drawn = { shape: "box" as const, points: [[0, 0], [1, 1]], label: "", text: "unsent" };

function rows(marks: Annotation[], waiting: Waiting[] = []) {
  return rowsOf({ marks: new Map(marks.map((one) => [one.id, one])), unsent: new Map(waiting.map((one) => [one.id, one])) }, () => true);
}

test("marks stand by their moments, and what is not sent yet among them", () => {
  const found = rows([mark("c", 3), mark("a", 1), mark("b", 2)], [{ kind: "mark", id: "x", mark: { ...place, ...drawn }, at: 5, problem: null }]);
  assert.deepEqual(found.map((row) => row.id), ["a", "b", "x", "c"]);
  assert.equal(found[2]!.number, null);
});

test("an answer that is not sent yet stands under its mark, once", () => {
  const reply: Waiting = { kind: "reply", id: "r", to: "a", text: "why?", at: 1, problem: null };
  assert.equal(rows([mark("a", 1)], [reply])[0]!.replies.length, 1);
  const arrived = mark("a", 1, { replies: [{ id: "r", text: "why?", by: guo, at_us: 1 }] });
  assert.equal(rows([arrived], [reply])[0]!.replies.length, 1);
});

test("withdrawn marks are left out of every filter", () => {
  const found = rows([mark("a", 1), mark("b", 2, { state: "closed" }), mark("c", 3, { state: "withdrawn" })]);
  assert.deepEqual(left(found, "all").map((row) => row.id), ["a", "b"]);
  assert.deepEqual(left(found, "closed").map((row) => row.id), ["b"]);
});

test("the next mark is the one after the chosen one, else after the moment", () => {
  const found = rows([mark("a", 1), mark("b", 2), mark("c", 3)]);
  assert.equal(neighbour(found, "b", 0, 1)?.id, "c");
  assert.equal(neighbour(found, null, 1_500_000, 1)?.id, "b");
  assert.equal(neighbour(found, null, 1_500_000, -1)?.id, "a");
  assert.equal(neighbour(found, "c", 0, 1), null);
});

test("a mark lies on its picture, in whatever ticks the rendition counts, and on no other", () => {
  const row = mark("a", 1, { time_us: 3_700_033_366, until_us: 3_700_066_733, seek_us: 3_700_050_050 });
  assert.equal(fitsTime(3700.033366, false, row), "now");
  assert.equal(fitsTime(3700.033, false, row), "now", "a rendition in milliseconds");
  assert.equal(fitsTime(3700.034, false, row), "now");
  assert.equal(fitsTime(3700.066733, false, row), null);
  assert.equal(fitsTime(3700.0, false, row), null);
  assert.equal(fitsTime(3700.4, true, row), "passing");
  assert.equal(fitsTime(3700.4, false, row), null);
  assert.equal(fitsTime(null, false, row), null);
});
