import { sharedDatabases } from "@twinloop/core-native/internal";
import type * as Admin from "@twinloop/sqldb/admin";
import { z } from "zod";
import { importAdmin } from "../app-packages.ts";
import { describeProblem } from "../ask-error.ts";
import type { Tools } from "../ask-tool.ts";

/** How many rows a query gives unless it is asked for more. */
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** The most characters of all rows of an answer. */
const MAX_CHARACTERS = 1 << 20;

const STATEMENT = { database: z.string().min(1), sql: z.string().min(1).max(100_000) };

type DatabaseTool = "databases.list" | "databases.query" | "databases.explain";

/** The tools that read the app's databases, on connections of their own. */
export const databaseTools: Tools<DatabaseTool> = {
  "databases.list": {
    input: z.strictObject({}),
    needs: "databases",
    async run() {
      const { listTables } = await importAdmin<typeof Admin>("sqldb");
      const names = sharedDatabases().map(({ name }) => name);
      return Promise.all(names.map((name) => tablesOf(name, listTables)));
    },
  },
  "databases.query": {
    input: z.strictObject({ ...STATEMENT, limit: z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT) }),
    needs: "databases",
    async run({ database, sql, limit = DEFAULT_LIMIT }) {
      const { readStatement } = await importAdmin<typeof Admin>("sqldb");
      return readStatement(database, { sql, limit, maxCharacters: MAX_CHARACTERS });
    },
  },
  "databases.explain": {
    input: z.strictObject({ ...STATEMENT, analyze: z.boolean().default(false) }),
    needs: "databases",
    async run({ database, sql, analyze = false }) {
      const { explainStatement } = await importAdmin<typeof Admin>("sqldb");
      return { plan: await explainStatement(database, { sql, analyze }) };
    },
  },
};

/** The tables of one database; one that cannot be reached does not hide the others. */
async function tablesOf(
  name: string,
  listTables: typeof Admin.listTables,
): Promise<{ name: string; tables: Admin.ListedTable[]; problem?: string }> {
  try {
    return { name, tables: await listTables(name) };
  } catch (error) {
    return { name, tables: [], problem: describeProblem(error).message };
  }
}
