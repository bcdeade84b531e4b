import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { problem, type Problem } from "../errors/error.ts";
import { isThere } from "../is-there.ts";
import { findRoot, manifestPath } from "./manifest-place.ts";
import { isObject, misshape } from "./manifest-shape.ts";
import type { Manifest } from "@twinloop/schema";

/** The version of the manifest format that this package reads. */
const MANIFEST_VERSION: Manifest["version"] = 2;

/** A manifest found on disk, or why there is none to use. */
export interface LoadedManifest {
  /** The app's root: the folder that holds `.twinloop/`. */
  readonly root: string;
  readonly manifest: Manifest | undefined;
  /** Source files that differ from those that the manifest was built from, where that is only a warning. */
  readonly stale: readonly string[];
  readonly problems: readonly Problem[];
}

let loaded: LoadedManifest | undefined;

/**
 * Reads and checks the app's manifest; later calls return the same result.
 *
 * Looks in `TWINLOOP_ROOT`, then from the entry script's folder upwards, then from the working directory upwards. In
 * development, sources that exist must be those that the manifest was built from; elsewhere a difference is a warning.
 * Sources that do not exist (in a deployed build) are not compared.
 */
export function loadManifest(): LoadedManifest {
  return (loaded ??= load(findRoot()));
}

/** Makes the next `loadManifest` read the manifest again; for tests and for `twinloop dev`. */
export function forgetManifest(): void {
  loaded = undefined;
}

/** Reads and checks the manifest below `root`. */
export function load(root: string): LoadedManifest {
  const path = manifestPath(root);
  if (!isThere(path)) {
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
  const { version } = value as { readonly version?: unknown };
  if (version !== MANIFEST_VERSION) {
    const found = JSON.stringify(version);
    const message = `the manifest at ${path} has format ${found}, this runtime reads ${MANIFEST_VERSION}`;
    return failed(root, problem("manifest_version", message));
  }
  const manifest = value as object as Manifest;
  const wrong = misshape(manifest);
  if (wrong !== undefined) return invalid(wrong);
  const stale = staleFiles(root, manifest);
  if (stale.length > 0 && isDevelopment()) {
    return failed(root, problem("manifest_stale", `the manifest at ${path} is older than ${few(stale)}`));
  }
  return { root, manifest, stale, problems: [] };
}

/** Joins at most three names, and tells how many more there are. */
export function few(names: readonly string[]): string {
  return names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");
}

function isDevelopment(): boolean {
  return ["development", "test", "", undefined].includes(process.env["NODE_ENV"]);
}

function failed(root: string, why: Problem): LoadedManifest {
  return { root, manifest: undefined, stale: [], problems: [why] };
}

function staleFiles(root: string, { sources, inputs }: Manifest): string[] {
  const changed = Object.entries(sources).filter(([path, hash]) => {
    const file = join(root, path);
    return isThere(file) && sha256(readText(file)?.replaceAll("\r\n", "\n")) !== hash;
  });
  const renamed = Object.entries(inputs?.packages ?? {}).flatMap(([folder, name]) => {
    const path = join(folder, "package.json");
    const own = nameIn(readText(join(root, path)));
    return own === undefined || own === name ? [] : [path.replaceAll("\\", "/")];
  });
  return [...changed.map(([path]) => path), ...renamed];
}

/** Reads a text file; `undefined` where it is missing or unreadable. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function nameIn(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as { name?: unknown }).name;
  } catch {
    return undefined;
  }
}

function sha256(text: string | undefined): string | undefined {
  return text === undefined ? undefined : createHash("sha256").update(text).digest("hex");
}
