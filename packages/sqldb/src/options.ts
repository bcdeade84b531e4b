import type { Format } from "./migrations/migration-folder.ts";
import type { BigintMode } from "./row.ts";

/** How a database is used. Times in milliseconds. */
export interface SQLDatabaseOptions {
  /** The folder of the migrations, as seen from the app's root; run by `start()`. `source` says whose folder it is where that is not told by what lies in it. */
  readonly migrations?: string | { readonly path: string; readonly source?: Format };
  /**
   * The connection string, or a function that gives it: `() => \`postgres://app:${password()}@db/app\``, or a secret. The
   * environment (`DATABASE_URL_<NAME>`, then `DATABASE_URL`) overrides it. When secrets change, a function is called again, and
   * connections are opened anew by what it gives; those that are open finish what they have.
   */
  readonly connectionString?: string | (() => string);
  /** How `int8` arrives. Default `string`. */
  readonly bigint?: BigintMode;
  /** Connections of the process to this database, all isolates together. Default 10. */
  readonly maxConnections?: number;
  /** Until a connection must be open. Default 5 000. */
  readonly connectTimeout?: number;
  /** How long a query waits for a connection. Default 10 000. */
  readonly acquireTimeout?: number;
  /** How long a query may take, waiting included; it is then cancelled in the server. Default 30 000. */
  readonly queryTimeout?: number;
  /** When an unused connection is closed. Default 60 000. */
  readonly idleTimeout?: number;
  /** When a connection is replaced. Default 3 600 000. */
  readonly maxLifetime?: number;
  /** How long a transaction may lie idle until it is rolled back. Default 60 000. */
  readonly transactionIdleTimeout?: number;
}

/** What one query may be told. */
export interface QueryOptions {
  /** Gives the query up: it is cancelled in the server and fails with `canceled`. */
  readonly signal?: AbortSignal | undefined;
  /** How long it may take, in milliseconds, instead of the database's `queryTimeout`. */
  readonly timeout?: number | undefined;
}

/** What the Rust half is told of a pool. */
export interface PoolLimits {
  readonly maxConnections: number;
  readonly connectTimeout: number;
  readonly acquireTimeout: number;
  readonly idleTimeout: number;
  readonly maxLifetime: number;
  readonly transactionIdleTimeout: number;
}

/** How long a query may take by default, in milliseconds. */
export const QUERY_TIMEOUT_MS = 30_000;

/** The limits of a pool, with what was not given. */
export function poolLimits(options: SQLDatabaseOptions): PoolLimits {
  return {
    maxConnections: options.maxConnections ?? 10,
    connectTimeout: options.connectTimeout ?? 5_000,
    acquireTimeout: options.acquireTimeout ?? 10_000,
    idleTimeout: options.idleTimeout ?? 60_000,
    maxLifetime: options.maxLifetime ?? 3_600_000,
    transactionIdleTimeout: options.transactionIdleTimeout ?? 60_000,
  };
}

/** The variables that may hold the connection string of a database, the more special one first. */
export function urlVariables(name: string): readonly [special: string, general: string] {
  return [`DATABASE_URL_${name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}`, "DATABASE_URL"];
}
