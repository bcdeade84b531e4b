import { log } from "@twinloop/core-native";
import { Connection } from "../session/connection.ts";
import { call, Operation } from "../native.ts";
import { poolLimits, QUERY_TIMEOUT_MS, type SQLDatabaseOptions } from "../options.ts";
import type { Place } from "../statement/place.ts";
import type { BigintMode } from "../statement/row.ts";
import { Statements } from "../statement/statement.ts";
import { shownName } from "./shown-name.ts";

/** A pool's number, the database that opened it, and the names of the limits that differ from the requested ones. */
type Opened = readonly [pool: number, first: string, differences: readonly string[]];

/** The place of statements that run on any connection of a database's pool. Opens the pool at the first use. */
export class PoolPlace implements Place {
  /** The texts of statements that Rust knows by number. */
  readonly statements: Statements = new Statements();
  /** The JavaScript type of `int8` values. */
  readonly bigints: BigintMode;
  /** The time limit of a query, in milliseconds. */
  readonly queryTimeout: number;
  /** Whether statements end in a comment that names their trace. */
  readonly traceComments: boolean;
  /** The database's name in the app. */
  readonly database: string;
  /** No session: any connection of the pool will do. */
  readonly session = 0;
  /** The pool's number in operations; `undefined` before it is open. */
  pool: number | undefined;
  #opening: Promise<number> | undefined;
  #url: string | undefined;
  readonly #options: SQLDatabaseOptions;
  readonly #findUrl: () => Promise<string>;

  constructor(database: string, options: SQLDatabaseOptions, findUrl: () => Promise<string>) {
    this.database = database;
    this.bigints = options.bigint ?? "string";
    this.traceComments = options.traceComments ?? false;
    this.queryTimeout = options.queryTimeout ?? QUERY_TIMEOUT_MS;
    this.#options = options;
    this.#findUrl = findUrl;
  }

  open(): Promise<number> {
    return (this.#opening ??= this.#open());
  }

  async #open(): Promise<number> {
    try {
      const url = await this.#findUrl();
      const rotates = typeof this.#options.connectionString === "function";
      const argument = JSON.stringify([url, poolLimits(this.#options), rotates, shownName(this.database)]);
      this.#url = url;
      const opened = JSON.parse(await call(Operation.open, argument)) as Opened;
      this.#warnOfOthers(opened);
      await this.#setUp(opened[0]);
      return (this.pool = opened[0]);
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async #setUp(pool: number): Promise<void> {
    const { onConnect } = this.#options;
    if (onConnect === undefined) return;
    try {
      const sql =
        typeof onConnect === "string" ? onConnect : await Connection.record(this.#at(pool), onConnect);
      await this.setUp(pool, sql);
    } catch (error) {
      await call(Operation.close, String(pool));
      throw error;
    }
  }

  /**
   * Registers `sql` to run on each connection of the pool before its first use. Refused where another database at the
   * URL has registered a different text.
   */
  async setUp(pool: number, sql: string): Promise<void> {
    if (sql.trim() !== "") await call(Operation.setUp, JSON.stringify([pool, sql]));
  }

  /** The place of the connection on which `onConnect` is recorded, before the pool is visible to others. */
  #at(pool: number): Place {
    const { statements, bigints, queryTimeout, traceComments, database } = this;
    const open = (): Promise<number> => Promise.resolve(pool);
    return {
      statements,
      bigints,
      queryTimeout,
      traceComments,
      database,
      pool,
      open,
      session: 0,
      nextTurn: () => 0,
    };
  }

  #warnOfOthers([, first, differences]: Opened): void {
    if (differences.length === 0) return;
    const database = shownName(this.database);
    const fields = { database, sharedWith: first, limits: differences };
    log.warn(
      `database ${database} shares the pool of ${first || "another component"} at the same URL; the limits of the database that opened the pool apply`,
      fields,
    );
  }

  /** Opens new connections by the current URL, where the pool is open and the URL has changed. */
  async rotate(): Promise<void> {
    const pool = await this.#opening?.catch(() => undefined);
    const url = await this.#findUrl();
    if (pool === undefined || pool !== this.pool || url === this.#url) return;
    await call(Operation.rotate, JSON.stringify([pool, url]));
    this.#url = url;
  }

  /** Closes the pool; the next use opens a new one. */
  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = this.pool = undefined;
    const pool = await opening?.catch(() => undefined);
    if (pool !== undefined) await call(Operation.close, String(pool));
  }

  nextTurn(): number {
    return 0;
  }
}
