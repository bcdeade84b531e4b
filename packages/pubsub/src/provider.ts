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

const SCHEMES = /^(?:memory:$|embedded:.|postgres(?:ql)?:\/\/.|amqps?:\/\/.)/;
const OWN_DATABASE = /^postgres(?:ql)?:(?:\/\/)?$/;
const ACCEPTED =
  "amqp://user:password@host/vhost, postgres://user:password@host/database, postgres: (the app's own database), " +
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
  if (given && OWN_DATABASE.test(given)) {
    if (database) return { kind: "database", database };
    return missing(
      "PUBSUB_URL asks for the app's own database, and the app declares none.",
      `Declare one with new SQLDatabase(…), or set PUBSUB_URL to one of ${ACCEPTED}.`,
    );
  }
  if (given === "embedded:") return { kind: "url", url: EMBEDDED_URL };
  if (given) {
    if (SCHEMES.test(given)) return { kind: "url", url: given };
    const scheme = /^[a-z0-9+.-]*:/i.exec(given)?.[0] ?? "no scheme";
    return missing(`PUBSUB_URL names no provider that there is (${scheme}).`, `Set it to ${ACCEPTED}.`);
  }
  if (NODE_ENV === "production") {
    return missing(
      "PUBSUB_URL is not set, and production requires it: it says where messages are kept.",
      `Set PUBSUB_URL to ${ACCEPTED}.`,
    );
  }
  return database ? { kind: "database", database } : { kind: "url", url: EMBEDDED_URL };
}

function missing(message: string, hint: string): { kind: "missing"; problem: Problem } {
  return { kind: "missing", problem: problem(SystemCode.ConfigInvalid, message, hint) };
}
