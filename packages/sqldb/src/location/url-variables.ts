import { shownName } from "./shown-name.ts";

/** The environment variables that may hold the connection string of a database, the more specific one first. */
export function urlVariables(name: string): readonly [special: string, general: string] {
  return [
    `DATABASE_URL_${shownName(name)
      .toUpperCase()
      .replace(/[^A-Z0-9]+/g, "_")}`,
    "DATABASE_URL",
  ];
}

/** The value of an environment variable that requests the embedded server explicitly, in production too. */
export const EMBEDDED = "embedded:";

/**
 * The environment variable that holds a database's URL, and its value. The more specific one wins; an empty one counts
 * as unset.
 */
export function urlVariable(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
): { readonly variable: string; readonly url: string } | undefined {
  const variable = urlVariables(name).find((candidate) => env[candidate]);
  return variable === undefined ? undefined : { variable, url: env[variable]! };
}

/** Whether databases are created and the embedded server is started without an explicit request. */
export function isDevelopment(env: NodeJS.ProcessEnv = process.env): boolean {
  return env["NODE_ENV"] !== "production";
}
