import { relativePath } from "@twinloop/compiler/internal";
import { NotInstalled } from "../database/app-import.ts";
import type { SqlFinding } from "../rules/sql-finding.ts";
import type { SourcePlace } from "../source/source-place.ts";
import type { DatabaseDeclaration } from "./database-models.ts";

/** The fields of a migration's error that are read here. */
interface MigrationFault {
  readonly problems?: readonly MigrationProblem[];
}

interface MigrationProblem {
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
}

/** The problem of a database that could not be made: at its declaration, else at its first statement. */
export function databaseFinding(
  root: string,
  { name, found }: DatabaseDeclaration,
  first: SourcePlace,
  error: unknown,
): SqlFinding {
  const place = found?.place ?? first;
  const message = error instanceof Error ? error.message : String(error);
  const [problem] = (error as MigrationFault).problems ?? [];
  if (problem !== undefined) {
    const at = problem.file === undefined ? "" : ` at ${shown(root, problem.file, problem.line)}`;
    return {
      ...{ code: "migration_invalid" as const, place },
      message: `The migrations of \`${name}\` fail${at}, so its statements were not checked: ${short(root, problem)}`,
      hint: "Correct the migration; `twinloop migrate status` shows what is applied.",
    };
  }
  const hint =
    error instanceof NotInstalled
      ? error.hint
      : "Name another server that the statements may be checked on: `--server postgres://…`; its role must be able to create databases.";
  return {
    code: "sql_server",
    place,
    message: `The statements of \`${name}\` were not checked: ${message}`,
    hint,
  };
}

function shown(root: string, file: string, line: number | undefined): string {
  return line === undefined ? relativePath(root, file) : `${relativePath(root, file)}:${line}`;
}

/** The first line of a migration's message, without the place that is told already. */
function short(root: string, { message, file = "" }: MigrationProblem): string {
  const [first = ""] = message.split("\n");
  const words =
    file !== "" && first.startsWith(file) ? first.slice(file.length).replace(/^(?::\d+)*: /, "") : first;
  return words.replaceAll(`${root}/`, "");
}
