/** The inspector's desk: sees, hears and speaks, judges without looking away. */
import { Problem } from "./api-wire.ts";
import { api, keepAlive, later, roomNeeds, surroundings } from "./browser.ts";
import { openMicrophone } from "./camera.ts";
import { Checklist, Drafts, VERDICTS } from "./checklist.ts";
import { FootLine, drawFaces, isFilmer } from "./console-parts.ts";
import type { Check, Finding, Participant, Room, Snapshot, Ticket } from "./contract.ts";
import { EndPanel } from "./end-panel.ts";
import { FindingsWire } from "./findings-wire.ts";
import { copyButtons, find, maybe, page, say, sayProblem, typing } from "./page-kit.ts";
import { RoomWire, type RoomEvent } from "./room-wire.ts";
import type { SessionState, SessionWire } from "./session-wire.ts";
import { roundTrip } from "./stats.ts";
import { Stills } from "./stills.ts";
import { WhepWire } from "./whep-wire.ts";
import { WhipWire } from "./whip-wire.ts";

const given = page<{
  survey: string; case: string; me: string | null; name: string; role: string; state: string; writes: boolean;
  whip: boolean; needs_note: string[]; checks: Check[]; review: string; case_url: string;
}>();
document.documentElement.classList.add("js");
const server = api();
const path = `/surveys/${given.survey}`;
const picture = find<HTMLVideoElement>("picture");

let me = given.me ?? "";
let filmer: string | null = null;
let watching: WhepWire | null = null;
let speaking: WhipWire | null = null;
let microphone: MediaStreamTrack | null = null;
let shownAt = 0; // when the frame on screen was received, milliseconds
let trip = 0; // seconds
const ears = new Map<string, { wire: WhepWire; sound: HTMLAudioElement }>();

const room = new RoomWire(server, given.survey, roomNeeds, roomEvent);
const foot = new FootLine();
const findings = new FindingsWire(server, given.survey, later, (check, saved) => checklist.saved(check, saved));
const stills = new Stills((id) => cite(id), (id) => checklist.cites(id));
const checklist: Checklist = new Checklist(
  given.checks, later, (check, draft) => findings.save(check, draft), focus, (id) => stills.small(id),
  new Drafts(given.survey),
);
const end = maybe("end")
  ? new EndPanel(server, given.survey, given.needs_note, () => checklist.unjudged, () => findings.settled(),
      () => location.assign(given.case_url))
  : null;

function* sessions(): Iterable<SessionWire> {
  if (watching) yield watching;
  if (speaking) yield speaking;
  for (const ear of ears.values()) yield ear.wire;
}

function ticketFor(direction: "publish" | "view", participant: string): () => Promise<Ticket> {
  return () => server.post<Ticket>(`${path}/tickets`, { direction, participant });
}

function passing(error: unknown): void {
  if (!(error instanceof Problem)) throw error;
}

// --- seeing and hearing -------------------------------------------------------------------------------------------

function watch(who: Participant): void {
  if (filmer === who.id) return watching?.kick();
  filmer = who.id;
  watching?.stop();
  const stream = new MediaStream();
  picture.srcObject = stream;
  const arrived = (track: MediaStreamTrack) => {
    for (const old of stream.getTracks()) if (old.kind === track.kind) stream.removeTrack(old);
    stream.addTrack(track);
    void play();
  };
  const message = (one: Parameters<RoomWire["receive"]>[0]) => room.receive(one);
  watching = new WhepWire({ ticket: ticketFor("view", who.id), arrived, tell: pictureState, message }, surroundings);
  watching.start();
}

async function play(): Promise<void> {
  const sound = find("listen").getAttribute("aria-pressed") === "true";
  picture.muted = !sound;
  try {
    await picture.play();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    picture.muted = true; // the browser wants a press before it makes a sound
    find("unmute").hidden = !sound;
    await picture.play().catch(() => undefined);
  }
}

function pictureState(state: SessionState): void {
  const snap = maybe<HTMLButtonElement>("snap");
  if (snap) snap.disabled = state.kind !== "live";
  if (state.kind === "live") find("nobody").hidden = true;
  else if (state.kind === "connecting" && shownAt === 0) nobody("console.connecting", "");
  else if (state.kind === "interrupted" || state.kind === "waiting") {
    nobody(shownAt > 0 ? "console.lost" : "console.waiting", shownAt > 0 ? "console.lost_words" : "");
  }
}

function nobody(title: string, words: string): void {
  find("nobody").hidden = false;
  find("nobody-title").textContent = say(title);
  if (words) find("nobody-words").textContent = say(words);
}

function hear(who: Participant): void {
  if (who.id === me || who.id === filmer) return;
  const known = ears.get(who.id);
  if (who.publishing.includes("audio") && who.here && !known) {
    const sound = find("ears").appendChild(new Audio());
    const arrived = (track: MediaStreamTrack) => {
      sound.srcObject = new MediaStream([track]);
      void sound.play().catch(() => (find("unmute").hidden = false));
    };
    const wire = new WhepWire({ ticket: ticketFor("view", who.id), arrived, tell: () => undefined }, surroundings, ["audio"]);
    ears.set(who.id, { wire, sound });
    wire.start();
  } else if (!who.here && known) {
    known.wire.stop();
    known.sound.remove();
    ears.delete(who.id);
  }
}

function followFrames(): void {
  picture.requestVideoFrameCallback((now, frame) => {
    shownAt = frame.receiveTime ?? now;
    followFrames();
  });
}

// --- speaking -----------------------------------------------------------------------------------------------------

async function speak(): Promise<void> {
  if (!given.whip || !me) return;
  microphone = navigator.mediaDevices ? await openMicrophone() : null;
  if (!microphone) {
    find("mute-words").textContent = say("console.mic_none");
    return;
  }
  const message = (one: Parameters<RoomWire["receive"]>[0]) => room.receive(one);
  speaking = new WhipWire({ ticket: ticketFor("publish", me), tell: () => drawMute(), message }, surroundings, { audio: microphone });
  speaking.start();
  find<HTMLButtonElement>("mute").disabled = false;
  drawMute();
}

function mute(): void {
  if (!microphone) return;
  microphone.enabled = !microphone.enabled;
  drawMute();
}

function drawMute(): void {
  const on = Boolean(microphone?.enabled);
  find("mute").setAttribute("aria-pressed", String(!on));
  find("mute-words").textContent = say(on ? "console.mic_on" : "console.mic_off");
}

// --- the room -----------------------------------------------------------------------------------------------------

function roomEvent(event: RoomEvent): void {
  if (event.kind === "room") draw(event.room);
  else if (event.kind === "publishing" || event.kind === "left" || event.kind === "joined") {
    if (isFilmer(event.who) && event.who.publishing.length > 0 && !busyWithAnother(event.who)) watch(event.who);
    hear(event.who);
  } else if (event.kind === "focus" && event.check && !checklist.current) checklist.show(event.check);
  else if (event.kind === "ended") over();
  else if (event.kind === "away") foot.away(sayProblem(event.problem));
  else if (event.kind === "message") {
    if (event.message.kind === "snapshot") void readSnapshots();
    if (event.message.kind === "finding") void readFindings();
  }
}

function busyWithAnother(who: Participant): boolean {
  const now = room.now?.participants.find((one) => one.id === filmer);
  return filmer !== null && filmer !== who.id && Boolean(now?.here && now.publishing.length);
}

function draw(now: Room): void {
  drawFaces(now, me);
  foot.draw(now, now.participants.find((one) => one.id === filmer) ?? null);
  if (!checklist.current) {
    const first = now.focus ?? checklist.next;
    if (first) checklist.show(first, now.state === "live" && now.focus === null && given.writes);
  }
  const asked = given.checks.find((check) => check.id === now.focus);
  find("focus-plate").hidden = !asked || !find("nobody").hidden;
  if (asked) find("focus-plate").textContent = say("console.shown", { title: asked.title });
}

function over(): void {
  for (const session of sessions()) session.stop("survey-ended");
  room.stop();
  microphone?.stop();
  nobody("console.ended", "");
  location.assign(given.case_url);
}

// --- judging ------------------------------------------------------------------------------------------------------

function focus(check: Check): void {
  stills.draw();
  if (given.writes && room.now?.state === "live") void server.post(`${path}/focus`, { check: check.id }).catch(passing);
}

function cite(id: string): void {
  if (!given.writes || id.startsWith("preview-")) return;
  checklist.cite(id);
  stills.draw();
}

async function snapshot(): Promise<void> {
  const button = maybe<HTMLButtonElement>("snap");
  const epoch = room.now?.epoch_us;
  const shown = room.serverTime(shownAt || roomNeeds.now());
  if (!button || button.disabled || !filmer || !epoch || shown === null) return;
  const time = Math.max(0, Math.round((shown - epoch - (trip / 2) * 1e6) * 0.09)); // microseconds to ticks of 90 kHz
  const preview = `preview-${time}`;
  stills.add(preview, time, stills.grab(picture));
  const check = checklist.current?.id ?? null;
  try {
    const { id } = await server.post<{ id: string }>(`${path}/snapshots`, { track: `${filmer}.video`, time, check });
    stills.rename(preview, id);
    if (check && checklist.current?.id === check && !checklist.cites(id)) checklist.cite(id);
    stills.draw();
    later(() => void readSnapshots(), 1500);
  } catch (error) {
    passing(error);
    stills.remove(preview);
    warn(`${say("console.snapshot_failed")} ${sayProblem(error as Problem)}`);
  }
}

function warn(words: string): void {
  const plate = find("stage-warning");
  plate.textContent = words;
  plate.hidden = false;
  later(() => (plate.hidden = true), 6000);
}

async function readSnapshots(): Promise<void> {
  try {
    const { snapshots } = await server.get<{ snapshots: Snapshot[] }>(`${path}/snapshots`);
    stills.take(snapshots);
    checklist.redraw();
  } catch (error) {
    passing(error);
  }
}

async function readFindings(): Promise<void> {
  try {
    const { findings: all } = await server.get<{ findings: Finding[] }>(path);
    checklist.take(all, (check) => findings.pending(check));
  } catch (error) {
    passing(error);
  }
}

// --- keys and buttons ---------------------------------------------------------------------------------------------

function help(open = find("help").hidden): void {
  find("help").hidden = !open;
  find("list-body").hidden = open;
  find("help-open").setAttribute("aria-expanded", String(open));
}

const KEYS: Record<string, () => void> = {
  s: () => void snapshot(),
  m: mute,
  j: () => checklist.move(1),
  k: () => checklist.move(-1),
  n: () => checklist.writeNote(),
  e: () => end?.open(),
  "?": () => help(),
};

function key(event: KeyboardEvent): void {
  if (event.key === "Escape") {
    (document.activeElement as HTMLElement | null)?.blur();
    if (!find("help").hidden) help(false);
    end?.close();
    return;
  }
  if (typing(event) || event.repeat) return;
  const verdict = VERDICTS[Number(event.key) - 1];
  const act = verdict && given.writes && !end?.isOpen ? () => checklist.judge(verdict) : KEYS[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
}

function buttons(): void {
  document.addEventListener("keydown", key);
  maybe("snap")?.addEventListener("click", () => void snapshot());
  find("mute").addEventListener("click", mute);
  find("help-open").addEventListener("click", () => help());
  find("help-close").addEventListener("click", () => help(false));
  find("listen").addEventListener("click", () => {
    const on = find("listen").getAttribute("aria-pressed") !== "true";
    find("listen").setAttribute("aria-pressed", String(on));
    for (const ear of ears.values()) ear.sound.muted = !on;
    void play();
  });
  find("unmute").addEventListener("click", () => {
    find("unmute").hidden = true;
    picture.muted = false;
    for (const ear of ears.values()) void ear.sound.play();
  });
  addEventListener("beforeunload", (event) => {
    if (findings.anyPending) event.preventDefault();
  });
}

async function everyTwoSeconds(): Promise<void> {
  foot.clock(room.serverTime(), room.now?.began_us ?? null);
  const stats = await watching?.stats();
  if (stats) trip = roundTrip(stats);
  const still = Math.round((performance.now() - shownAt) / 1000);
  const frozen = watching?.now.kind === "live" && shownAt > 0 && still >= 3;
  if (frozen) {
    find("stage-warning").hidden = false;
    find("stage-warning").textContent = say("console.frozen", { seconds: still });
  } else if (find("stage-warning").textContent?.startsWith(say("console.frozen").slice(0, 4))) find("stage-warning").hidden = true;
  if (stills.waiting) void readSnapshots();
}

async function begin(): Promise<void> {
  copyButtons();
  buttons();
  followFrames();
  try {
    if (given.state === "booked" && given.writes) await server.post(`${path}/open`);
    if (!me) me = (await server.post<{ participant: string }>(`${path}/join`)).participant;
  } catch (error) {
    passing(error);
    warn(sayProblem(error as Problem));
  }
  room.start();
  void readSnapshots();
  void speak();
  setInterval(() => foot.clock(room.serverTime(), room.now?.began_us ?? null), 500);
  setInterval(() => void everyTwoSeconds(), 2000);
  setInterval(() => void foot.gaps(server, given.survey), 15_000);
  keepAlive(sessions);
}

void begin();
