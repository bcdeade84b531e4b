import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The usual names of entry files, in the order in which they are looked for. */
const USUAL = ["src/app.ts", "src/index.ts", "src/main.ts", "app.ts", "index.ts", "main.ts"];

/**
 * Finds the file that starts the app: the given one, or of the usual names the first that calls `start()`, otherwise the
 * first; `undefined` when there is none.
 */
export function findEntry(root: string, given: string | undefined): string | undefined {
  const candidates = given === undefined ? USUAL : [given];
  const present = candidates.map((name) => resolve(root, name)).filter((path) => existsSync(path));
  if (present.length < 2) return present[0];
  return present.find((path) => /\bstart\s*\(/.test(readFileSync(path, "utf8"))) ?? present[0];
}
