/** The review of one upload: its film, photo or pages, its flight, and what was marked on it; each seeks the others. */
import { api } from "./browser.ts";
import type { GeoJson } from "./flight-wire.ts";
import { FilmPlayer } from "./film-player.ts";
import { flown } from "./footage-flight.ts";
import { FootageLine } from "./footage-line.ts";
import { jobs } from "./footage-jobs.ts";
import { Marking } from "./marking.ts";
import { find, maybe, page, typing } from "./page-kit.ts";
import { FilmScreen, PictureScreen, SoundScreen } from "./screens.ts";
import { Stamps, type PackedStamps } from "./stamps.ts";
import type { Pyramid } from "./zoom.ts";
import { ZoomView } from "./zoom-view.ts";

interface Page {
  evidence: string;
  case: string;
  seconds: number | null;
  site: [number, number] | null;
  polygon: [number, number][];
  working: boolean;
  files: Record<string, string>;
  source: string;
  photo: (Pyramid & { original: string | null }) | null;
  marks: { survey: string; me: string; reads: boolean; may: boolean };
}

const facts = page<Page>();
const media = maybe<HTMLVideoElement>("footage-video");
const player = media && new FilmPlayer(media, facts.seconds, (at) => drawn(at));
const line = new FootageLine(
  { length: () => player?.length ?? 1, seek: (at) => player?.seek(at), fetched, address: (name) => facts.files[name] ?? null },
  (id) => void marking?.chooseById(id),
);
const marking = facts.marks.reads && (media || maybe("footage-player"))
  ? new Marking({ ...facts.marks, scope: facts.evidence, whole: false }, (flags) => line.mark(flags), () => player?.at ?? 0)
  : null;
let flight: ((at: number) => void) | null = null;

function drawn(at: number): void {
  line.place(at);
  flight?.(at);
  marking?.moved();
}

async function fetched(name: string): Promise<Response | null> {
  const url = facts.files[name];
  if (!url) return null;
  const response = await fetch(url, { credentials: "same-origin" });
  return response.ok ? response : null;
}

async function fly(): Promise<void> {
  const answer = await fetched("flight.geojson");
  if (answer) flight = flown((await answer.json()) as GeoJson, facts.site, facts.polygon, (at) => player?.seek(at));
  flight?.(player?.at ?? 0);
}

async function frames(): Promise<void> {
  const answer = await fetched("stamps.json");
  if (answer && player) player.stamps = new Stamps((await answer.json()) as PackedStamps);
}

function screens(): void {
  if (media && player) {
    const film = media instanceof HTMLVideoElement;
    marking?.add(film ? new FilmScreen(find("footage-screen"), facts.evidence, facts.source, player.shown) : new SoundScreen(facts.evidence, media));
  }
  for (const host of document.querySelectorAll<HTMLElement>("[data-picture]")) picture(host);
}

/** A photo or a page, once its own size is known. */
function picture(host: HTMLElement): void {
  const image = host.querySelector("img")!;
  const begin = () => {
    const size = { width: image.naturalWidth, height: image.naturalHeight, tile: 512, levels: 0 };
    const pyramid = facts.photo ?? size;
    const tile = (level: number, column: number, row: number) => `/evidence/${facts.evidence}/files/tiles/${level}/${column}_${row}.jpg`;
    const closer = facts.photo?.levels === 0 ? facts.photo.original : null;
    const view = new ZoomView(host, image, pyramid, tile, () => marking?.moved(), closer);
    const number = Number(host.dataset["page"]) || null;
    marking?.add(new PictureScreen(host, facts.evidence, host.dataset["picture"]!, number, view));
  };
  if (image.complete && image.naturalWidth) begin();
  else image.addEventListener("load", begin, { once: true });
}

const KEYS: Record<string, () => void> = {
  " ": () => player?.toggle(),
  ArrowLeft: () => player?.seek(player.at - 5),
  ArrowRight: () => player?.seek(player.at + 5),
  ",": () => void player?.step(-1),
  ".": () => void player?.step(1),
  Home: () => player?.seek(0),
  End: () => player?.seek(player.length),
  j: () => marking?.step(1),
  k: () => marking?.step(-1),
};

addEventListener("keydown", (event) => {
  if (typing(event)) return;
  if (event.key === " " && event.target instanceof HTMLButtonElement) return; // the button's own press
  if (event.target instanceof HTMLInputElement && event.key.startsWith("Arrow") && event.target.type === "radio") return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!KEYS[name] || (!player && !"jk".includes(name))) return;
  event.preventDefault();
  KEYS[name]();
});
addEventListener("resize", () => drawn(player?.at ?? 0));
maybe<HTMLSelectElement>("quality")?.addEventListener("change", (event) => {
  const name = (event.target as HTMLSelectElement).value;
  location.assign(`?${new URLSearchParams({ play: name, at: String(player?.at ?? 0) })}`);
});
screens();
const begin = Number(new URLSearchParams(location.search).get("at"));
if (begin > 0) player?.seek(begin);
player?.tell();
void Promise.all([fly(), frames()]).then(() => drawn(player?.at ?? 0));
jobs(api(), facts, () => (player !== null && (!player.paused || player.at > 0)) || (marking?.drafting ?? false));
