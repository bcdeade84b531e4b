import type { MigrationRequest } from "@twinloop/sqldb/internal";
import type { Connection } from "./connection.ts";
import { up, type UpReport } from "./migrate.ts";
import { migrationsAt } from "./migrations-place.ts";

/**
 * Applies the pending migrations of a database that an app declares.
 *
 * Errors: `MigrationError`; `migration_unreadable` where none of the paths that the option may mean exists.
 */
export async function run(connection: Connection, request: MigrationRequest): Promise<UpReport> {
  const { path, database, site, format } = request;
  return up(connection, migrationsAt(path, database, site), { format });
}
