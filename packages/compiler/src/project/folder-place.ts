import { existsSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { relativePath } from "./relative-path.ts";

/**
 * Resolves a folder named in a source to a path from the project root, which the runtime can find without the sources.
 *
 * Shape:  `./x` is resolved from the source's folder, then from the root; `x` from the root first. A folder that does
 * not exist stays as written.
 */
export function folderPlace(root: string, source: string, given: string): string {
  if (isAbsolute(given)) return given;
  const near = resolve(dirname(source), given);
  const fromRoot = resolve(root, given);
  const places = /^\.{1,2}(?:[\\/]|$)/.test(given) ? [near, fromRoot] : [fromRoot, near];
  const found = places.find((place) => existsSync(place));
  return found === undefined ? given : relativePath(root, found);
}

/** Whether a folder that a manifest names exists. */
export function folderIsThere(root: string, place: string): boolean {
  return existsSync(resolve(root, place));
}
