import { problem, SystemCode } from "@twinloop/core-native/internal";
import { StartError, type Problem } from "@twinloop/core-native";
import type { SQLDatabase } from "./database.ts";
import { EmbeddedError } from "./embedded/embedded-error.ts";
import { MigrationError } from "./migrations/migration-error.ts";

/** What an app is told that cannot start because of a database: what failed, whose it is, and what to change. */
export function startProblems({ name, origin, where }: SQLDatabase, thrown: unknown): readonly Problem[] {
  if (thrown instanceof StartError) return thrown.problems;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const of = `The database "${name}"`;
  if (thrown instanceof MigrationError) {
    return thrown.problems.map((each) =>
      problem(
        SystemCode.StartFailed,
        `${of} cannot be migrated: ${each.message}`,
        "See above, then start again.",
      ),
    );
  }
  if (thrown instanceof EmbeddedError) {
    const mend = "See above; or set DATABASE_URL to a PostgreSQL that runs.";
    return [problem(SystemCode.StartFailed, `${of}: ${message}`, mend)];
  }
  const mend =
    origin === "embedded"
      ? "Start again; if it stays so, see .twinloop/postgres for the server's log."
      : `Correct ${origin}, or start the server it names.`;
  return [problem(SystemCode.StartFailed, `${of} at ${where} cannot be used: ${message}`, mend)];
}
