import { resolve } from "node:path";
import { appMeta, type Problem } from "@twinloop/core-native";
import { shareDatabase } from "@twinloop/core-native/internal";
import { declared, registerComponent } from "./component.ts";
import { Connection } from "./connection.ts";
import { copyIn, copyOut, type CopySource } from "./copy.ts";
import { SQLError } from "./error.ts";
import { Subscription, type ListenOptions } from "./listen.ts";
import { forMigrations, Location } from "./location.ts";
import { up, type UpReport } from "./migrations/migrate.ts";
import { call, Operation } from "./native.ts";
import type { QueryOptions, SQLDatabaseOptions } from "./options.ts";
import { PoolPlace } from "./pool-place.ts";
import { Queryable, Runner } from "./queryable.ts";
import { TwinloopPool } from "./pool.ts";
import { runTransaction, Transaction, type BeginOptions, type TransactionOptions } from "./transaction.ts";

/** How long one statement of a migration may take: a day. */
const MIGRATION_WITHIN_MS = 86_400_000;

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
  readonly #location: Location;
  readonly #place: PoolPlace;
  #pool: TwinloopPool | undefined;

  constructor(name: string, options: SQLDatabaseOptions = {}) {
    super();
    this.name = name;
    this.options = options;
    this.#location = new Location(name, options);
    this.#place = new PoolPlace(name, options, () => this.#location.open());
    this.runner = new Runner(this.#place, {});
    if (!declared.has(name)) declared.set(name, this);
    shareDatabase({ name, connect: () => this.#location.open(), begin: () => this.begin() });
    registerComponent();
  }

  /** The database of this name: the declared one, or one without options of its own. */
  static named(name: string): SQLDatabase {
    return declared.get(name) ?? new SQLDatabase(name);
  }

  /**
   * The connection string, for tools that connect by themselves.
   *
   * Errors: `config_invalid` where there is none, and while the embedded server that has it is not in use.
   */
  get connectionString(): string {
    const { url, missing } = this.#location;
    if (url) return url;
    const why = missing
      ? `${missing.message} ${missing.mend}`
      : `The database "${this.name}" is on the embedded PostgreSQL, which is not started. Call \`await start()\` first.`;
    throw new SQLError("config_invalid", why);
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

  /**
   * A pool in the shape of node-postgres, for Drizzle, Kysely, Knex and other libraries: the same connections, nothing beside them.
   *
   * Its type is the one that its place asks for, because each library declares a `pg.Pool` of its own; `TwinloopPool` elsewhere.
   */
  pool<Pool = TwinloopPool>(): Pool {
    return (this.#pool ??= new TwinloopPool(this.#place)) as Pool;
  }

  /** What keeps the database from being used, before anything is connected or started. */
  get missing(): Problem | undefined {
    return this.#location.missing;
  }

  /** The database's URL without user and password; `(embedded)` stands behind that of the embedded server. */
  get where(): string {
    return this.#location.where;
  }

  /** Where the connection string is from: a variable of the environment, `connectionString`, or `embedded`. */
  get origin(): string {
    return this.#location.origin;
  }

  /** Connects once, so that a database that cannot be reached is found before anything depends on it. */
  async connect(): Promise<void> {
    await call(Operation.ping, String(await this.#place.open()));
  }

  /**
   * Applies the migrations that the database has not had, once however many processes do so at once.
   *
   * Errors: `MigrationError`.
   */
  async migrate(): Promise<UpReport> {
    const { migrations } = this.options;
    if (migrations === undefined) return { applied: [], adopted: [] };
    const path = typeof migrations === "string" ? migrations : migrations.path;
    const format = typeof migrations === "string" ? undefined : migrations.source;
    // An index over a large table takes longer than any query of a request may.
    const connection = await this.acquire({ timeout: MIGRATION_WITHIN_MS });
    try {
      return await up(forMigrations(connection), resolve(appMeta().root, path), { format });
    } finally {
      await connection.close();
    }
  }

  /** Has connections opened by the connection string as it is now: called when secrets have changed. */
  rotate(): Promise<void> {
    return this.#place.rotate();
  }

  /** Closes the pool of this process and gives the embedded server back; the next query opens another. */
  async close(): Promise<void> {
    await this.#place.close();
    await this.#location.release();
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
