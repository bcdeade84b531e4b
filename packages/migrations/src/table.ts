import type { Connection } from "./connection.ts";

/** Whether a table exists, by its name in SQL. */
export async function tableExists(connection: Connection, name: string): Promise<boolean> {
  const { rows } = await connection.query("select to_regclass($1::text) is not null as found", [name]);
  return rows[0]?.["found"] === true;
}
