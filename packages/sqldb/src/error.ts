import { TwinloopError } from "@twinloop/core-native";

/** Fields of a failed statement's error beside its code and message. */
export interface SQLErrorFields {
  /** `ERROR`, `FATAL` or `PANIC`; `undefined` for errors that the server did not raise. */
  readonly severity?: string;
  /** More about the problem, such as the key that exists: `Key (url)=(x) already exists.` May hold values of rows. */
  readonly detail?: string;
  /** The server's advice on what to do. */
  readonly hint?: string;
  /** The server's call stack at the error (the field `where` of PostgreSQL). */
  readonly where?: string;
  /** The schema of the object that the error is about. */
  readonly schema?: string;
  /** The table that the error is about, such as that of a broken constraint. */
  readonly table?: string;
  /** The column that the error is about, such as one that must not be null. */
  readonly column?: string;
  /** The data type that the error is about. */
  readonly dataType?: string;
  /** The constraint that was broken; a unique index counts as one. */
  readonly constraint?: string;
  /** The source file of the server that raised the error; `line` and `routine` belong to it. */
  readonly file?: string;
  /** The line of `file`. */
  readonly line?: number;
  /** The server's function that raised the error. */
  readonly routine?: string;
  /** The position of the error in the text that was sent, in characters from 1. */
  readonly position?: number;
  /** The position of the error in `internalQuery`, in characters from 1. */
  readonly internalPosition?: number;
  /** The text of a statement that failed inside the server, such as one in a function. */
  readonly internalQuery?: string;
  /** Whether the transaction may succeed when it is run again from its start. */
  readonly retryable?: boolean;
  /** The text of the statement; parameters are never included. */
  readonly query?: string;
}

/**
 * A statement, transaction or connection that failed.
 *
 * Shape:  `code` is the SQLSTATE of an error of the server (`23505` is a unique violation; constants are in
 * `SQLState`), or one of `connect_failed`, `connect_timeout`, `acquire_timeout`, `query_timeout`, `canceled`,
 * `connection_lost` (the statement may have been executed), `invalid_parameter`, `transaction_aborted`, `closed`,
 * `pool_closed`, `config_invalid`.
 * Source: PostgreSQL, "Error and Notice Message Fields"; the names are those of node-postgres.
 */
export class SQLError extends TwinloopError implements SQLErrorFields {
  declare readonly severity?: string;
  declare readonly detail?: string;
  declare readonly hint?: string;
  declare readonly where?: string;
  declare readonly schema?: string;
  declare readonly table?: string;
  declare readonly column?: string;
  declare readonly dataType?: string;
  declare readonly constraint?: string;
  declare readonly file?: string;
  declare readonly line?: number;
  declare readonly routine?: string;
  declare readonly position?: number;
  declare readonly internalPosition?: number;
  declare readonly internalQuery?: string;
  declare readonly retryable?: boolean;
  declare readonly query?: string;

  constructor(code: string, message: string, fields: SQLErrorFields = {}, cause?: unknown) {
    super(code, message, cause === undefined ? {} : { cause });
    Object.assign(this, fields);
  }

  /**
   * Makes `instanceof SQLError` hold for the errors of `db.pool()` too, which are of node-postgres' class where that is
   * installed.
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this === SQLError && marked.has(value as object)) return true;
    try {
      return Function.prototype[Symbol.hasInstance].call(this, value);
    } catch {
      // A thrown proxy may refuse to tell its prototype.
      return false;
    }
  }
}

const marked = new WeakSet<object>();

/** Makes an error of another class, which has the fields of an `SQLError`, count as one for `instanceof`. */
export function markAsSQLError(error: Error): void {
  marked.add(error);
}

/** The SQLSTATEs that programs distinguish most often. */
export const SQLState = {
  UniqueViolation: "23505",
  ForeignKeyViolation: "23503",
  NotNullViolation: "23502",
  CheckViolation: "23514",
  ExclusionViolation: "23P01",
  SerializationFailure: "40001",
  DeadlockDetected: "40P01",
  UndefinedTable: "42P01",
  UndefinedColumn: "42703",
  SyntaxError: "42601",
  InvalidTextRepresentation: "22P02",
  InsufficientPrivilege: "42501",
  LockNotAvailable: "55P03",
  ReadOnlyTransaction: "25006",
  TooManyConnections: "53300",
  DiskFull: "53100",
} as const;

/** Converts a failure that Rust reported into an error; `cause` is the reason with which the caller aborted. */
export function toSQLError(failure: string, cause?: unknown): SQLError {
  const { code, message, details } = JSON.parse(failure) as {
    code: string;
    message: string;
    details?: SQLErrorFields & { sqlstate?: string };
  };
  const { sqlstate, ...fields } = details ?? {};
  return new SQLError(sqlstate ?? code, message, fields, cause);
}
