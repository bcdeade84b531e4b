import type { TransactionTurn } from "@twinloop/core-native/internal";
import { SQLError } from "./error.ts";
import { call, newToken, Operation } from "./native.ts";
import type { QueryOptions } from "./options.ts";
import type { Place } from "./queryable.ts";
import type { BigintMode } from "./row.ts";
import type { Statements } from "./statement.ts";

/** One connection of a pool that one caller has alone. Its statements run in the order in which they were made. */
export class Session implements Place {
  readonly statements: Statements;
  readonly bigints: BigintMode;
  readonly queryTimeout: number;
  readonly pool: number;
  readonly database: string;
  readonly #number: number;
  #turn = 0;
  #released: Promise<void> | undefined;

  private constructor(place: Place, pool: number, number: number) {
    this.statements = place.statements;
    this.bigints = place.bigints;
    this.queryTimeout = place.queryTimeout;
    this.pool = pool;
    this.database = place.database;
    this.#number = number;
  }

  /** Takes a connection; `begin` runs on it first. */
  static async acquire(place: Place, begin: string, options: QueryOptions): Promise<Session> {
    const { signal } = options;
    signal?.throwIfAborted();
    const pool = place.pool ?? (await place.open());
    const token = signal ? newToken() : 0;
    const argument = JSON.stringify([pool, options.timeout ?? place.queryTimeout, token, begin]);
    return new Session(place, pool, Number(await call(Operation.acquire, argument, token, signal)));
  }

  /** The next place, for a statement that another primitive runs. */
  join(): TransactionTurn {
    return { database: this.database, session: this.session, turn: this.nextTurn() };
  }

  open(): Promise<number> {
    return Promise.resolve(this.pool);
  }

  get session(): number {
    if (this.#released) throw new SQLError("closed", "the transaction or connection was already ended");
    return this.#number;
  }

  get isReleased(): boolean {
    return this.#released !== undefined;
  }

  nextTurn(): number {
    return ++this.#turn;
  }

  /** Gives the connection back after all that was asked of it; an open transaction is rolled back. Idempotent. */
  release(): Promise<void> {
    return (this.#released ??= call(Operation.release, `[${this.#number},${this.nextTurn()}]`).then(
      () => undefined,
    ));
  }
}
