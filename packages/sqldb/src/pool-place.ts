import { call, Operation } from "./native.ts";
import { poolLimits, QUERY_TIMEOUT_MS, type SQLDatabaseOptions } from "./options.ts";
import type { Place } from "./queryable.ts";
import type { BigintMode } from "./row.ts";
import { Statements } from "./statement.ts";

/** Any connection of a database's pool, which is opened at its first use. */
export class PoolPlace implements Place {
  readonly statements: Statements = new Statements();
  readonly bigints: BigintMode;
  readonly queryTimeout: number;
  readonly database: string;
  readonly session = 0;
  pool: number | undefined;
  #opening: Promise<number> | undefined;
  #url: string | undefined;
  readonly #options: SQLDatabaseOptions;
  readonly #findUrl: () => Promise<string>;

  constructor(database: string, options: SQLDatabaseOptions, findUrl: () => Promise<string>) {
    this.database = database;
    this.bigints = options.bigint ?? "string";
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
      const argument = JSON.stringify([url, poolLimits(this.#options), rotates]);
      this.#url = url;
      return (this.pool = Number(await call(Operation.open, argument)));
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /** Has connections opened by the URL as it is now, where the pool is open and it is another one. */
  async rotate(): Promise<void> {
    const pool = await this.#opening?.catch(() => undefined);
    const url = await this.#findUrl();
    if (pool === undefined || pool !== this.pool || url === this.#url) return;
    await call(Operation.rotate, JSON.stringify([pool, url]));
    this.#url = url;
  }

  /** Closes the pool; the next use opens another. */
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
