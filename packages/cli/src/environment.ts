import type { Manifest } from "@twinloop/compiler";

/** One variable the app reads. */
export interface Variable {
  readonly name: string;
  readonly meaning: string;
  /** What holds when it is unset; `undefined` when it must be set. */
  readonly default: string | undefined;
  /** Its value may hold a password. */
  readonly confidential: boolean;
  /** The variable that is read when this one is unset. */
  readonly instead?: string;
}

/** The variables that matter to this app, from what it declares; its secrets have places of their own. */
export function variables(manifest: Manifest, production: boolean): readonly Variable[] {
  const common = [
    { name: "NODE_ENV", meaning: "production turns development defaults off", default: "development" },
    { name: "HOST", meaning: "address to listen on", default: production ? "0.0.0.0" : "127.0.0.1" },
    { name: "PORT", meaning: "port to listen on", default: "4000" },
    { name: "LOG_LEVEL", meaning: "trace, debug, info, warn, error, fatal or silent", default: "info" },
    { name: "LOG_FORMAT", meaning: "json or pretty", default: "pretty on a terminal, else json" },
    { name: "SHUTDOWN_TIMEOUT", meaning: "milliseconds to finish what is in flight", default: "10000" },
    { name: "TWINLOOP_IO_THREADS", meaning: "threads that do I/O", default: "cores - 1, from 1 to 4" },
  ].map((variable) => ({ ...variable, confidential: false }));
  const databases = manifest.databases.map(({ name }) => ({
    name: databaseVariable(name),
    meaning: `PostgreSQL of the database "${name}"; DATABASE_URL serves all that have none of their own`,
    default: production ? undefined : "the embedded server, where its package is installed",
    confidential: true,
    instead: "DATABASE_URL",
  }));
  const broker = {
    name: "PUBSUB_URL",
    meaning:
      "where messages are kept: amqp://…, postgres://…, postgres: (the app's own database) or embedded:<path>",
    default: production ? undefined : brokerOf(manifest),
    confidential: true,
  };
  const replicas = {
    name: "REPLICAS",
    meaning:
      "processes that run the app: without a database each fires the cron jobs for itself, and is told so",
    default: "1",
    confidential: false,
  };
  const fireAlone = manifest.crons.length > 0 && manifest.databases.length === 0;
  return [
    ...common,
    ...databases,
    ...(manifest.topics.length > 0 ? [broker] : []),
    ...(fireAlone ? [replicas] : []),
  ];
}

/** What keeps the messages where nothing is said. */
function brokerOf({ databases }: Manifest): string {
  const [first] = databases;
  return first ? `the database "${first.name}"` : "the file .twinloop/pubsub.redb";
}

/** Prints what is read and what is missing; 1 when something is. */
export function reportEnvironment(manifest: Manifest, env: NodeJS.ProcessEnv = process.env): number {
  const all = variables(manifest, env["NODE_ENV"] === "production");
  const width = Math.max(...all.map(({ name }) => name.length));
  const lines = all.map((variable) => {
    return `  ${variable.name.padEnd(width)}  ${state(variable, valueOf(variable, env))}  (${variable.meaning})`;
  });
  process.stdout.write(`\nread from the environment:\n${lines.join("\n")}\n`);
  return all.some((variable) => variable.default === undefined && !valueOf(variable, env)) ? 1 : 0;
}

/** `links` is read from `DATABASE_URL_LINKS`. */
function databaseVariable(name: string): string {
  return `DATABASE_URL_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
}

function valueOf({ name, instead }: Variable, env: NodeJS.ProcessEnv): string | undefined {
  return env[name] || (instead === undefined ? undefined : env[instead]);
}

function state({ default: otherwise, confidential }: Variable, value: string | undefined): string {
  if (value) return confidential ? "set" : `= ${value}`;
  return otherwise === undefined ? "MISSING" : `unset: ${otherwise}`;
}
