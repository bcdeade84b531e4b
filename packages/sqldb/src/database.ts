import { appMeta, type Problem } from "@twinloop/core-native";
import {
  callSite,
  problem,
  shareDatabase,
  SystemCode,
  testMode,
  type CodePlace,
} from "@twinloop/core-native/internal";
import { registerComponent } from "./start/component.ts";
import { declared, type DeclaredDatabase } from "./start/declared.ts";
import { Connection } from "./session/connection.ts";
import { copyIn, copyOut, type CopySource } from "./statement/copy.ts";
import { SQLError } from "./error.ts";
import { Subscription, type ListenOptions } from "./session/listen.ts";
import { forMigrations, Location } from "./location/location.ts";
import { shownName } from "./location/shown-name.ts";
import {
  loadRunner,
  runnerProblem,
  type MigrationReport,
  type MigrationRequest,
} from "./migrations/migration-runner.ts";
import { call, Operation } from "./native.ts";
import type { SQLDatabaseOptions } from "./options.ts";
import type { QueryOptions } from "./statement/query-options.ts";
import { requireOptions } from "./option-rules.ts";
import { PoolPlace } from "./location/pool-place.ts";
import { Queryable } from "./statement/queryable.ts";
import { Runner } from "./statement/runner.ts";
import { poolOptions } from "./pool/pool-options.ts";
import { TwinloopPool } from "./pool/pool.ts";
import {
  runTransaction,
  Transaction,
  type BeginOptions,
  type TransactionOptions,
} from "./session/transaction.ts";

/** The time limit of one migration statement, in milliseconds: a day. */
const MIGRATION_WITHIN_MS = 86_400_000;

/**
 * A PostgreSQL database.
 *
 * The connections live in Rust, in one pool for the whole process. Without `start()` the pool opens at the first query.
 *
 * Example: `const db = new SQLDatabase("links", { migrations: "./migrations" });`
 */
export class SQLDatabase extends Queryable implements DeclaredDatabase {
  /** The database's name in the app: in log lines, in `DATABASE_URL_<NAME>`, on the command line. */
  readonly name: string;
  /** The options as they were given, without defaults. */
  readonly options: SQLDatabaseOptions;
  protected override readonly runner: Runner;
  readonly #location: Location;
  readonly #place: PoolPlace;
  /** The place in the source where the database is declared. */
  readonly #site: CodePlace | undefined;
  #pool: TwinloopPool | undefined;

  constructor(name: string, options: SQLDatabaseOptions = {}) {
    super();
    requireOptions(name, options);
    this.name = name;
    this.options = options;
    this.#site = callSite(new.target);
    this.#location = new Location(name, options, () => this.#migrations());
    this.#place = new PoolPlace(name, options, () => this.#location.open());
    this.runner = new Runner(this.#place, {});
    if (!declared.has(name)) declared.set(name, this);
    shareDatabase({ name, connect: () => this.#location.open(), begin: () => this.begin() });
    registerComponent();
  }

  /** The declared database of this name; where none is declared, a new one without options. */
  static named(name: string): SQLDatabase {
    const known = declared.get(name);
    return known instanceof SQLDatabase ? known : new SQLDatabase(name);
  }

  /**
   * The connection string, for tools that open their own connections; readable while modules are still loading.
   *
   * For the embedded server, reading the property starts the server and blocks until it is ready (0.2 s, or 1 s where
   * the data directory must be created first); the server then runs until the process ends.
   *
   * Errors: `config_invalid` where no connection string is set; `EmbeddedError`.
   */
  get connectionString(): string {
    const { problem } = this.#location;
    if (problem) throw new SQLError("config_invalid", `${problem.message} ${problem.hint}`);
    return this.#location.openNow();
  }

  /** A view of this database whose queries use the given signal or time limit. */
  with(options: QueryOptions): Queryable {
    return new Scoped(new Runner(this.#place, options));
  }

  /** Begins a transaction. A transaction that is disposed of without commit or rollback is rolled back. */
  begin(options?: BeginOptions): Promise<Transaction> {
    return Transaction.begin(this.#place, options);
  }

  /**
   * Runs `work` in a transaction: committed when it resolves, rolled back when it throws.
   *
   * After a serialization failure (40001) or a deadlock (40P01) the function runs again from the start, at most
   * `retries` times (default 3): side effects of `work` outside the database must tolerate that.
   */
  transaction<R>(work: (tx: Transaction) => Promise<R>, options?: TransactionOptions): Promise<R> {
    return runTransaction(this.#place, work, options);
  }

  /** Takes one connection out of the pool until it is closed. */
  acquire(options?: QueryOptions): Promise<Connection> {
    return Connection.acquire(this.#place, options);
  }

  /** Listens on a channel; resolves when the server has confirmed `LISTEN`. */
  listen(channel: string, options?: ListenOptions): Promise<Subscription> {
    return Subscription.open(this.#place, channel, options);
  }

  /**
   * Sends rows to the server.
   *
   * Shape:  a `COPY … FROM STDIN` and pieces of its text or bytes -> the number of rows. When either side fails, no row
   * is stored.
   */
  copyIn(text: string, source: CopySource): Promise<number> {
    return copyIn(this.#place, text, source);
  }

  /** Receives rows from the server: a `COPY … TO STDOUT` -> pieces of whole rows, at the reader's pace. */
  copyOut(text: string): AsyncGenerator<Buffer, void, undefined> {
    return copyOut(this.#place, text);
  }

  /**
   * A pool in the shape of node-postgres, for Drizzle, Kysely, Knex and other libraries. Uses the database's own
   * connections and opens no others.
   *
   * The return type is inferred from where the pool is used, because each library declares its own `pg.Pool`; the
   * default is `TwinloopPool`.
   */
  pool<Pool = TwinloopPool>(): Pool {
    if (!this.#pool || this.#pool.ending) {
      this.#pool = new TwinloopPool(
        this.#place,
        poolOptions(this.options, () => this.connectionString),
      );
    }
    return this.#pool as Pool;
  }

  /**
   * The configuration problem that keeps the database from being used, found without connecting or starting anything.
   */
  get missing(): Problem | undefined {
    return this.#location.problem;
  }

  /**
   * All configuration problems that keep the database from starting with the app, found without connecting or starting
   * anything.
   */
  get problems(): readonly Problem[] {
    const { missing } = this;
    const without =
      this.options.migrations === undefined ? undefined : runnerProblem(this.name, appMeta().root);
    const early = testMode() && !this.isCopied ? declaredEarly(this.name) : undefined;
    return [missing, without, early].filter((problem) => problem !== undefined);
  }

  /** The database's URL without user and password; for the embedded server, followed by `(embedded)`. */
  get where(): string {
    return this.#location.where;
  }

  /** The source of the connection string: the name of an environment variable, `connectionString`, or `embedded`. */
  get origin(): string {
    return this.#location.origin;
  }

  /** Connects once, so that an unreachable database is reported before other components start. */
  async connect(): Promise<void> {
    await call(Operation.ping, String(await this.#place.open()));
  }

  /**
   * Applies the pending migrations. When several processes do so at once, each migration still runs once.
   *
   * Errors: `MigrationError` of `@twinloop/migrations`; `config_invalid` where that package is not installed.
   */
  async migrate(): Promise<MigrationReport> {
    const request = this.#migrations();
    if (request === undefined) return { applied: [], adopted: [] };
    const runner = await loadRunner(this.name, appMeta().root);
    // Building an index over a large table takes longer than any query of a request may.
    const connection = await this.acquire({ timeout: MIGRATION_WITHIN_MS });
    try {
      return await runner.run(forMigrations(connection), request);
    } finally {
      await connection.close();
    }
  }

  #migrations(): MigrationRequest | undefined {
    const { migrations } = this.options;
    if (migrations === undefined) return undefined;
    const isPath = typeof migrations === "string";
    const path = isPath ? migrations : migrations.path;
    const format = isPath ? undefined : migrations.source;
    return { database: this.name, path, format, site: this.#site };
  }

  /** Whether a test's copy stands in for the database: it was declared in a test of the app. */
  get isCopied(): boolean {
    return this.#location.isCopied;
  }

  /** Removes the copy that a test of the app has used. */
  async endTest(): Promise<void> {
    await this.#location.endTest();
  }

  /**
   * Opens new connections by the current connection string and retires the old ones; called when secrets have changed.
   */
  rotate(): Promise<void> {
    return this.#place.rotate();
  }

  /** Closes the pool of this process and releases the embedded server; the next query opens a new pool. */
  async close(): Promise<void> {
    await this.#place.close();
    await this.#location.release();
  }

  /** The numbers of open connections, of connections in use, and of queries that wait for a connection. */
  async poolCounts(): Promise<{ open: number; used: number; waiting: number }> {
    return JSON.parse(await call(Operation.counts, String(await this.#place.open())));
  }
}

/** The problem of a database whose test would write to the database itself. */
function declaredEarly(name: string): Problem {
  const message = `The database "${shownName(name)}" was declared before its test, so the test would not have a copy of it.`;
  return problem(
    SystemCode.ConfigInvalid,
    message,
    "Import @twinloop/api/testing above the app's own modules.",
  );
}

/** A view of a database, connection or transaction whose queries have their own signal and time limit. */
class Scoped extends Queryable {
  protected override readonly runner: Runner;

  constructor(runner: Runner) {
    super();
    this.runner = runner;
  }
}
