import assert from "node:assert/strict";
import { test } from "node:test";
import type { RoomMessage, Ticket } from "../../../web/modules/contract.ts";
import type { SessionState } from "../../../web/modules/session-wire.ts";
import { WhepWire } from "../../../web/modules/whep-wire.ts";
import { WhipWire, sizesFor } from "../../../web/modules/whip-wire.ts";
import { World, json, type Call } from "./fakes.ts";

const created = () => new Response("v=0 answer", { status: 201, headers: { Location: "/live/n1/whip/s/p/1" } });

function publisher(answer: (call: Call) => Response | Promise<Response> = created) {
  const world = new World((call) => (call.method === "DELETE" ? new Response(null, { status: 200 }) : answer(call)));
  const states: SessionState[] = [];
  const messages: RoomMessage[] = [];
  let tickets = 0;
  const ticket = async (): Promise<Ticket> => ({ url: "/live/n1/whip/s/p", token: `t${++tickets}`, expires_us: 0, ice_servers: [] });
  const camera = { id: "camera" } as unknown as MediaStreamTrack;
  const shape = { ticket, tell: (state: SessionState) => states.push(state), message: (one: RoomMessage) => messages.push(one) };
  const wire = new WhipWire(shape, world.surroundings, { video: camera, audio: null });
  return { world, wire, states, messages, last: () => states.at(-1)!, tickets: () => tickets };
}

test("an offer carries the ticket and becomes live when the connection stands", async () => {
  const { world, wire, last } = publisher();
  wire.start();
  await world.hands.turn(0);
  const [call] = world.server.of("POST");
  assert.equal(new Headers(call!.init.headers).get("Authorization"), "Bearer t1");
  assert.equal(call!.init.body, "v=0 offer");
  assert.equal(world.peer.answer, "v=0 answer");
  world.peer.become("connected");
  assert.deepEqual(last(), { kind: "live" });
});

test("a failed connection is taken up again with a fresh ticket, after a pause that grows", async () => {
  const { world, wire, states, tickets } = publisher();
  wire.start();
  await world.hands.turn(0);
  world.peer.become("connected");
  world.peer.become("failed");
  const pauses = [];
  for (let n = 0; n < 3; n += 1) {
    const state = states.at(-1)!;
    assert.equal(state.kind, "interrupted");
    if (state.kind === "interrupted") pauses.push(state.retryIn);
    await world.hands.turn(1000 * pauses.at(-1)!);
    world.peer.become("failed");
  }
  assert.deepEqual(pauses, [0.5, 1, 2]);
  assert.equal(tickets(), 4);
});

test("a short disconnection is left to ICE, a long one is not", async () => {
  const { world, wire, last } = publisher();
  wire.start();
  await world.hands.turn(0);
  world.peer.become("connected");
  world.peer.become("disconnected");
  await world.hands.turn(1000);
  world.peer.become("connected");
  await world.hands.turn(10_000);
  assert.equal(last().kind, "live");
  world.peer.become("disconnected");
  await world.hands.turn(3000);
  assert.equal(last().kind, "interrupted");
});

test("a connection that never stands is given up and tried again", async () => {
  const { world, wire, last } = publisher();
  wire.start();
  await world.hands.turn(12_000);
  assert.equal(last().kind, "interrupted");
});

test("back online it does not wait for the pause to end", async () => {
  const { world, wire } = publisher(() => {
    throw new TypeError("no network");
  });
  wire.start();
  await world.hands.turn(0);
  assert.equal(world.peers.length, 1);
  wire.kick();
  await world.hands.turn(0);
  assert.equal(world.peers.length, 2);
});

test("an ended survey is not asked again", async () => {
  const { world, wire, last } = publisher(() => json({ code: "survey-ended" }, 409));
  wire.start();
  await world.hands.turn(60_000);
  assert.deepEqual(last(), { kind: "ended", code: "survey-ended" });
  assert.equal(world.server.of("POST").length, 1);
});

test("stopping deletes the session, even as the page goes", async () => {
  const { world, wire, last } = publisher();
  wire.start();
  await world.hands.turn(0);
  world.peer.become("connected");
  wire.stop();
  const [call] = world.server.of("DELETE");
  assert.equal(call!.url, "/live/n1/whip/s/p/1");
  assert.equal(call!.init.keepalive, true);
  assert.equal(world.peer.closed, true);
  assert.equal(last().kind, "ended");
});

test("an answer that comes after the stop is let go of", async () => {
  let answer: (response: Response) => void = () => undefined;
  const { world, wire } = publisher(() => new Promise((resolve) => (answer = resolve)));
  wire.start();
  await world.hands.turn(0);
  wire.stop();
  answer(created());
  await world.hands.turn(0);
  assert.equal(world.server.of("DELETE").length, 1);
});

test("another camera goes on in the same place, now and after the next offer", async () => {
  const { world, wire } = publisher();
  wire.start();
  await world.hands.turn(0);
  const other = { id: "front" } as unknown as MediaStreamTrack;
  await wire.replace("video", other);
  assert.equal(world.peer.transceivers.find((one) => one.kind === "video")!.sender.track, other);
  world.peer.become("failed");
  await world.hands.turn(1000);
  assert.equal(world.peers.length, 2);
  assert.equal(world.peer.transceivers.find((one) => one.kind === "video")!.sender.track, other);
});

test("room messages come over the data channel; others are passed over", async () => {
  const { world, wire, messages } = publisher();
  wire.start();
  await world.hands.turn(0);
  assert.equal(world.peer.channel!.label, "takan");
  world.peer.channel!.onmessage!({ data: "not ours" });
  world.peer.channel!.onmessage!({ data: '{"kind":"focus"}' });
  assert.deepEqual(messages, [{ kind: "focus" }]);
});

test("a viewer waits until somebody publishes, as long as the node says", async () => {
  let publishing = false;
  const world = new World((call) => {
    if (call.method === "DELETE") return new Response(null, { status: 200 });
    return publishing ? created() : json({ code: "not-publishing" }, 409, { "Retry-After": "1" });
  });
  const states: string[] = [];
  const ticket = async (): Promise<Ticket> => ({ url: "/whep", token: "t", expires_us: 0, ice_servers: [] });
  const arrived: unknown[] = [];
  const wire = new WhepWire({ ticket, tell: (state) => states.push(state.kind), arrived: (track) => arrived.push(track) }, world.surroundings);
  wire.start();
  await world.hands.turn(2500);
  assert.equal(world.server.of("POST").length, 3);
  assert.equal(states.at(-1), "waiting");
  publishing = true;
  await world.hands.turn(1000);
  world.peer.become("connected");
  world.peer.ontrack!({ receiver: {}, track: "picture" });
  assert.equal(states.at(-1), "live");
  assert.deepEqual(arrived, ["picture"]);
});

test("a picture goes out in three sizes where the device is strong or the office says so", async () => {
  const desk = { cores: 8, memory: 8, mobile: false };
  assert.equal(sizesFor("auto", desk), 3);
  assert.equal(sizesFor("auto", { ...desk, cores: 2 }), 1);
  assert.equal(sizesFor("auto", { ...desk, mobile: true }), 3);
  assert.equal(sizesFor("auto", { cores: 8, memory: 4, mobile: true }), 1);
  assert.equal(sizesFor("auto", { cores: 6, memory: 0, mobile: true }), 1);
  assert.equal(sizesFor("one", desk), 1);
  assert.equal(sizesFor("three", { cores: 1, memory: 1, mobile: true }), 3);

  const world = new World(created);
  const ticket = async (): Promise<Ticket> => ({ url: "/live/n1/whip/s/p", token: "t", expires_us: 0, ice_servers: [] });
  const wire = new WhipWire({ ticket, tell: () => undefined }, world.surroundings, { video: null, audio: null }, [], 3);
  wire.start();
  await world.hands.turn(0);
  const sent = (kind: string) => world.peer.transceivers.find((one) => one.kind === kind)!.init.sendEncodings!;
  assert.deepEqual(sent("video").map((one) => [one.rid, one.scaleResolutionDownBy]), [["q", 4], ["h", 2], ["f", undefined]]);
  assert.equal(sent("audio").length, 1);
});

test("how large a picture is shown is told once, again when it changes, and again to a new connection", async () => {
  const world = new World((call) => (call.method === "POST" && call.url.endsWith("/layer") ? new Response(null, { status: 204 }) : created()));
  const ticket = async (): Promise<Ticket> => ({ url: "/live/n1/whep/s/p", token: "t", expires_us: 0, ice_servers: [] });
  const wire = new WhepWire({ ticket, tell: () => undefined, arrived: () => undefined }, world.surroundings);
  const told = () => world.server.of("POST").filter((call) => call.url.endsWith("/layer")).map((call) => JSON.parse(String(call.init.body)));
  wire.start();
  wire.shown(300);
  await world.hands.turn(0);
  assert.deepEqual(told(), []);
  world.peer.become("connected");
  assert.deepEqual(told(), [{ maxHeight: 402 }]);
  wire.shown(310);
  wire.shown(720);
  assert.deepEqual(told(), [{ maxHeight: 402 }, { maxHeight: 965 }]);
  world.peer.become("failed");
  await world.hands.turn(1000);
  world.peer.become("connected");
  assert.deepEqual(told().at(-1), { maxHeight: 965 });
  assert.equal(told().length, 3);
});
