/** The console's people tiles and its foot line. */
import { Problem, type Api } from "./api-wire.ts";
import type { Participant, Room, Timeline } from "./contract.ts";
import { clockTime, find, icon, make, say, setIcon, timecode } from "./page-kit.ts";

const FILMERS = ["applicant", "agent", "service"];

export function isFilmer(who: Participant): boolean {
  return FILMERS.includes(who.role);
}

/** Small tiles: who is there, and who is heard or seen. */
export function drawFaces(room: Room, me: string): void {
  const tiles = room.participants.map((one) => {
    const role = say(`role.${one.role}`) + (one.id === me ? ` · ${say("console.me")}` : "");
    const words = make("span", "person-words", make("span", "person-name", one.name), make("span", "person-role", role));
    const face = make("span", "face", one.name.slice(0, 1));
    face.setAttribute("aria-hidden", "true");
    const here = make("span", one.here ? "here on" : "here", make("span", "out-of-sight", say(one.here ? "person.here" : "person.away")));
    const signs = [];
    if (one.publishing.includes("video")) signs.push(icon("video"));
    if (one.publishing.includes("audio")) signs.push(icon("mic"));
    return make("li", "face-tile", face, words, ...signs, here);
  });
  find("faces").replaceChildren(...tiles);
}

export class FootLine {
  draw(room: Room, filmer: Participant | null): void {
    find("recording").dataset["on"] = String(room.recording);
    find("recording-words").textContent = say(room.recording ? "console.recording" : "console.not_recording");
    if (!filmer) return;
    this.position(filmer);
    const loss = filmer.loss ?? 0;
    const level = loss > 0.12 ? "bad" : loss > 0.03 ? "weak" : "good";
    const box = find("network");
    box.dataset["level"] = level;
    setIcon(box.querySelector("svg")!, level === "good" ? "signal" : "signal-weak");
    const rate = ((filmer.bitrate ?? 0) / 1e6).toFixed(1);
    find("network-words").textContent = say("console.network_words", { rate, loss: (loss * 100).toFixed(0) });
  }

  away(words: string): void {
    find("network").dataset["level"] = "bad";
    find("network-words").textContent = words;
  }

  clock(now_us: number | null, began_us: number | null): void {
    if (now_us === null) return;
    find("clock").textContent = clockTime(new Date(now_us / 1000));
    if (began_us) find("recorded").textContent = timecode((now_us - began_us) / 1e6);
  }

  async gaps(api: Api, survey: string): Promise<void> {
    try {
      const timeline = await api.get<Timeline>(`/surveys/${survey}/timeline`);
      const n = timeline.tracks.reduce((sum, track) => sum + track.gaps.length, 0);
      find("gaps-words").textContent = n ? say("console.gaps_words", { n }) : say("evidence.no_gaps");
      if (n) find("gaps").dataset["level"] = "weak";
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // asked again in a moment
    }
  }

  private position(who: Participant): void {
    const far = typeof who.away === "number";
    const words = who.position === "refused" ? say("console.position_refused")
      : far ? say("console.position_away", { away: who.away! })
      : who.position === "given" ? say("console.position_given", { accuracy: Math.round(who.accuracy ?? 0) })
      : say("console.no_position");
    find("position-words").textContent = words;
    find("position").dataset["level"] = who.position === "refused" || (far && who.away! > 200) ? "weak" : "good";
  }
}
