import type { Catalogue } from "./catalogue.ts";
import type { ImportedName } from "./imports.ts";

/**
 * The hint that says which package exports these names, or is meant by this module name; null where Twinloop has none.
 */
export function ourPackageFor(
  catalogue: Catalogue,
  packageName: string,
  names: readonly string[],
  except?: string,
): string | null {
  for (const name of names) {
    const home = catalogue.homeOf(name);
    if (home === null) continue;
    if (home.everywhere)
      return `Each @twinloop package exports it, as in \`import { ${name} } from "${catalogue.anyPackage}";\`.`;
    if (home.name !== except && home.name !== packageName)
      return `Write \`import { ${name} } from "${home.name}";\`.`;
    break;
  }
  const guessed = catalogue.knownAs(packageName);
  if (guessed !== null) return `The package is \`${guessed}\`.`;
  return catalogue.has(packageName) ? `Install it: \`npm install ${packageName}\`.` : null;
}

/** The hint for a module of Encore: Twinloop's counterpart. */
export function homeOfEncore(
  catalogue: Catalogue,
  specifier: string,
  names: readonly ImportedName[],
): string {
  for (const { exported } of names) {
    const unbuilt = catalogue.unbuilt(exported);
    if (unbuilt !== null) return unbuilt;
  }
  if (specifier === "~encore/clients")
    return "Import the other service's module and call its endpoints as functions.";
  const home = catalogue.knownAs(specifier);
  if (home === null) return "Twinloop has no counterpart yet.";
  if (names.length === 0 || names.some(({ exported }) => exported === "default"))
    return `Import the same from \`${home}\`.`;
  const homes = new Map<string, string[]>();
  for (const { exported } of names) {
    const at = homeBeside(catalogue, exported, home);
    homes.set(at, [...(homes.get(at) ?? []), exported]);
  }
  const parts = [...homes].map(([at, exported]) => `\`${exported.join(", ")}\` from \`${at}\``);
  return `Import ${parts.join(", and ")}.`;
}

/** The package that a name of Encore is in, where another package has it than the one that stands for its module. */
function homeBeside(catalogue: Catalogue, name: string, home: string): string {
  const own = catalogue.homeOf(name);
  return own === null || own.everywhere || home.startsWith(`${own.name}/`) ? home : own.name;
}
