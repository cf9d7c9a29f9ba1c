/** What is said of a mark, wherever it stands. */
import { say, timecode } from "./page-kit.ts";
import { bounds, type Region } from "./regions.ts";

export function numberOf(row: { number: number | null }): string {
  return row.number === null ? "" : say("mark.number", { n: row.number });
}

/** Which moment, or which page. */
export function momentWords(row: { time_us: number | null; page: number | null; frame: number | null }): string {
  if (row.page !== null) return say("mark.page", { n: row.page });
  if (row.time_us === null) return say("mark.photo");
  const at = timecode(row.time_us / 1e6, true);
  return row.frame === null ? at : `${at} · ${say("mark.frame", { n: row.frame })}`;
}

/** Where on the picture, for those who do not see it. */
export function regionWords(region: Region): string {
  if (region.points.length === 0) return "";
  const share = (value: number) => Math.round(value * 100);
  const [first, last] = [region.points[0]!, region.points.at(-1)!];
  if (region.kind === "text") return say("mark.place_text", { x: share(first[0]), y: share(first[1]) });
  if (region.kind === "arrow") {
    return say("mark.place_arrow", { x: share(first[0]), y: share(first[1]), to_x: share(last[0]), to_y: share(last[1]) });
  }
  const { left, top, width, height } = bounds(region);
  return say(`mark.place_${region.kind}`, { x: share(left), y: share(top), width: share(width), height: share(height) });
}
