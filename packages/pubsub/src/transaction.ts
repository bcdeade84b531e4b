import { isSharedTransaction } from "@twinloop/core-native/internal";
import { PubsubError } from "./error.ts";

/** A turn in an open transaction, in the form that Rust takes. A drawn turn must be used: later statements wait for it. */
export type Turn = readonly [database: string, session: number, turn: number];

/** Draws a turn in a transaction of the app's database. Throws `PubsubError` for a value that is no such transaction. */
export function joinTurn(transaction: unknown): Turn {
  if (!isSharedTransaction(transaction)) {
    const message = "tx is no transaction of an SQLDatabase: give what db.begin() or db.transaction() gave";
    throw new PubsubError("invalid_argument", message);
  }
  const { database, session, turn } = transaction.takeTurn();
  return [database, session, turn];
}
