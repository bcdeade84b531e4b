/**
 * A PostgreSQL server that an app runs in development.
 *
 * Where this package is installed, the databases of `@twinloop/sqldb` without a URL are on this server.
 *
 * @packageDocumentation
 */
import { embeddedServers } from "@twinloop/sqldb/internal";
import { startEmbedded } from "./start-embedded.ts";

export {
  EmbeddedError,
  findPostgresPackage,
  type EmbeddedCode,
  type PostgresPackage,
} from "@twinloop/sqldb/internal";
export { startEmbedded, type EmbeddedServer } from "./start-embedded.ts";

embeddedServers.provide({ start: startEmbedded });
