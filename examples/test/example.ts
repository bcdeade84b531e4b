import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readPage, type Page } from "./page.ts";
import { EXAMPLES } from "./place.ts";

/** An example as it stands in its folder. */
export interface Example {
  readonly name: string;
  /** What it shows: the description of its package.json. */
  readonly description: string;
  /** The lines of its programs, without tests, migrations and settings of tools. */
  readonly lines: number;
  readonly page: Page;
}

/** How long the programs of an example may be together. */
export const LINES = { least: 20, most: 80 };

const PROGRAM = /\.(?:ts|mjs)$/;
const SETTINGS = /\.config\.ts$/;
/** Folders that hold no program: what others wrote, what was made, and tests. */
const ELSEWHERE = new Set(["node_modules", "dist", ".twinloop", "generated", "test", "node-test"]);

/** Reads all examples, in the order of their names. */
export function examples(): Example[] {
  const names = readdirSync(EXAMPLES).filter((name) => existsSync(join(EXAMPLES, name, "README.md")));
  return names.toSorted().map((name) => {
    const { description } = JSON.parse(readFileSync(join(EXAMPLES, name, "package.json"), "utf8"));
    return {
      name,
      description,
      lines: linesIn(join(EXAMPLES, name)),
      page: readPage(join(EXAMPLES, name, "README.md")),
    };
  });
}

function linesIn(folder: string): number {
  const counts = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ELSEWHERE.has(entry.name) ? 0 : linesIn(path);
    if (!PROGRAM.test(entry.name) || SETTINGS.test(entry.name)) return 0;
    return readFileSync(path, "utf8").trimEnd().split("\n").length;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}
