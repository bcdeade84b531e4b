import { existsSync } from "node:fs";
import { resolve } from "node:path";

const USUAL = ["src/app.ts", "src/index.ts", "src/main.ts", "app.ts", "index.ts", "main.ts"];

/** The file that starts the app: the one given, or the first of the usual names; `undefined` when it is not there. */
export function findEntry(root: string, given: string | undefined): string | undefined {
  const candidates = given === undefined ? USUAL : [given];
  return candidates.map((name) => resolve(root, name)).find((path) => existsSync(path));
}
