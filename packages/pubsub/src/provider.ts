import {
  problem,
  sharedDatabases,
  SystemCode,
  type Problem,
  type SharedDatabase,
} from "@twinloop/core-native/internal";

/** Where messages are kept: a URL, or the app's own database. */
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
 * Where this app's messages are kept: `PUBSUB_URL`; without it, in development, the app's first database, and where it has
 * none a file. Production wants to be told.
 */
export function findProvider(
  env: NodeJS.ProcessEnv = process.env,
  databases: readonly SharedDatabase[] = sharedDatabases(),
): Provider | { readonly kind: "missing"; readonly problem: Problem } {
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
      "Nothing says where messages are kept, which production wants to be told.",
      `Set PUBSUB_URL to ${ACCEPTED}.`,
    );
  }
  return database ? { kind: "database", database } : { kind: "url", url: EMBEDDED_URL };
}

function missing(message: string, mend: string): { kind: "missing"; problem: Problem } {
  return { kind: "missing", problem: problem(SystemCode.ConfigInvalid, message, mend) };
}
