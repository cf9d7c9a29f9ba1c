/** The review of one upload: player, storyboard, sound, and beside it the flight; each seeks the others. */
import { Flight, type GeoJson, scaleBar, storyboard, type Tile } from "./flight-wire.ts";
import { find, maybe, page, say, timecode, typing } from "./page-kit.ts";

interface Page {
  seconds: number | null;
  site: [number, number] | null;
  working: boolean;
  files: Record<string, string>;
}

const facts = page<Page>();
const video = maybe<HTMLVideoElement>("footage-video");
const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const length = () => (video && Number.isFinite(video.duration) ? video.duration : (facts.seconds ?? 1)) || 1;

function seek(at: number): void {
  if (video) video.currentTime = Math.max(0, Math.min(at, length()));
  drawAll(at);
}

function sized(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  const box = canvas.getBoundingClientRect();
  const dense = devicePixelRatio || 1;
  if (canvas.width !== Math.round(box.width * dense)) {
    canvas.width = Math.round(box.width * dense);
    canvas.height = Math.round(box.height * dense);
  }
  const context = canvas.getContext("2d");
  context?.setTransform(dense, 0, 0, dense, 0, 0);
  context?.clearRect(0, 0, box.width, box.height);
  return context;
}

type Draw = (at: number) => void;
const draws: Draw[] = [];

function drawAll(at: number): void {
  for (const draw of draws) draw(at);
}

async function fetched(name: string): Promise<Response | null> {
  const url = facts.files[name];
  if (!url) return null;
  const response = await fetch(url, { credentials: "same-origin" });
  return response.ok ? response : null;
}

async function sound(): Promise<void> {
  const line = maybe("footage-line");
  if (!line) return;
  const head = find("footage-head");
  draws.push((at) => (head.style.left = `${(100 * at) / length()}%`));
  line.addEventListener("click", (event) => {
    const box = line.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * length());
  });
  const answer = await fetched("waveform.json");
  if (!answer) return;
  const wave = (await answer.json()) as { data: number[]; bits: number };
  const canvas = find<HTMLCanvasElement>("footage-wave");
  const draw = () => {
    const context = sized(canvas);
    if (!context) return;
    const { width, height } = canvas.getBoundingClientRect();
    context.fillStyle = colour("--ink-3");
    const pairs = wave.data.length / 2;
    const top = wave.bits === 16 ? 32768 : 128;
    for (let x = 0; x < width; x += 1) {
      const from = Math.floor((x / width) * pairs);
      const to = Math.max(from + 1, Math.floor(((x + 1) / width) * pairs));
      let low = 0;
      let high = 0;
      for (let n = from; n < to; n += 1) {
        low = Math.min(low, wave.data[2 * n] ?? 0);
        high = Math.max(high, wave.data[2 * n + 1] ?? 0);
      }
      const y = (value: number) => (height / 2) * (1 - value / top);
      context.fillRect(x, y(high), 1, Math.max(1, y(low) - y(high)));
    }
  };
  draw();
  addEventListener("resize", draw);
}

async function board(): Promise<void> {
  const line = maybe("footage-line");
  const answer = await fetched("storyboard.vtt");
  const sheet = facts.files["storyboard.jpg"];
  if (!line || !answer || !sheet) return;
  const tiles: Tile[] = storyboard(await answer.text());
  const peek = find("footage-peek");
  line.addEventListener("pointermove", (event) => {
    const box = line.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    const at = share * length();
    const tile = tiles.find((one) => one.start <= at && at < one.end) ?? tiles.at(-1);
    if (!tile) return;
    peek.hidden = false;
    peek.style.left = `${share * 100}%`;
    peek.style.width = `${tile.width}px`;
    peek.style.height = `${tile.height}px`;
    peek.style.backgroundImage = `url("${sheet}")`;
    peek.style.backgroundPosition = `-${tile.x}px -${tile.y}px`;
  });
  line.addEventListener("pointerleave", () => (peek.hidden = true));
}

async function flown(): Promise<void> {
  const answer = await fetched("flight.geojson");
  if (!answer) return;
  const flight = new Flight((await answer.json()) as GeoJson, facts.site);
  if (!flight.points.length) return;
  find("footage-flight").hidden = false;
  map(flight);
  curve(flight);
  drawAll(video?.currentTime ?? 0);
}

function map(flight: Flight): void {
  const canvas = find<HTMLCanvasElement>("footage-map");
  const bounds = flight.bounds();
  const place = () => {
    const { width, height } = canvas.getBoundingClientRect();
    const scale = Math.min(width / bounds.width, height / bounds.height);
    const left = (width - bounds.width * scale) / 2;
    const top = (height - bounds.height * scale) / 2;
    return {
      x: (x: number) => left + (x - bounds.left) * scale,
      y: (y: number) => height - top - (y - bounds.bottom) * scale,
      back: (x: number, y: number) => ({ x: (x - left) / scale + bounds.left, y: (height - top - y) / scale + bounds.bottom }),
      scale,
      width,
      height,
    };
  };
  draws.push((at) => {
    const context = sized(canvas);
    if (!context) return;
    const to = place();
    context.lineWidth = 2.5;
    context.strokeStyle = colour("--press");
    context.beginPath();
    for (const point of flight.points) context.lineTo(to.x(point.x), to.y(point.y));
    context.stroke();
    if (flight.site) {
      context.strokeStyle = colour("--green-fill");
      context.setLineDash([4, 3]);
      context.beginPath();
      context.arc(to.x(flight.site.x), to.y(flight.site.y), Math.max(6, 50 * to.scale), 0, 7);
      context.stroke();
      context.setLineDash([]);
      context.fillStyle = colour("--green-fill");
      context.fillRect(to.x(flight.site.x) - 4, to.y(flight.site.y) - 4, 8, 8);
    }
    const now = flight.when(at);
    if (now) {
      context.fillStyle = colour("--red-fill");
      context.strokeStyle = colour("--surface");
      context.beginPath();
      context.arc(to.x(now.x), to.y(now.y), 7, 0, 7);
      context.fill();
      context.stroke();
    }
    const bar = scaleBar(to.width / to.scale);
    context.fillStyle = colour("--ink-2");
    context.fillRect(10, to.height - 12, bar * to.scale, 2);
    context.font = "12px system-ui";
    context.fillText(bar >= 1000 ? `${bar / 1000} km` : `${bar} m`, 10, to.height - 17);
    context.fillText("N ↑", to.width - 30, 18);
  });
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const { x, y } = place().back(event.clientX - box.left, event.clientY - box.top);
    const point = flight.nearest(x, y);
    if (point) seek(point.at);
  });
}

function curve(flight: Flight): void {
  const canvas = find<HTMLCanvasElement>("footage-curve");
  const told = flight.points.filter((point) => point.height !== null);
  if (told.length < 2) return void (find("footage-height").hidden = true);
  const heights = told.map((point) => point.height ?? 0);
  const low = Math.min(...heights);
  const high = Math.max(...heights, low + 1);
  const end = Math.max(told.at(-1)?.at ?? 1, 0.001);
  draws.push((at) => {
    const context = sized(canvas);
    if (!context) return;
    const { width, height } = canvas.getBoundingClientRect();
    const y = (metres: number) => height - 8 - ((metres - low) / (high - low)) * (height - 24);
    context.strokeStyle = colour("--press");
    context.lineWidth = 2;
    context.beginPath();
    for (const point of told) context.lineTo((point.at / end) * width, y(point.height ?? 0));
    context.stroke();
    context.fillStyle = colour("--ink-2");
    context.font = "12px system-ui";
    const now = flight.when(at);
    const said = now?.height === null || now === null ? "" : `${now.height.toFixed(1)} m`;
    context.fillText(`${low.toFixed(0)}–${high.toFixed(0)} m   ${said}`, 8, 14);
    context.fillStyle = colour("--red-fill");
    context.fillRect((Math.min(at, end) / end) * width - 1, 0, 2, height);
  });
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * end);
  });
}

function playing(): void {
  if (!video) return;
  const now = maybe("footage-now");
  const tell = () => {
    drawAll(video.currentTime);
    if (now) now.textContent = `${timecode(video.currentTime, true)} / ${timecode(length())}`;
    if (!video.paused) requestAnimationFrame(tell);
  };
  for (const kind of ["play", "seeked", "loadedmetadata", "timeupdate"]) video.addEventListener(kind, tell);
  video.addEventListener("error", () => {
    const words = maybe("footage-problem");
    if (words) words.textContent = say("footage.not_played");
  });
  addEventListener("keydown", (event) => {
    if (typing(event)) return;
    if (event.key === " ") void (video.paused ? video.play() : video.pause());
    else if (event.key === "ArrowLeft") seek(video.currentTime - 5);
    else if (event.key === "ArrowRight") seek(video.currentTime + 5);
    else return;
    event.preventDefault();
  });
}

addEventListener("resize", () => drawAll(video?.currentTime ?? 0));
playing();
void Promise.all([sound(), board(), flown()]).then(() => drawAll(video?.currentTime ?? 0));
if (facts.working) setTimeout(() => video?.paused !== false && location.reload(), 5000);
