import { EventEmitter } from "node:events";
import { call, Operation } from "./native.ts";
import { runPoolQuery, type PoolQuery, type PoolResult } from "./pool-query.ts";
import { Runner, type Place } from "./queryable.ts";
import { Session } from "./session.ts";

/** How node-postgres calls back. */
export type Callback<T> = (error: Error | null, result?: T) => void;

/** Hands a promise to a callback where there is one. */
function answer<T>(promise: Promise<T>, callback: Callback<T> | undefined): Promise<T> {
  if (!callback) return promise;
  promise.then(
    (result) => callback(null, result),
    (error: Error) => callback(error),
  );
  return promise.catch(() => undefined as T);
}

/** Where libraries may leave values and callback: `(text, callback)`, `(text, values, callback)`. */
function split<T>(
  values: readonly unknown[] | Callback<T> | undefined,
  callback: Callback<T> | undefined,
): { values: readonly unknown[] | undefined; callback: Callback<T> | undefined } {
  return typeof values === "function" ? { values: undefined, callback: values } : { values, callback };
}

/**
 * The database's pool in the shape of a `pg.Pool`, so that libraries written for node-postgres use the connections that Rust
 * holds. Drizzle knows a pool by the word in its class name.
 *
 * `end()` ends nothing: the connections belong to the app and close with it.
 */
export class TwinloopPool extends EventEmitter {
  readonly #place: Place;
  readonly #runner: Runner;
  #clients = 0;

  constructor(place: Place) {
    super();
    this.#place = place;
    this.#runner = new Runner(place, {});
  }

  /** Runs a statement on any connection. */
  query(
    query: string | PoolQuery,
    values?: readonly unknown[] | Callback<PoolResult>,
    callback?: Callback<PoolResult>,
  ): Promise<PoolResult> {
    const given = split(values, callback);
    return answer(runPoolQuery(this.#runner, query, given.values), given.callback);
  }

  /** Takes a connection until its `release()`. */
  connect(
    callback?: (error: Error | null, client?: PoolClient, release?: () => void) => void,
  ): Promise<PoolClient> {
    const client = Session.acquire(this.#place, "", {}).then((session) => {
      this.#clients++;
      return new PoolClient(session, () => this.#clients--);
    });
    return answer(client, callback && ((error, client) => callback(error, client, () => client?.release())));
  }

  /** Resolves at once: see the class. */
  end(callback?: () => void): Promise<void> {
    callback?.();
    return Promise.resolve();
  }

  /** Connections that are open in the process. */
  async counts(): Promise<{ open: number; used: number; waiting: number }> {
    return JSON.parse(await call(Operation.counts, String(this.#place.pool ?? (await this.#place.open()))));
  }

  /** Clients taken by this isolate and not released. */
  get totalCount(): number {
    return this.#clients;
  }

  /** Always 0: what is idle is Rust's. */
  get idleCount(): number {
    return 0;
  }

  /** Always 0: who waits, waits in Rust. */
  get waitingCount(): number {
    return 0;
  }
}

/** One connection, in the shape of a `pg.PoolClient`. */
export class PoolClient extends EventEmitter {
  readonly #session: Session;
  readonly #runner: Runner;
  readonly #onRelease: () => void;

  constructor(session: Session, onRelease: () => void) {
    super();
    this.#session = session;
    this.#runner = new Runner(session, {});
    this.#onRelease = onRelease;
  }

  /** Runs a statement on this connection; statements run in the order of their calls. */
  query(
    query: string | PoolQuery,
    values?: readonly unknown[] | Callback<PoolResult>,
    callback?: Callback<PoolResult>,
  ): Promise<PoolResult> {
    const given = split(values, callback);
    return answer(runPoolQuery(this.#runner, query, given.values), given.callback);
  }

  /** Gives the connection back; a transaction that is still open is rolled back, settings are reset. Idempotent. */
  release(_destroy?: unknown): void {
    if (this.#session.isReleased) return;
    this.#onRelease();
    // Nobody waits for it, and a connection that cannot be cleaned is closed in Rust.
    this.#session.release().catch(() => undefined);
  }

  /** Same as `release()`. */
  end(callback?: () => void): Promise<void> {
    this.release();
    callback?.();
    return Promise.resolve();
  }
}
