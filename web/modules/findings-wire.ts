/** Findings on their way to the server: the newest of each check is sent, and again until it arrived. */
import { Problem, type Api } from "./api-wire.ts";
import type { Verdict } from "./contract.ts";

export interface Draft {
  result: Verdict | null;
  note: string;
  snapshots: string[];
  annotations: string[]; // marks that it rests on
}

export type Saved = { kind: "saving" } | { kind: "saved" } | { kind: "unsaved" } | { kind: "refused"; problem: Problem };

const AGAIN = 3_000;

export class FindingsWire {
  private readonly waiting = new Map<string, Draft>();
  private readonly busy = new Set<string>();
  private resting: (() => void)[] = [];

  constructor(
    private readonly api: Api,
    private readonly survey: string,
    private readonly later: (act: () => void, milliseconds: number) => () => void,
    private readonly tell: (check: string, saved: Saved) => void,
  ) {}

  /** Whether something of this check is not on the server yet. */
  pending(check: string): boolean {
    return this.waiting.has(check) || this.busy.has(check);
  }

  get anyPending(): boolean {
    return this.waiting.size > 0 || this.busy.size > 0;
  }

  /** When all of it has arrived or been refused. */
  async settled(): Promise<void> {
    if (this.anyPending) await new Promise<void>((rested) => this.resting.push(rested));
  }

  save(check: string, draft: Draft): void {
    this.waiting.set(check, { ...draft, snapshots: [...draft.snapshots], annotations: [...draft.annotations] });
    if (!this.busy.has(check)) void this.send(check);
  }

  private async send(check: string): Promise<void> {
    const draft = this.waiting.get(check);
    if (!draft) return;
    this.waiting.delete(check);
    this.busy.add(check);
    this.tell(check, { kind: "saving" });
    try {
      await this.api.put(`/surveys/${this.survey}/findings/${check}`, draft);
      this.busy.delete(check);
      if (this.waiting.has(check)) void this.send(check);
      else this.tell(check, { kind: "saved" });
      this.rest();
    } catch (error) {
      this.busy.delete(check);
      if (!(error instanceof Problem)) throw error;
      if (!error.passing) {
        this.tell(check, { kind: "refused", problem: error });
        return this.rest();
      }
      if (!this.waiting.has(check)) this.waiting.set(check, draft);
      this.tell(check, { kind: "unsaved" });
      this.later(() => {
        if (!this.busy.has(check)) void this.send(check);
      }, AGAIN);
    }
  }

  private rest(): void {
    if (this.anyPending) return;
    for (const rested of this.resting.splice(0)) rested();
  }
}
