// Bundles the pages once: modules/*-page.ts and styles/*.css (whole sheets; a sheet named _part.css is imported by
// others) become dist/<name>-<hash>.<ext>, and dist/manifest.json says which file is which. The manifest is written
// last, so a build that was broken off is never taken for a whole one.
import { build } from "esbuild";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "dist");

async function entries(folder, wanted) {
  const names = await readdir(join(here, folder)).catch(() => []);
  return names.filter(wanted).sort().map((name) => join(folder, name));
}

const sources = [
  ...(await entries("modules", (name) => name.endsWith("-page.ts"))),
  ...(await entries("styles", (name) => name.endsWith(".css") && !name.startsWith("_"))),
];

await mkdir(out, { recursive: true });
const result = sources.length
  ? await build({
      absWorkingDir: here,
      entryPoints: sources,
      entryNames: "[name]-[hash]",
      assetNames: "[name]-[hash]",
      outdir: "dist",
      bundle: true,
      format: "esm",
      target: ["es2020", "chrome111", "firefox113", "safari16.2"],
      minify: true,
      charset: "utf8",
      legalComments: "none",
      loader: { ".woff2": "file", ".svg": "file", ".png": "file" },
      metafile: true,
      logLevel: "warning",
    }).catch(() => process.exit(1)) // esbuild has said what is wrong, and where
  : { metafile: { outputs: {} } };

const manifest = {};
const kept = new Set(["manifest.json"]);
for (const [path, output] of Object.entries(result.metafile.outputs)) {
  kept.add(basename(path));
  kept.add(`${basename(path)}.gz`); // packed once, so that no request waits for it
  await writeFile(join(here, `${path}.gz`), gzipSync(await readFile(join(here, path)), { level: 9 }));
  if (output.entryPoint) manifest[basename(output.entryPoint).replace(/\.ts$/, ".js")] = basename(path);
}
for (const name of await readdir(out)) {
  if (!kept.has(name)) await rm(join(out, name), { recursive: true });
}
const draft = join(out, "manifest.json.new");
await writeFile(draft, JSON.stringify(manifest, null, 2) + "\n");
await rename(draft, join(out, "manifest.json"));
console.log(`${Object.keys(manifest).length} page files built`);
