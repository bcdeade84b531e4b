import { copyIn, copyOut, type CopySource } from "./copy.ts";
import type { QueryOptions } from "./options.ts";
import { Queryable, Runner, type Place } from "./queryable.ts";
import { Session } from "./session.ts";

/**
 * One connection of the pool, for what must stay on one: settings, locks, temporary tables.
 *
 * What it leaves behind is undone when it is closed: nobody else sees a setting or an open transaction of it.
 */
export class Connection extends Queryable implements AsyncDisposable {
  protected override readonly runner: Runner;
  readonly #session: Session;

  private constructor(session: Session, options: QueryOptions) {
    super();
    this.#session = session;
    this.runner = new Runner(session, options);
  }

  /** Takes one from the pool of `place`. */
  static async acquire(place: Place, options: QueryOptions = {}): Promise<Connection> {
    return new Connection(await Session.acquire(place, "", options), options);
  }

  /** Sends rows to the server: see `SQLDatabase.copyIn`. */
  copyIn(text: string, source: CopySource): Promise<number> {
    return copyIn(this.#session, text, source);
  }

  /** Receives rows from the server: see `SQLDatabase.copyOut`. */
  copyOut(text: string): AsyncGenerator<Buffer, void, undefined> {
    return copyOut(this.#session, text);
  }

  /** Gives the connection back. Idempotent. */
  close(): Promise<void> {
    return this.#session.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
