import { isSharedTransaction } from "@twinloop/core-native/internal";
import { PubsubError } from "./error.ts";

/** A place in a transaction, as the Rust half takes it. It must then be used: later statements wait for it. */
export type Turn = readonly [database: string, session: number, turn: number];

/** Draws a place in a transaction of the app's database. */
export function joinTurn(transaction: unknown): Turn {
  if (!isSharedTransaction(transaction)) {
    const message = "tx is no transaction of an SQLDatabase: give what db.begin() or db.transaction() gave";
    throw new PubsubError("invalid_argument", message);
  }
  const { database, session, turn } = transaction.takeTurn();
  return [database, session, turn];
}
