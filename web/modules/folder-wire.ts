/** Files of a folder, chosen or dropped, with their path in it. Does not touch the page. */

export interface Chosen {
  file: File;
  path: string; // with the folder's name in front; "" for a file by itself
}

export const MOST_FILES = 2000;
const JUNK = new Set([".DS_Store", "Thumbs.db", "desktop.ini"]);

/** What an input gave: files of a folder know their path. */
export function chosen(files: Iterable<File>): Chosen[] {
  const all = [...files].map((file) => ({ file, path: file.webkitRelativePath ?? "" }));
  return all.filter((one) => !JUNK.has(one.file.name)).slice(0, MOST_FILES);
}

/** What was dropped: files, and all that lies in folders. Entries must be taken out of a drop before it is over. */
export async function dropped(entries: FileSystemEntry[]): Promise<Chosen[]> {
  const found: Chosen[] = [];
  const left = entries.map((entry) => ({ entry, inside: false }));
  while (left.length && found.length < MOST_FILES) {
    const { entry, inside } = left.shift() as { entry: FileSystemEntry; inside: boolean };
    if (entry.isFile && !JUNK.has(entry.name)) {
      const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
      found.push({ file, path: inside ? entry.fullPath.replace(/^\//, "") : "" });
    } else if (entry.isDirectory) {
      const reader = (entry as FileSystemDirectoryEntry).createReader();
      for (;;) {
        // a browser tells a hundred at a time
        const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
        if (!some.length) break;
        left.push(...some.map((one) => ({ entry: one, inside: true })));
        if (left.length > 10 * MOST_FILES) break;
      }
    }
  }
  return found;
}

/** At most `width` at a time; the others wait their turn, in order. */
export class Turns {
  private going = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly width: number) {}

  /** `begin` is called at once or later, and calls what it is given when it is over. */
  take(begin: (over: () => void) => void): void {
    const act = () => {
      this.going += 1;
      let open = true;
      begin(() => {
        if (!open) return;
        open = false;
        this.going -= 1;
        this.waiting.shift()?.();
      });
    };
    if (this.going < this.width) act();
    else this.waiting.push(act);
  }
}
