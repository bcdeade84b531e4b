import { existsSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import type ts from "typescript-6";
import type { SourceFile } from "../source-file.ts";
import { folderOf } from "./bindings.ts";

/** The SQL files of the folder that a database's options name, relative to the app's folder; those of Prisma lie one folder deeper. */
export function migrationsOf(database: ts.Node, file: SourceFile, root: string): string[] {
  const named = /["'`]((?:\.{0,2}\/)?[\w./-]*migrations[\w./-]*)["'`]/.exec(file.textOf(database))?.[1];
  if (named === undefined) return [];
  const folder = posix.join(folderOf(file.path), named);
  if (folder.startsWith("..") || !existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".sql") && !name.endsWith(".down.sql"))
    .sort();
}
