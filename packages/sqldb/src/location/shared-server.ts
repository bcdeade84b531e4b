import { declarationsIn, loadManifest } from "@twinloop/core-native/internal";
import { declared } from "../start/declared.ts";
import { SQLError } from "../error.ts";
import { urlVariables } from "./url-variables.ts";
import { shownName } from "./shown-name.ts";

/**
 * The names of databases that use the whole of `DATABASE_URL`, because each was the only one when it was first used.
 */
const alone: Set<string> = new Set();

/** How a database uses `DATABASE_URL`: with its path (`whole`), or as the server of several databases (`server`). */
export type Share = "whole" | "server";

/**
 * How a database without a URL of its own uses `DATABASE_URL`: with its path where it is the app's only such database;
 * where there are several, each uses the database of its own name on that server. The app's databases are known from
 * its manifest, before all of its modules are loaded.
 */
export function shareOf(name: string): Share {
  const names = new Set([name]);
  for (const database of declarationsIn(loadManifest().manifest, "@twinloop/sqldb", "SQLDatabase")) {
    if (database.options["connectionString"] === undefined) names.add(database.name);
  }
  for (const { name: other, options } of declared.values()) {
    if (options.connectionString === undefined) names.add(other);
  }
  for (const other of names) if (other !== name && process.env[urlVariables(other)[0]]) names.delete(other);
  return names.size > 1 ? "server" : "whole";
}

/**
 * Records how a database in use has interpreted `DATABASE_URL`.
 *
 * Errors: `config_invalid` where another database was used before this one was declared, and has claimed the whole URL.
 */
export function claimShare(name: string, share: Share): void {
  if (share === "whole") return void alone.add(name);
  const [first] = [...alone].filter((other) => other !== name);
  if (first === undefined) return;
  const message = `The database "${shownName(first)}" was used before "${shownName(name)}" was declared, and as the only database at that time it uses the one that DATABASE_URL names. Declare all databases before one is used, or set ${urlVariables(name)[0]} or ${urlVariables(first)[0]}.`;
  throw new SQLError("config_invalid", message);
}

/** Removes the record of a database that is no longer used. */
export function leaveShare(name: string): void {
  alone.delete(name);
}
