/** Filming: the picture goes out, the inspector's voice comes in, and what is interrupted is said. */
import { Problem } from "./api-wire.ts";
import { api, keepAlive, later, roomNeeds, surroundings } from "./browser.ts";
import { Awake, deviceFacts, failureOf, hasTorch, isFront, openBoth, openCamera, openMicrophone, power, setTorch, type Capture } from "./camera.ts";
import type { Check, Room, Ticket } from "./contract.ts";
import { Ears } from "./ears.ts";
import { ask, calm, interrupted, showBattery, showNetwork, showRecording } from "./film-plate.ts";
import { find, page, noticeWords, say, sayProblem, timecode } from "./page-kit.ts";
import { RoomWire, type RoomEvent } from "./room-wire.ts";
import type { SessionState, SessionWire } from "./session-wire.ts";
import { levelOf, readSender } from "./stats.ts";
import { WhipWire, sizesFor } from "./whip-wire.ts";

const given = page<{ survey: string; me: string; name: string; role: string; checks: Check[]; done: string; back: string; layers: string }>();
const server = api();
const path = `/surveys/${given.survey}`;
const SILENCE = 3; // seconds without a word from the node, which reports every second
const awake = new Awake();
const mirror = find<HTMLVideoElement>("mirror");

let capture: Capture | null = null;
let whip: WhipWire | null = null;
let leaving = false;
let wasSilent = false;
let weakFor = 0; // readings in a row
const ticketFor = (direction: "publish" | "view") => (participant: string) => () =>
  server.post<Ticket>(`${path}/tickets`, { direction, participant });
const ears = new Ears(find("ears"), ticketFor("view"), () => interrupted("film.hear", "film.need_tap"));
const room = new RoomWire(server, given.survey, roomNeeds, roomEvent);

function* sessions(): Iterable<SessionWire> {
  if (whip) yield whip;
  yield* ears.sessions();
}

// --- camera -------------------------------------------------------------------------------------------------------

async function openAll(): Promise<void> {
  try {
    capture = await openBoth("environment");
  } catch (error) {
    const why = failureOf(error);
    return ask(say(`camera.${why}`), say(`camera.${why}_words`), say("camera.again"));
  }
  find("start").hidden = true;
  takeCamera(capture.video);
  takeMicrophone(capture.audio);
  publish();
  void awake.keep();
  void server.post(`${path}/device`, deviceFacts(capture)).catch(passing);
}

/** Failures of what only informs are no reason to stop. */
function passing(error: unknown): void {
  if (!(error instanceof Problem)) throw error;
}

function takeCamera(track: MediaStreamTrack | null): void {
  if (!capture) return;
  capture.video = track;
  mirror.srcObject = track ? new MediaStream([track]) : null;
  mirror.classList.toggle("front", isFront(track));
  find("torch").hidden = !hasTorch(track);
  find("torch").setAttribute("aria-pressed", "false");
  if (!track) return;
  track.contentHint = "motion";
  // A call or another app takes the camera: it is muted for a while, or ended for good.
  track.onmute = () => interrupted("film.camera_lost", "film.camera_lost_words");
  track.onunmute = () => calm();
  track.onended = () => {
    interrupted("film.camera_lost", "film.camera_lost_words");
    void reopenCamera();
  };
}

function takeMicrophone(track: MediaStreamTrack | null): void {
  find<HTMLButtonElement>("mute").disabled = track === null;
  if (!track) return;
  track.onended = () => void openMicrophone().then(async (found) => {
    if (capture) capture.audio = found;
    takeMicrophone(found);
    await whip?.replace("audio", found);
  });
}

async function reopenCamera(): Promise<void> {
  while (!leaving && capture && capture.video?.readyState === "ended") {
    try {
      takeCamera(await openCamera(capture.facing));
      await whip?.replace("video", capture.video);
      return calm();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
}

async function flip(): Promise<void> {
  if (!capture) return;
  const before = capture.facing;
  const old = capture.video;
  if (old) {
    old.onended = old.onmute = null;
    old.stop(); // many phones open one camera at a time
  }
  capture.facing = before === "environment" ? "user" : "environment";
  try {
    takeCamera(await openCamera(capture.facing));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    capture.facing = before;
    takeCamera(await openCamera(before));
  }
  await whip?.replace("video", capture.video);
}

// --- what goes out ------------------------------------------------------------------------------------------------

function publish(): void {
  const codecs = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  const shape = { ticket: ticketFor("publish")(given.me), tell: publishing, message: (message: Parameters<RoomWire["receive"]>[0]) => room.receive(message) };
  whip = new WhipWire(shape, surroundings, { video: capture?.video ?? null, audio: capture?.audio ?? null }, codecs, sizesFor(given.layers, power()));
  whip.start();
}

function publishing(state: SessionState): void {
  const live = state.kind === "live";
  find<HTMLButtonElement>("shutter").disabled = !live;
  showNetwork(live ? "good" : "none", say(live ? "film.good" : navigator.onLine ? "film.connecting" : "film.offline"));
  showRecording(live && (room.now?.recording ?? true));
  if (live) return calm();
  if (state.kind === "interrupted") {
    const full = state.code === "node-full" || state.code === "disk-low";
    interrupted(full ? "film.full" : "live.interrupted", full ? "film.full_words" : "live.safe", full ? "" : "live.todo");
  }
  if (state.kind === "ended") ended(state.code);
}

function ended(code: string): void {
  if (leaving) return;
  if (code === "survey-ended" || code === "survey-wrong-state") return finish();
  if (code === "consent-needed" || code === "not-signed-in") return location.assign(given.back);
  if (code === "replaced") {
    ask(say("live.replaced"), say("live.replaced_words"), say("live.take_back"));
  } else if (code !== "stopped" && code !== "page-left") ask(sayProblem({ code, title: "", status: 0 }), "", say("camera.again"));
}

/** The node knows of the end a moment before it is written down: the last page should tell of the end, not of leaving. */
function finish(): void {
  room.nudge();
  later(() => leaving || leave("survey-ended"), 3000);
}

function leave(code = "stopped"): void {
  leaving = true;
  room.stop();
  for (const session of sessions()) session.stop(code);
  capture?.video?.stop();
  capture?.audio?.stop();
  void awake.release();
  location.assign(given.done);
}

/** Only one window films: the newest wins, the older says so. */
const windows = new BroadcastChannel(`takan:film:${given.survey}`);
windows.onmessage = () => {
  whip?.stop("replaced");
  ears.close();
};

// --- what comes in ------------------------------------------------------------------------------------------------

function roomEvent(event: RoomEvent): void {
  if (event.kind === "room") draw(event.room);
  else if (event.kind === "focus") focus(event.check);
  else if (event.kind === "publishing" || event.kind === "left") {
    if (event.who.id !== given.me) ears.hear(event.who);
  } else if (event.kind === "ended") leave("survey-ended");
  else if (event.kind === "away" && event.problem.status === 401) location.assign(given.back);
  else if (event.kind === "message" && event.message.kind === "concluded") finish();
  else if (event.kind === "message" && event.message.kind === "notice") {
    interrupted("film.title", "", "");
    find("interrupted-title").textContent = noticeWords(event.message);
  }
}

function draw(now: Room): void {
  const watching = now.participants.filter((one) => one.here && one.id !== given.me);
  const words = watching.length === 0 ? say("film.nobody")
    : watching.length === 1 ? say("film.watching", { name: watching[0]!.name })
    : say("film.watching_more", { name: watching[0]!.name, n: watching.length - 1 });
  find("watchers-words").textContent = words;
  if (whip?.now.kind === "live") showRecording(now.recording);
}

function focus(id: string | null): void {
  const check = given.checks.find((one) => one.id === id);
  find("ask-title").textContent = check?.title ?? say("film.ask_default");
  find("ask-words").textContent = check?.guidance ?? say("film.ask_default_words");
  if (check && "vibrate" in navigator && navigator.userActivation?.hasBeenActive) navigator.vibrate(60);
}

async function watchNetwork(): Promise<void> {
  const stats = await whip?.stats();
  if (!stats) return;
  const sending = readSender(stats, performance.timeOrigin + performance.now());
  if (sending.silent > SILENCE) {
    showNetwork("bad", say("film.bad"));
    wasSilent = true;
    return interrupted("live.interrupted", "live.safe", "live.todo");
  }
  if (wasSilent) calm();
  wasSilent = false;
  const level = levelOf(sending);
  weakFor = level === "weak" ? weakFor + 1 : 0; // a sender begins small, and a moment's weakness is nobody's concern
  if (level === "weak" && weakFor < 4) return;
  showNetwork(level, say(`film.${level}`));
}

function tick(): void {
  const began = room.now?.began_us;
  const now = room.serverTime();
  if (began && now) find("recorded").textContent = timecode((now - began) / 1e6);
}

// --- what is pressed ----------------------------------------------------------------------------------------------

/** Cut by the server from the recorded bytes of the moment that is on screen now. */
async function photo(): Promise<void> {
  const epoch = room.now?.epoch_us;
  const now = room.serverTime();
  if (!epoch || !now) return;
  mirror.classList.remove("flash");
  void mirror.offsetWidth; // so that the animation begins again
  mirror.classList.add("flash");
  const words = find("shutter-words");
  try {
    const time = Math.max(0, Math.round((now - epoch) * 0.09)); // microseconds to ticks of 90 kHz
    await server.post(`${path}/snapshots`, { track: `${given.me}.video`, time, check: room.now?.focus ?? null });
    words.textContent = say("film.shutter_done");
  } catch (error) {
    passing(error);
    words.textContent = say("film.shutter_failed");
  }
  later(() => (words.textContent = say("film.shutter")), 1500);
}

function mute(): void {
  const track = capture?.audio;
  if (!track) return;
  track.enabled = !track.enabled;
  find("mute").setAttribute("aria-pressed", String(!track.enabled));
  find("mute-words").textContent = say(track.enabled ? "film.mute" : "film.muted");
}

function buttons(): void {
  find("shutter").addEventListener("click", () => void photo());
  find("flip").addEventListener("click", () => void flip());
  find("mute").addEventListener("click", mute);
  find("torch").addEventListener("click", async () => {
    if (!capture?.video) return;
    const on = await setTorch(capture.video, find("torch").getAttribute("aria-pressed") !== "true");
    find("torch").setAttribute("aria-pressed", String(on));
  });
  find("end").addEventListener("click", () => (find("leave").hidden = !find("leave").hidden));
  find("leave-stay").addEventListener("click", () => (find("leave").hidden = true));
  find("leave-do").addEventListener("click", () => leave());
  find("start-do").addEventListener("click", () => location.reload());
  find("interrupted").addEventListener("click", () => {
    void ears.play().then(calm, () => undefined);
  });
}

windows.postMessage("here");
buttons();
keepAlive(sessions);
room.start();
void openAll();
void showBattery();
setInterval(tick, 500);
setInterval(() => void watchNetwork(), 2000);
