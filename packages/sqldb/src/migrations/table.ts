import type { Connection } from "./connection.ts";

/** Tells whether a table is there, named as in SQL. */
export async function tableExists(connection: Connection, name: string): Promise<boolean> {
  const { rows } = await connection.query("select to_regclass($1::text) is not null as found", [name]);
  return rows[0]?.["found"] === true;
}
