import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { installedPackages } from "@twinloop/compiler";
import type * as Runtime from "@twinloop/core-native/internal";

/**
 * Finds the runtime that the app's packages use, by the app's own resolution, then by that of each package;
 * `undefined` where the app has none of them. A command must not use another copy than the app: its settings and
 * `.env` rules would be those of another version.
 */
export async function importRuntime(root: string): Promise<typeof Runtime | undefined> {
  const owners = installedPackages(root).map(({ folder }) => folder);
  for (const owner of [root, ...owners]) {
    try {
      const path = createRequire(join(owner, "package.json")).resolve("@twinloop/core-native/internal");
      return (await import(pathToFileURL(path).href)) as typeof Runtime;
    } catch {
      // Not seen from there: strict package managers show it to its dependents only.
    }
  }
  return undefined;
}
