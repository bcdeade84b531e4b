import type { CodePlace } from "@twinloop/core-native/internal";
import { problem, SystemCode } from "@twinloop/core-native/internal";
import { TwinloopError, type Problem } from "@twinloop/core-native";
import { SQLError } from "../error.ts";
import { installCommand } from "../optional/install-command.ts";
import { OptionalPackage } from "../optional/optional-package.ts";
import { shownName } from "../location/shown-name.ts";

/** The layout of a migration folder: Twinloop's own (golang-migrate's file names), Prisma's or Drizzle's. */
export type MigrationFormat = "twinloop" | "prisma" | "drizzle";

/**
 * One connection to a database, as migrations use it.
 *
 * All calls run on one session: a transaction that one call begins is open for the next.
 */
export interface MigrationConnection {
  /**
   * Runs SQL.
   *
   * Shape:  with parameters (an empty array included) one statement, whose rows are returned; without, a script of any
   * number of statements, sent unchanged in one message, whose rows are discarded.
   * Errors: the server's, with the SQLSTATE as `code` and, where the server tells it, the `position` in the text
   * (characters from 1).
   */
  query(sql: string, parameters?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

/** The migrations of one database: the folder as the declaration names it, and the place of the declaration. */
export interface MigrationRequest {
  /** The database's name. */
  readonly database: string;
  /** The folder, as the declaration names it. */
  readonly path: string;
  /** The folder's layout; `undefined` where its content tells it. */
  readonly format?: MigrationFormat | undefined;
  /** The place of the declaration, from which `./migrations` is resolved. */
  readonly site: CodePlace | undefined;
}

/** The result of a migration run. */
export interface MigrationReport {
  /** The applied migrations, in order. */
  readonly applied: readonly {
    readonly version: string;
    readonly name: string;
    readonly durationMs: number;
  }[];
  /** Versions imported from golang-migrate's table. */
  readonly adopted: readonly string[];
}

/** The interface through which `@twinloop/migrations` serves databases with the option `migrations`. */
export interface MigrationRunner {
  /**
   * Applies the pending migrations.
   *
   * Errors: a `TwinloopError` whose code begins with `migration_`, with a message for each problem in `problems`.
   */
  run(connection: MigrationConnection, request: MigrationRequest): Promise<MigrationReport>;

  /** The state of the migrations as a text: another one for each change of a file. Errors: as `run`, for what cannot be read. */
  fingerprint(request: MigrationRequest): string;
}

/** The optional package `@twinloop/migrations`. */
export const migrations: OptionalPackage<MigrationRunner> = new OptionalPackage("@twinloop/migrations");

/** The problem of a database with migrations in an app that lacks the package that runs them. */
export function runnerProblem(database: string, root: string): Problem | undefined {
  if (migrations.isInstalled(root)) return undefined;
  const message = `The database "${shownName(database)}" has \`migrations\`, and ${migrations.name}, which runs them, is not installed in ${root}.`;
  const command = installCommand(root, migrations.name);
  const hint = `Run \`${command}\`; an app that is bundled imports "${migrations.name}" in one of its modules.`;
  return problem(SystemCode.ConfigInvalid, message, hint);
}

/**
 * Loads the package that runs migrations.
 *
 * Errors: `config_invalid` with the command that installs the package.
 */
export async function loadRunner(database: string, root: string): Promise<MigrationRunner> {
  const runner = await migrations.load(root);
  if (runner) return runner;
  const { message, hint } = runnerProblem(database, root)!;
  throw new SQLError("config_invalid", `${message} ${hint}`);
}

/** The problems of a failed migration run, one for each migration; `undefined` for any other error. */
export function migrationProblems(thrown: unknown): readonly { readonly message: string }[] | undefined {
  if (!(thrown instanceof TwinloopError) || !thrown.code.startsWith("migration_")) return undefined;
  return (thrown as { readonly problems?: readonly { readonly message: string }[] }).problems;
}
