/**
 * The part of `@twinloop/sql-check` in the `twinloop` command. Not for apps.
 *
 * @packageDocumentation
 */
import type { Command, CommandOption, OpenCheck, PackageCli, SourceCheck } from "@twinloop/core-native/cli";

const SERVER: CommandOption = {
  type: "text",
  value: "<url>",
  meaning:
    "sql: the PostgreSQL server to check on, whose role may create databases (default: the embedded one)",
};

/** The check `twinloop check --sql`, which `dev` runs after each edit. */
const sql: SourceCheck = {
  meaning: "check the SQL in templates against the migrations, on the embedded server",
  options: { server: SERVER },
  open: (app) => {
    // TypeScript is loaded where the check runs, and not with every command.
    let opened: OpenCheck | undefined;
    return {
      async check(manifest, changed) {
        opened ??= (await import("./sql-check.ts")).openSqlCheck(app);
        return opened.check(manifest, changed);
      },
      concerns: (path) => opened?.concerns?.(path) === true,
      close: async () => opened?.close(),
    };
  },
};

/** The command `sql types`. */
const types: Command = {
  usage: [["sql types [file]", "print the row's type of each statement that is given none"]],
  options: { server: SERVER },
  run: async (line) => (await import("./sql-types.ts")).sqlTypes(line),
};

/** The check of SQL, and the command that prints rows' types. */
export const cli: PackageCli = { commands: { sql: types }, checks: { sql } };
