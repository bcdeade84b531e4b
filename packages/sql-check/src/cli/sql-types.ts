import { resolve } from "node:path";
import type { CommandLine } from "@twinloop/core-native/cli";
import { Lines } from "../project/as-problem.ts";
import { SqlProject } from "../project/sql-project.ts";
import { rowType } from "../rules/row-type.ts";

/**
 * Runs `twinloop sql types [file]`: prints the type of the rows of each statement whose sources give none.
 *
 * Shape:  -> the exit code: 0; 1 where a database could not be asked; 2 for another word than `types`.
 */
export async function sqlTypes({ root, words, options, manifest }: CommandLine): Promise<number> {
  const [word, file, ...more] = words;
  if (word !== "types" || more.length > 0) {
    process.stderr.write("Write `twinloop sql types`, or `twinloop sql types src/items.ts` for one file.\n");
    return 2;
  }
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const project = new SqlProject(root, { tsconfig: text("tsconfig"), server: text("server") });
  try {
    const { typed, findings } = await project.check(await manifest());
    const lines = new Lines(project.root);
    const path = file === undefined ? undefined : resolve(root, file).replaceAll("\\", "/");
    for (const { statement, columns, bigint } of typed) {
      const { method, head, row } = statement;
      const isAsked = path === undefined || head.path === path;
      if (!isAsked || row !== null || method === "exec" || columns.length === 0) continue;
      const { file: at, line, column } = lines.place(head);
      process.stdout.write(`${at}:${line}:${column}\n  ${method}<${rowType(columns, bigint)}>\n`);
    }
    const [lost] = findings.filter(({ code }) => code === "sql_server" || code === "migration_invalid");
    if (lost === undefined) return 0;
    process.stderr.write(`${lost.message}\n${lost.hint ?? ""}\n`);
    return 1;
  } finally {
    await project.close();
  }
}
