import { SystemCode, problem } from "@twinloop/core-native/internal";
import type { Problem } from "@twinloop/core-native";
import { declared, registerComponent } from "./component.ts";
import { SQLError } from "./error.ts";
import { call, Operation } from "./native.ts";
import { findUrl, poolLimits, QUERY_TIMEOUT_MS, urlVariables } from "./options.ts";
import type { QueryOptions, SQLDatabaseOptions } from "./options.ts";
import { Queryable, Runner, type Place } from "./queryable.ts";
import type { BigintMode } from "./row.ts";
import { Statements } from "./statement.ts";

/**
 * A PostgreSQL database.
 *
 * Its connections live in Rust, one pool for the whole process. Without `start()` it connects at its first use.
 *
 * Example: `const db = new SQLDatabase("links", { migrations: "./migrations" });`
 */
export class SQLDatabase extends Queryable {
  readonly name: string;
  readonly options: SQLDatabaseOptions;
  protected override readonly runner: Runner;
  readonly #place: PoolPlace;

  constructor(name: string, options: SQLDatabaseOptions = {}) {
    super();
    this.name = name;
    this.options = options;
    this.#place = new PoolPlace(this);
    this.runner = new Runner(this.#place, {});
    if (!declared.has(name)) declared.set(name, this);
    registerComponent();
  }

  /** The database of this name: the declared one, or one without options of its own. */
  static named(name: string): SQLDatabase {
    return declared.get(name) ?? new SQLDatabase(name);
  }

  /**
   * The connection string, for tools that connect by themselves.
   *
   * Errors: `config_invalid` where neither the environment nor the options have one.
   */
  get connectionString(): string {
    const url = findUrl(this.name, this.options);
    if (url) return url;
    throw new SQLError("config_invalid", this.missing().message + " " + this.missing().mend);
  }

  /** The same database with a signal or a time limit for the queries made through it. */
  with(options: QueryOptions): Queryable {
    return new Scoped(new Runner(this.#place, options));
  }

  /** What keeps the database from being used, before anything is connected. */
  missing(): Problem {
    const [special, general] = urlVariables(this.name);
    return problem(
      SystemCode.ConfigInvalid,
      `The database "${this.name}" has no connection string.`,
      `Set ${general} or ${special} to postgres://user:password@host:5432/database.`,
    );
  }

  /** Connects once, so that a database that cannot be reached is found before anything depends on it. */
  async connect(): Promise<void> {
    await call(Operation.ping, String(await this.#place.open()));
  }

  /** Closes the pool of this process; the next query opens another. */
  async close(): Promise<void> {
    await this.#place.close();
  }

  /** Connections open, in use, and queries that wait for one. */
  async poolCounts(): Promise<{ open: number; used: number; waiting: number }> {
    return JSON.parse(await call(Operation.counts, String(await this.#place.open())));
  }
}

/** A view of a database, connection or transaction whose queries have options. */
class Scoped extends Queryable {
  protected override readonly runner: Runner;

  constructor(runner: Runner) {
    super();
    this.runner = runner;
  }
}

/** Any connection of the database's pool. */
class PoolPlace implements Place {
  readonly statements = new Statements();
  readonly bigints: BigintMode;
  readonly queryTimeout: number;
  readonly session = 0;
  pool: number | undefined;
  #opening: Promise<number> | undefined;
  readonly #database: SQLDatabase;

  constructor(database: SQLDatabase) {
    this.#database = database;
    this.bigints = database.options.bigint ?? "string";
    this.queryTimeout = database.options.queryTimeout ?? QUERY_TIMEOUT_MS;
  }

  open(): Promise<number> {
    return (this.#opening ??= this.#open());
  }

  async #open(): Promise<number> {
    try {
      const argument = JSON.stringify([this.#database.connectionString, poolLimits(this.#database.options)]);
      return (this.pool = Number(await call(Operation.open, argument)));
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

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
