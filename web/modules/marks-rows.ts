/** The list of marks as it is read: what the office has and what is still here, by their moments. No page. */
import type { Annotation, Drawn } from "./contract.ts";
import type { MarksWire, Waiting } from "./marks-wire.ts";

export interface Answer {
  id: string;
  text: string;
  by: string; // "" for what is not sent yet
  at_us: number;
  waiting: Waiting | null;
}

/** One mark of the list. What is not there yet has no number, and `waiting`. */
export interface Row extends Drawn {
  id: string;
  number: number | null;
  evidence: string | null;
  track: string | null;
  time_us: number | null;
  until_us: number | null;
  seek_us: number | null;
  page: number | null;
  frame: number | null;
  by: string;
  at_us: number;
  state: Annotation["state"];
  stated: string | null; // by whom, when another office stated it
  replies: Answer[];
  may: Annotation["may"];
  cited: string[];
  waiting: Waiting | null;
  revision: number;
}

export type Filter = "all" | "open" | "closed";

export function rowsOf(wire: Pick<MarksWire, "marks" | "unsent">, mine: (row: Row) => boolean): Row[] {
  const rows: Row[] = [...wire.marks.values()].map(known);
  for (const waiting of wire.unsent.values()) {
    if (waiting.kind === "mark" && !wire.marks.has(waiting.id)) rows.push(coming(waiting));
  }
  for (const waiting of wire.unsent.values()) {
    if (waiting.kind !== "reply") continue;
    const row = rows.find((one) => one.id === waiting.to);
    if (row && !row.replies.some((one) => one.id === waiting.id)) {
      row.replies.push({ id: waiting.id, text: waiting.text, by: "", at_us: waiting.at * 1000, waiting });
    }
  }
  return rows.filter(mine).sort((a, b) => (a.evidence ?? "").localeCompare(b.evidence ?? "") || place(a) - place(b) || (a.number ?? Infinity) - (b.number ?? Infinity) || a.at_us - b.at_us);
}

/** What a filter leaves; withdrawn ones stand apart. */
export function left(rows: Row[], filter: Filter): Row[] {
  return rows.filter((row) => row.state !== "withdrawn" && (filter === "all" || row.state === filter));
}

/** The mark after or before a moment or another mark. */
export function neighbour(rows: Row[], chosen: string | null, now_us: number, step: 1 | -1): Row | null {
  const at = rows.findIndex((row) => row.id === chosen);
  if (at >= 0) return rows[at + step] ?? null;
  if (step > 0) return rows.find((row) => place(row) > now_us) ?? null;
  return rows.filter((row) => place(row) < now_us).at(-1) ?? null;
}

const place = (row: Row): number => row.time_us ?? row.page ?? 0;

function known(mark: Annotation): Row {
  return {
    ...mark,
    by: mark.by.name,
    stated: mark.imported ? mark.imported.by.name : null,
    replies: mark.replies.map((one) => ({ ...one, by: one.by.name, waiting: null })),
    waiting: null,
  };
}

function coming(waiting: Waiting & { kind: "mark" }): Row {
  const { mark } = waiting;
  return {
    ...mark, id: waiting.id, number: null, until_us: null, seek_us: null, frame: null, by: "", at_us: waiting.at * 1000,
    state: "open", stated: null, replies: [], may: [], cited: [], waiting, revision: 0,
  };
}
