import { dirname, isAbsolute, join, resolve } from "node:path";
import type { CodePlace } from "./call-site.ts";
import { isThere } from "../is-there.ts";
import { loadManifest } from "./manifest.ts";

/** The result of resolving a relative path of the app's code. */
export interface Beside {
  /** The absolute path: the first of `tried` that exists; if none does, the first. */
  readonly path: string;
  /** Whether a file or folder exists at `path`. */
  readonly exists: boolean;
  /** All candidates in their order, absolute. */
  readonly tried: readonly string[];
}

/** The places that a relative path in the app's code may be relative to. */
export interface Bases {
  /** The source file that declares the path, relative to the app's root, from the manifest. */
  readonly source?: string | undefined;
  /** The place of the declaration in the running code. */
  readonly site?: CodePlace | undefined;
  /** The path that the build resolved, relative to the app's root. */
  readonly built?: string | undefined;
  /** The app's root. Default: the folder that holds `.twinloop/`. */
  readonly root?: string;
}

/**
 * Resolves a relative path that the app's code gives.
 *
 * Shape:  `./x` and `../x` are resolved from the folder of the file that declares them (the running file, then its source), then from
 *         the app's root; `x` in the reverse order. The first that exists is taken.
 */
export function beside(given: string, { source, site, built, root = loadManifest().root }: Bases): Beside {
  if (isAbsolute(given)) return { path: given, exists: isThere(given), tried: [given] };
  const folders = [
    ...(site === undefined ? [] : [dirname(site.file)]),
    ...(source === undefined ? [] : [dirname(join(root, source))]),
  ];
  const near = folders.map((folder) => resolve(folder, given));
  const fromRoot = resolve(root, given);
  const ordered = /^\.{1,2}(?:[\\/]|$)/.test(given) ? [...near, fromRoot] : [fromRoot, ...near];
  const tried = [...new Set(built === undefined ? ordered : [...ordered, resolve(root, built)])];
  const found = tried.find(isThere);
  return { path: found ?? tried[0]!, exists: found !== undefined, tried };
}
