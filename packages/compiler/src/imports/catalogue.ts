import { declaresOf } from "../declarations/declares.ts";
import type { Declares } from "../declarations/declares-definition.ts";
import { builtBeside } from "./built-beside.ts";
import { declaresHash, installedPackages } from "./installed-packages.ts";

/** The packages of a catalogue that are installed. */
interface FoundPackages {
  readonly installed?: ReadonlySet<string>;
  /** SHA-256 over what they say. */
  readonly hash?: string;
}

/**
 * The packages that an app can declare with: the installed ones, and those of the compiler's own workspace, so that
 * hints can name a package before it is installed.
 *
 * Declarations themselves are read from the package that the checker resolves; the catalogue serves hints alone.
 */
export class Catalogue {
  readonly #packages: ReadonlyMap<string, Declares>;
  readonly #installed: ReadonlySet<string>;
  /** SHA-256 over what the installed packages say; the manifest keeps it, so that another version of one makes it stale. */
  readonly hash: string;
  /** The first names of all declarators: `api` of `api.static`. */
  readonly names: ReadonlySet<string>;

  constructor(
    packages: ReadonlyMap<string, Declares>,
    { installed = new Set(), hash = "" }: FoundPackages = {},
  ) {
    this.#packages = packages;
    this.#installed = installed;
    this.hash = hash;
    this.names = new Set([...packages.values()].flatMap(rootsOf));
  }

  /** Builds the catalogue of the packages that the app in `root` can resolve. */
  static of(root: string): Catalogue {
    const installed = installedPackages(root);
    const found = installed.flatMap((home): [string, Declares][] => {
      const declares = declaresOf(home);
      return declares === null ? [] : [[home.name, declares]];
    });
    const beside = Object.entries(builtBeside()).map(([name, { declares }]): [string, Declares][] =>
      declares === undefined ? [] : [[name, declares]],
    );
    return new Catalogue(new Map([...beside.flat(), ...found]), {
      installed: new Set(found.map(([name]) => name)),
      hash: declaresHash(installed),
    });
  }

  /** Whether the catalogue has the package of this name. */
  has(packageName: string): boolean {
    return this.#packages.has(packageName);
  }

  /** A Twinloop package for the import in an example; an installed one, where there is one. */
  get anyPackage(): string {
    const named = [...this.#packages].filter(([, { everywhere }]) => everywhere !== true);
    return (named.find(([name]) => this.#installed.has(name)) ?? named[0])?.[0] ?? "";
  }

  /** An example of a declaration, from an installed package, otherwise from one that could be installed; empty without either. */
  get example(): string {
    const told = [...this.#packages].filter(([, { example }]) => example !== undefined);
    return (told.find(([name]) => this.#installed.has(name)) ?? told[0])?.[1].example ?? "";
  }

  /** The package that exports a name, and whether other packages export it too; null where none does. */
  homeOf(name: string): { readonly name: string; readonly everywhere: boolean } | null {
    for (const [home, declares] of this.#packages) {
      if (rootsOf(declares).includes(name) || declares.exports?.includes(name) === true)
        return { name: home, everywhere: declares.everywhere === true };
    }
    return null;
  }

  /** The module that a module of another name corresponds to: `@twinloop/sql`, `encore.dev/api`, `~encore/auth`. */
  knownAs(module: string): string | null {
    for (const [home, { knownAs, modules = {} }] of this.#packages) {
      if (Object.hasOwn(modules, module)) return modules[module] ?? null;
      if (knownAs?.includes(module) === true) return home;
    }
    return null;
  }

  /**
   * The alternative to a name that is announced but not built; null for a name that a package exports, or an unknown
   * one.
   */
  unbuilt(name: string): string | null {
    if (this.homeOf(name) !== null && !this.#isPromised(name)) return null;
    for (const { unbuilt = {} } of this.#packages.values()) {
      if (Object.hasOwn(unbuilt, name)) return unbuilt[name] ?? null;
    }
    return null;
  }

  /** Whether the package that declares by a name lists it as not built. */
  #isPromised(name: string): boolean {
    const home = this.#packages.get(this.homeOf(name)?.name ?? "");
    return Object.hasOwn(home?.unbuilt ?? {}, name);
  }
}

function rootsOf({ declares }: Declares): string[] {
  return Object.keys(declares).map((what) => what.split(".")[0] ?? what);
}
