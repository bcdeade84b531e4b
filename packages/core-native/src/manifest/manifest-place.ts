import { dirname, join, resolve } from "node:path";
import { isThere } from "../is-there.ts";

/** Returns the path of an app's manifest: `<root>/.twinloop/manifest.json`. */
export function manifestPath(root: string): string {
  return join(root, ".twinloop", "manifest.json");
}

/** Finds the app's root as `loadManifest` does; looks again at each call. */
export function findRoot(): string {
  const given = process.env["TWINLOOP_ROOT"];
  if (given) return resolve(given);
  const starts = [
    process.argv[1] === undefined ? undefined : dirname(resolve(process.argv[1])),
    process.cwd(),
  ];
  for (const start of starts) {
    const root = start === undefined ? undefined : climb(start, (folder) => isThere(manifestPath(folder)));
    if (root !== undefined) return root;
  }
  return climb(process.cwd(), (folder) => isThere(join(folder, "package.json"))) ?? process.cwd();
}

function climb(from: string, found: (folder: string) => boolean): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (found(folder)) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}
