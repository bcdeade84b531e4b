import { resolve } from "node:path";
import { lineOf, relativePath } from "@twinloop/compiler/internal";
import { declarationsIn, type DeclarationModel, type Manifest } from "@twinloop/core-native/cli";
import type { BigintOption } from "../rules/read-values.ts";
import type { TracedDatabase } from "../source/database-trace.ts";
import type { FoundDatabase } from "../source/find-databases.ts";

/** A declared database, as sources and manifest together tell it. */
export interface DatabaseDeclaration {
  readonly name: string;
  /** The folder of its migrations, absolute. */
  readonly folder: string | undefined;
  readonly bigint: BigintOption;
  /** SQL that sets up connections; `undefined` where only the running app knows it. */
  readonly setUp: string | undefined;
  /** The declaration in the sources. */
  readonly found: FoundDatabase | undefined;
}

/** The databases that the manifest lists, each with what its declaration says. */
export function declaredDatabases(
  root: string,
  manifest: Manifest,
  found: readonly { readonly database: FoundDatabase; readonly text: string }[],
): readonly DatabaseDeclaration[] {
  return declarationsIn(manifest, "@twinloop/sqldb", "SQLDatabase").map((model) => {
    const own = found.find(({ database, text }) => isOf(root, model, database, text))?.database;
    const { migrations } = model.options;
    return {
      name: model.name,
      folder: typeof migrations === "string" ? resolve(root, migrations) : undefined,
      bigint: own === undefined ? undefined : own.bigint,
      setUp: own === undefined ? "" : own.setUp,
      found: own,
    };
  });
}

function isOf(root: string, model: DeclarationModel, { place, name }: FoundDatabase, text: string): boolean {
  if (relativePath(root, place.path) !== model.file) return false;
  return name === undefined ? lineOf(text, place.start).line === model.line : name === model.name;
}

/**
 * The database of a statement: by its receiver, else the only one that there is. Shape: -> the database, or why there is none.
 */
export function databaseOf(
  traced: TracedDatabase | undefined,
  declared: readonly DatabaseDeclaration[],
): DatabaseDeclaration | string {
  if (declared.length === 0) return "the app declares no database";
  if (traced === undefined) {
    const [only, ...others] = declared;
    if (others.length === 0) return only!;
    const names = declared.map(({ name }) => name).join(", ");
    return `the sources do not tell which database the statement runs on (${names})`;
  }
  const match = declared.find(({ name, found }) =>
    "name" in traced
      ? name === traced.name
      : found?.place.path === traced.declaredAt.path && found.place.start === traced.declaredAt.start,
  );
  return match ?? "its database is not declared at the top level of a module";
}
