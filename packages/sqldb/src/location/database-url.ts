import { problem, SystemCode } from "@twinloop/core-native/internal";
import { StartError, type Problem } from "@twinloop/core-native";
import { EMBEDDED, isDevelopment, urlVariable, urlVariables } from "./url-variables.ts";
import { ensureDatabase, type Connect } from "./ensure-database.ts";
import { embeddedServers, startServer } from "../embedded/embedded-servers.ts";
import { platformPackage } from "../embedded/platform.ts";
import { embeddedCommand, findPostgresPackage, programsCommand } from "../embedded/postgres-package.ts";
import { shownName } from "./shown-name.ts";

/** The source of a database's URL, as far as it is known before anything is connected or started. */
export type DatabaseSource =
  | { readonly kind: "url"; readonly url: string; readonly variable: string }
  | { readonly kind: "embedded" }
  | { readonly kind: "missing"; readonly problem: Problem };

/**
 * Looks up the source of a database's URL: `DATABASE_URL_<NAME>`, then `DATABASE_URL`, then, in development, the
 * embedded server where its package is installed. Has no side effects.
 *
 * Shape:  with NODE_ENV=production a missing URL is a problem; the URL `embedded:` requests the embedded server.
 */
export function findDatabase(
  name: string,
  root: string,
  env: NodeJS.ProcessEnv = process.env,
): DatabaseSource {
  const variables = urlVariables(name);
  const given = urlVariable(name, env);
  if (given && given.url !== EMBEDDED) return { kind: "url", ...given };
  if (!given && !isDevelopment(env)) {
    const message = `The database "${shownName(name)}" has no connection string, which is required in production.`;
    return missing(message, setEither(variables));
  }
  try {
    return findEmbedded(name, root, variables);
  } catch (error) {
    return missing(error instanceof Error ? error.message : String(error), setEither(variables));
  }
}

/**
 * The embedded server, where its package and its programs are installed; otherwise the problem with the install
 * command.
 */
function findEmbedded(name: string, root: string, variables: Variables): DatabaseSource {
  const programs = platformPackage();
  const install = (what: string, command: string): DatabaseSource =>
    missing(
      `The database "${shownName(name)}" has no connection string, and ${what} is not installed in ${root}.`,
      `Run \`${command}\`, or: ${setEither(variables)}`,
    );
  if (!embeddedServers.isInstalled(root)) {
    const what = `the embedded PostgreSQL (${embeddedServers.name}, which brings ${programs})`;
    return install(what, embeddedCommand(root));
  }
  if (findPostgresPackage(root)) return { kind: "embedded" };
  return install(`${programs}, the programs of the embedded PostgreSQL,`, programsCommand(root));
}

function missing(message: string, hint: string): DatabaseSource {
  return { kind: "missing", problem: problem(SystemCode.ConfigInvalid, message, hint) };
}

type Variables = ReturnType<typeof urlVariables>;

function setEither([special, general]: Variables): string {
  return `Set ${general} or ${special} to postgres://user:password@host:5432/database.`;
}

/** The URL of a database that is ready for connections. */
export interface ResolvedDatabase {
  readonly url: string;
  /** The environment variable that holds the URL, or `embedded`. */
  readonly from: string;
  /** Releases the embedded server, where it serves this database. Idempotent. */
  release(): Promise<void>;
}

/**
 * Resolves a database's URL as `findDatabase` does; for the embedded server, starts the server and creates the database
 * where it is missing. One server serves the app, with one database for each name.
 *
 * Shape:  `connect` opens one connection to a URL. With `handsOver` another process takes the server over when this one
 * exits.
 * Errors: `StartError` for a missing URL, `EmbeddedError`, and what `connect` throws.
 */
export async function resolveDatabaseUrl(
  name: string,
  root: string,
  connect: Connect,
  env: NodeJS.ProcessEnv = process.env,
  handsOver = false,
): Promise<ResolvedDatabase> {
  const source = findDatabase(name, root, env);
  if (source.kind === "missing") throw new StartError([source.problem]);
  if (source.kind === "url") return { url: source.url, from: source.variable, release: async () => {} };
  const server = await startServer(root, handsOver);
  try {
    const url = await ensureDatabase(server.url, name, connect);
    return { url, from: "embedded", release: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
