/** The way in: one step a screen, each kept, so that a reload goes on where it was. */
import { Problem } from "./api-wire.ts";
import { api, roomNeeds } from "./browser.ts";
import { battery, deviceFacts, failureOf, isFront, listenTo, openBoth, type Capture, type Facing } from "./camera.ts";
import { find, icon, make, page, say, sayProblem, setIcon } from "./page-kit.ts";
import { RoomWire, type RoomEvent } from "./room-wire.ts";

const given = page<{
  survey: string; me: string; name: string; state: string; consent_version: string;
  consented: boolean; position: boolean; film: string; done: string;
}>();
const server = api();
const path = `/surveys/${given.survey}`;
const STEPS = ["what", "name", "consent", "camera", "position", "waiting"] as const;
type Step = (typeof STEPS)[number] | "refused";
const KEEP = `takan:visit:${given.survey}`;

let capture: Capture | null = null;
let facing: Facing = "environment";
let stopListening: (() => void) | null = null;

function show(step: Step): void {
  for (const section of document.querySelectorAll<HTMLElement>("[data-step]")) section.hidden = section.dataset["step"] !== step;
  const at = step === "refused" ? 3 : STEPS.indexOf(step) + 1;
  for (const dots of document.querySelectorAll<HTMLElement>("[data-dots]")) dots.hidden = dots.dataset["dots"] !== String(at);
  sessionStorage.setItem(KEEP, step);
  const title = document.querySelector<HTMLElement>(`[data-step="${step}"] h1`);
  if (title) {
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
  }
  scrollTo(0, 0);
  if (step !== "camera") closeCamera();
  if (step === "waiting") wait();
}

/** A problem box: what happened, and what to do. */
function problemBox(title: string, todo = ""): HTMLElement {
  const words = make("div", "", make("p", "strong", title));
  if (todo) words.append(make("p", "", todo));
  const box = make("div", "problem", icon("warn"), words);
  box.setAttribute("role", "alert");
  return box;
}

function tell(id: string, ...boxes: HTMLElement[]): void {
  find(id).replaceChildren(...boxes);
}

async function tried(id: string, button: HTMLButtonElement, act: () => Promise<void>): Promise<void> {
  tell(id);
  button.disabled = true;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === "survey-ended") location.assign(given.done);
    tell(id, problemBox(sayProblem(error)));
  } finally {
    button.disabled = false;
  }
}

function consentStep(): void {
  const box = find<HTMLInputElement>("agree");
  const go = find<HTMLButtonElement>("consent-do");
  const answer = async (agreed: boolean) => {
    const name = find<HTMLInputElement>("f-name").value.trim() || given.name;
    await server.post(`${path}/consent`, { name, version: given.consent_version, agreed });
    given.consented = agreed;
    show(agreed ? "camera" : "refused");
  };
  go.disabled = !box.checked;
  box.addEventListener("change", () => (go.disabled = !box.checked));
  go.addEventListener("click", () => void tried("consent-problem", go, () => answer(true)));
  const no = find<HTMLButtonElement>("consent-refuse");
  no.addEventListener("click", () => void tried("consent-problem", no, () => answer(false)));
  find("refused-back").addEventListener("click", () => show("consent"));
}

function point(sign: string, tone: string, words: string, more = ""): HTMLElement {
  const text = make("span", "", words);
  if (more) text.append(make("small", "", more));
  return make("li", "", make("span", `sign ${tone}`, icon(sign)), text);
}

function closeCamera(): void {
  stopListening?.();
  stopListening = null;
  capture?.video?.stop();
  capture?.audio?.stop();
  capture = null;
}

async function checkCamera(): Promise<void> {
  closeCamera();
  const mirror = find<HTMLVideoElement>("mirror");
  try {
    capture = await openBoth(facing);
  } catch (error) {
    const why = failureOf(error);
    tell("camera-problem", problemBox(say(`camera.${why}`), say(`camera.${why}_words`)));
    find("camera-do").textContent = say("camera.again");
    return;
  }
  tell("camera-problem");
  mirror.srcObject = new MediaStream(capture.video ? [capture.video] : []);
  mirror.classList.toggle("front", isFront(capture.video));
  find("mirror-words").hidden = true;
  find("mirror-flip").hidden = false;
  find("camera-do").textContent = say("camera.next");
  await preflight(capture);
}

async function preflight(found: Capture): Promise<void> {
  const settings = found.video?.getSettings();
  const size = settings?.width ? say("camera.size", { width: settings.width, height: settings.height ?? 0 }) : "";
  const points = [point("camera", "done", say("camera.fine"), size)];
  if (found.audio) {
    find("level").hidden = false;
    let heard = false;
    stopListening = listenTo(found.audio, (level) => {
      find<HTMLMeterElement>("level-meter").value = level;
      if (level > 0.15 && !heard) {
        heard = true;
        find("level-words").textContent = say("camera.heard");
      }
    });
  } else points.push(point("mic-off", "weak", say("camera.mic_none"), say("camera.mic_none_words")));
  const power = await battery();
  const facts = deviceFacts(found);
  if (power) {
    const percent = Math.round(power.level * 100);
    const low = percent < 25 && !power.charging;
    facts["battery"] = `${percent}%${power.charging ? " charging" : ""}`;
    points.push(point(low ? "battery-low" : "battery", low ? "weak" : "done", say("camera.battery", { percent }), low ? say("camera.battery_low") : ""));
  }
  const { offset, trip } = await clockOffset();
  facts["clock_offset_ms"] = String(Math.round(offset));
  facts["round_trip_ms"] = String(Math.round(trip));
  points.push(trip < 600 ? point("signal", "done", say("camera.network_fine")) : point("signal-weak", "weak", say("camera.network_slow")));
  if (Math.abs(offset) > 5000) points.push(point("clock", "weak", say("camera.clock_off", { seconds: Math.round(Math.abs(offset) / 1000) })));
  find("preflight").replaceChildren(...points);
  await server.post(`${path}/device`, facts).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error; // facts are worth having, not worth stopping for
  });
}

/** This phone's clock minus the server's, and the round trip, both in milliseconds; the best of three. */
async function clockOffset(): Promise<{ offset: number; trip: number }> {
  let best = { offset: 0, trip: Infinity };
  for (let n = 0; n < 3; n += 1) {
    const began = Date.now();
    try {
      const room = await server.get<{ clock_us: number }>(`${path}/room`);
      const trip = Date.now() - began;
      if (trip < best.trip) best = { offset: began + trip / 2 - room.clock_us / 1000, trip };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }
  return best.trip === Infinity ? { offset: 0, trip: 5000 } : best;
}

function cameraStep(): void {
  const go = find<HTMLButtonElement>("camera-do");
  go.addEventListener("click", () => {
    if (capture) show(given.position ? "waiting" : "position");
    else void checkCamera();
  });
  find("mirror-flip").addEventListener("click", () => {
    facing = facing === "environment" ? "user" : "environment";
    void checkCamera();
  });
}

function positionStep(): void {
  const go = find<HTMLButtonElement>("position-do");
  const skip = find<HTMLButtonElement>("position-refuse");
  const on = () => {
    given.position = true;
    show("waiting");
  };
  go.addEventListener("click", () => void tried("position-problem", go, async () => {
    const words = go.textContent;
    go.textContent = say("position.asking");
    try {
      const { coords } = await new Promise<GeolocationPosition>((resolve, reject) =>
        navigator.geolocation.getCurrentPosition(resolve, reject, { enableHighAccuracy: true, timeout: 15_000 }));
      const { latitude, longitude, accuracy } = coords;
      await server.post(`${path}/position`, { latitude, longitude, accuracy, source: "browser" });
      on();
    } catch (error) {
      if (error instanceof Problem) throw error;
      tell("position-problem", problemBox(say("position.failed"), say("position.failed_words")));
    } finally {
      go.textContent = words;
    }
  }));
  skip.addEventListener("click", () => void tried("position-problem", skip, async () => {
    await server.post(`${path}/position`, { refused: true });
    on();
  }));
}

let room: RoomWire | null = null;

function wait(): void {
  if (room) return;
  room = new RoomWire(server, given.survey, roomNeeds, waiting);
  room.start();
}

function waiting(event: RoomEvent): void {
  const title = find("wait-title");
  const words = find("wait-words");
  const go = find<HTMLAnchorElement>("wait-go");
  if (event.kind === "away") title.textContent = say("waiting.offline");
  if (event.kind === "ended") location.assign(given.done);
  if (event.kind !== "room") return;
  const here = event.room.state === "live" && event.room.participants.some((one) => one.role === "inspector" && one.here);
  title.textContent = say(here ? "waiting.here" : "waiting.title");
  words.textContent = say(here ? "waiting.here_words" : event.room.state === "booked" ? "waiting.booked" : "waiting.words");
  setIcon(find("wait-sign").querySelector("svg")!, here ? "check" : "clock");
  find("wait-sign").classList.toggle("green", here);
  if (event.room.state === "live") go.removeAttribute("aria-disabled");
  if (here && !document.hidden) {
    room?.stop();
    location.assign(given.film);
  }
}

function begin(): void {
  for (const next of document.querySelectorAll<HTMLElement>("[data-next]")) next.addEventListener("click", () => show("name"));
  find<HTMLFormElement>("name-form").addEventListener("submit", (event) => {
    event.preventDefault();
    show("consent");
  });
  find("wait-go").addEventListener("click", (event) => {
    if (find("wait-go").getAttribute("aria-disabled")) event.preventDefault();
  });
  consentStep();
  cameraStep();
  positionStep();
  const kept = (sessionStorage.getItem(KEEP) ?? "what") as Step;
  const needsConsent = kept === "camera" || kept === "position" || kept === "waiting";
  show(given.consented && kept === "what" ? "camera" : needsConsent && !given.consented ? "consent" : kept);
}

begin();
