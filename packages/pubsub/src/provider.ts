import {
  problem,
  sharedDatabases,
  SystemCode,
  testMode,
  type Problem,
  type SharedDatabase,
} from "@twinloop/core-native/internal";

/** The place where messages are kept: a URL, or the app's own database. */
export type Provider =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "database"; readonly database: SharedDatabase };

/** The file of the embedded provider, below the app's root. */
export const EMBEDDED_URL = "embedded:.twinloop/pubsub.redb";

const SCHEMES = /^(?:memory:$|embedded:.|postgres(?:ql)?:\/\/.|amqps?:\/\/.|(?:nats|tls):\/\/.)/;
const OWN_DATABASE = /^postgres(?:ql)?:(?:\/\/)?$/;
const ACCEPTED =
  "amqp://user:password@host/vhost, nats://user:password@host, postgres://user:password@host/database, postgres: (the app's own database), " +
  "embedded:path/of/a.file or memory:";

/**
 * Finds the place where this app's messages are kept: `PUBSUB_URL`; without it, in development, the app's first database,
 * or a file where the app has no database. In production, `PUBSUB_URL` is required. A test's messages stay in memory.
 */
export function findProvider(
  env: NodeJS.ProcessEnv = process.env,
  databases: readonly SharedDatabase[] = sharedDatabases(),
): Provider | { readonly kind: "missing"; readonly problem: Problem } {
  if (testMode()?.messages === "memory") return { kind: "url", url: "memory:" };
  const { PUBSUB_URL: given, NODE_ENV } = env;
  const [database] = databases;
  if (given) {
    const wrong = urlProblem(given, database !== undefined);
    if (wrong !== undefined) return { kind: "missing", problem: wrong };
    if (database && OWN_DATABASE.test(given)) return { kind: "database", database };
    return { kind: "url", url: given === "embedded:" ? EMBEDDED_URL : given };
  }
  if (NODE_ENV === "production") {
    const message = "PUBSUB_URL is not set, and production requires it: it says where messages are kept.";
    return { kind: "missing", problem: invalid(message, `Set PUBSUB_URL to ${ACCEPTED}.`) };
  }
  return database ? { kind: "database", database } : { kind: "url", url: EMBEDDED_URL };
}

/** What is wrong with a value of `PUBSUB_URL` in an app with or without a database; `undefined` for nothing. */
export function urlProblem(given: string, hasDatabase: boolean): Problem | undefined {
  if (OWN_DATABASE.test(given)) {
    if (hasDatabase) return undefined;
    const message = "PUBSUB_URL asks for the app's own database, and the app declares none.";
    return invalid(message, `Declare one with new SQLDatabase(…), or set PUBSUB_URL to one of ${ACCEPTED}.`);
  }
  if (given === "embedded:" || SCHEMES.test(given)) return undefined;
  const scheme = /^[a-z0-9+.-]*:/i.exec(given)?.[0] ?? "no scheme";
  return invalid(`PUBSUB_URL names no provider that there is (${scheme}).`, `Set it to ${ACCEPTED}.`);
}

function invalid(message: string, hint: string): Problem {
  return problem(SystemCode.ConfigInvalid, message, hint);
}
