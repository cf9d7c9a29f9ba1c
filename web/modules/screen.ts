/** What the pages need of a picture, so that marks can be laid on it. */
import type { Place } from "./contract.ts";
import type { Row } from "./marks-rows.ts";
import type { Overlay } from "./overlay.ts";
import type { Rect } from "./regions.ts";

/** A picture on the page. What stands on it is asked for, never guessed from a clock. */
export interface Screen {
  readonly host: HTMLElement | null; // null: there is only sound
  rect(): Rect | null;
  owns(row: Placed): boolean;
  /** Whether what it is about is shown: just now, or a moment ago while it plays. */
  fits(row: Placed): "now" | "passing" | null;
  still(): Promise<Place>;
  show(row: Placed): Promise<void>;
}

export type Placed = Pick<Row, "evidence" | "track" | "time_us" | "until_us" | "seek_us" | "page"> & { points?: number[][] };

/** A picture with the layer over it; none over a sound. */
export interface Covered {
  screen: Screen;
  layer: Overlay | null;
}

/** A place that nothing more is known of yet than where it is. */
export function whole(place: Place): Placed {
  return { ...place, until_us: null, seek_us: null };
}
