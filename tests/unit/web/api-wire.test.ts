import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, Problem } from "../../../web/modules/api-wire.ts";
import { FindingsWire } from "../../../web/modules/findings-wire.ts";
import { World, json } from "./fakes.ts";

const refusal = async (act: Promise<unknown>): Promise<Problem> => {
  try {
    await act;
  } catch (error) {
    if (error instanceof Problem) return error;
  }
  throw new Error("it was not refused");
};

test("a write carries the form token, a read does not", async () => {
  const world = new World(() => json({ id: "1" }));
  const api = new Api("/api/v1", "token", world.server.fetch);
  await api.post("/cases", { item: "i" });
  await api.get("/cases");
  const headers = world.server.calls.map((call) => new Headers(call.init.headers).get("X-CSRF-Token"));
  assert.deepEqual(headers, ["token", null]);
});

test("a problem document becomes one typed error", async () => {
  const world = new World(() => json({ code: "note-needed", title: "…", field: "note" }, 422, { "Retry-After": "2" }));
  const problem = await refusal(new Api("", "", world.server.fetch).put("/x", {}));
  assert.equal(problem.status, 422);
  assert.equal(problem.code, "note-needed");
  assert.equal(problem.field, "note");
  assert.equal(problem.retryAfter, 2);
  assert.equal(problem.passing, false);
});

test("a proxy's page and a missing network are problems too", async () => {
  const proxy = new World(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  assert.equal((await refusal(new Api("", "", proxy.server.fetch).get("/x"))).code, "status-502");
  const nothing = new World(() => {
    throw new TypeError("failed to fetch");
  });
  const problem = await refusal(new Api("", "", nothing.server.fetch).get("/x"));
  assert.equal(problem.code, "offline");
  assert.equal(problem.passing, true);
});

test("of a finding that changed while it was sent, the newest arrives last", async () => {
  let answer: (response: Response) => void = () => undefined;
  const world = new World(() => new Promise((resolve) => (answer = resolve)));
  const told: string[] = [];
  const wire = new FindingsWire(new Api("", "", world.server.fetch), "s", world.hands.later, (_, saved) => told.push(saved.kind));
  wire.save("c1", { result: "pass", note: "", snapshots: [], annotations: [] });
  await world.hands.turn(0);
  wire.save("c1", { result: "fail", note: "a", snapshots: [], annotations: [] });
  wire.save("c1", { result: "fail", note: "ab", snapshots: [], annotations: [] });
  answer(json({}));
  await world.hands.turn(0);
  answer(json({}));
  await world.hands.turn(0);
  assert.deepEqual(world.server.calls.map((call) => JSON.parse(String(call.init.body)).note), ["", "ab"]);
  assert.deepEqual(told, ["saving", "saving", "saved"]);
  assert.equal(wire.anyPending, false);
});

test("a finding that the network lost is sent again; one that was refused is not", async () => {
  let status = 503;
  const world = new World(() => json({ code: "x" }, status));
  const told: string[] = [];
  const wire = new FindingsWire(new Api("", "", world.server.fetch), "s", world.hands.later, (_, saved) => told.push(saved.kind));
  wire.save("c1", { result: "pass", note: "", snapshots: [], annotations: [] });
  await world.hands.turn(0);
  assert.equal(wire.pending("c1"), true);
  status = 422;
  await world.hands.turn(10_000);
  assert.deepEqual(told, ["saving", "unsaved", "saving", "refused"]);
  assert.equal(world.server.calls.length, 2);
});
