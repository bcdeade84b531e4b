import { existsSync } from "node:fs";
import { resolve } from "node:path";

const USUAL = ["src/app.ts", "src/index.ts", "src/main.ts", "app.ts", "index.ts", "main.ts"];

/** Finds the file that starts the app: the given one, or the first of the usual names; `undefined` when there is none. */
export function findEntry(root: string, given: string | undefined): string | undefined {
  const candidates = given === undefined ? USUAL : [given];
  return candidates.map((name) => resolve(root, name)).find((path) => existsSync(path));
}
