import { readFileSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** A package with a name, and the folder of its package.json. */
export interface NamedPackage {
  readonly folder: string;
  readonly name: string;
  /** The absolute path of the file that `twinloop.declares` names; null where it names none. */
  readonly declares: string | null;
  /** The export that `twinloop.cli` names, such as `./cli`; null where it names none. */
  readonly cli: string | null;
  /** The commands that `twinloop.commands` lists. */
  readonly commands: readonly string[];
}

const known = new Map<string, NamedPackage | null>();

/** The `name` in the nearest package.json above a file that has one; null when there is none. */
export function packageOf(path: string): string | null {
  return packageAbove(path)?.name ?? null;
}

/** The nearest package above a file that has a name; null when there is none. */
export function packageAbove(path: string): NamedPackage | null {
  const folder = dirname(path);
  const cached = known.get(folder);
  if (cached !== undefined) return cached;
  const above = (): NamedPackage | null => (dirname(folder) === folder ? null : packageAbove(folder));
  const found = packageIn(folder) ?? above();
  known.set(folder, found);
  return found;
}

/** Clears the cache of packages after a package.json has changed. */
export function forgetPackages(): void {
  known.clear();
}

/** The package whose package.json is in a folder; null where there is none, or one without a name. */
export function packageIn(folder: string): NamedPackage | null {
  const parsed = packageJson(folder);
  if (typeof parsed?.name !== "string") return null;
  const { declares, cli, commands } = parsed.twinloop ?? {};
  return {
    folder,
    name: parsed.name,
    // The real path, because package managers use links.
    declares: typeof declares === "string" ? resolve(realpathSync(folder), declares) : null,
    cli: typeof cli === "string" ? cli : null,
    commands: Array.isArray(commands) ? commands.map(String) : [],
  };
}

/** The `name` in a folder's package.json; null where there is none. */
export function nameIn(folder: string): string | null {
  return packageIn(folder)?.name ?? null;
}

/** The names of the dependencies in a folder's package.json. */
export function dependenciesIn(folder: string): string[] {
  const parsed = packageJson(folder);
  const sections = [parsed?.dependencies, parsed?.devDependencies, parsed?.optionalDependencies];
  return sections.flatMap((section) => Object.keys(section ?? {}));
}

interface PackageJson {
  readonly name?: unknown;
  readonly twinloop?: { readonly declares?: unknown; readonly cli?: unknown; readonly commands?: unknown };
  readonly dependencies?: object;
  readonly devDependencies?: object;
  readonly optionalDependencies?: object;
}

function packageJson(folder: string): PackageJson | null {
  try {
    return JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as PackageJson | null;
  } catch {
    return null;
  }
}
