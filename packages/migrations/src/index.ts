/**
 * Migrations of PostgreSQL databases: folders of SQL files, applied in order and recorded in the database.
 *
 * A database of `@twinloop/sqldb` with the option `migrations` uses this package when the app starts.
 *
 * @packageDocumentation
 */
import { migrations } from "@twinloop/sqldb/internal";
import { fingerprint, run } from "./run.ts";

export { checkFolder } from "./check-folder.ts";
export type { Connection } from "./connection.ts";
export { createMigration } from "./create-migration.ts";
export { down, repair, status, up } from "./migrate.ts";
export type { MigrationOptions, RepairOptions, RepairReport, StatusReport, UpReport } from "./migrate.ts";
export { MigrationError, type MigrationCode, type MigrationProblem } from "./migration-error.ts";
export { readFolder, type Format, type Migration, type MigrationFolder } from "./migration-folder.ts";
export type { MigrationStatus, State } from "./state.ts";

migrations.provide({ run, fingerprint });
