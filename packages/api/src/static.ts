import { statSync, type Stats } from "node:fs";
import { resolve } from "node:path";
import type { Problem } from "@twinloop/core-native";
import { loadManifest, problem } from "@twinloop/core-native/internal";

/** A folder to serve, and how. */
export interface StaticOptions {
  /** The route, which ends in the files' own path: `/*file`, `/assets/*file`, or `/!file` for what no other route takes. */
  readonly path: string;
  /** The folder: absolute, or relative to the app's root, which is the folder that holds `.twinloop/`. */
  readonly dir: string;
  /** Whether callers outside the app reach it. Default false: it is answered as if it did not exist. */
  readonly expose?: boolean;
  /** The page for what is not there, relative to `dir`. Default a 404 in JSON. */
  readonly notFound?: string;
  /** The status of that page; 200 serves an app that routes in the browser. Default 404. */
  readonly notFoundStatus?: 404 | 200;
  /** Headers for every file, such as `{ "cache-control": "max-age=3600" }`. Default `cache-control: no-cache`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A declared folder. */
export interface StaticAssets {
  readonly options: StaticOptions;
}

/** A folder as the server is told of it: `dir` is absolute. */
export interface StaticPlan {
  readonly folders: readonly StaticOptions[];
  readonly problems: readonly Problem[];
}

const declared: StaticAssets[] = [];

/** Adds a folder. */
export function declareStatic(options: StaticOptions): StaticAssets {
  const assets = { options };
  declared.push(assets);
  return assets;
}

/** The folders of this isolate. */
export function staticAssets(): readonly StaticAssets[] {
  return declared;
}

/** Finds each folder and its not-found page on the disk. */
export function planStatic(assets: readonly StaticAssets[], root: string = loadManifest().root): StaticPlan {
  const folders = assets.map(({ options }) => ({ ...options, dir: resolve(root, options.dir) }));
  return { folders, problems: folders.flatMap(problemsOf) };
}

function problemsOf({ path, dir, notFound }: StaticOptions): Problem[] {
  const place = `the static files of ${path}`;
  if (!stats(dir)?.isDirectory()) {
    const mend = "Create it, or correct `dir`, which is relative to the app's root.";
    return [problem("config_invalid", `${place}: there is no folder ${dir}`, mend)];
  }
  if (notFound !== undefined && !stats(resolve(dir, notFound))?.isFile()) {
    const mend = "Create it, or correct `notFound`, which is relative to `dir`.";
    return [problem("config_invalid", `${place}: there is no file ${notFound} in ${dir}`, mend)];
  }
  return [];
}

function stats(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
