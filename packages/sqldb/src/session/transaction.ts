import type { SharedTransaction, TransactionTurn } from "@twinloop/core-native/internal";
import { SQLError } from "../error.ts";
import { queryOptions, shown, throwIfAborted, type QueryOptions } from "../statement/query-options.ts";
import type { Place } from "../statement/place.ts";
import { Queryable } from "../statement/queryable.ts";
import { Runner } from "../statement/runner.ts";
import { SavepointOrder } from "./savepoint-order.ts";
import { Session } from "./session.ts";
import { kindOf } from "../argument/unreadable.ts";

/** The isolation levels of a transaction. */
export type Isolation = "read committed" | "repeatable read" | "serializable";

/** Options of `begin()`. */
export interface BeginOptions extends QueryOptions {
  /** The isolation level. Default: the server's, which is `read committed` unless configured otherwise. */
  readonly isolation?: Isolation;
  /** Whether the server refuses changes in the transaction. Default false. */
  readonly readOnly?: boolean;
}

/** Options of `transaction()`. */
export interface TransactionOptions extends BeginOptions {
  /** The number of repetitions after serialization failures or deadlocks. Default 3. */
  readonly retries?: number;
}

const ISOLATIONS: readonly string[] = ["read committed", "repeatable read", "serializable"];

/**
 * A transaction, or a savepoint inside one.
 *
 * Ends with `commit()` or `rollback()`; a transaction that is disposed of before, or stays idle longer than
 * `transactionIdleTimeout`, is rolled back.
 *
 * Example: `await using tx = await db.begin(); await tx.exec\`…\`; await tx.commit();`
 */
export class Transaction extends Queryable implements AsyncDisposable, SharedTransaction {
  protected override readonly runner: Runner;
  readonly #session: Session;
  readonly #options: QueryOptions;
  /** The name of the savepoint; `undefined` for a transaction. */
  readonly #savepoint: string | undefined;
  readonly #savepoints = new SavepointOrder();
  /** Admits the next savepoint of the outer transaction. */
  readonly #leave: () => void;
  #ended = false;

  private constructor(session: Session, options: QueryOptions, savepoint?: string, leave = (): void => {}) {
    super();
    this.#session = session;
    this.#options = options;
    this.#savepoint = savepoint;
    this.#leave = leave;
    this.runner = new Runner(session, options);
  }

  /** Begins a transaction on a connection of `place`. */
  static async begin(place: Place, options: BeginOptions = {}): Promise<Transaction> {
    const known = queryOptions(options, ["isolation", "readOnly"]);
    return new Transaction(await Session.acquire(place, beginText(known), known), known);
  }

  /** Reserves a turn in the transaction for another primitive, as `SharedTransaction` describes. */
  takeTurn(): TransactionTurn {
    return this.#session.join();
  }

  /** Whether the transaction has been committed or rolled back. */
  get isEnded(): boolean {
    return this.#ended || this.#session.isReleased;
  }

  /**
   * Begins a savepoint, which can be rolled back by itself. Statements run on the outer transaction before the
   * savepoint has ended belong to it too.
   *
   * Errors: `invalid_parameter` while another savepoint of this transaction is open: two at once would undo each other.
   */
  async begin(): Promise<Transaction> {
    return this.#beginSavepoint(this.#savepoints.enter());
  }

  /**
   * Runs `work` in a savepoint: released when it resolves, rolled back when it throws, and the outer transaction goes
   * on.
   *
   * Concurrent calls run one after another, in the order of the calls. Errors: `invalid_parameter` where `work` uses
   * the outer transaction in place of the inner one, which would wait for itself.
   */
  async transaction<R>(work: (tx: Transaction) => Promise<R>): Promise<R> {
    requireWork(work);
    const turn = this.#savepoints.wait();
    return within(
      async () => this.#beginSavepoint(await turn),
      (inner) => this.#savepoints.run(() => work(inner)),
    );
  }

  async #beginSavepoint(leave: () => void): Promise<Transaction> {
    const name = this.#session.nextSavepoint();
    try {
      await this.rawExec(`savepoint ${name}`);
    } catch (error) {
      leave();
      throw error;
    }
    return new Transaction(this.#session, this.#options, name, leave);
  }

  /**
   * Commits the transaction, or releases the savepoint.
   *
   * Errors: `transaction_aborted` where a statement has failed before; the transaction is then rolled back.
   */
  async commit(): Promise<void> {
    this.#end();
    if (this.#savepoint !== undefined) return this.#release(this.#savepoint);
    try {
      await this.rawExec("commit");
    } finally {
      await this.#session.release();
    }
  }

  /** Rolls back the transaction or savepoint. */
  async rollback(): Promise<void> {
    this.#end();
    if (this.#savepoint !== undefined) return this.#undo(this.#savepoint).finally(this.#leave);
    await this.#session.release();
  }

  /** Rolls the transaction back at the end of an `await using` block, unless it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isEnded) await this.rollback();
  }

  async #release(savepoint: string): Promise<void> {
    try {
      await this.rawExec(`release savepoint ${savepoint}`);
    } catch (error) {
      // A statement in the savepoint has failed: without the rollback the outer transaction could not go on.
      await this.#undo(savepoint).catch(() => undefined);
      throw error;
    } finally {
      this.#leave();
    }
  }

  async #undo(savepoint: string): Promise<void> {
    await this.rawExec(`rollback to savepoint ${savepoint}`);
    await this.rawExec(`release savepoint ${savepoint}`);
  }

  #end(): void {
    if (this.isEnded)
      throw new SQLError("closed", "the transaction has already been committed or rolled back");
    this.#ended = true;
    this.#savepoints.end();
  }
}

function requireWork(work: unknown): void {
  if (typeof work === "function") return;
  throw new SQLError("invalid_parameter", `transaction() takes a function, not ${kindOf(work)}`);
}

function beginText({ isolation, readOnly }: BeginOptions): string {
  if (isolation !== undefined && !ISOLATIONS.includes(isolation)) {
    throw new SQLError(
      "invalid_parameter",
      `isolation is one of ${ISOLATIONS.join(", ")}, not ${shown(isolation)}`,
    );
  }
  if (readOnly !== undefined && typeof readOnly !== "boolean") {
    throw new SQLError("invalid_parameter", `readOnly is true or false, not ${shown(readOnly)}`);
  }
  return `begin${isolation ? ` isolation level ${isolation}` : ""}${readOnly ? " read only" : ""}`;
}

async function within<R>(
  begin: () => Promise<Transaction>,
  work: (tx: Transaction) => Promise<R>,
): Promise<R> {
  const tx = await begin();
  let result: R;
  try {
    result = await work(tx);
  } catch (error) {
    // The error of `work` says more than that of a rollback on a lost connection.
    if (!tx.isEnded) await tx.rollback().catch(() => undefined);
    throw error;
  }
  if (!tx.isEnded) await tx.commit();
  return result;
}

const FIRST_PAUSE_MS = 10;

/** Runs `work` in a transaction, again from the start after a serialization failure or a deadlock. */
export async function runTransaction<R>(
  place: Place,
  work: (tx: Transaction) => Promise<R>,
  given: TransactionOptions = {},
): Promise<R> {
  requireWork(work);
  const options = queryOptions(given, ["isolation", "readOnly", "retries"]);
  const { retries = 3 } = options;
  if (retries !== Infinity && !(Number.isInteger(retries) && retries >= 0)) {
    throw new SQLError("invalid_parameter", `retries is a whole number from 0, not ${shown(retries)}`);
  }
  for (let attempt = 0; ; attempt++) {
    try {
      return await within(() => Transaction.begin(place, options), work);
    } catch (error) {
      if (attempt >= retries || !isConflict(error)) throw error;
      // Doubled each time, with jitter, so that conflicting transactions do not meet again.
      const pause = FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random());
      await new Promise((resolve) => setTimeout(resolve, pause));
      throwIfAborted(options.signal);
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof SQLError && error.retryable === true;
}
