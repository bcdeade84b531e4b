import { EventEmitter } from "node:events";
import { SQLError } from "../error.ts";
import { toPoolError } from "./pool-error.ts";
import { toMessage } from "./pool-event.ts";
import {
  answer,
  readCall,
  requireCallback,
  runPoolQuery,
  type Callback,
  type PoolQuery,
} from "./pool-query.ts";
import type { PoolResult } from "./pool-result.ts";
import { isSubmittable, SubmittedConnection, type Submittable } from "./pool-submittable.ts";
import { ClientTypes } from "./pool-types.ts";
import { Runner } from "../statement/runner.ts";
import type { Session } from "../session/session.ts";
import { toText } from "../argument/text.ts";

/** Events whose first listener makes the client receive messages between statements. */
const HEARD: ReadonlySet<string | symbol> = new Set(["notification", "notice", "error", "end"]);

/**
 * One connection, in the shape of a `pg.PoolClient`.
 *
 * Events: `notification` and `notice` as they arrive; `error` and `end` when the connection is lost while the client
 * holds it.
 */
export class PoolClient extends EventEmitter {
  /** The process id of the server's backend. */
  readonly processID: number;
  /** Returns the connection to the pool; an open transaction is rolled back and settings are reset. Works once. */
  release: (destroy?: unknown) => void = () => {};
  /** Called when the client was closed by `end()`, so that the pool forgets it. */
  whenEnded: () => void = () => {};
  readonly #types: ClientTypes;
  readonly #texts = new Map<string, string>();
  #session: Session;
  #runner: Runner;
  /** Resolves when the cursor or stream that occupies the connection ends. */
  #busy: Promise<void> | undefined;
  #leave: (() => Promise<void>) | undefined;
  #heard: Session | undefined;
  #isLost = false;
  #isEnded = false;
  readonly #pending = new Set<Promise<unknown>>();

  constructor(session: Session, runner: Runner = new Runner(session, {})) {
    super();
    this.processID = session.processId;
    this.#types = new ClientTypes(session.bigints);
    this.#session = session;
    this.#runner = runner;
    this.on("newListener", (name) => {
      if (HEARD.has(name)) this.#hear();
    });
  }

  /** Binds the client to a new session on the connection that it had before. */
  resume(session: Session): void {
    this.#session = session;
    this.#runner = new Runner(session, {});
    this.#busy = this.#leave = undefined;
    if ([...HEARD].some((name) => this.listenerCount(name) > 0)) this.#hear();
  }

  /** Resolves when no query of this client is under way; failures are left to the queries' callers. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  /** Ends an open cursor or stream, then returns the connection or closes it. */
  async giveBack(destroy: boolean): Promise<void> {
    await this.#leave?.();
    await this.#session.release(destroy);
  }

  /**
   * Runs a statement on this connection; statements run in the order of their calls. A submittable (a cursor, a stream
   * of rows) is returned, and occupies the connection until it ends.
   */
  query<S extends Submittable>(submittable: S, callback?: Callback<PoolResult>): S;
  query(
    query: string | PoolQuery,
    values?: readonly unknown[] | Callback<PoolResult>,
    callback?: Callback<PoolResult>,
  ): Promise<PoolResult>;
  query(
    query: string | PoolQuery | Submittable,
    values?: readonly unknown[] | Callback<PoolResult>,
    callback?: Callback<PoolResult>,
  ): Promise<PoolResult> | Submittable {
    if (query === null || query === undefined) {
      throw new SQLError("invalid_parameter", "Client was passed a null or undefined query");
    }
    if (isSubmittable(query)) {
      const back = typeof values === "function" ? values : callback;
      if (back !== undefined) (query as { callback?: unknown }).callback ??= back;
      return this.#submit(query);
    }
    const asked = readCall(query, values, callback);
    if (asked.fault) return answer(Promise.reject(asked.fault), asked.callback);
    const result = this.#run(asked.query);
    this.#pending.add(result);
    const forget = (): void => void this.#pending.delete(result);
    result.then(forget, forget);
    return answer(result, asked.callback);
  }

  async #run(query: PoolQuery): Promise<PoolResult> {
    while (this.#busy) await this.#busy;
    try {
      return await runPoolQuery(this.#runner, this.#named(query), this.#types);
    } catch (error) {
      this.#isLost ||= endsConnection(error);
      throw error;
    }
  }

  /** Whether the server or the network has closed the connection. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Fills in the text of a named statement; a name keeps the text of its first use. */
  #named(query: PoolQuery): PoolQuery {
    const { name, text } = query;
    if (name === undefined || name === "") return query;
    const before = this.#texts.get(name);
    if (before !== undefined && text && before !== text) {
      const message = `Prepared statements must be unique - '${name}' was used for a different statement`;
      throw new SQLError("invalid_parameter", message);
    }
    if (text) this.#texts.set(name, text);
    return before === undefined || text ? query : { ...query, text: before };
  }

  #submit<S extends Submittable>(submittable: S): S {
    const connection = new SubmittedConnection(this.#runner, submittable, this.#types, this.#texts);
    const before = this.#busy;
    this.#leave = () => connection.leave();
    this.#busy = (async () => {
      await before;
      await connection.run();
    })();
    const busy = this.#busy;
    void busy.finally(() => {
      if (this.#busy === busy) this.#busy = this.#leave = undefined;
    });
    return submittable;
  }

  /** Closes the connection; a later `release()` has no effect. */
  async end(callback?: () => void): Promise<void> {
    requireCallback(callback);
    this.#isEnded = true;
    await this.giveBack(true).catch(() => undefined);
    this.whenEnded();
    this.emit("end");
    callback?.();
  }

  /** Whether `end()` was called. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Registers a parser for a type on this client. */
  setTypeParser(oid: number, format: unknown, parser?: (text: string) => unknown): void {
    this.#types.setTypeParser(oid, format, parser);
  }

  /** The parser for values of a type: the client's own, else that of the pool's types. */
  getTypeParser(oid: number, format?: "text"): (text: string) => unknown {
    return this.#types.getTypeParser(oid, format);
  }

  /** Quotes a name as an SQL identifier. */
  escapeIdentifier(name: string): string {
    return `"${toText("an identifier", name).replaceAll('"', '""')}"`;
  }

  /** Quotes a text as an SQL literal. Source: PostgreSQL, "String Constants with C-Style Escapes". */
  escapeLiteral(text: string): string {
    const quoted = `'${toText("a literal", text).replaceAll("'", "''").replaceAll("\\", "\\\\")}'`;
    return text.includes("\\") ? ` E${quoted}` : quoted;
  }

  /** Does nothing: a pending query keeps the process alive, an idle client does not. */
  ref(): void {}

  /** Does nothing: an idle client does not keep the process alive. */
  unref(): void {}

  #hear(): void {
    if (this.#heard === this.#session || this.#session.isReleased) return;
    this.#heard = this.#session;
    void this.#listen(this.#session);
  }

  async #listen(session: Session): Promise<void> {
    try {
      for await (const event of session.events()) this.emit(event[0], toMessage(event));
    } catch (error) {
      if (!session.isReleased) return this.#lost(toPoolError(error));
    }
    if (!session.isReleased && this.#session === session) {
      this.#lost(new Error("Connection terminated unexpectedly"));
    }
  }

  #lost(error: unknown): void {
    this.#isLost = true;
    if (this.listenerCount("error") > 0) this.emit("error", error);
    this.emit("end");
  }
}

function endsConnection(error: unknown): boolean {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
  return severity === "FATAL" || severity === "PANIC" || code === "connection_lost";
}
