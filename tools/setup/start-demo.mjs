import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./command.mjs";
import { prepare } from "./prepare.mjs";
import { Problem } from "./problem.mjs";

/**
 * Runs the `demo` command: builds what changed, then becomes the demo.
 *
 * @param {string[]} _args none are known
 * @returns {Promise<void>} resolves once the demo listens; the demo ends the process
 */
export async function main(_args) {
  await prepare({ addon: "quick" });
  const folder = join(root, "apps/demo");
  const entry = join(folder, "dist/app.js");
  if (!existsSync(entry))
    throw new Problem("apps/demo/dist/app.js is missing: run `npm run build` and read its output.");
  // Imported, not spawned: signals reach the demo once and directly, and its exit code is the command's.
  process.chdir(folder);
  process.argv[1] = entry;
  stopWithParent();
  await showInside(entry);
  await import(pathToFileURL(entry).href);
}

/**
 * Has the demo run as `twinloop dev` runs an app: with its dashboard.
 *
 * @param {string} entry
 */
async function showInside(entry) {
  process.env["TWINLOOP_DEV"] ??= "1";
  await import(pathToFileURL(createRequire(entry).resolve("@twinloop/dashboard")).href);
}

/**
 * Stops the demo as SIGTERM does when the shell that npm put between goes away: a SIGTERM to npm ends that shell
 * and would otherwise leave the demo behind with its port.
 */
function stopWithParent() {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
  }, 500);
  watch.unref();
}
