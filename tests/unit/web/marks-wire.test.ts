import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, Problem } from "../../../web/modules/api-wire.ts";
import type { Annotation, Drawn, Place } from "../../../web/modules/contract.ts";
import { MarksWire } from "../../../web/modules/marks-wire.ts";
import { type Call, Hands, json, Server, settle } from "./fakes.ts";

const MARK: Place & Drawn = {
  evidence: "e1", track: null, source: "original", time_us: 3_700_000_000, page: null,
  shape: "box", points: [[1, 2], [3, 4]], label: "", text: "a crack",
};

class Keeper extends Map<string, string> {
  getItem = (key: string) => this.get(key) ?? null;
  setItem = (key: string, value: string) => void this.set(key, value);
  removeItem = (key: string) => void this.delete(key);
  key = (index: number) => [...this.keys()][index] ?? null;
  get length() {
    return this.size;
  }
}

/** An office that keeps marks by their ids. */
class Office {
  marks = new Map<string, Annotation>();
  revision = 0;
  refuse: Response | null = null;
  away = false;

  answer = (call: Call): Response => {
    if (this.away) throw new TypeError("no network");
    if (this.refuse && call.method !== "GET") return this.refuse.clone();
    const path = call.url.replace(/^\/surveys\/s1\/annotations\/?/, "").split("?")[0]!;
    if (call.method === "GET") {
      const since = Number(new URL(call.url, "http://x").searchParams.get("since") ?? 0);
      return json({ revision: this.revision, annotations: [...this.marks.values()].filter((one) => one.revision > since) });
    }
    const [id, act] = path.split("/") as [string, string | undefined];
    const body = JSON.parse(String(call.init.body)) as Record<string, unknown>;
    if (!act) return this.made(id, body);
    const found = this.marks.get(id)!;
    if (act === "replies") return this.put({ ...found, replies: [...found.replies, body as never] });
    if (body["revision"] !== found.revision) return json({ code: "annotation-moved" }, 409);
    return this.put({ ...found, state: act === "close" ? "closed" : "open" });
  };

  made(id: string, body: object): Response {
    const known = this.marks.get(id);
    if (known) return json(known);
    return this.put({ ...body, id, number: this.marks.size + 1, state: "open", replies: [] } as never, 201);
  }

  put(mark: Annotation, status = 200): Response {
    const kept = { ...mark, revision: ++this.revision };
    this.marks.set(mark.id, kept);
    return json(kept, status);
  }
}

function browser(office: Office, keeper: Keeper, me = "guo") {
  const hands = new Hands();
  const server = new Server(office.answer);
  let told = 0;
  let number = 0;
  const wire = new MarksWire({
    api: new Api("", "t", server.fetch), survey: "s1", me, keeper, later: hands.later, now: () => hands.now,
    id: () => `${me}mark${++number}`, tell: () => (told += 1), away: () => undefined,
  });
  return { wire, hands, server, told: () => told };
}

test("a mark is there at once, is sent, and is the office's from then on", async () => {
  const office = new Office();
  const { wire, hands } = browser(office, new Keeper());
  wire.start();
  await hands.turn(0);
  const id = wire.add(MARK);
  assert.equal(wire.unsent.size, 1);
  await hands.turn(0);
  assert.equal(wire.unsent.size, 0);
  assert.equal(wire.marks.get(id)?.number, 1);
});

test("two people see each other's marks within seconds, and nobody's is lost", async () => {
  const office = new Office();
  const [one, two] = [browser(office, new Keeper(), "guo"), browser(office, new Keeper(), "lin")];
  for (const { wire, hands } of [one, two]) {
    wire.start();
    await hands.turn(0);
  }
  one.wire.add(MARK);
  two.wire.add({ ...MARK, text: "another on the same picture" });
  for (const { hands } of [one, two]) await hands.turn(3_000);
  assert.deepEqual([...one.wire.marks.keys()].sort(), ["guomark1", "linmark1"]);
  assert.deepEqual([...two.wire.marks.keys()].sort(), ["guomark1", "linmark1"]);
  const asked = one.server.of("GET").length;
  await one.hands.turn(9_000);
  assert.equal(one.server.of("GET").length, asked + 3, "one question every three seconds");
});

test("without a network it is kept over a reload, sent again under its own id, and is there once", async () => {
  const office = new Office();
  const keeper = new Keeper();
  const before = browser(office, keeper);
  office.away = true;
  before.wire.start();
  const id = before.wire.add(MARK);
  before.wire.reply(id, "look at it again");
  await before.hands.turn(10_000);
  assert.equal(before.wire.unsent.size, 2);
  const after = browser(office, keeper);
  assert.equal(after.wire.unsent.size, 2, "a new page knows them");
  office.away = false;
  after.wire.start();
  await after.hands.turn(100);
  await before.hands.turn(3_000); // the old page, which is still open somewhere, sends them too
  assert.deepEqual([...office.marks.keys()], [id]);
  assert.equal(office.marks.get(id)?.replies[0]?.text, "look at it again", "a reply waits for its mark");
  assert.equal(after.wire.unsent.size, 0);
  assert.equal(keeper.size, 0);
});

test("another person on the same device sends nothing in his own name", async () => {
  const office = new Office();
  const keeper = new Keeper();
  office.away = true;
  browser(office, keeper, "guo").wire.add(MARK);
  await settle();
  const other = browser(office, keeper, "lin");
  assert.equal(other.wire.unsent.size, 0);
});

test("while the table of pictures is being made the mark waits; what is refused for good stays, with its reason", async () => {
  const office = new Office();
  const { wire, hands } = browser(office, new Keeper());
  office.refuse = json({ code: "frames-pending" }, 409);
  const id = wire.add(MARK);
  await hands.turn(5_000);
  assert.equal(wire.unsent.get(id)?.problem, null);
  office.refuse = json({ code: "annotation-outside" }, 400);
  await hands.turn(5_000);
  assert.equal(wire.unsent.get(id)?.problem?.code, "annotation-outside");
  office.refuse = null;
  wire.again(id);
  await hands.turn(0);
  assert.equal(wire.unsent.size, 0);
});

test("what another person closed meanwhile is shown, and not closed again unseen", async () => {
  const office = new Office();
  const { wire, hands } = browser(office, new Keeper());
  wire.start();
  await hands.turn(0);
  const id = wire.add(MARK);
  await hands.turn(0);
  office.put({ ...office.marks.get(id)!, state: "closed" });
  await assert.rejects(wire.change(id, "close"), (error: Problem) => error.code === "annotation-moved");
  assert.equal(wire.marks.get(id)?.state, "closed");
  await wire.change(id, "reopen");
  assert.equal(wire.marks.get(id)?.state, "open");
});
