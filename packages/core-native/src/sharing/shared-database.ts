/**
 * The hook by which primitives share a database without knowing each other: a primitive that keeps rows in the app's own
 * database finds it here, and can join an open transaction.
 */

/** Types that installed packages add (`declare module "@twinloop/core-native"`): `transaction` by `@twinloop/sqldb`. */
export interface SharedTypes {}

/** A transaction of the app: the type of `SharedTypes.transaction`, if a package adds it. */
export type AppTransaction = SharedTypes extends { readonly transaction: infer Transaction }
  ? Transaction
  : SharedTransaction;

/** A turn in an open transaction: the right to run one statement at a place in its order. */
export interface TransactionTurn {
  /** The name of the transaction's database. */
  readonly database: string;
  /** The transaction's number in Rust. */
  readonly session: number;
  /** The place of the one statement that may be run with this turn; later statements wait for it. */
  readonly turn: number;
}

/** An open transaction that other primitives may join. */
export interface SharedTransaction {
  /** Draws the next turn, which must be used: later statements wait for it. Throws when the transaction is over. */
  takeTurn(): TransactionTurn;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** A database of the app, as other primitives see it. */
export interface SharedDatabase {
  /** The name that the database was declared with. */
  readonly name: string;
  /** Resolves with the database's URL. Starts the embedded server if the database lives there. */
  connect(): Promise<string>;
  /** Begins a transaction on a connection of its own. */
  begin(): Promise<SharedTransaction>;
}

const databases: SharedDatabase[] = [];

/** Makes a database known to other primitives. */
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
