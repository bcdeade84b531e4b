/**
 * Internals shared with the packages that extend `@twinloop/sqldb`. Not for apps: they change without notice.
 *
 * @packageDocumentation
 */
export { EmbeddedError, type EmbeddedCode } from "./embedded/embedded-error.ts";
export { embeddedServers, type EmbeddedServers, type RunningServer } from "./embedded/embedded-servers.ts";
export {
  findPostgresPackage,
  packageMissing,
  PROGRAMS_VERSION,
  type PostgresPackage,
} from "./embedded/postgres-package.ts";
export {
  migrations,
  type MigrationConnection,
  type MigrationFormat,
  type MigrationReport,
  type MigrationRequest,
  type MigrationRunner,
} from "./migrations/migration-runner.ts";
