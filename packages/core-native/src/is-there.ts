import { existsSync } from "node:fs";

/** Whether a path exists; false also where Node's permission model refuses to look. */
export function isThere(path: string): boolean {
  try {
    return existsSync(path);
  } catch {
    return false;
  }
}
