/** What the server says, as the API and the data channel write it. Times of media are ticks from the room's epoch. */

export interface Ticket {
  url: string;
  token: string;
  expires_us: number;
  ice_servers: RTCIceServer[];
}

export interface Participant {
  id: string;
  name: string;
  role: string;
  here: boolean;
  publishing: string[];
  viewers?: number;
  bitrate?: number; // bits per second
  loss?: number; // 0 to 1
  position?: "given" | "refused" | null;
  accuracy?: number | null; // metres
  away?: number | null; // metres from the site
  battery?: number | null; // percent
}

export interface Room {
  state: "booked" | "live" | "concluded" | "cancelled";
  node: string | null;
  participants: Participant[];
  focus: string | null;
  clock_us: number;
  epoch_us?: number | null;
  recording: boolean;
  began_us: number | null;
}

export interface RoomMessage {
  kind: string; // "joined" | "left" | "publishing" | "focus" | "snapshot" | "finding" | "concluded" | "notice"
  who?: string;
  name?: string;
  body?: Record<string, unknown>;
}

export type Verdict = "pass" | "fail" | "rectify" | "not-applicable";

export interface Check {
  id: string;
  number: number;
  title: string;
  guidance: string;
  required?: boolean;
  result?: Verdict | null;
  note?: string;
  snapshots?: string[];
  annotations?: string[];
}

export interface Snapshot {
  id: string;
  track: string;
  time: number;
  state: "wanted" | "ready" | "failed";
  url: string | null;
  check?: string | null;
  who?: string | null;
}

export interface Segment {
  digest: string;
  init: string;
  start: number;
  duration: number;
  bytes: number;
  state: "stored" | "pending";
  key_frame?: boolean; // left out: it begins with one
}

export interface Gap {
  start: number;
  end: number;
  reason: string;
}

export interface Track {
  id: string;
  participant: string;
  name: string;
  role: string;
  kind: "audio" | "video";
  codec: string;
  timescale: number;
  inits: { digest: string; codecs: string; width: number; height: number }[];
  segments: Segment[];
  gaps: Gap[];
  reception: Partial<Record<"expected" | "received" | "recovered" | "lost" | "duplicates" | "key_frames" | "longest_key_interval" | "frozen", number>>;
}

export interface Finding {
  check: string;
  title?: string;
  result: Verdict;
  note: string;
  snapshots: string[];
  annotations?: string[];
  at_us: number;
}

export interface Person {
  id: string;
  name: string;
  role: string;
}

/** Where a mark lies: on one presented picture of an upload or of a recorded track, on a photo, on a document's page. */
export interface Place {
  evidence: string | null;
  track: string | null;
  source: string; // the name of what was on the screen: "original", or a rendition's
  time_us: number | null; // media time of the picture that was shown
  page: number | null;
}

export interface Drawn {
  shape: "box" | "arrow" | "freehand" | "text";
  points: number[][]; // millionths of the picture as it is shown
  label: string;
  text: string;
}

export interface Annotation extends Omit<Place, "source">, Drawn {
  id: string;
  source: { name: string; sha256: string };
  number: number;
  frame: number | null;
  until_us: number | null; // when the picture ends
  seek_us: number | null; // where to seek to be shown just this picture
  by: Person;
  at_us: number;
  state: "open" | "closed" | "withdrawn";
  state_by: Person | null;
  replies: { id: string; text: string; by: Person; at_us: number }[];
  revision: number;
  imported: { by: Person; at_us: number } | null;
  mine: boolean;
  may: ("reply" | "close" | "reopen" | "withdraw")[];
  cited: string[];
}

export interface Timeline {
  epoch_us: number;
  ended: boolean;
  clock_us?: number;
  tracks: Track[];
  snapshots: Snapshot[];
  findings: Finding[];
}
