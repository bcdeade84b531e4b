import { AppProgram } from "@twinloop/compiler/internal";
import type { Manifest } from "@twinloop/core-native/cli";
import { CheckedDatabase } from "../database/checked-database.ts";
import type { Description } from "../database/description.ts";
import { serverOf, type ServerSource } from "../database/server-source.ts";
import { statementFindings } from "../rules/statement-findings.ts";
import type { SqlFinding } from "../rules/sql-finding.ts";
import { MOST_ALTERNATIVES } from "../source/alternative.ts";
import { CheckedSource } from "../source/checked-source.ts";
import { ComposedText } from "../source/composed-text.ts";
import { findDatabases } from "../source/find-databases.ts";
import { findStatements } from "../source/find-statements.ts";
import type { FoundStatement } from "../source/found-statement.ts";
import { databaseOf, declaredDatabases, type DatabaseDeclaration } from "./database-models.ts";
import { databaseFinding } from "./database-finding.ts";
import type { SqlReport, TypedStatement, Unchecked } from "./sql-report.ts";
import { uncheckedRefusal } from "./unchecked-refusal.ts";

/** The options with which an app's statements are checked. */
export interface SqlProjectOptions {
  readonly tsconfig?: string | undefined;
  readonly entry?: string | undefined;
  /** The URL of a server for scratch databases. Default: the app's embedded server. */
  readonly server?: string | undefined;
}

/** One statement with its ways of being composed, on its database. */
interface Work {
  readonly statement: FoundStatement;
  readonly texts: readonly ComposedText[];
}

/** The statements of an app, which stay loaded so that an edit costs little. */
export class SqlProject {
  readonly root: string;
  readonly #program: AppProgram;
  readonly #server: ServerSource;
  readonly #databases = new Map<string, CheckedDatabase>();
  #isRead = false;

  constructor(root: string, { server, ...options }: SqlProjectOptions = {}) {
    this.#program = new AppProgram(root, options);
    this.root = this.#program.root;
    this.#server = serverOf(root, server);
  }

  /**
   * Checks all statements.
   *
   * Shape:  the app's manifest, and the absolute paths of changed files (`null` for everything) -> the report. A server that cannot be
   * had, and a migration that fails, are findings.
   */
  async check(manifest: Manifest, changed: readonly string[] | null = null): Promise<SqlReport> {
    const started = performance.now();
    if (this.#isRead) this.#program.update(changed);
    this.#isRead = true;
    const source = new CheckedSource(this.#program.ts, this.#program.program);
    const files = this.#program.sources();
    const found = files.flatMap((file) =>
      findDatabases(source, file).map((database) => ({ database, text: file.text })),
    );
    const declared = declaredDatabases(this.root, manifest, found);
    const statements = files.flatMap((file) => findStatements(source, file));
    const report = {
      findings: [] as SqlFinding[],
      unchecked: [] as Unchecked[],
      typed: [] as TypedStatement[],
    };
    const works = sorted(statements, declared, report.unchecked);
    for (const [database, work] of works) {
      await this.#checkDatabase(database, work, { ...report, all: statements });
    }
    return { statements: statements.length, ...report, durationMs: performance.now() - started };
  }

  /** Whether a file lies in the folder of a database's migrations, as they were last checked. */
  concerns(path: string): boolean {
    const file = path.replaceAll("\\", "/");
    return [...this.#databases.values()].some(
      ({ folder }) => folder !== undefined && file.startsWith(`${folder}/`),
    );
  }

  /** Closes connections and releases the server. Idempotent. */
  async close(): Promise<void> {
    for (const database of this.#databases.values()) await database.close();
    this.#databases.clear();
    await this.#server.close();
  }

  async #checkDatabase(
    declared: DatabaseDeclaration,
    works: readonly Work[],
    report: {
      readonly findings: SqlFinding[];
      readonly unchecked: Unchecked[];
      readonly typed: TypedStatement[];
      readonly all: readonly FoundStatement[];
    },
  ): Promise<void> {
    const database = this.#databaseFor(declared);
    let known: ReadonlyMap<string, Description>;
    try {
      known = await database.describe(new Set(works.flatMap(({ texts }) => texts.map(({ text }) => text))));
    } catch (error) {
      await database.close().catch(() => undefined);
      report.findings.push(databaseFinding(this.root, declared, works[0]!.statement.place, error));
      return;
    }
    const { columns } = database;
    for (const { statement, texts } of works) {
      for (const composed of texts) {
        const description = known.get(composed.text)!;
        const why = uncheckedRefusal(description, composed, () => report.all);
        if (why !== undefined) report.unchecked.push({ place: statement.place, why });
        else {
          const { bigint } = declared;
          report.findings.push(...statementFindings(statement, composed, description, { columns, bigint }));
          if ("columns" in description && composed === texts[0])
            report.typed.push({ statement, columns: description.columns, bigint });
        }
      }
    }
  }

  #databaseFor({ name, folder, setUp = "" }: DatabaseDeclaration): CheckedDatabase {
    const key = JSON.stringify([name, folder, setUp]);
    const known = this.#databases.get(key);
    if (known !== undefined) return known;
    const opened = new CheckedDatabase({ root: this.root, name, folder, setUp }, this.#server);
    this.#databases.set(key, opened);
    return opened;
  }
}

/** The statements of each database that can be checked; what cannot is told. */
function sorted(
  statements: readonly FoundStatement[],
  declared: readonly DatabaseDeclaration[],
  unchecked: Unchecked[],
): ReadonlyMap<DatabaseDeclaration, readonly Work[]> {
  const works = new Map<DatabaseDeclaration, Work[]>();
  for (const statement of statements) {
    const database = databaseOf(statement.database, declared);
    if (typeof database === "string") {
      unchecked.push({ place: statement.place, why: database });
      continue;
    }
    const texts = textsOf(statement, unchecked);
    if (texts.length > 0) works.set(database, [...(works.get(database) ?? []), { statement, texts }]);
  }
  return works;
}

function textsOf({ alternatives, place }: FoundStatement, unchecked: Unchecked[]): readonly ComposedText[] {
  const unknown = alternatives.find((one) => one.unknown !== undefined)?.unknown;
  if (unknown !== undefined) unchecked.push(unknown);
  if (alternatives.length > MOST_ALTERNATIVES)
    unchecked.push({ place, why: `only ${MOST_ALTERNATIVES} ways of composing the statement are tried` });
  return alternatives
    .slice(0, MOST_ALTERNATIVES)
    .filter((one) => one.unknown === undefined)
    .map(({ pieces }) => new ComposedText(pieces));
}
