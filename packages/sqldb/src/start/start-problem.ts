import { problem, SystemCode } from "@twinloop/core-native/internal";
import { StartError, type Problem } from "@twinloop/core-native";
import type { DeclaredDatabase } from "./declared.ts";
import { EmbeddedError } from "../embedded/embedded-error.ts";
import { createStatement } from "../location/ensure-database.ts";
import { migrationProblems } from "../migrations/migration-runner.ts";
import { urlVariables } from "../location/url-variables.ts";
import { shownName } from "../location/shown-name.ts";

/**
 * The problems of an app whose start a database has failed: what failed, which database, and what to change. A
 * refused migration folder gives one problem for each of its faults; a `StartError` keeps its own. URLs are shown
 * without their password.
 */
export function startProblems(
  { name, origin, where }: DeclaredDatabase,
  thrown: unknown,
): readonly Problem[] {
  if (thrown instanceof StartError) return thrown.problems;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const of = `The database "${shownName(name)}"`;
  const refused = migrationProblems(thrown);
  if (refused) {
    return refused.map((each) =>
      problem(
        SystemCode.StartFailed,
        `${of} cannot be migrated: ${each.message}`,
        "Fix the migration, then start again.",
      ),
    );
  }
  if (thrown instanceof EmbeddedError) {
    const hint = "Fix the cause, or set DATABASE_URL to the URL of a running PostgreSQL.";
    return [problem(SystemCode.StartFailed, `${of}: ${message}`, hint)];
  }
  const code = (thrown as { code?: unknown } | null)?.code;
  const hint = origin === "embedded" ? hintEmbedded(code) : hintAt(origin, name, where, code);
  return [problem(SystemCode.StartFailed, `${of} at ${where} cannot be used: ${message}`, hint)];
}

/** The hint for the embedded server, whose password the app itself keeps in a file. */
function hintEmbedded(code: unknown): string {
  return code === "28P01"
    ? "Remove the file `password` in .twinloop/postgres/<version>, and start again: the start creates a new one."
    : "Start again; if it fails again, read the server's log in .twinloop/postgres.";
}

/**
 * The hint for a configured server, by the error's SQLSTATE: 3D000 no such database, 42501 no permission to create
 * one, 28P01 and 28000 a refused login. `origin` is the variable that holds the URL. Source: PostgreSQL, "PostgreSQL
 * Error Codes".
 */
function hintAt(origin: string, name: string, where: string, code: unknown): string {
  switch (code) {
    case "3D000":
      return `Run \`${createStatement(databaseIn(where) ?? name)}\` on that server, or correct ${origin}; ${urlVariables(name)[0]} configures this database alone.`;
    case "42501":
      return `Then start again; or set ${urlVariables(name)[0]} to a database that exists.`;
    case "28P01":
    case "28000":
      return `Correct user and password in ${origin}, or the server's pg_hba.conf.`;
    case "config_invalid":
      return `Correct ${origin}.`;
    default:
      return `Correct ${origin}, or start the server it names.`;
  }
}

/** The database's name in a URL; `undefined` where the place is no URL, or names none. */
function databaseIn(where: string): string | undefined {
  if (!URL.canParse(where)) return undefined;
  return decodeURIComponent(new URL(where).pathname.slice(1)) || undefined;
}
