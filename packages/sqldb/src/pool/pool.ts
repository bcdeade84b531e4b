import { EventEmitter } from "node:events";
import { SQLError } from "../error.ts";
import { call, Operation } from "../native.ts";
import { PoolClient } from "./pool-client.ts";
import { toPoolError } from "./pool-error.ts";
import type { PoolOptions } from "./pool-options.ts";
import {
  answer,
  readCall,
  requireCallback,
  runPoolQuery,
  type Callback,
  type PoolQuery,
} from "./pool-query.ts";
import type { PoolResult } from "./pool-result.ts";
import { isSubmittable } from "./pool-submittable.ts";
import { ClientTypes } from "./pool-types.ts";
import { Runner } from "../statement/runner.ts";
import type { PoolPlace } from "../location/pool-place.ts";
import { Session } from "../session/session.ts";
import { RecordingRunner } from "../session/set-up.ts";

/** A returned client, which is used again when its connection is next taken. */
interface Idle {
  readonly client: PoolClient;
  readonly timer: NodeJS.Timeout;
  readonly onError: (error: Error) => void;
}

/** Events about the connection of each statement; without a listener for one, statements share connections. */
const OF_CLIENTS = ["connect", "acquire", "release", "remove"] as const;

/** The callback of `connect()`. */
export type ConnectCallback = (
  error: Error | undefined,
  client: PoolClient | undefined,
  release: (destroy?: unknown) => void,
) => void;

/**
 * The database's pool in the shape of a `pg.Pool`, so that libraries written for node-postgres use the connections that
 * Rust holds. Drizzle recognises a pool by its class name, which must contain `Pool`.
 *
 * The properties and events count the connections taken through this object; `counts()` returns those of the process's
 * pool. `end()` ends this object: the connections belong to the app and close with it.
 *
 * Events: `connect` (listeners are awaited before the first use), `acquire`, `release`, `remove`, and, where it has
 * listeners, `error` for a client that was returned without its connection.
 */
export class TwinloopPool extends EventEmitter {
  readonly options: PoolOptions;
  /** Whether `end()` was called; `ended` tells whether all clients have been returned since. */
  ending = false;
  ended = false;
  readonly #place: PoolPlace;
  readonly #runner: Runner;
  readonly #types: ClientTypes;
  /** Clients in use. */
  readonly #taken = new Set<PoolClient>();
  /** Returned clients, by the process id of their backend. */
  readonly #idle = new Map<number, Idle>();
  #waiting = 0;
  /** The number of `query()` calls under way. */
  #running = 0;
  /** Whether the statements that `connect` listeners ran are registered for all connections. */
  #isSetUp = false;
  #onEnded: (() => void) | undefined;

  constructor(place: PoolPlace, options: PoolOptions) {
    super();
    this.#place = place;
    this.options = options;
    this.#runner = new Runner(place, {});
    this.#types = new ClientTypes(place.bigints);
  }

  /** Runs a statement on any connection. */
  query(
    query: string | PoolQuery,
    values?: readonly unknown[] | Callback<PoolResult>,
    callback?: Callback<PoolResult>,
  ): Promise<PoolResult> {
    // A function in place of the text receives the error, as in node-postgres.
    const asked = readCall(query, values, typeof query === "function" ? query : callback);
    const result = asked.fault ? Promise.reject(asked.fault) : this.#run(asked.query);
    return answer(result, asked.callback, { is: undefined });
  }

  async #run(query: PoolQuery): Promise<PoolResult> {
    if (this.ending) throw afterEnd();
    this.#running++;
    try {
      return await this.#runOn(query);
    } finally {
      this.#running--;
      // The caller that awaits this query goes on first.
      if (this.ending) setImmediate(() => this.#pulse());
    }
  }

  async #runOn(query: PoolQuery): Promise<PoolResult> {
    const isSeen = OF_CLIENTS.some((name) => this.listenerCount(name) > 0);
    if (!isSeen && !isSubmittable(query)) return await runPoolQuery(this.#runner, query, this.#types);
    const client = await this.#take();
    try {
      const result = await client.query(query);
      client.release();
      return result;
    } catch (error) {
      client.release(error);
      throw error;
    }
  }

  /** Takes a connection out of the pool until its `release()`. */
  connect(): Promise<PoolClient>;
  connect(callback: ConnectCallback): void;
  connect(callback?: ConnectCallback): Promise<PoolClient> | void {
    requireCallback(callback);
    const client = this.ending ? Promise.reject(afterEnd()) : this.#take();
    if (!callback) return client;
    client.then(
      (taken) => process.nextTick(callback, undefined, taken, taken.release),
      (error: Error) => process.nextTick(callback, error, undefined, () => {}),
    );
  }

  async #take(): Promise<PoolClient> {
    const session = await this.#acquire();
    const known = this.#idle.get(session.processId);
    if (known) {
      clearTimeout(known.timer);
      known.client.off("error", known.onError);
    }
    this.#idle.delete(session.processId);
    const recorder = this.#isSetUp || known ? undefined : new RecordingRunner(session, {});
    const client = known?.client ?? new PoolClient(session, recorder);
    if (known) client.resume(session);
    this.#taken.add(client);
    client.release = this.#releaseOnce(client);
    client.whenEnded = () => this.#release(client, true);
    if (!known) await this.#begin(client, recorder);
    if (recorder) client.resume(session);
    this.emit("acquire", client);
    return client;
  }

  async #acquire(): Promise<Session> {
    this.#waiting++;
    try {
      return await Session.acquire(this.#place, "", {});
    } catch (error) {
      throw toPoolError(timedOut(error));
    } finally {
      this.#waiting--;
    }
  }

  /** Emits `connect` and waits until the listeners have prepared the new connection. */
  async #begin(client: PoolClient, recorder: RecordingRunner | undefined): Promise<void> {
    const listeners = this.rawListeners("connect");
    if (listeners.length === 0) return;
    try {
      await Promise.all(listeners.map((listener) => Reflect.apply(listener, this, [client]) as unknown));
      if (!recorder) return;
      // Not every listener awaits its queries.
      await client.settled();
      this.#isSetUp = true;
      const pool = this.#place.pool ?? (await this.#place.open());
      await this.#place.setUp(pool, recorder.text);
    } catch (error) {
      client.release(error);
      throw error;
    }
  }

  #releaseOnce(client: PoolClient): (destroy?: unknown) => void {
    let released = false;
    return (destroy) => {
      if (released) {
        throw new Error("Release called on client which has already been released to the pool.");
      }
      released = true;
      this.#release(client, destroy);
    };
  }

  #release(client: PoolClient, destroy: unknown): void {
    if (!this.#taken.delete(client)) return;
    this.emit("release", destroy, client);
    const removes = Boolean(destroy) || this.ending || client.isLost || client.isEnded;
    // Not awaited: Rust closes a connection that cannot be reset.
    const back = client.giveBack(Boolean(destroy)).catch(() => undefined);
    if (removes) void back.then(() => this.emit("remove", client));
    else this.#keep(client);
    if (this.ending) void back.then(() => this.#pulse());
    // Emitted only with a listener: the connection is replaced, and its user has received the error.
    if (client.isLost && this.listenerCount("error") > 0) {
      this.emit("error", new Error("Connection terminated unexpectedly"), client);
    }
  }

  /** Keeps a returned client for the next use of its connection, as long as Rust keeps the idle connection. */
  #keep(client: PoolClient): void {
    const timer = setTimeout(() => this.#forget(client), this.options.idleTimeoutMillis).unref();
    const onError = (error: Error): void => {
      this.#forget(client);
      this.emit("error", Object.assign(error, { client }), client);
    };
    client.once("error", onError);
    this.#idle.set(client.processID, { client, timer, onError });
  }

  #forget(client: PoolClient): void {
    if (this.#idle.delete(client.processID)) this.emit("remove", client);
  }

  /** Refuses further connections, and resolves when all clients have been returned. Works once. */
  end(callback?: (error?: Error) => void): Promise<void> {
    requireCallback(callback);
    if (this.ending) {
      const error = new Error("Called end on pool more than once");
      return callback ? (void callback(error) as never) : Promise.reject(error);
    }
    this.ending = true;
    const ended = new Promise<void>((resolve) => (this.#onEnded = resolve));
    for (const { client, timer } of this.#idle.values()) {
      clearTimeout(timer);
      this.#forget(client);
    }
    this.#pulse();
    if (!callback) return ended;
    void ended.then(() => callback());
    return undefined as never;
  }

  #pulse(): void {
    if (this.#taken.size > 0 || this.#running > 0 || this.ended) return;
    this.ended = true;
    this.#onEnded?.();
  }

  /** The process's open connections, those in use, and callers that wait for one. */
  async counts(): Promise<{ open: number; used: number; waiting: number }> {
    return JSON.parse(await call(Operation.counts, String(this.#place.pool ?? (await this.#place.open()))));
  }

  /** The number of connections that were taken through this object and are not known to be closed. */
  get totalCount(): number {
    return this.#taken.size + this.#idle.size;
  }

  /** The number of connections that were taken through this object and returned. */
  get idleCount(): number {
    return this.#idle.size;
  }

  /** The number of `connect()` calls that wait for a connection. */
  get waitingCount(): number {
    return this.#waiting;
  }

  /** Always 0: Rust replaces a connection that is too old while it is idle. */
  get expiredCount(): number {
    return 0;
  }

  /** The parser of a type, as node-postgres looks it up. */
  getTypeParser(oid: number): (text: string) => unknown {
    return this.#types.getTypeParser(oid);
  }
}

function afterEnd(): SQLError {
  return new SQLError("pool_closed", "Cannot use a pool after calling end on the pool");
}

/** Puts node-postgres' words for a timeout in front of the message, which libraries search for. */
function timedOut(error: unknown): unknown {
  if (!(error instanceof SQLError) || !/^(?:acquire|connect)_timeout$/.test(error.code)) return error;
  return new SQLError(error.code, `timeout exceeded when trying to connect: ${error.message}`, {}, error);
}
