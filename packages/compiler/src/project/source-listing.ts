import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const IGNORED = new Set(["node_modules", "dist", "build", "out", "coverage"]);

/**
 * SHA-256 over the names of the TypeScript files in a folder, which changes when a file is added or removed.
 *
 * Shape:  leaves out the folders of packages, of output and hidden ones, and tests, which declare nothing.
 */
export function sourceListing(root: string): string {
  const names: string[] = [];
  collect(root, "", names);
  return createHash("sha256").update(names.join("\n")).digest("hex");
}

function collect(root: string, folder: string, names: string[]): void {
  for (const entry of entriesOf(join(root, folder))) {
    const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!IGNORED.has(entry.name) && !entry.name.startsWith(".")) collect(root, name, names);
    } else if (/\.[cm]?tsx?$/.test(name) && !isTest(name)) names.push(name);
  }
}

/** Whether a file contains tests, whose declarations are not the app's. */
export function isTest(path: string): boolean {
  return /\.(test|spec|bench|test-d)\.[cm]?tsx?$/.test(path);
}

function entriesOf(folder: string): ReturnType<typeof readSorted> {
  try {
    return readSorted(folder);
  } catch {
    return [];
  }
}

function readSorted(folder: string) {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
}
