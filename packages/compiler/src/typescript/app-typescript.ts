import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * The options that are defaults of the app's own TypeScript but not of the compiler's.
 *
 * Shape:  the app's root, the options that its tsconfig sets -> options to add. TypeScript before 6 reads every visible
 * `@types` package where `types` is not set; later versions read none.
 */
export function olderDefaults(root: string, options: object): { types?: string[] } {
  if ("types" in options) return {};
  const major = Number(/^\d+/.exec(ownVersion(root) ?? "")?.[0]);
  return major < 6 ? { types: ["*"] } : {};
}

/** Whether an app is strict by default; TypeScript before 6 is not. */
export function isStrictByDefault(root: string): boolean {
  return !(Number(/^\d+/.exec(ownVersion(root) ?? "")?.[0]) < 6);
}

/** The version of the app's own TypeScript; null where it has none. */
function ownVersion(root: string): string | null {
  try {
    const path = createRequire(join(root, "package.json")).resolve("typescript/package.json");
    return (JSON.parse(readFileSync(path, "utf8")) as { version?: string }).version ?? null;
  } catch {
    return null;
  }
}
