import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "../../../web/modules/api-wire.ts";
import type { Participant, Room } from "../../../web/modules/contract.ts";
import { RoomWire, changes, type RoomEvent } from "../../../web/modules/room-wire.ts";
import { World, json } from "./fakes.ts";

const aParticipant = (changes: Partial<Participant> = {}): Participant => ({ id: "p", name: "Li", role: "applicant", here: true, publishing: [], ...changes });
const aRoom = (changes: Partial<Room> = {}): Room => ({
  state: "live", node: "n1", participants: [], focus: null, clock_us: 0, epoch_us: 0, recording: true, began_us: 0, ...changes,
});

test("only what changed is told", () => {
  const before = aRoom({ participants: [aParticipant()] });
  const after = aRoom({ participants: [aParticipant({ publishing: ["video"] })], focus: "c1" });
  assert.deepEqual(changes(before, after).map((one) => one.kind), ["publishing", "focus"]);
  assert.deepEqual(changes(after, after), []);
});

test("whoever is no longer listed has left", () => {
  const events = changes(aRoom({ participants: [aParticipant()] }), aRoom());
  assert.deepEqual(events.map((one) => one.kind), ["left"]);
});

test("the end is told once", () => {
  assert.deepEqual(changes(aRoom(), aRoom({ state: "concluded" })).map((one) => one.kind), ["ended"]);
  assert.deepEqual(changes(aRoom({ state: "concluded" }), aRoom({ state: "concluded" })), []);
});

function aWire(answer: () => Room | Response) {
  const world = new World(() => {
    const given = answer();
    return given instanceof Response ? given : json(given);
  });
  const events: RoomEvent[] = [];
  const needs = { later: world.hands.later, now: () => world.hands.now };
  const wire = new RoomWire(new Api("/api/v1", "token", world.server.fetch), "s", needs, (event) => events.push(event));
  return { world, wire, events, kinds: () => events.map((one) => one.kind) };
}

test("it asks every two seconds, and at once after a message", async () => {
  const { world, wire } = aWire(aRoom);
  wire.start();
  await world.hands.turn(4000);
  assert.equal(world.server.calls.length, 3);
  wire.receive({ kind: "focus" });
  await world.hands.turn(0);
  assert.equal(world.server.calls.length, 4);
  wire.stop();
  await world.hands.turn(10_000);
  assert.equal(world.server.calls.length, 4);
});

test("a lost network is told, and its return", async () => {
  let away = false;
  const { world, wire, kinds } = aWire(() => (away ? new Response("", { status: 502 }) : aRoom()));
  wire.start();
  await world.hands.turn(0);
  away = true;
  await world.hands.turn(2000);
  away = false;
  await world.hands.turn(2000);
  assert.deepEqual(kinds(), ["room", "away", "back", "room"]);
});

test("the server's clock is known within the round trip", async () => {
  const { world, wire } = aWire(() => aRoom({ clock_us: 5_000_000 }));
  assert.equal(wire.serverTime(), null);
  wire.start();
  await world.hands.turn(0);
  await world.hands.turn(1500);
  assert.equal(wire.serverTime(), 6_500_000);
  assert.equal(wire.serverTime(500), 5_500_000);
});
