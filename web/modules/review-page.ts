/** Review: every track on one clock, the findings at their moments, the decision at the foot. */
import type { Problem } from "./api-wire.ts";
import { api, later } from "./browser.ts";
import type { Check, Timeline, Track } from "./contract.ts";
import { FrameStep } from "./frames.ts";
import { decide, decisions } from "./decision-bar.ts";
import { citedMarks, FindingForm } from "./finding-form.ts";
import { fullScreen } from "./film-player.ts";
import { Lanes, marksOf } from "./lanes.ts";
import { Marking } from "./marking.ts";
import { clockTime, find, icon, keepTyped, make, page, say, sayProblem, setIcon, tabs, timecode, typing } from "./page-kit.ts";
import { Player } from "./player-wire.ts";
import { Presented } from "./presented.ts";
import { TrackScreen } from "./screens.ts";
import { openSink, playable } from "./source-sink.ts";
import { TimelineWire } from "./timeline-wire.ts";
import { drawSegments } from "./track-facts.ts";

const given = page<{ survey: string; case: string; state: string; may_decide: boolean; timeline: string; writes: boolean; checks: Check[]; names: Record<string, string>; marks: { survey: string; me: string; reads: boolean; may: boolean } }>();
const server = api();
const site = api("");
const videos = find("videos");
const figures = new Map<string, { figure: HTMLElement; shown: Presented }>();

const player = new Player({
  open,
  load: (digest, signal) => site.bytes(`/surveys/${given.survey}/segments/${digest}`, signal),
  now: () => performance.now(),
});
const lanes = new Lanes((at) => player.seek(at), (id) => void opened(id));
const frames = new FrameStep({
  get position() {
    return player.position;
  },
  rest: (at) => player.rest(at),
  presented: () => (player.main?.track.kind === "video" ? (figures.get(player.main.track.participant)?.shown ?? null) : null),
});
const marking = given.marks.reads
  ? new Marking({ ...given.marks, scope: given.survey, whole: true, names: given.names }, (flags) => lanes.flags(flags), () => player.position, () => cited())
  : null;
const writing = given.writes
  ? new FindingForm(server, given.survey, given.checks, () => marking?.rows ?? [], (id) => void opened(id), (id) => stillOf(id))
  : null;

/** A mark from the timeline: its picture, and its place in the list. */
async function opened(id: string): Promise<void> {
  document.querySelector<HTMLAnchorElement>('.tabs [href="#marks"]')?.click();
  await marking?.chooseById(id);
}

async function open(track: Track) {
  const codecs = track.inits[0]?.codecs ?? "";
  if (!playable(track.kind, codecs)) {
    words(say("review.unsupported"));
    return null;
  }
  let element: HTMLMediaElement;
  if (track.kind === "video") {
    const video = make("video");
    video.playsInline = true;
    video.muted = true; // sound has an element of its own
    const figure = make("figure", "", video, make("figcaption", "", track.name));
    const shown = new Presented(video, () => marking?.moved());
    figures.set(track.participant, { figure, shown });
    videos.append(figure);
    marking?.add(new TrackScreen(figure, track.id, shown, player));
    element = video;
  } else {
    element = new Audio();
    element.dataset["name"] = track.name;
    videos.append(element);
    voice(track);
  }
  return { element, sink: await openSink(element, track.kind, codecs) };
}

/** A button for each voice. */
function voice(track: Track): void {
  const button = make("button", "tool", icon("sound"), make("span", "", track.name));
  button.type = "button";
  button.setAttribute("aria-pressed", "true");
  button.title = say("review.mute", { name: track.name });
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    setIcon(button.querySelector("svg")!, on ? "sound" : "sound-off");
    player.mute(track.participant, !on);
  });
  find("voices").append(button);
}

// --- what the timeline tells --------------------------------------------------------------------------------------

// The moment that a record's QR code opens: thousandths from the survey's epoch.
let wanted: number | null = Number(new URLSearchParams(location.search).get("at") ?? NaN) / 1000;

async function arrived(timeline: Timeline): Promise<void> {
  await player.update(timeline);
  const range = player.range;
  if (wanted !== null && wanted >= range.from && wanted <= range.to) player.seek(wanted);
  if (range.to > 0) wanted = null;
  lanes.draw(timeline, range);
  find("length").textContent = timecode(range.to);
  find("live-plate").hidden = timeline.ended;
  if (range.to === 0) words(say("review.nothing"), timeline.ended ? "" : say("review.nothing_words"));
  else words("");
  drawStills(timeline);
  drawFindings(timeline);
  drawSegments(timeline);
}

function words(title: string, more = ""): void {
  const box = find("player-words");
  box.hidden = title === "";
  box.replaceChildren(make("p", "strong", title), make("p", "", more));
}

function away(problem: Problem): void {
  if (player.range.to === 0) words(sayProblem(problem));
}

function still(one: Timeline["snapshots"][number], timeline: Timeline): HTMLButtonElement {
  const track = timeline.tracks.find((other) => other.id === one.track);
  const at = one.time / (track?.timescale ?? 90_000);
  const time = timecode(at);
  const image = make("img");
  image.alt = say("review.at", { time });
  image.loading = "lazy";
  if (one.url) image.src = one.url;
  else image.hidden = true;
  const sign = one.state === "failed" ? "warn" : one.state === "wanted" ? "clock" : "camera";
  const button = make("button", "still", image, make("span", "still-words", icon(sign), time));
  button.type = "button";
  button.title = say("review.at", { time });
  button.addEventListener("click", () => player.seek(at));
  return button;
}

function drawStills(timeline: Timeline): void {
  find("stills-count").textContent = String(timeline.snapshots.length);
  find("stills-empty").hidden = timeline.snapshots.length > 0;
  const sorted = [...timeline.snapshots].sort((a, b) => a.time - b.time);
  find("still-list").replaceChildren(...sorted.map((one) => still(one, timeline)));
}

function stillOf(id: string): HTMLElement | null {
  const one = player.timeline?.snapshots.find((snapshot) => snapshot.id === id);
  if (!one || !player.timeline) return null;
  const button = still(one, player.timeline);
  button.classList.add("small");
  return button;
}

function drawFindings(timeline: Timeline): void {
  if (writing) return writing.take(timeline.findings);
  for (const card of document.querySelectorAll<HTMLElement>("#checks [data-check]")) {
    const finding = timeline.findings.find((one) => one.check === card.dataset["check"]);
    const stills = (finding?.snapshots ?? []).map(stillOf).filter((one) => one !== null);
    const marks = citedMarks(finding?.annotations ?? [], marking?.rows ?? [], (id) => void opened(id));
    card.querySelector("[data-cited]")?.replaceChildren(...stills, ...marks);
    const head = card.querySelector<HTMLButtonElement>(".check-card-head")!;
    head.disabled = !finding;
    head.onclick = finding ? () => player.seek((finding.at_us - timeline.epoch_us) / 1e6) : null;
  }
}

/** The marks are others now: what cites them says so. */
function cited(): void {
  if (writing) writing.redraw();
  else if (player.timeline) drawFindings(player.timeline);
}

// --- what moves ---------------------------------------------------------------------------------------------------

function draw(): void {
  const at = player.position;
  find("now").textContent = timecode(at, true);
  if (player.timeline) find("wall").textContent = clockTime(new Date(player.timeline.epoch_us / 1000 + at * 1000));
  find("play").setAttribute("aria-pressed", String(player.clock.playing));
  lanes.place(at);
  const gap = gapAt(at);
  find("gap-plate").hidden = !gap;
  if (gap) find("gap-plate").textContent = gap;
  for (const lane of player.lanes) {
    if (lane.track.kind === "video") figures.get(lane.track.participant)?.figure.classList.toggle("dark", lane.cover === "nothing");
  }
  requestAnimationFrame(draw);
}

function gapAt(at: number): string | null {
  const main = player.main;
  if (!main || main.cover !== "nothing" || player.range.to === 0) return null;
  const gap = main.track.gaps.find((one) => at >= one.start / main.track.timescale && at < one.end / main.track.timescale);
  if (!gap) return main.feed.brokenAt(at) ? say("review.unplayable") : null;
  const seconds = Math.max(1, Math.round((gap.end - gap.start) / main.track.timescale));
  const key = `gap.${gap.reason}`;
  return say(say(key) === key ? "gap.unknown" : key, { seconds });
}

function toggle(): void {
  if (player.clock.playing) player.pause();
  else player.play();
}

function nextMark(step: number): void {
  if (!player.timeline) return;
  const all = marksOf(player.timeline).filter((mark) => mark.sign !== "camera");
  const at = player.position;
  const found = step > 0 ? all.find((mark) => mark.at > at + 0.3) : all.filter((mark) => mark.at < at - 0.7).at(-1);
  if (found) player.seek(found.at);
}

const KEYS: Record<string, () => void> = {
  " ": toggle,
  ArrowLeft: () => player.seek(player.position - 5),
  ArrowRight: () => player.seek(player.position + 5),
  ",": () => void frames.step(-1),
  ".": () => void frames.step(1),
  n: () => writing?.writeNote(),
  j: () => marking?.step(1),
  k: () => marking?.step(-1),
  "[": () => nextMark(-1),
  "]": () => nextMark(1),
  Home: () => player.seek(player.range.from),
  End: () => player.seek(player.range.to),
  a: () => decide("approved"),
  r: () => decide("refused"),
};

function buttons(): void {
  find("play").addEventListener("click", toggle);
  find("screen").addEventListener("click", toggle);
  find("frame-back").addEventListener("click", () => void frames.step(-1));
  find("frame-on").addEventListener("click", () => void frames.step(1));
  const rate = find<HTMLSelectElement>("rate");
  rate.addEventListener("change", () => player.setRate(Number(rate.value)));
  fullScreen(find("player"));
  find("skip").addEventListener("click", () => {
    player.skipGaps = !player.skipGaps;
    find("skip").setAttribute("aria-pressed", String(player.skipGaps));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") (document.activeElement as HTMLElement | null)?.blur();
    if (typing(event)) return;
    if (event.key === " " && event.target instanceof HTMLButtonElement) return; // the button's own press
    if (event.target instanceof HTMLInputElement && event.key.startsWith("Arrow") && event.target.id !== "slider") return;
    const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

tabs();
keepTyped();
buttons();
decisions();
new TimelineWire(server, `/surveys/${given.survey}/timeline`, later, (timeline) => void arrived(timeline), away).start();
setInterval(() => player.tick(), 50);
requestAnimationFrame(draw);
