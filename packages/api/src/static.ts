import { statSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { Problem } from "@twinloop/core-native";
import {
  beside,
  loadManifest,
  problem,
  type LoadedManifest,
  type CodePlace,
} from "@twinloop/core-native/internal";
import { guardOf, type GuardPlan, type PlannedAuthHandler } from "./auth/auth-plan.ts";
import { staticFaults } from "./option-rules.ts";
import type { StaticOptions } from "./static-options.ts";

/** A folder of static files, as declared. */
export interface StaticAssets {
  readonly options: StaticOptions;
  /** The place of the declaration in the running code. */
  readonly site?: CodePlace | undefined;
}

/** A folder in the form in which Rust takes it: `dir` is absolute, `auth` whom it lets in, `notFound` relative to `dir`. */
export interface StaticFolder extends Omit<StaticOptions, "auth"> {
  readonly auth: GuardPlan | null;
}

/** The folders to serve, and the problems that keep them from being served. */
export interface StaticPlan {
  readonly folders: readonly StaticFolder[];
  readonly problems: readonly Problem[];
}

const declared: StaticAssets[] = [];

/** Adds a folder of static files to those of this isolate. */
export function declareStatic(options: StaticOptions, site?: CodePlace): StaticAssets {
  const assets = { options, site };
  declared.push(assets);
  return assets;
}

/** The folders of static files of this isolate, in the order of their declaration. */
export function staticAssets(): readonly StaticAssets[] {
  return declared;
}

/**
 * Finds each folder and its not-found page on the disk.
 *
 * Shape:  the declared folders -> the folders to serve. A relative `dir` is looked for beside the file that declares it, in
 *         the app's root, and where it was when the manifest was built, so that a bundle finds it too.
 * Errors: among `problems`: wrong options, a folder or page that is not there (with every place that was tried), an unknown
 *         auth handler.
 */
export function planStatic(
  assets: readonly StaticAssets[],
  authHandlers: readonly PlannedAuthHandler[] = [],
  { root, manifest }: Pick<LoadedManifest, "root" | "manifest"> = loadManifest(),
): StaticPlan {
  const problems: Problem[] = assets.flatMap(({ options }) => staticFaults(options));
  if (problems.length > 0) return { folders: [], problems };
  const folders = assets.map(({ options: given, site }): StaticFolder => {
    const auth = guardOf(given.auth, `the static files of ${given.path}`, authHandlers);
    const isGuard = auth === null || "required" in auth;
    if (!isGuard) problems.push(auth);
    const options = { ...given, auth: isGuard ? auth : null };
    const model = manifest?.endpoints.find(({ kind, path }) => kind === "static" && path === options.path);
    const bases = { source: model?.file, site, root };
    const dir = beside(options.dir, { ...bases, built: model?.dir });
    if (!isKind(dir.path, "isDirectory")) {
      problems.push(nothingAt(options.path, "folder", dir.tried, "dir"));
      return { ...options, dir: dir.path };
    }
    if (options.notFound === undefined) return { ...options, dir: dir.path };
    const pages = [resolve(dir.path, options.notFound), ...beside(options.notFound, bases).tried];
    const page = [...new Set(pages)].find((path) => isWithin(dir.path, path) && isKind(path, "isFile"));
    if (page !== undefined) return { ...options, dir: dir.path, notFound: relative(dir.path, page) };
    problems.push(nothingAt(options.path, `file in ${dir.path}:`, [...new Set(pages)], "notFound"));
    return { ...options, dir: dir.path };
  });
  return { folders, problems };
}

/** Tells whether a path lies in a folder: a `notFound` page elsewhere would open a file that no route names. */
function isWithin(folder: string, path: string): boolean {
  return !/^\.\.(?:[\\/]|$)/.test(relative(folder, path));
}

function nothingAt(route: string, what: string, tried: readonly string[], option: string): Problem {
  const message = `the static files of ${route}: there is no ${what} ${tried.join(" or ")}`;
  const from = option === "dir" ? "" : "`dir`, then ";
  const hint = `Create it, or correct \`${option}\`, which is seen from ${from}the file that declares it and the app's root.`;
  return problem("config_invalid", message, hint);
}

/** Tells whether there is a file, or a folder, at a path; false where it cannot be read. */
function isKind(path: string, is: "isFile" | "isDirectory"): boolean {
  try {
    return statSync(path)[is]();
  } catch {
    return false;
  }
}
