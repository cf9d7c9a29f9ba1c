import assert from "node:assert/strict";
import { test } from "node:test";
import { MasterClock, correction } from "../../../web/modules/clock-wire.ts";
import type { Segment, Timeline, Track } from "../../../web/modules/contract.ts";
import { Feed, type Sink } from "../../../web/modules/feed-wire.ts";
import { Player, type Element } from "../../../web/modules/player-wire.ts";
import { entryIndex, extent, inOrder, indexAt, nextRecorded, settled } from "../../../web/modules/timeline-wire.ts";
import { Hands, settle } from "./fakes.ts";

const SCALE = 1000;
const aSegment = (start: number, duration = 5, changes: Partial<Segment> = {}): Segment => ({
  digest: `d${start}`, init: "i", start: start * SCALE, duration: duration * SCALE, bytes: 1, state: "stored", ...changes,
});
const aTrack = (changes: Partial<Track> = {}): Track => ({
  id: "p.video", participant: "p", name: "Li", role: "applicant", kind: "video", codec: "H264", timescale: SCALE,
  inits: [{ digest: "i", codecs: "avc1.42e01f", width: 640, height: 360 }], segments: [aSegment(0), aSegment(5), aSegment(10)], gaps: [], reception: {}, ...changes,
});
const aTimeline = (tracks: Track[], changes: Partial<Timeline> = {}): Timeline => ({
  epoch_us: 0, ended: true, tracks, snapshots: [], findings: [], ...changes,
});

// A buffer that holds what segments say of themselves: their digest names their start.
class Memory implements Sink {
  parts: [number, number][] = [];
  log: string[] = [];
  constructor(private readonly track: () => Track) {}
  async append(bytes: ArrayBuffer): Promise<void> {
    const digest = new TextDecoder().decode(bytes);
    this.log.push(digest);
    const segment = this.track().segments.find((one) => one.digest === digest);
    if (segment) this.parts.push([segment.start / SCALE, (segment.start + segment.duration) / SCALE]);
  }
  async remove(from: number, to: number): Promise<void> {
    this.parts = this.parts.flatMap(([a, b]) => [[a, Math.min(b, from)], [Math.max(a, to), b]] as [number, number][]).filter(([a, b]) => b > a);
  }
  buffered(): [number, number][] {
    return this.parts;
  }
  changeType(codecs: string): void {
    this.log.push(codecs);
  }
}

const bytesOf = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer as ArrayBuffer;

test("segments are found by their moment, holes included", () => {
  const track = aTrack({ segments: [aSegment(0), aSegment(5), aSegment(20)] });
  assert.deepEqual([0, 4.999, 5, 12, 24, 25].map((at) => indexAt(track, at)), [0, 0, 1, 2, 2, 3]);
});

test("a moment is entered at a key frame, of the same configuration", () => {
  const track = aTrack({ segments: [aSegment(0), aSegment(5, 5, { key_frame: false }), aSegment(10, 5, { key_frame: false })] });
  assert.equal(entryIndex(track, 12), 0);
  assert.equal(entryIndex(aTrack(), 12), 2);
});

test("the extent, the next recorded moment, and when nothing more will come", () => {
  const timeline = aTimeline([aTrack({ segments: [aSegment(3), aSegment(20)] })]);
  assert.deepEqual(extent(timeline), { from: 3, to: 25 });
  assert.equal(nextRecorded(timeline, 9), 20);
  assert.equal(nextRecorded(timeline, 26), null);
  assert.equal(settled(timeline), true);
  assert.equal(settled(aTimeline([aTrack({ segments: [aSegment(0, 5, { state: "pending" })] })])), false);
  const voice = aTrack({ id: "q.audio", kind: "audio", role: "inspector" });
  assert.deepEqual(inOrder([voice, aTrack()]).map((one) => one.id), ["p.video", "q.audio"]);
});

test("the clock runs at its rate, waits when held, and loses nothing by either", () => {
  let now = 0;
  const clock = new MasterClock(() => now);
  clock.set(10);
  clock.play();
  now = 1000;
  clock.setRate(2);
  now = 2000;
  assert.equal(clock.position, 13);
  clock.hold(true);
  now = 9000;
  assert.equal(clock.position, 13);
  clock.hold(false);
  now = 9500;
  assert.equal(clock.position, 14);
});

test("a small drift is walked off, a large one jumped", () => {
  assert.deepEqual(correction(0.01, 1), { kind: "rate", rate: 1 });
  const slower = correction(0.04, 1);
  assert.ok(slower.kind === "rate" && slower.rate < 1 && slower.rate > 0.85);
  const faster = correction(-0.04, 2);
  assert.ok(faster.kind === "rate" && faster.rate > 2);
  assert.deepEqual(correction(0.5, 1), { kind: "seek" });
});

test("the feed brings the init segment first, then what lies ahead, in order", async () => {
  const track = aTrack();
  const memory = new Memory(() => track);
  const feed = new Feed(track, memory, async (digest) => bytesOf(digest), () => 0);
  assert.equal(feed.cover(6), "coming");
  feed.aim(6);
  await settle();
  assert.deepEqual(memory.log, ["avc1.42e01f", "i", "d5", "d10"]);
  assert.equal(feed.cover(6), "here");
  assert.equal(feed.cover(40), "nothing");
});

test("a new configuration brings its own init segment, in the middle", async () => {
  const inits = [{ digest: "i", codecs: "avc1.42e01f", width: 1, height: 1 }, { digest: "j", codecs: "avc1.42e01e", width: 2, height: 2 }];
  const track = aTrack({ inits, segments: [aSegment(0), aSegment(5, 5, { init: "j" })] });
  const memory = new Memory(() => track);
  new Feed(track, memory, async (digest) => bytesOf(digest), () => 0).aim(0);
  await settle();
  assert.deepEqual(memory.log, ["avc1.42e01f", "i", "d0", "avc1.42e01e", "j", "d5"]);
});

test("a segment that cannot be read is passed over and asked again later", async () => {
  let now = 0;
  let broken = true;
  const track = aTrack();
  const memory = new Memory(() => track);
  const load = async (digest: string) => {
    if (digest === "d5" && broken) throw new Error("away");
    return bytesOf(digest);
  };
  const feed = new Feed(track, memory, load, () => now);
  feed.aim(0);
  await settle();
  assert.deepEqual(memory.log.filter((one) => one.startsWith("d")), ["d0", "d10"]);
  assert.equal(feed.cover(6), "nothing");
  broken = false;
  now = 6000;
  feed.aim(4);
  await settle();
  assert.equal(feed.cover(6), "here");
});

test("what was played long ago leaves the buffer and comes back when it is wanted", async () => {
  const track = aTrack({ segments: Array.from({ length: 30 }, (_, n) => aSegment(n * 5)) });
  const memory = new Memory(() => track);
  const feed = new Feed(track, memory, async (digest) => bytesOf(digest), () => 0);
  for (const at of [0, 20, 40, 60, 80]) {
    feed.aim(at);
    await settle();
  }
  assert.equal(feed.cover(80), "here");
  assert.notEqual(feed.cover(2), "here");
  feed.aim(2);
  await settle();
  assert.equal(feed.cover(2), "here");
});

class Screen implements Element {
  paused = true;
  seeking = false;
  readyState = 4;
  muted = false;
  playbackRate = 1;
  seeks = 0;
  private at = 0;
  get currentTime() {
    return this.at;
  }
  set currentTime(at: number) {
    this.at = at;
    this.seeks += 1;
  }
  async play() {
    this.paused = false;
  }
  pause() {
    this.paused = true;
  }
  pass(seconds: number, slip = 0) {
    if (!this.paused) this.at += seconds * this.playbackRate + slip;
  }
}

function aPlayer(load: (digest: string) => Promise<ArrayBuffer> = async (digest) => bytesOf(digest)) {
  const hands = new Hands();
  const screens = new Map<string, Screen>();
  const player: Player = new Player({
    open: async (track) => {
      const screen = new Screen();
      screens.set(track.id, screen);
      return { element: screen, sink: new Memory(() => player.timeline!.tracks.find((one) => one.id === track.id)!) };
    },
    load,
    now: () => hands.now,
  });
  const run = async (seconds: number, slip: Record<string, number> = {}) => {
    for (let n = 0; n < seconds * 20; n += 1) {
      hands.now += 50;
      for (const [id, screen] of screens) screen.pass(0.05, slip[id] ?? 0);
      player.tick();
      await settle();
    }
  };
  return { player, screens, run };
}

const voice = (segments: Segment[]) => aTrack({
  id: "q.audio", participant: "q", role: "inspector", kind: "audio", segments, inits: [{ digest: "i", codecs: "opus", width: 0, height: 0 }],
});

test("several tracks keep within 40 ms of one clock though their own clocks slip", async () => {
  const { player, screens, run } = aPlayer();
  await player.update(aTimeline([aTrack(), voice([aSegment(0), aSegment(5)])]));
  player.play();
  await run(1);
  let worst = 0;
  for (let n = 0; n < 60; n += 1) {
    await run(0.1, { "q.audio": 0.002 }); // 4 % too fast
    const [one, other] = [...screens.values()];
    worst = Math.max(worst, Math.abs(one!.currentTime - other!.currentTime));
  }
  assert.ok(worst < 0.04, `${worst}`);
  assert.ok(player.position > 6.5);
});

test("the clock runs through a gap of one track while another goes on", async () => {
  const { player, screens, run } = aPlayer();
  const hole = aTrack({ segments: [aSegment(0, 2), aSegment(4, 4)], gaps: [{ start: 2000, end: 4000, reason: "disconnected" }] });
  await player.update(aTimeline([hole, voice([aSegment(0, 8)])]));
  player.play();
  await run(3.2);
  assert.equal(screens.get("p.video")!.paused, true);
  assert.equal(screens.get("q.audio")!.paused, false);
  await run(1.5);
  assert.equal(screens.get("p.video")!.paused, false);
  assert.ok(Math.abs(screens.get("p.video")!.currentTime - player.position) < 0.04);
});

test("where nothing at all was recorded it jumps, or runs through when told so", async () => {
  const hole = aTrack({ segments: [aSegment(0, 2), aSegment(60, 4)] });
  const jumping = aPlayer();
  await jumping.player.update(aTimeline([hole]));
  jumping.player.play();
  await jumping.run(3);
  assert.ok(jumping.player.position > 60);
  const patient = aPlayer();
  patient.player.skipGaps = false;
  await patient.player.update(aTimeline([hole]));
  patient.player.play();
  await patient.run(3.5);
  assert.ok(patient.player.position > 3 && patient.player.position < 4);
});

test("it waits for the picture that is on its way and goes on by itself", async () => {
  let open: () => void = () => undefined;
  const door = new Promise<void>((resolve) => (open = resolve));
  const { player, run } = aPlayer(async (digest) => {
    if (digest === "d0") await door;
    return bytesOf(digest);
  });
  await player.update(aTimeline([aTrack()]));
  player.play();
  await run(1);
  assert.equal(player.waiting, true);
  assert.equal(player.position, 0);
  open();
  await run(1);
  assert.ok(player.position > 0.8);
});

test("at the edge of a running survey it waits and takes up what arrives", async () => {
  const { player, run } = aPlayer();
  await player.update(aTimeline([aTrack({ segments: [aSegment(0)] })], { ended: false }));
  player.play();
  await run(7);
  assert.ok(player.position <= 5);
  await player.update(aTimeline([aTrack({ segments: [aSegment(0), aSegment(5)] })], { ended: false }));
  await run(2);
  assert.ok(player.position > 5.5);
});

test("the end is the end, and play begins anew", async () => {
  const { player, run } = aPlayer();
  await player.update(aTimeline([aTrack({ segments: [aSegment(2, 2)] })]));
  assert.equal(player.position, 2);
  player.play();
  await run(3);
  assert.equal(player.clock.playing, false);
  assert.equal(player.position, 4);
  player.play();
  await run(0.5);
  assert.ok(player.position < 3);
});
