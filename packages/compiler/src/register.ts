import { existsSync } from "node:fs";
import { register } from "node:module";
import { dirname, join, resolve } from "node:path";
import { isMainThread } from "node:worker_threads";
import { formatProblem } from "./problems/format-problem.ts";
import { isStale } from "./project/is-stale.ts";
import { followParent } from "./loader/parent.ts";
import { registerCommonJs } from "./loader/commonjs-loader.ts";
import type { LoaderData } from "./loader/load-hook.ts";
import { findTsconfig } from "./typescript/tsconfig.ts";
import { TsconfigOf } from "./loader/tsconfig-of.ts";
import { writeManifest } from "./project/write-manifest.ts";

/*
 * `node --import @twinloop/compiler/register app.ts`: brings the manifest up to date, then lets Node load TypeScript.
 * A worker thread inherits the flag; its manifest is the main thread's, so it only registers the loader.
 */

const root = projectRoot(process.argv[1]);
if (isMainThread) {
  followParent();
  await refreshManifest(root);
}
process.setSourceMapsEnabled(true);
const asked = process.env["TWINLOOP_TSCONFIG"];
const tsconfig = asked ? findTsconfig(root, asked, entryFile(process.argv[1])) : null;
registerCommonJs(new TsconfigOf(tsconfig ?? undefined));
const data: LoaderData = { tsconfig: tsconfig ?? undefined };
register("./loader/load-hook.js", import.meta.url, { data });

/**
 * The project root: `TWINLOOP_ROOT`, otherwise the nearest folder with a package.json above the entry, otherwise the
 * working directory.
 */
function projectRoot(entry: string | undefined): string {
  const given = process.env["TWINLOOP_ROOT"];
  if (given !== undefined && given !== "") return resolve(given);
  let folder = entry === undefined ? process.cwd() : dirname(resolve(entry));
  while (!existsSync(join(folder, "package.json"))) {
    if (dirname(folder) === folder) return process.cwd();
    folder = dirname(folder);
  }
  return folder;
}

/** The TypeScript file that Node was started with, as the compiler writes paths; undefined for another file. */
function entryFile(given: string | undefined): string | undefined {
  const path = given === undefined ? "" : resolve(given);
  return /\.[cm]?tsx?$/.test(path) && existsSync(path) ? path.replaceAll("\\", "/") : undefined;
}

async function refreshManifest(folder: string): Promise<void> {
  const entry = entryFile(process.argv[1]);
  if (!isStale(folder, { entry })) return;
  // Loaded only when there is something to read, because TypeScript takes longer to load than the rest of the start.
  const { build } = await import("./project/build.ts");
  const { manifest, problems } = await build(folder, entry === undefined ? {} : { entry });
  if (problems.length === 0) {
    writeManifest(folder, manifest);
    return;
  }
  const color = process.stderr.isTTY && process.env["NO_COLOR"] === undefined;
  const texts = problems.map((problem) => formatProblem(problem, { color, projectRoot: folder }));
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  process.stderr.write(`${texts.join("\n\n")}\n\ntwinloop: ${count}; the app was not started.\n`);
  process.exit(1);
}
