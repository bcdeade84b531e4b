import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SQLError } from "../error.ts";

/**
 * A package that extends `@twinloop/sqldb` and is installed only where an app needs it.
 *
 * When the package is loaded it calls `provide`. An app need not import it: the first use loads it, resolved from the
 * app's root, then from `@twinloop/sqldb`.
 */
export class OptionalPackage<Part> {
  readonly name: string;
  #part: Part | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Registers the package's implementation; called by the package when it is loaded. */
  provide(part: Part): void {
    this.#part = part;
  }

  /** Whether the package is loaded, or installed where the app at this root resolves it. Loads nothing. */
  isInstalled(root: string): boolean {
    return this.#part !== undefined || this.find(root) !== undefined;
  }

  /** The file that an import of the package loads; `undefined` where it is not installed. */
  find(root: string): string | undefined {
    return findPackage(root, this.name);
  }

  /**
   * Loads the package's implementation; `undefined` where the package is not installed.
   *
   * Errors: `config_invalid` where the package is bound to another copy of `@twinloop/sqldb`, and what the package
   * throws while it loads.
   */
  async load(root: string): Promise<Part | undefined> {
    if (this.#part !== undefined) return this.#part;
    const file = this.find(root);
    if (file === undefined) return undefined;
    await import(pathToFileURL(file).href);
    if (this.#part !== undefined) return this.#part;
    const message = `${this.name} in ${file} works with another copy of @twinloop/sqldb than the app's. Install one version of both: \`npm ls @twinloop/sqldb\` shows where the copies come from.`;
    throw new SQLError("config_invalid", message);
  }
}

/** The file that an import of a package loads, resolved from the app's root, then from `@twinloop/sqldb`. */
export function findPackage(root: string, name: string): string | undefined {
  return resolveFrom(join(root, "package.json"), name) ?? resolveFrom(import.meta.url, name);
}

/** The file that a package's name resolves to from another file; `undefined` where there is none. */
export function resolveFrom(file: string, name: string): string | undefined {
  try {
    return createRequire(file).resolve(name);
  } catch {
    return undefined;
  }
}
