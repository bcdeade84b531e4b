import { existsSync } from "node:fs";
import { register } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isMainThread } from "node:worker_threads";
import { formatProblem } from "./format-problem.ts";
import { isStale } from "./is-stale.ts";
import type { UnnamedEndpoints } from "./load-hook.ts";
import { readManifest, writeManifest } from "./write-manifest.ts";

/*
 * `node --import @twinloop/compiler/register app.ts`: brings the manifest up to date, then lets Node load TypeScript.
 * A worker thread inherits the flag; its manifest is the main thread's, so it only registers the loader.
 */

const root = projectRoot(process.argv[1]);
if (isMainThread) await refreshManifest(root);
process.setSourceMapsEnabled(true);
register("./load-hook.js", import.meta.url, { data: unnamedEndpoints(root) });

/** `TWINLOOP_ROOT`, else the nearest folder with a package.json above the entry, else the working directory. */
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

async function refreshManifest(folder: string): Promise<void> {
  if (!isStale(folder)) return;
  // TypeScript takes longer to load than the rest of the start: only when there is something to read.
  const { build } = await import("./build.ts");
  const { manifest, problems } = await build(folder);
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

/** The endpoints that must be told their path, by the URL of their module. */
function unnamedEndpoints(folder: string): UnnamedEndpoints {
  const unnamed: UnnamedEndpoints = {};
  for (const endpoint of readManifest(folder)?.endpoints ?? []) {
    if (endpoint.pathGiven || endpoint.export === null) continue;
    const url = pathToFileURL(resolve(folder, endpoint.file)).href;
    const known = (unnamed[url] ??= { service: endpoint.service, exports: [] });
    known.exports.push(endpoint.export);
  }
  return unnamed;
}
