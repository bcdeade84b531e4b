import { problem, SystemCode } from "@twinloop/core-native/internal";
import { StartError, type Problem } from "@twinloop/core-native";
import { urlVariables } from "../options.ts";
import { EmbeddedError } from "./embedded-error.ts";
import { ensureDatabase, type Connect } from "./ensure-database.ts";
import { findPostgresPackage, installCommand } from "./postgres-package.ts";
import { startEmbedded } from "./start-embedded.ts";

/** The value of `DATABASE_URL` that asks for the embedded server by name, in production too. */
export const EMBEDDED = "embedded:";

/** Where a database is to be found, before anything is connected or started. */
export type DatabaseSource =
  | { readonly kind: "url"; readonly url: string; readonly variable: string }
  | { readonly kind: "embedded" }
  | { readonly kind: "missing"; readonly problem: Problem };

/**
 * Where a database is to be found: `DATABASE_URL_<NAME>`, then `DATABASE_URL`, then, in development, the embedded server
 * where its package is installed. Changes nothing.
 *
 * Shape:  with NODE_ENV=production a missing URL is a problem; `embedded:` as the URL asks for the embedded server.
 */
export function findDatabase(
  name: string,
  root: string,
  env: NodeJS.ProcessEnv = process.env,
): DatabaseSource {
  const variables = urlVariables(name);
  const variable = variables.find((candidate) => env[candidate]);
  const url = variable === undefined ? undefined : env[variable];
  if (variable !== undefined && url !== undefined && url !== EMBEDDED) return { kind: "url", url, variable };
  if (variable === undefined && env["NODE_ENV"] === "production")
    return missing(name, root, variables, false);
  try {
    if (findPostgresPackage(root)) return { kind: "embedded" };
    return missing(name, root, variables, true);
  } catch (error) {
    const { message } = EmbeddedError.from(error);
    return { kind: "missing", problem: problem(SystemCode.ConfigInvalid, message, setEither(variables)) };
  }
}

function missing(
  name: string,
  root: string,
  variables: readonly [string, string],
  development: boolean,
): DatabaseSource {
  const message = development
    ? `The database "${name}" has no connection string, and no embedded PostgreSQL is installed in ${root}.`
    : `The database "${name}" has no connection string, which production needs.`;
  const mend = development
    ? `Run \`${installCommand(root)}\`, or: ${setEither(variables)}`
    : setEither(variables);
  return { kind: "missing", problem: problem(SystemCode.ConfigInvalid, message, mend) };
}

function setEither([special, general]: readonly [string, string]): string {
  return `Set ${general} or ${special} to postgres://user:password@host:5432/database.`;
}

/** A database that is ready to be connected to. */
export interface ResolvedDatabase {
  readonly url: string;
  /** The variable the URL is from, or `embedded`. */
  readonly from: string;
  /** Gives the embedded server back, where that is what serves it. Idempotent. */
  release(): Promise<void>;
}

/**
 * Finds a database as `findDatabase` does; where that is the embedded server, starts it and makes the database if it is
 * not there: one server for the app, one database for each name.
 *
 * Shape:  `connect` opens one connection to a URL.
 * Errors: `StartError` for a missing URL, `EmbeddedError`, and what `connect` throws.
 */
export async function resolveDatabaseUrl(
  name: string,
  root: string,
  connect: Connect,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ResolvedDatabase> {
  const source = findDatabase(name, root, env);
  if (source.kind === "missing") throw new StartError([source.problem]);
  if (source.kind === "url") return { url: source.url, from: source.variable, release: async () => {} };
  const server = await startEmbedded(root);
  try {
    const url = await ensureDatabase(server.url, name, connect);
    return { url, from: "embedded", release: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
