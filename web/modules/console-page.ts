/** The inspector's desk: sees, hears and speaks, judges without looking away. */
import { Problem } from "./api-wire.ts";
import { api, keepAlive, later, roomNeeds, surroundings } from "./browser.ts";
import { openMicrophone } from "./camera.ts";
import { Checklist, Drafts, VERDICTS } from "./checklist.ts";
import { FootLine, drawFaces, isFilmer } from "./console-parts.ts";
import { Picture } from "./console-picture.ts";
import type { Check, Finding, Participant, Room, Snapshot, Ticket } from "./contract.ts";
import { Ears } from "./ears.ts";
import { EndPanel } from "./end-panel.ts";
import { FindingsWire } from "./findings-wire.ts";
import { copyButtons, find, maybe, noticeWords, page, say, sayProblem, typing } from "./page-kit.ts";
import { RoomWire, type RoomEvent } from "./room-wire.ts";
import type { SessionWire } from "./session-wire.ts";
import { Stills } from "./stills.ts";
import { WhipWire } from "./whip-wire.ts";

const given = page<{
  survey: string; case: string; me: string | null; name: string; role: string; state: string; writes: boolean;
  whip: boolean; needs_note: string[]; checks: Check[]; review: string; case_url: string;
}>();
document.documentElement.classList.add("js");
const server = api();
const path = `/surveys/${given.survey}`;

let me = given.me ?? "";
let speaking: WhipWire | null = null;
let microphone: MediaStreamTrack | null = null;
let frozen = false;

const ticketFor = (direction: "publish" | "view") => (participant: string) => () =>
  server.post<Ticket>(`${path}/tickets`, { direction, participant });
const picture = new Picture(ticketFor("view"), (message) => room.receive(message));
const ears = new Ears(find("ears"), ticketFor("view"), () => (find("unmute").hidden = false));
const room: RoomWire = new RoomWire(server, given.survey, roomNeeds, roomEvent);
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
  if (picture.wire) yield picture.wire;
  if (speaking) yield speaking;
  yield* ears.sessions();
}

function passing(error: unknown): void {
  if (!(error instanceof Problem)) throw error;
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
  speaking = new WhipWire({ ticket: ticketFor("publish")(me), tell: () => drawMute(), message }, surroundings, { audio: microphone });
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
    if (isFilmer(event.who) && event.who.publishing.length > 0 && !busyWithAnother(event.who)) picture.watch(event.who);
    if (event.who.id !== me && event.who.id !== picture.filmer) ears.hear(event.who);
  } else if (event.kind === "focus" && event.check && !checklist.current) checklist.show(event.check);
  else if (event.kind === "ended") over();
  else if (event.kind === "away") foot.away(sayProblem(event.problem));
  else if (event.kind === "message") {
    if (event.message.kind === "snapshot") void readSnapshots();
    if (event.message.kind === "finding") void readFindings();
    if (event.message.kind === "notice") warn(noticeWords(event.message));
  }
}

function busyWithAnother(who: Participant): boolean {
  const now = room.now?.participants.find((one) => one.id === picture.filmer);
  return picture.filmer !== null && picture.filmer !== who.id && Boolean(now?.here && now.publishing.length);
}

function draw(now: Room): void {
  drawFaces(now, me);
  const filmer = now.participants.find((one) => one.id === picture.filmer) ?? null;
  foot.draw(now, filmer);
  if (filmer) picture.present(filmer.here && filmer.publishing.length > 0);
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
  picture.nobody("console.ended");
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
  const shown = room.serverTime((picture.shownAt || roomNeeds.now()) - picture.delay);
  if (!button || button.disabled || !picture.filmer || !epoch || shown === null) return;
  const time = Math.max(0, Math.round((shown - epoch) * 0.09)); // microseconds to ticks of 90 kHz
  const preview = `preview-${time}`;
  stills.add(preview, time, stills.grab(picture.video));
  const check = checklist.current?.id ?? null;
  try {
    const { id } = await server.post<{ id: string }>(`${path}/snapshots`, { track: `${picture.filmer}.video`, time, check });
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
    ears.mute(!on);
    void picture.play();
  });
  find("unmute").addEventListener("click", () => {
    find("unmute").hidden = true;
    picture.video.muted = false;
    void ears.play();
  });
  addEventListener("beforeunload", (event) => {
    if (findings.anyPending) event.preventDefault();
  });
}

async function everyTwoSeconds(): Promise<void> {
  const still = await picture.check();
  if (still > 0 || frozen) {
    find("stage-warning").hidden = still === 0;
    find("stage-warning").textContent = say("console.frozen", { seconds: still });
  }
  frozen = still > 0;
  if (stills.waiting) void readSnapshots();
}

async function begin(): Promise<void> {
  copyButtons();
  buttons();
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
