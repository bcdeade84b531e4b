import { optionBounds, type OptionBounds, type OptionForm } from "@twinloop/core-native/internal";
import type { Connection } from "./session/connection.ts";
import type { MigrationFormat } from "./migrations/migration-runner.ts";
import type { BigintMode } from "./statement/row.ts";
import { milliseconds } from "./statement/query-options.ts";

/** The options of a database. Times are in milliseconds. */
export interface SQLDatabaseOptions {
  /**
   * The folder of the migrations, which `@twinloop/migrations` applies at `start()`. `./migrations` is resolved from
   * the file that declares the database, then from the app's root; `migrations` from the app's root first. `source`
   * names the folder's layout where its content does not tell it.
   */
  readonly migrations?: string | { readonly path: string; readonly source?: MigrationFormat };
  /**
   * The connection string, or a function that returns it: `` () => `postgres://app:${password()}@db/app` ``, or a secret.
   * The environment (`DATABASE_URL_<NAME>`, then `DATABASE_URL`) overrides it. When secrets change, the function is
   * called again and new connections use its result; open ones finish their work first.
   */
  readonly connectionString?: string | (() => string);
  /**
   * Sets up each connection before its first use: SQL, or a function that runs statements. The function is called once;
   * the statements it ran are repeated on every connection, and again after a connection's settings were reset.
   *
   * Example: `onConnect: "set search_path to shop; set statement_timeout to '10s'"`
   */
  readonly onConnect?: string | ((connection: Connection) => unknown);
  /** The JavaScript type of `int8` values. Default `string`. */
  readonly bigint?: BigintMode;
  /** The largest number of connections of the process to this database, all isolates together. Default 10. */
  readonly maxConnections?: number;
  /** The time limit for opening a connection. Default 5 000. */
  readonly connectTimeout?: number;
  /** The time limit for a query to get a connection. Default 10 000. */
  readonly acquireTimeout?: number;
  /**
   * The time limit of a query, waiting for a connection included; a query beyond it is cancelled in the server. Default
   * 30 000.
   */
  readonly queryTimeout?: number;
  /** The time after which an unused connection is closed. Default 60 000. */
  readonly idleTimeout?: number;
  /** The age at which a connection is replaced. Default 3 600 000. */
  readonly maxLifetime?: number;
  /**
   * Whether each statement of a request, delivery or run ends in `/*traceparent='…'*\/`, by which the server's log,
   * `pg_stat_activity` and `auto_explain` name its trace. Default false. The cost: such a statement is prepared again each
   * time, which takes one more round trip, and log analysers no longer group statements by text.
   */
  readonly traceComments?: boolean;
  /** The time after which an idle transaction is rolled back. Default 60 000. */
  readonly transactionIdleTimeout?: number;
}

/** The limits of a pool, as Rust reads them. Times are in milliseconds. */
export interface PoolLimits {
  /** The most connections of the process, all isolates together. */
  readonly maxConnections: number;
  /** The time limit for opening one connection. */
  readonly connectTimeout: number;
  /** The longest wait for a connection that is free. */
  readonly acquireTimeout: number;
  /** The time after which an unused connection is closed. */
  readonly idleTimeout: number;
  /** The age at which a connection is replaced. */
  readonly maxLifetime: number;
  /** The time after which an idle transaction is rolled back. */
  readonly transactionIdleTimeout: number;
}

/** The bounds of the options that are numbers, and the forms of texts, as the build has them too. */
export const BOUNDS: OptionBounds = optionBounds("SQLDatabase", import.meta.url);

/** The default time limit of a query, in milliseconds. */
export const QUERY_TIMEOUT_MS = 30_000;

/** The limits of a pool, with defaults for those that the options leave out; the options have passed their rules. */
export function poolLimits(options: SQLDatabaseOptions): PoolLimits {
  return {
    maxConnections: options.maxConnections ?? 10,
    connectTimeout: milliseconds("connectTimeout", options.connectTimeout ?? 5_000),
    acquireTimeout: milliseconds("acquireTimeout", options.acquireTimeout ?? 10_000),
    idleTimeout: milliseconds("idleTimeout", options.idleTimeout ?? 60_000),
    maxLifetime: milliseconds("maxLifetime", options.maxLifetime ?? 3_600_000),
    transactionIdleTimeout: milliseconds("transactionIdleTimeout", options.transactionIdleTimeout ?? 60_000),
  };
}

/** The form of a connection string. */
export const CONNECTION_STRING: OptionForm = BOUNDS.texts!["connectionString"]!;
