/**
 * What the primitives share of a database, without knowing each other: whoever keeps rows in the app's own database finds it
 * here, and joins a transaction that the app has open.
 */

/** Filled in by the packages that are installed (`declare module "@twinloop/core-native"`): `transaction` by `@twinloop/sqldb`. */
export interface SharedTypes {}

/** A transaction of the app, as far as it is known which package it comes from. */
export type AppTransaction = SharedTypes extends { readonly transaction: infer Transaction }
  ? Transaction
  : SharedTransaction;

/** A place in an open transaction. */
export interface TransactionTurn {
  /** The name of its database. */
  readonly database: string;
  /** The transaction's number in Rust. */
  readonly session: number;
  /** The place of the one statement that may now be run in it; statements made later wait for it. */
  readonly turn: number;
}

/** An open transaction that others may join. */
export interface SharedTransaction {
  /** Draws the next place, which must then be used: later statements wait for it. Throws when the transaction is over. */
  takeTurn(): TransactionTurn;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** A database of the app. */
export interface SharedDatabase {
  readonly name: string;
  /** Its URL, after the server that has it was started where it is the embedded one. */
  connect(): Promise<string>;
  begin(): Promise<SharedTransaction>;
}

const databases: SharedDatabase[] = [];

/** Makes a database known to the others. */
export function shareDatabase(database: SharedDatabase): void {
  if (!databases.some(({ name }) => name === database.name)) databases.push(database);
}

/** The app's databases, in the order of their declaration. */
export function sharedDatabases(): readonly SharedDatabase[] {
  return databases;
}

/** Whether `value` is a transaction to join. */
export function isSharedTransaction(value: unknown): value is SharedTransaction {
  return (
    typeof value === "object" && value !== null && typeof (value as SharedTransaction).takeTurn === "function"
  );
}
