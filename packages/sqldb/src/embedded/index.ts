/**
 * A real PostgreSQL that an app brings along in development.
 *
 * @packageDocumentation
 */
export { findDatabase, resolveDatabaseUrl } from "./database-url.ts";
export type { DatabaseSource, ResolvedDatabase } from "./database-url.ts";
export { EmbeddedError } from "./embedded-error.ts";
export { ensureDatabase, type ClosableConnection, type Connect } from "./ensure-database.ts";
export type { EmbeddedCode } from "./fault.ts";
export { findPostgresPackage, installCommand, type PostgresPackage } from "./postgres-package.ts";
export { startEmbedded, type EmbeddedServer } from "./start-embedded.ts";
