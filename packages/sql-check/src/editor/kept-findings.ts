import type ts from "typescript-6";
import type { Manifest } from "@twinloop/core-native/cli";
import type { DatabaseModel } from "../database/checked-database.ts";
import { contentHash, keptServer, StatementCache } from "../database/statement-cache.ts";
import { databaseOf, declaredDatabases, type DatabaseDeclaration } from "../project/database-models.ts";
import { uncheckedRefusal } from "../project/unchecked-refusal.ts";
import type { SqlFinding } from "../rules/sql-finding.ts";
import { statementFindings } from "../rules/statement-findings.ts";
import { CheckedSource } from "../source/checked-source.ts";
import { ComposedText } from "../source/composed-text.ts";
import { findDatabases } from "../source/find-databases.ts";
import { findStatements } from "../source/find-statements.ts";
import type { FoundStatement } from "../source/found-statement.ts";

/** Matches a source that may have a statement which makes a table. */
const MAKES = /\b(?:create|into)\b/i;

/** Texts of a database in one state of its migrations, that are not kept. */
export interface MissingTexts {
  readonly model: DatabaseModel;
  readonly texts: readonly string[];
  /** The hash of the state. */
  readonly state: string;
}

/**
 * The problems of one file's statements as far as the server's answers are kept. Reads files and asks nobody.
 *
 * Shape:  a program, the file and the built manifest -> the findings in this file, and what is missing for others.
 */
export function keptFindings(
  typescript: typeof ts,
  program: ts.Program,
  {
    root,
    file,
    manifest,
  }: { readonly root: string; readonly file: ts.SourceFile; readonly manifest: Manifest },
): { readonly findings: readonly SqlFinding[]; readonly missing: readonly MissingTexts[] } {
  const source = new CheckedSource(typescript, program);
  const statements = findStatements(source, file);
  if (statements.length === 0) return { findings: [], missing: [] };
  const files = program.getSourceFiles().filter(({ isDeclarationFile }) => !isDeclarationFile);
  const found = files.flatMap((one) =>
    findDatabases(source, one).map((database) => ({ database, text: one.text })),
  );
  const declared = declaredDatabases(root, manifest, found);
  let makers: readonly FoundStatement[] | undefined;
  const making = (): readonly FoundStatement[] =>
    (makers ??= files.filter(({ text }) => MAKES.test(text)).flatMap((one) => findStatements(source, one)));
  const states = new Map<DatabaseDeclaration, KeptState>();
  const findings: SqlFinding[] = [];
  for (const statement of statements) {
    const database = databaseOf(statement.database, declared);
    if (typeof database === "string") continue;
    const state = states.get(database) ?? new KeptState(root, database);
    states.set(database, state);
    for (const { pieces, unknown } of statement.alternatives) {
      if (unknown !== undefined) continue;
      const composed = new ComposedText(pieces);
      const description = state.get(composed.text);
      if (description === undefined || uncheckedRefusal(description, composed, making) !== undefined)
        continue;
      const { columns } = state;
      findings.push(
        ...statementFindings(statement, composed, description, { columns, bigint: database.bigint }),
      );
    }
  }
  const missing = [...states.values()].filter(({ missing }) => missing.size > 0);
  return {
    findings: unique(findings.filter(({ place }) => place.path === file.fileName)),
    missing: missing.map(({ model, missing, hash }) => ({ model, texts: [...missing], state: hash })),
  };
}

/** What is kept of one database, and the texts that were not found. */
class KeptState {
  readonly model: DatabaseModel;
  readonly hash: string;
  readonly missing = new Set<string>();
  readonly #cache: StatementCache;

  constructor(root: string, { name, folder, setUp = "" }: DatabaseDeclaration) {
    this.model = { root, name, folder, setUp };
    this.hash = contentHash([keptServer(root) ?? "", setUp], folder);
    this.#cache = new StatementCache(root, name, this.hash);
  }

  get columns(): StatementCache["columns"] & object {
    return this.#cache.columns ?? [];
  }

  get(text: string): ReturnType<StatementCache["get"]> {
    const description = this.#cache.get(text);
    if (description === undefined) this.missing.add(text);
    return description;
  }
}

function unique(findings: readonly SqlFinding[]): SqlFinding[] {
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const key = JSON.stringify(finding);
    return !seen.has(key) && seen.add(key);
  });
}
