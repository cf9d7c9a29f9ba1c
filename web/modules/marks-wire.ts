/**
 * The marks of a survey: what the office has, asked for again and again, and what is not there yet. A mark is kept on
 * this device under its own id until the office has it, over a reload and a lost network, and sent under that id again:
 * the office knows it by it, so that it is there once.
 */
import { Problem, type Api } from "./api-wire.ts";
import type { Annotation, Drawn, Place } from "./contract.ts";

/** A mark, or a reply to one, that the office does not have yet. */
export type Unsent =
  | { kind: "mark"; id: string; mark: Place & Drawn; at: number }
  | { kind: "reply"; id: string; to: string; text: string; at: number };
export type Waiting = Unsent & { problem: Problem | null }; // refused for good; null: it is on its way

/** The part of `localStorage` that is used. */
export interface Keeper {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
  key(index: number): string | null;
  readonly length: number;
}

export interface Needs {
  api: Api;
  survey: string;
  me: string; // marks of another person on the same device are not sent in one's own name
  keeper: Keeper;
  later: (act: () => void, milliseconds: number) => () => void;
  now: () => number; // milliseconds since 1970
  id: () => string;
  tell: () => void; // something is different now
  away: (problem: Problem | null) => void; // the office is not reached; null: again it is
}

const EVERY = 3_000;
const AGAIN = 2_000;

export class MarksWire {
  readonly marks = new Map<string, Annotation>();
  readonly unsent = new Map<string, Waiting>();
  private revision = 0;
  private asking = false;
  private readonly busy = new Set<string>();
  private stop: (() => void) | null = null;

  constructor(private readonly needs: Needs) {
    for (const one of this.kept()) this.unsent.set(one.id, { ...one, problem: null });
  }

  start(): void {
    this.kick();
  }

  /** At once: the network is back, or somebody said that there is something. */
  kick(): void {
    for (const one of this.unsent.values()) if (!one.problem) void this.send(one);
    void this.ask();
  }

  add(mark: Place & Drawn): string {
    return this.keep({ kind: "mark", id: this.needs.id(), mark, at: this.needs.now() });
  }

  reply(to: string, text: string): string {
    return this.keep({ kind: "reply", id: this.needs.id(), to, text, at: this.needs.now() });
  }

  /** Once more, after it was refused. */
  again(id: string): void {
    const one = this.unsent.get(id);
    if (!one) return;
    one.problem = null;
    this.needs.tell();
    void this.send(one);
  }

  giveUp(id: string): void {
    this.unsent.delete(id);
    this.needs.keeper.removeItem(this.key(id));
    this.needs.tell();
  }

  /** Closes, opens again or withdraws what the reader saw. Raises a `Problem`; what it is by now is there then. */
  async change(id: string, act: "close" | "reopen" | "withdraw"): Promise<void> {
    const mark = this.marks.get(id);
    if (!mark) return;
    try {
      this.take(await this.needs.api.post<Annotation>(`${this.path(id)}/${act}`, { revision: mark.revision }));
    } catch (error) {
      if (error instanceof Problem && error.status === 409) await this.ask();
      throw error;
    }
    this.needs.tell();
  }

  private keep(one: Unsent): string {
    try {
      this.needs.keeper.setItem(this.key(one.id), JSON.stringify(one));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // no room on the device: it is sent all the same
    }
    const waiting = { ...one, problem: null };
    this.unsent.set(one.id, waiting);
    this.needs.tell();
    void this.send(waiting);
    return one.id;
  }

  private async send(one: Waiting): Promise<void> {
    if (this.busy.has(one.id) || (one.kind === "reply" && this.unsent.has(one.to))) return;
    this.busy.add(one.id);
    try {
      const { api } = this.needs;
      this.take(
        one.kind === "mark"
          ? await api.put<Annotation>(this.path(one.id), one.mark)
          : await api.post<Annotation>(`${this.path(one.to)}/replies`, { id: one.id, text: one.text }),
      );
      this.giveUp(one.id);
      this.needs.away(null);
      for (const other of this.unsent.values()) if (other.kind === "reply" && other.to === one.id) void this.send(other);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (passing(error)) this.needs.later(() => this.unsent.has(one.id) && void this.send(one), AGAIN);
      else one.problem = error;
      if (error.status === 0) this.needs.away(error);
      this.needs.tell();
    } finally {
      this.busy.delete(one.id);
    }
  }

  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    this.stop?.();
    let again = true;
    try {
      const since = this.revision ? `?since=${this.revision}` : "";
      const found = await this.needs.api.get<{ revision: number; annotations: Annotation[] }>(`/surveys/${this.needs.survey}/annotations${since}`);
      const first = this.revision === 0;
      this.revision = Math.max(this.revision, found.revision);
      found.annotations.forEach((one) => this.take(one));
      this.needs.away(null);
      if (first || found.annotations.length) this.needs.tell();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      again = passing(error);
      this.needs.away(error);
    } finally {
      this.asking = false;
      if (again) this.stop = this.needs.later(() => void this.ask(), EVERY);
    }
  }

  /** An answer that was overtaken by a newer one changes nothing. */
  private take(mark: Annotation): void {
    const known = this.marks.get(mark.id);
    if (!known || known.revision <= mark.revision) this.marks.set(mark.id, mark);
  }

  private path(id: string): string {
    return `/surveys/${this.needs.survey}/annotations/${id}`;
  }

  private get prefix(): string {
    return `takan:mark:${this.needs.me}:${this.needs.survey}:`;
  }

  /** One key each: two pages of the same person never write over each other's. */
  private key(id: string): string {
    return this.prefix + id;
  }

  private kept(): Unsent[] {
    const { keeper } = this.needs;
    const keys = Array.from({ length: keeper.length }, (_, n) => keeper.key(n) ?? "").filter((key) => key.startsWith(this.prefix));
    return keys.map((key) => JSON.parse(keeper.getItem(key) ?? "null") as Unsent).sort((a, b) => a.at - b.at);
  }
}

/** Whether the same may be taken later without anybody doing anything. */
function passing(problem: Problem): boolean {
  return problem.passing || problem.code === "frames-pending";
}
