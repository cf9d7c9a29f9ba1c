/** The mark that is being made, kept on this device until it is saved or given up. */
import type { Place } from "./contract.ts";
import type { Region } from "./regions.ts";

export interface Kept {
  place: Place;
  region: Region;
  label: string;
  text: string;
}

export class DraftKeeper {
  constructor(
    private readonly keeper: Pick<Storage, "getItem" | "setItem" | "removeItem">,
    private readonly key: string,
  ) {}

  read(): Kept | null {
    return JSON.parse(this.keeper.getItem(this.key) ?? "null") as Kept | null;
  }

  get words(): { label: string; text: string } {
    return this.read() ?? { label: "", text: "" };
  }

  keep(kept: Kept): void {
    this.keeper.setItem(this.key, JSON.stringify(kept));
  }

  forget(): void {
    this.keeper.removeItem(this.key);
  }
}
