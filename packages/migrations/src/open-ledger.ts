import type { Connection } from "./connection.ts";
import { DrizzleLedger } from "./drizzle-ledger.ts";
import type { Ledger } from "./ledger.ts";
import type { Format } from "./migration-folder.ts";
import { OwnLedger } from "./own-ledger.ts";
import { PrismaLedger } from "./prisma-ledger.ts";

/** Opens the ledger of a folder's format, in the schema in which the connection creates tables. */
export async function openLedger(format: Format, connection: Connection): Promise<Ledger> {
  if (format === "drizzle") return new DrizzleLedger(connection);
  // A migration may change the search path, so the table's name is qualified.
  const { rows } = await connection.query("select quote_ident(current_schema()) as schema", []);
  const schema = String(rows[0]?.["schema"] ?? "public");
  return format === "prisma" ? new PrismaLedger(connection, schema) : new OwnLedger(connection, schema);
}
