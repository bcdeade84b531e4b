import { readFileSync } from "node:fs";
import { dirname } from "node:path";

const known = new Map<string, string | null>();

/** The `name` in the nearest package.json above a file that has one; null when there is none. */
export function packageOf(path: string): string | null {
  const folder = dirname(path);
  const cached = known.get(folder);
  if (cached !== undefined) return cached;
  const own = nameIn(folder);
  const name = own ?? (dirname(folder) === folder ? null : packageOf(folder));
  known.set(folder, name);
  return name;
}

function nameIn(folder: string): string | null {
  try {
    const parsed = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { name?: unknown };
    return typeof parsed.name === "string" ? parsed.name : null;
  } catch {
    return null;
  }
}
