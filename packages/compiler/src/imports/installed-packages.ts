import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { hashFile, hashText } from "../project/file-hash.ts";
import { dependenciesIn, packageIn, type NamedPackage } from "../project/package-of.ts";

/** The npm scope whose packages are searched in every `node_modules` above the app. */
const SCOPE = "@twinloop";

/**
 * The packages that an app in `root` can resolve and that declare something or add a command, each once: those of the
 * scope, the app's dependencies, and the runtime.
 */
export function installedPackages(root: string): readonly NamedPackage[] {
  const found = new Map<string, NamedPackage>();
  for (const home of [...scopedPackages(root), ...dependencies(root), ...ownDependency()]) {
    const brings = home.declares !== null || home.cli !== null;
    // The app resolves the nearest of several copies.
    if (brings && !found.has(home.name)) found.set(home.name, home);
  }
  return [...found.values()];
}

/** SHA-256 over what packages say of their declarations in their `declares.json`, whatever the order of the packages. */
export function declaresHash(packages: readonly NamedPackage[]): string {
  const said = packages.flatMap(({ name, declares }) =>
    declares === null ? [] : `${name} ${hashFile(declares)}`,
  );
  return hashText(said.sort().join("\n"));
}

/** The packages of the scope in each `node_modules` above a folder, the nearest first. */
function scopedPackages(root: string): NamedPackage[] {
  const folders = above(root).map((folder) => join(folder, "node_modules", SCOPE));
  return folders.flatMap((folder) => names(folder).flatMap((name) => packageIn(join(folder, name)) ?? []));
}

/** The dependencies in the app's package.json. */
function dependencies(root: string): NamedPackage[] {
  return dependenciesIn(root).flatMap((name) => {
    const places = above(root).map((folder) => packageIn(join(folder, "node_modules", name)));
    return places.find((found) => found !== null) ?? [];
  });
}

/** The runtime, which strict package managers make visible to its dependents only. */
function ownDependency(): NamedPackage[] {
  const path = createRequire(import.meta.url).resolve("@twinloop/core-native/package.json");
  const home = packageIn(dirname(path));
  return home === null ? [] : [home];
}

function above(folder: string): string[] {
  return dirname(folder) === folder ? [folder] : [folder, ...above(dirname(folder))];
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
