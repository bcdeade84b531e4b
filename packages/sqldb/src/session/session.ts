import type { TransactionTurn } from "@twinloop/core-native/internal";
import { SQLError, type SQLErrorFields } from "../error.ts";
import { call, newToken, Operation } from "../native.ts";
import { milliseconds, queryOptions, throwIfAborted, type QueryOptions } from "../statement/query-options.ts";
import type { Place } from "../statement/place.ts";
import type { BigintMode } from "../statement/row.ts";
import type { Statements } from "../statement/statement.ts";

/** A message that the server sends unasked. */
export type SessionEvent =
  | readonly ["notice", fields: SQLErrorFields & { readonly sqlstate: string }, message: string]
  | readonly ["notification", channel: string, payload: string, processId: number];

/** Returns connections whose session was garbage-collected without `release()`. */
const abandoned = new FinalizationRegistry<number>((session) => {
  call(Operation.abandon, String(session)).catch(() => undefined);
});

/** One connection of a pool, held by one caller. Statements run in the order of their calls. */
export class Session implements Place {
  /** The texts of statements that Rust knows by number. */
  readonly statements: Statements;
  /** The JavaScript type of `int8` values. */
  readonly bigints: BigintMode;
  /** The time limit of a query, in milliseconds. */
  readonly queryTimeout: number;
  /** Whether statements end in a comment that names their trace. */
  readonly traceComments: boolean;
  /** The number of the pool that lent the connection. */
  readonly pool: number;
  /** The database's name in the app. */
  readonly database: string;
  /** The process id of the server's backend. */
  readonly processId: number;
  /** The session's number in operations. */
  readonly #number: number;
  #turn = 0;
  #savepoints = 0;
  #released: Promise<void> | undefined;

  private constructor(place: Place, pool: number, [number, processId]: readonly [number, number]) {
    this.statements = place.statements;
    this.bigints = place.bigints;
    this.queryTimeout = place.queryTimeout;
    this.traceComments = place.traceComments;
    this.pool = pool;
    this.database = place.database;
    this.#number = number;
    this.processId = processId;
  }

  /** Takes a connection; the SQL `begin` runs on it first. */
  static async acquire(place: Place, begin: string, given: QueryOptions): Promise<Session> {
    const options = queryOptions(given);
    const { signal } = options;
    throwIfAborted(signal);
    const pool = place.pool ?? (await place.open());
    const token = signal ? newToken() : 0;
    const timeout = milliseconds("timeout", options.timeout ?? place.queryTimeout);
    const argument = JSON.stringify([pool, timeout, token, begin]);
    const acquired = JSON.parse(await call(Operation.acquire, argument, token, signal)) as [number, number];
    const session = new Session(place, pool, acquired);
    abandoned.register(session, acquired[0], session);
    return session;
  }

  /**
   * Yields notices and notifications of the connection as they arrive, until it is returned: `["notice", fields,
   * message]` or `["notification", channel, payload, processId]`.
   */
  async *events(): AsyncGenerator<SessionEvent, void, undefined> {
    // Has a turn of its own, so that no statement after it runs before the events are queued.
    await call(Operation.hear, `[[0,${this.#number},${this.nextTurn()}]]`);
    while (!this.isReleased) {
      const text = await call(Operation.events, String(this.#number));
      if (text === "") return;
      yield* JSON.parse(text) as SessionEvent[];
    }
  }

  /** Reserves the next turn of this session for a statement of another primitive. */
  join(): TransactionTurn {
    return { database: this.database, session: this.session, turn: this.nextTurn() };
  }

  open(): Promise<number> {
    return Promise.resolve(this.pool);
  }

  get session(): number {
    if (this.#released) throw new SQLError("closed", "the transaction or connection has already ended");
    return this.#number;
  }

  get isReleased(): boolean {
    return this.#released !== undefined;
  }

  nextTurn(): number {
    return ++this.#turn;
  }

  /** A savepoint name that is unique in this session. */
  nextSavepoint(): string {
    return `twinloop_${++this.#savepoints}`;
  }

  /**
   * Returns the connection after all its calls have finished, or closes it; an open transaction is rolled back.
   * Idempotent.
   */
  release(destroy = false): Promise<void> {
    return (this.#released ??= this.#release(destroy));
  }

  async #release(destroy: boolean): Promise<void> {
    abandoned.unregister(this);
    await call(Operation.release, `[[0,${this.#number},${this.nextTurn()}],${destroy}]`);
  }
}
