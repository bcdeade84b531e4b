import type { SharedTransaction, TransactionTurn } from "@twinloop/core-native/internal";
import { SQLError, SQLState } from "./error.ts";
import type { QueryOptions } from "./options.ts";
import { Queryable, Runner, type Place } from "./queryable.ts";
import { Session } from "./session.ts";

/** How isolated a transaction is. */
export type Isolation = "read committed" | "repeatable read" | "serializable";

/** What a transaction may be told when it begins. */
export interface BeginOptions extends QueryOptions {
  /** Default: the server's, which is `read committed` unless configured otherwise. */
  readonly isolation?: Isolation;
  /** Whether it may change anything. Default false. */
  readonly readOnly?: boolean;
}

/** What `transaction()` may be told. */
export interface TransactionOptions extends BeginOptions {
  /** How often it is run again after a serialization failure or a deadlock. Default 3. */
  readonly retries?: number;
}

const ISOLATIONS: readonly string[] = ["read committed", "repeatable read", "serializable"];

/**
 * A transaction, or a savepoint inside one.
 *
 * It ends with `commit()` or `rollback()`; one that is disposed of before, or lies idle longer than `transactionIdleTimeout`,
 * is rolled back.
 *
 * Example: `await using tx = await db.begin(); await tx.exec\`…\`; await tx.commit();`
 */
export class Transaction extends Queryable implements AsyncDisposable, SharedTransaction {
  protected override readonly runner: Runner;
  readonly #session: Session;
  readonly #options: QueryOptions;
  /** The savepoint this is, if it is one. */
  readonly #savepoint: string | undefined;
  #depth: number;
  #ended = false;

  private constructor(session: Session, options: QueryOptions, depth: number) {
    super();
    this.#session = session;
    this.#options = options;
    this.#depth = depth;
    this.#savepoint = depth === 0 ? undefined : `twinloop_${depth}`;
    this.runner = new Runner(session, options);
  }

  /** Begins one on a connection of `place`. */
  static async begin(place: Place, options: BeginOptions = {}): Promise<Transaction> {
    return new Transaction(await Session.acquire(place, beginText(options), options), options, 0);
  }

  /** A place in it for another primitive: see `SharedTransaction`. */
  takeTurn(): TransactionTurn {
    return this.#session.join();
  }

  /** Whether it has been committed or rolled back. */
  get isEnded(): boolean {
    return this.#ended || this.#session.isReleased;
  }

  /** A savepoint: a part that can be rolled back by itself. End it before the next one begins. */
  async begin(): Promise<Transaction> {
    const inner = new Transaction(this.#session, this.#options, this.#depth + 1);
    await this.rawExec(`savepoint ${inner.#savepoint!}`);
    return inner;
  }

  /** Runs `work` in a savepoint: kept when it resolves, rolled back when it throws. */
  transaction<R>(work: (tx: Transaction) => Promise<R>): Promise<R> {
    return within(() => this.begin(), work);
  }

  /**
   * Makes what was done last.
   *
   * Errors: `transaction_aborted` where a statement has failed before: it was then rolled back.
   */
  async commit(): Promise<void> {
    this.#end();
    if (this.#savepoint) {
      await this.rawExec(`release savepoint ${this.#savepoint}`);
      return;
    }
    try {
      await this.rawExec("commit");
    } finally {
      await this.#session.release();
    }
  }

  /** Undoes all that was done. */
  async rollback(): Promise<void> {
    this.#end();
    if (this.#savepoint) {
      await this.rawExec(`rollback to savepoint ${this.#savepoint}`);
      await this.rawExec(`release savepoint ${this.#savepoint}`);
      return;
    }
    await this.#session.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isEnded) await this.rollback();
  }

  #end(): void {
    if (this.isEnded)
      throw new SQLError("closed", "the transaction has already been committed or rolled back");
    this.#ended = true;
  }
}

function beginText({ isolation, readOnly }: BeginOptions): string {
  if (isolation !== undefined && !ISOLATIONS.includes(isolation)) {
    throw new SQLError(
      "invalid_parameter",
      `isolation is one of ${ISOLATIONS.join(", ")}, not ${String(isolation)}`,
    );
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
    // What `work` has thrown says more than a rollback that fails because the connection is gone.
    if (!tx.isEnded) await tx.rollback().catch(() => undefined);
    throw error;
  }
  if (!tx.isEnded) await tx.commit();
  return result;
}

const FIRST_PAUSE_MS = 10;

/** Runs `work` in a transaction, again from the start where the server says that another was in its way. */
export async function runTransaction<R>(
  place: Place,
  work: (tx: Transaction) => Promise<R>,
  options: TransactionOptions = {},
): Promise<R> {
  const retries = options.retries ?? 3;
  for (let attempt = 0; ; attempt++) {
    try {
      return await within(() => Transaction.begin(place, options), work);
    } catch (error) {
      if (attempt >= retries || !isConflict(error)) throw error;
      // Twice as long each time, and by chance: those who met must not meet again.
      const pause = FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random());
      await new Promise((resolve) => setTimeout(resolve, pause));
      options.signal?.throwIfAborted();
    }
  }
}

function isConflict(error: unknown): boolean {
  if (!(error instanceof SQLError)) return false;
  return error.code === SQLState.SerializationFailure || error.code === SQLState.DeadlockDetected;
}
