import type { Manifest } from "@twinloop/compiler";

/** One variable the app reads. */
export interface Variable {
  readonly name: string;
  readonly meaning: string;
  /** What holds when it is unset; `undefined` when it must be set. */
  readonly default: string | undefined;
  /** Its value may hold a password. */
  readonly confidential: boolean;
}

/** The variables that matter to this app, from what it declares. */
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
  const secrets = manifest.secrets.map(({ name }) => ({
    name,
    meaning: "a secret",
    default: undefined,
    confidential: true,
  }));
  return [...common, ...secrets];
}

/** Prints what is read and what is missing; 1 when something is. */
export function reportEnvironment(manifest: Manifest, env: NodeJS.ProcessEnv = process.env): number {
  const all = variables(manifest, env["NODE_ENV"] === "production");
  const width = Math.max(...all.map(({ name }) => name.length));
  const lines = all.map((variable) => {
    return `  ${variable.name.padEnd(width)}  ${state(variable, env[variable.name])}  (${variable.meaning})`;
  });
  process.stdout.write(`\nread from the environment:\n${lines.join("\n")}\n`);
  return all.some((variable) => variable.default === undefined && !env[variable.name]) ? 1 : 0;
}

function state({ default: otherwise, confidential }: Variable, value: string | undefined): string {
  if (value) return confidential ? "set" : `= ${value}`;
  return otherwise === undefined ? "MISSING" : `unset: ${otherwise}`;
}
