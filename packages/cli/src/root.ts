import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/**
 * Finds the app's folder: the given one, or the nearest one upwards that holds a package.json; without any, the
 * folder of the caller. Shape: -> an absolute path, which need not exist where it was given.
 */
export function findRoot(given: string | undefined, from: string = process.cwd()): string {
  if (given !== undefined) return resolve(from, given);
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (dirname(folder) === folder) return from;
  }
}
