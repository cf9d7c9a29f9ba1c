/** What is known of each recorded track: its quality, and the digests that are the evidence. */
import type { Timeline, Track } from "./contract.ts";
import { find, icon, make, say, timecode } from "./page-kit.ts";

/** What the recording says of its own quality. */
function quality(track: Track): HTMLElement {
  const told = track.reception;
  const seconds = (ticks: number | undefined) => ((ticks ?? 0) / track.timescale).toFixed(1);
  const rows: [string, string][] = [
    ["packets", String(told.expected ?? 0)], ["packets_received", String(told.received ?? 0)],
    ["packets_recovered", String(told.recovered ?? 0)], ["packets_lost", String(told.lost ?? 0)],
    ["duplicates", String(told.duplicates ?? 0)],
  ];
  if (track.kind === "video") rows.push(["frozen", seconds(told.frozen)], ["key_interval", seconds(told.longest_key_interval)]);
  const list = make("dl", "facts small", ...rows.map(([key, value]) => make("div", "", make("dt", "", say(`review.${key}`)), make("dd", "", value))));
  list.setAttribute("aria-label", say("review.quality"));
  list.dataset["quality"] = track.id;
  return list;
}

/** The digests, each stored or pending: the same list that is the evidence. */
export function drawSegments(timeline: Timeline): void {
  const open = new Set([...document.querySelectorAll<HTMLDetailsElement>("#track-facts details[open]")].map((one) => one.dataset["track"]));
  const boxes = timeline.tracks.map((track) => {
    const rows = track.segments.map((segment) => {
      const stored = segment.state === "stored";
      const digest = make("code", "digest", `${segment.digest.slice(0, 16)}…`);
      digest.title = segment.digest;
      const state = make("span", `chip ${stored ? "green" : "amber"}`, icon(stored ? "check" : "clock"), say(`review.${stored ? "stored" : "pending"}`));
      return make("li", "", make("span", "timecode", timecode(segment.start / track.timescale)), digest, state);
    });
    const list = make("ol", "segment-list", ...rows);
    list.tabIndex = 0;
    const box = make("details", "", make("summary", "", `${track.name} · ${say(`review.${track.kind}`)} · ${say("review.segment_list")} ${rows.length}`), quality(track), list);
    box.dataset["track"] = track.id;
    box.open = open.has(track.id);
    return box;
  });
  find("track-facts").replaceChildren(...boxes);
}
