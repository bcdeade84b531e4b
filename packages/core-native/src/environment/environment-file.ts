import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Manifest } from "@twinloop/schema";
import { parseDotenv } from "./dotenv.ts";
import { findRoot, manifestPath } from "../manifest/manifest-place.ts";

/** The values of `NODE_ENV` in which `.env` files are read. */
const ON_A_DESK = new Set(["development", "test", "", undefined]);

/** The files that are read; an earlier one takes precedence. */
const FILES = [".env.local", ".env"];

/** The variables that the process has from `.env` files. */
export interface FedEnvironment {
  /** The file that each variable came from, by the variable's name. */
  readonly origins: ReadonlyMap<string, string>;
  /** Remarks on unreadable lines and on variables that a file cannot set, as `.env:3 …`. */
  readonly remarks: readonly string[];
}

/**
 * Puts the variables of `.env.local` and `.env` into the environment of the process, in development and tests.
 *
 * Shape:  what the environment has already stays, also where it is empty; `.env.local` goes before `.env`. `NODE_ENV` is not
 *         taken from a file, because it decides whether one is read. The app's secrets are not put there: their
 *         values stay in Rust, which reads the same files.
 */
export function feedEnvironment(environment: NodeJS.ProcessEnv, root: string): FedEnvironment {
  const origins = new Map<string, string>();
  const remarks: string[] = [];
  if (!ON_A_DESK.has(environment["NODE_ENV"])) return { origins, remarks };
  const secrets = secretVariables(root);
  for (const file of FILES) {
    const bytes = readIfThere(join(root, file));
    if (bytes === undefined) continue;
    const { values, remarks: own } = parseDotenv(bytes);
    remarks.push(...own.map(({ line, what }) => `${file}:${line} ${what}`));
    for (const [name, value] of Object.entries(values)) {
      if (name === "NODE_ENV") remarks.push(`${file} sets NODE_ENV, which only the real environment can`);
      else if (environment[name] === undefined && !secrets.has(name)) {
        environment[name] = value;
        origins.set(name, file);
      }
    }
  }
  return { origins, remarks };
}

/** Lists the variables that hold the app's secrets: each secret's name, and the name in capitals. */
function secretVariables(root: string): Set<string> {
  const names = confidentialNames(readIfThere(manifestPath(root))?.toString());
  return new Set(names.flatMap((name) => [name, inCapitals(name)]));
}

/** Lists the names of declarations that a manifest marks as confidential; empty for a text that is no manifest. */
function confidentialNames(text: string | undefined): string[] {
  try {
    const { declarations = [] } = JSON.parse(text ?? "{}") as Partial<Manifest>;
    return declarations.flatMap(({ name, confidential }) =>
      confidential === true && typeof name === "string" ? [name] : [],
    );
  } catch {
    return [];
  }
}

/**
 * Converts a name to capitals as Rust does: `StripeKey` is `STRIPE_KEY`, `APIKey` is `API_KEY`, `db-password` is
 * `DB_PASSWORD`.
 */
function inCapitals(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/([A-Z])([A-Z][a-z])/g, "$1_$2");
  return words.replace(/[^A-Za-z0-9]/g, "_").toUpperCase();
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** The variables that this process has from `.env` files, read when the package is imported and before the app reads any. */
export const fedEnvironment: FedEnvironment = feedEnvironment(process.env, findRoot());
