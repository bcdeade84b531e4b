import { SystemCode, problem } from "@twinloop/core-native/internal";
import type { Problem } from "@twinloop/core-native";
import { declared, registerComponent } from "./component.ts";
import { Connection } from "./connection.ts";
import { copyIn, copyOut, type CopySource } from "./copy.ts";
import { SQLError } from "./error.ts";
import { Subscription, type ListenOptions } from "./listen.ts";
import { call, Operation } from "./native.ts";
import { findUrl, poolLimits, QUERY_TIMEOUT_MS, urlVariables } from "./options.ts";
import type { QueryOptions, SQLDatabaseOptions } from "./options.ts";
import { Queryable, Runner, type Place } from "./queryable.ts";
import type { BigintMode } from "./row.ts";
import { TwinloopPool } from "./pool.ts";
import { Statements } from "./statement.ts";
import { runTransaction, Transaction, type BeginOptions, type TransactionOptions } from "./transaction.ts";

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
  #pool: TwinloopPool | undefined;

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

  /** Begins a transaction. One that is neither committed nor rolled back is rolled back when it is disposed of. */
  begin(options?: BeginOptions): Promise<Transaction> {
    return Transaction.begin(this.#place, options);
  }

  /**
   * Runs `work` in a transaction: committed when it resolves, rolled back when it throws.
   *
   * After a serialization failure (40001) or a deadlock (40P01) it is run again from the start, `retries` times at most: what
   * `work` does outside of the database must bear that.
   */
  transaction<R>(work: (tx: Transaction) => Promise<R>, options?: TransactionOptions): Promise<R> {
    return runTransaction(this.#place, work, options);
  }

  /** Takes one connection out of the pool until it is closed. */
  acquire(options?: QueryOptions): Promise<Connection> {
    return Connection.acquire(this.#place, options);
  }

  /** Listens on a channel; resolves when the server listens. */
  listen(channel: string, options?: ListenOptions): Promise<Subscription> {
    return Subscription.open(this.#place, channel, options);
  }

  /**
   * Sends rows to the server.
   *
   * Shape:  a `COPY … FROM STDIN` and pieces of its text or bytes -> the number of rows. Nothing is kept when either side fails.
   */
  copyIn(text: string, source: CopySource): Promise<number> {
    return copyIn(this.#place, text, source);
  }

  /** Receives rows from the server: a `COPY … TO STDOUT` -> pieces of whole rows, at the reader's pace. */
  copyOut(text: string): AsyncGenerator<Buffer, void, undefined> {
    return copyOut(this.#place, text);
  }

  /** A pool in the shape of node-postgres, for Drizzle, Kysely, Knex and other libraries: the same connections, nothing beside them. */
  pool(): TwinloopPool {
    return (this.#pool ??= new TwinloopPool(this.#place));
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
