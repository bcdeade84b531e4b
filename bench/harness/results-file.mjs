import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/setup/command.mjs";

/**
 * Writes a run into `bench/results/<date>.json`, every single measurement included.
 *
 * @param {object} run
 * @param {Date} [now]
 * @returns {string} the file's absolute path
 */
export function writeResults(run, now = new Date()) {
  const folder = join(root, "bench/results");
  mkdirSync(folder, { recursive: true });
  const date = now
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "-");
  const path = join(folder, `${date}.json`);
  // A Map has no JSON of its own.
  const text = JSON.stringify(
    run,
    (_key, value) => (value instanceof Map ? Object.fromEntries(value) : value),
    2,
  );
  writeFileSync(path, `${text}\n`);
  return path;
}
