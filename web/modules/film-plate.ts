/** The plate on top of the filming page, and what it says when something is interrupted. */
import { battery } from "./camera.ts";
import { find, say, setIcon } from "./page-kit.ts";

export type Level = "good" | "weak" | "bad" | "none";

/** Says what happened, what is safe and what to do: keys of the catalogue. */
export function interrupted(title: string, ...words: string[]): void {
  find("interrupted-title").textContent = say(title);
  find("interrupted-words").textContent = words.filter(Boolean).map((key) => say(key)).join(" ");
  find("interrupted").hidden = false;
}

export function calm(): void {
  find("interrupted").hidden = true;
}

export function showRecording(on: boolean): void {
  find("recording").dataset["on"] = String(on);
  find("recording-words").textContent = say(on ? "film.recording" : "film.not_recording");
}

export function showNetwork(level: Level, words: string): void {
  const box = find("network");
  box.dataset["level"] = level;
  setIcon(box.querySelector("svg")!, level === "good" ? "signal" : level === "none" ? "signal-none" : "signal-weak");
  find("network-words").textContent = words;
}

export async function showBattery(): Promise<void> {
  const power = await battery();
  if (!power) return;
  const show = () => {
    find("battery").hidden = false;
    find("battery-words").textContent = say("film.battery", { percent: Math.round(power.level * 100) });
    setIcon(find("battery").querySelector("svg")!, power.level < 0.2 ? "battery-low" : "battery");
  };
  power.addEventListener("levelchange", show);
  show();
}

/** The whole screen asks for one press. */
export function ask(title: string, words: string, press: string): void {
  find("start-title").textContent = title;
  find("start-words").textContent = words;
  find("start-do").textContent = press;
  find("start").hidden = false;
}
