import { readdirSync, statSync, type Dirent } from "node:fs";
import { join } from "node:path";

/** The folders that hold no sources of an app, whatever the framework. */
const NEVER = new Set(["node_modules", "encore.gen", "dist", "coverage", "bower_components"]);

const SOURCE = /\.[cm]?[jt]sx?$/;
const DECLARATION = /\.d\.[cm]?ts$/;

/** The largest source that is read, in bytes: what is longer was written by a program. */
const MOST_BYTES = 2 << 20;

/** The files of an app that a migration may look at, relative to its folder, with `/`, in order. */
export interface AppFiles {
  readonly sources: readonly string[];
  /** Symbolic links, which are not followed. */
  readonly links: readonly string[];
  /** Sources that are too long to be read. */
  readonly large: readonly string[];
}

/**
 * Lists the sources below `root`, without hidden folders, what is installed or built, and what symbolic links lead to. Folders with
 * a package.json of their own are part of it: services live in a front end's folder, too.
 */
export function listAppFiles(root: string): AppFiles {
  const found = {
    sources: [] as string[],
    links: [] as string[],
    large: [] as string[],
  };
  const open = [""];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const entry of entriesOf(join(root, folder))) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isSymbolicLink()) {
        if (!NEVER.has(entry.name)) found.links.push(path);
      } else if (entry.isDirectory()) {
        if (NEVER.has(entry.name) || entry.name.startsWith(".")) continue;
        open.push(path);
      } else if (SOURCE.test(entry.name) && !DECLARATION.test(entry.name)) {
        (statSync(join(root, path)).size > MOST_BYTES ? found.large : found.sources).push(path);
      }
    }
  }
  for (const list of Object.values(found)) list.sort();
  return found;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Whether a source is a test, which the app does not load. */
export function isTest(path: string): boolean {
  return /(?:\.(?:test|spec|bench)\.[cm]?[jt]sx?$)|(?:^|\/)(?:__tests__|__mocks__|tests?|e2e)\//.test(path);
}
