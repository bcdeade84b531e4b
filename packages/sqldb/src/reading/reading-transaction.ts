/**
 * The transaction in which statements of operators' tools run.
 *
 * Several fences stand one behind the other: the first word of a statement must be one that reads (`fence.ts`), the transaction is
 * read-only and is rolled back, the server ends a statement after 10 s, and a superuser is reduced to `pg_read_all_data`, which can
 * neither run programs nor read files of the server. The connection is one of its own, so that a look at a database whose pool is
 * used up still has an answer. Source: PostgreSQL, "Predefined Roles" and "SET TRANSACTION".
 */
import { sharedDatabases, type SharedDatabase } from "@twinloop/core-native/internal";
import { PoolPlace } from "../location/pool-place.ts";
import { Session } from "../session/session.ts";
import { declared } from "../start/declared.ts";
import type { Row } from "../statement/row.ts";
import { Runner } from "../statement/runner.ts";
import { explained, ReadingError } from "./reading-error.ts";

/** The time in milliseconds that a statement may take, and wait for a lock, before the server cancels it. */
export const READ_WITHIN_MS = 10_000;

/**
 * The time in milliseconds that the transaction may last beyond the statement's limit, so that the server's own error
 * arrives first.
 */
const GRACE_MS = 2_000;

/** A read-only transaction, in which statements run one after another. */
export class ReadingTransaction {
  /** Runs the statements of the transaction. */
  readonly runner: Runner;

  constructor(session: Session) {
    this.runner = new Runner(session, { timeout: READ_WITHIN_MS + GRACE_MS });
  }

  /** Runs one statement of this package and returns its rows. */
  rows<T extends Row>(text: string, ...parameters: readonly unknown[]): Promise<T[]> {
    return this.runner.rows<T>(this.runner.place.statements.ofText(text), parameters);
  }

  /** Gives up the rights of a superuser, who could read files of the server and run programs there. */
  async lowerRights(): Promise<void> {
    const [user] = await this.rows<{ isSuper: boolean }>(
      `select rolsuper as "isSuper" from pg_roles where rolname = current_user`,
    );
    if (user?.isSuper === true) await this.rows("set local role pg_read_all_data");
  }
}

/**
 * Runs `work` in a read-only transaction on a database of the app, on a connection of its own; rolls back afterwards.
 *
 * Errors: `ReadingError` `not_found` for a name that the app has no database of; those of the database.
 */
export async function inReading<R>(
  name: string,
  work: (reading: ReadingTransaction) => Promise<R>,
): Promise<R> {
  const database = databaseOf(name);
  const { onConnect } = declared.get(name)?.options ?? {};
  const options = { maxConnections: 2, ...(onConnect === undefined ? {} : { onConnect }) };
  const place = new PoolPlace(name, options, async () => ownConnection(await database.connect()));
  try {
    const session = await Session.acquire(place, "begin read only", { timeout: READ_WITHIN_MS + GRACE_MS });
    try {
      const reading = new ReadingTransaction(session);
      await reading.rows(`set local statement_timeout = ${READ_WITHIN_MS}`);
      await reading.rows(`set local lock_timeout = ${READ_WITHIN_MS}`);
      return await work(reading);
    } finally {
      await session.release();
    }
  } catch (error) {
    throw explained(error);
  } finally {
    await place.close();
  }
}

function databaseOf(name: string): SharedDatabase {
  const all = sharedDatabases();
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = all.map((one) => one.name).join(", ") || "none";
  throw new ReadingError("not_found", `The app has no database ${name}.`, `There are: ${names}.`);
}

/** The URL with an application name of its own: pools are shared by URL, and this one must not be the app's. */
function ownConnection(url: string): string {
  const [place, query = ""] = url.split("?", 2);
  const kept = query.split("&").filter((one) => one !== "" && !one.startsWith("application_name="));
  return `${place}?${[...kept, "application_name=twinloop-reader"].join("&")}`;
}
