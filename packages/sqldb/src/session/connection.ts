import { copyIn, copyOut, type CopySource } from "../statement/copy.ts";
import { queryOptions, type QueryOptions } from "../statement/query-options.ts";
import type { Place } from "../statement/place.ts";
import { Queryable } from "../statement/queryable.ts";
import { Runner } from "../statement/runner.ts";
import { Session } from "./session.ts";
import { RecordingRunner } from "./set-up.ts";

/**
 * One connection of the pool, for state that belongs to a connection: settings, locks, temporary tables.
 *
 * Closing it resets that state: no later user sees its settings or an open transaction.
 */
export class Connection extends Queryable implements AsyncDisposable {
  protected override readonly runner: Runner;
  readonly #session: Session;

  private constructor(session: Session, runner: Runner) {
    super();
    this.#session = session;
    this.runner = runner;
  }

  /** Takes a connection out of the pool of `place`. */
  static async acquire(place: Place, options: QueryOptions = {}): Promise<Connection> {
    const known = queryOptions(options);
    const session = await Session.acquire(place, "", known);
    return new Connection(session, new Runner(session, known));
  }

  /** Runs `prepare` on a connection of `place`, and returns the statements it ran as one text. */
  static async record(place: Place, prepare: (connection: Connection) => unknown): Promise<string> {
    const session = await Session.acquire(place, "", {});
    const runner = new RecordingRunner(session, {});
    try {
      await prepare(new Connection(session, runner));
      return runner.text;
    } finally {
      await session.release(true);
    }
  }

  /** Sends rows to the server, as `SQLDatabase.copyIn` does. */
  copyIn(text: string, source: CopySource): Promise<number> {
    return copyIn(this.#session, text, source);
  }

  /** Receives rows from the server, as `SQLDatabase.copyOut` does. */
  copyOut(text: string): AsyncGenerator<Buffer, void, undefined> {
    return copyOut(this.#session, text);
  }

  /** Returns the connection to the pool. Idempotent. */
  close(): Promise<void> {
    return this.#session.release();
  }

  /** Closes the connection at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
