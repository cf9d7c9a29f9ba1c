// Runs tests/unit/web/*.test.ts: bundles each for Node (a page module may be written for the bundler, with what Node's
// own type stripping refuses), then hands them to Node's test runner. Arguments name tests: `node test.mjs room-wire`.
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const tests = join(here, "..", "tests", "unit", "web");
const wanted = process.argv.slice(2);
const names = (await readdir(tests))
  .filter((name) => name.endsWith(".test.ts"))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.startsWith(part)));
if (names.length === 0) {
  console.error(`no test of that name: ${wanted.join(" ")}`);
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), "takan-web-"));
try {
  await build({
    absWorkingDir: here,
    entryPoints: names.map((name) => join(tests, name)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    sourcemap: "inline",
    logLevel: "warning",
  });
  const built = (await readdir(folder)).filter((name) => name.endsWith(".mjs")).map((name) => join(folder, name));
  const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...built], { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
