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
  readonly session = 0;
  pool: number | undefined;
  #opening: Promise<number> | undefined;
  readonly #options: SQLDatabaseOptions;
  readonly #findUrl: () => Promise<string>;

  constructor(options: SQLDatabaseOptions, findUrl: () => Promise<string>) {
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
      const argument = JSON.stringify([await this.#findUrl(), poolLimits(this.#options)]);
      return (this.pool = Number(await call(Operation.open, argument)));
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
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
