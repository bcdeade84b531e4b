/**
 * Migrations: files of SQL that a database has had, or has yet to get.
 *
 * @packageDocumentation
 */
export type { Connection } from "./connection.ts";
export { createMigration } from "./create-migration.ts";
export { down, repair, status, up } from "./migrate.ts";
export type { MigrationOptions, RepairOptions, RepairReport, StatusReport, UpReport } from "./migrate.ts";
export { MigrationError, type MigrationCode, type MigrationProblem } from "./migration-error.ts";
export { readFolder, type Format, type Migration, type MigrationFolder } from "./migration-folder.ts";
export type { MigrationStatus, State } from "./state.ts";
