import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { problem, type Problem } from "./error.ts";
import { isObject, misshape } from "./manifest-shape.ts";
import type { Manifest } from "./schema/ir.ts";

/** The manifest format this package reads. */
const MANIFEST_VERSION = 1;

/** A manifest found on disk, or why there is none to use. */
export interface LoadedManifest {
  /** The folder that holds `.twinloop/`. */
  readonly root: string;
  readonly manifest: Manifest | undefined;
  readonly problems: readonly Problem[];
}

let loaded: LoadedManifest | undefined;

/**
 * The app's manifest, read and checked once.
 *
 * It is looked for in `TWINLOOP_ROOT`, then from the entry script's folder upwards, then from the working directory
 * upwards. Sources that are there must be those it was built from; sources that are not (a deployed build) are not asked
 * for.
 */
export function loadManifest(): LoadedManifest {
  return (loaded ??= load(findRoot()));
}

/** Forgets what was read; for tests and for `twinloop dev`. */
export function forgetManifest(): void {
  loaded = undefined;
}

/** Reads and checks the manifest below `root`. */
export function load(root: string): LoadedManifest {
  const path = manifestPath(root);
  if (!existsSync(path)) {
    return failed(root, problem("manifest_missing", `there is no manifest at ${path}`));
  }
  const invalid = (why: string): LoadedManifest =>
    failed(root, problem("manifest_invalid", `the manifest at ${path} cannot be read: ${why}`));
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return invalid(String(error));
  }
  if (!isObject(value)) return invalid("it is no object");
  const manifest = value as Manifest;
  if (manifest.version !== MANIFEST_VERSION) {
    const found = JSON.stringify(manifest.version);
    const message = `the manifest at ${path} has format ${found}, this runtime reads ${MANIFEST_VERSION}`;
    return failed(root, problem("manifest_version", message));
  }
  const wrong = misshape(manifest);
  if (wrong !== undefined) return invalid(wrong);
  const stale = staleSources(root, manifest.sources);
  if (stale.length > 0) {
    const names = stale.slice(0, 3).join(", ") + (stale.length > 3 ? ` and ${stale.length - 3} more` : "");
    return failed(root, problem("manifest_stale", `the manifest at ${path} is older than ${names}`));
  }
  return { root, manifest, problems: [] };
}

function failed(root: string, why: Problem): LoadedManifest {
  return { root, manifest: undefined, problems: [why] };
}

function manifestPath(root: string): string {
  return join(root, ".twinloop", "manifest.json");
}

function findRoot(): string {
  const given = process.env["TWINLOOP_ROOT"];
  if (given) return resolve(given);
  const starts = [
    process.argv[1] === undefined ? undefined : dirname(resolve(process.argv[1])),
    process.cwd(),
  ];
  for (const start of starts) {
    const root = start === undefined ? undefined : climb(start, (folder) => existsSync(manifestPath(folder)));
    if (root !== undefined) return root;
  }
  return climb(process.cwd(), (folder) => existsSync(join(folder, "package.json"))) ?? process.cwd();
}

function climb(from: string, found: (folder: string) => boolean): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (found(folder)) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

function staleSources(root: string, sources: Manifest["sources"]): string[] {
  return Object.entries(sources)
    .filter(([path, hash]) => {
      const file = join(root, path);
      return existsSync(file) && sha256(file) !== hash;
    })
    .map(([path]) => path);
}

/** The hash of a file; undefined of what cannot be read as one. */
function sha256(file: string): string | undefined {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch {
    return undefined;
  }
}
