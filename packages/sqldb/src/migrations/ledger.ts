import type { Connection } from "./connection.ts";
import { DrizzleLedger } from "./drizzle-ledger.ts";
import type { Format, Migration } from "./migration-folder.ts";
import { OwnLedger } from "./own-ledger.ts";
import { PrismaLedger } from "./prisma-ledger.ts";

/** A migration that a database has had. */
export interface Applied {
  readonly version: string;
  readonly name: string;
  /** `undefined` where the table does not keep one. */
  readonly checksum: string | undefined;
  /** False for one that was begun outside of a transaction and whose end is unknown. */
  readonly done: boolean;
  /** `undefined` where the table does not keep it. */
  readonly appliedAt: Date | undefined;
  readonly durationMs: number | undefined;
}

/** The table in which a database keeps what it has had; each format has its own, so that its tools agree. */
export interface Ledger {
  /** The table, as SQL names it. */
  readonly table: string;
  /** What is recorded, in the order of versions; nothing where there is no table. Changes nothing. */
  read(): Promise<readonly Applied[]>;
  /** Makes the table where it is not there. */
  prepare(): Promise<void>;
  /** Records that a migration is begun which no transaction covers. */
  begin(migration: Migration): Promise<void>;
  /** Records that a migration is done, begun or not. */
  finish(migration: Migration, durationMs: number): Promise<void>;
  /** Takes a record out. */
  remove(version: string): Promise<void>;
  /** Takes the file as it is now for what was applied. */
  accept(migration: Migration): Promise<void>;
}

/** The ledger that belongs to a folder's format, in the schema that the connection creates tables in. */
export async function openLedger(format: Format, connection: Connection): Promise<Ledger> {
  if (format === "drizzle") return new DrizzleLedger(connection);
  // A migration may change the search path: the table is named in full from here on.
  const { rows } = await connection.query("select quote_ident(current_schema()) as schema", []);
  const schema = String(rows[0]?.["schema"] ?? "public");
  return format === "prisma" ? new PrismaLedger(connection, schema) : new OwnLedger(connection, schema);
}
