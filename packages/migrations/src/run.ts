import type { MigrationRequest } from "@twinloop/sqldb/internal";
import type { Connection } from "./connection.ts";
import { up, type UpReport } from "./migrate.ts";
import { readFolder } from "./migration-folder.ts";
import { migrationsAt } from "./migrations-place.ts";

/**
 * Describes the migrations of a database that an app declares by their versions and checksums.
 *
 * Errors: `migration_unreadable`, `migration_duplicate`.
 */
export function fingerprint({ path, database, site, format }: MigrationRequest): string {
  const { migrations } = readFolder(migrationsAt(path, database, site), format);
  return migrations.map(({ version, checksum }) => `${version} ${checksum}`).join("\n");
}

/**
 * Applies the pending migrations of a database that an app declares.
 *
 * Errors: `MigrationError`; `migration_unreadable` where none of the paths that the option may mean exists.
 */
export async function run(connection: Connection, request: MigrationRequest): Promise<UpReport> {
  const { path, database, site, format } = request;
  return up(connection, migrationsAt(path, database, site), { format });
}
