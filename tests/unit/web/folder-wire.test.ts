import assert from "node:assert/strict";
import { test } from "node:test";
import { chosen, dropped, Turns } from "../../../web/modules/folder-wire.ts";

const file = (name: string, path = "") => ({ name, webkitRelativePath: path }) as unknown as File;

function entry(path: string, inside: FileSystemEntry[] | null = null): FileSystemEntry {
  const name = path.split("/").pop() ?? "";
  const base = { name, fullPath: path, isFile: inside === null, isDirectory: inside !== null };
  if (inside === null) return { ...base, file: (done: (file: File) => void) => done(file(name)) } as unknown as FileSystemEntry;
  const batches = [inside.slice(0, 1), inside.slice(1), []];
  const createReader = () => ({ readEntries: (done: (some: FileSystemEntry[]) => void) => done(batches.shift() ?? []) });
  return { ...base, createReader } as unknown as FileSystemEntry;
}

test("files of a chosen folder keep their path, what systems leave behind stays", () => {
  const found = chosen([file("a.jpg"), file("b.jpg", "roof/b.jpg"), file(".DS_Store", "roof/.DS_Store")]);
  assert.deepEqual(found.map((one) => one.path), ["", "roof/b.jpg"]);
});

test("a dropped folder is walked, batch by batch and to its depth", async () => {
  const deep = entry("/roof/east", [entry("/roof/east/c.jpg")]);
  const found = await dropped([entry("/a.jpg"), entry("/roof", [entry("/roof/b.jpg"), deep, entry("/roof/Thumbs.db")])]);
  assert.deepEqual(found.map((one) => one.path), ["", "roof/b.jpg", "roof/east/c.jpg"]);
});

test("only so many are on their way at once", () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  for (let n = 0; n < 4; n += 1) turns.take((over) => void (begun.push(n), ends.push(over)));
  assert.deepEqual(begun, [0, 1]);
  ends[1]?.();
  ends[1]?.();
  assert.deepEqual(begun, [0, 1, 2], "an end counts once");
  ends[0]?.();
  assert.deepEqual(begun, [0, 1, 2, 3]);
});
