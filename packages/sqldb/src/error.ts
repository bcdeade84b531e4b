import { TwinloopError } from "@twinloop/core-native";

/** What the server or the runtime says of a failed statement, beside its code and message. */
export interface SQLErrorFields {
  /** `ERROR`, `FATAL` or `PANIC`; `undefined` where it was not the server that failed. */
  readonly severity?: string;
  readonly detail?: string;
  readonly hint?: string;
  /** The stack of calls inside the server. */
  readonly where?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
  /** The server's own routine that raised the error. */
  readonly routine?: string;
  /** Where in the query text, in characters from 1. */
  readonly position?: number;
  /** The text of the statement, never its parameters. */
  readonly query?: string;
}

/**
 * A statement, transaction or connection that failed.
 *
 * Shape:  `code` is the SQLSTATE of an error of the server (`23505` is a unique violation: see `SQLState`), or one of
 *         `connect_failed`, `connect_timeout`, `acquire_timeout`, `query_timeout`, `canceled`, `connection_lost` (it may have
 *         been executed), `invalid_parameter`, `transaction_aborted`, `closed`, `pool_closed`, `config_invalid`.
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
  declare readonly routine?: string;
  declare readonly position?: number;
  declare readonly query?: string;

  constructor(code: string, message: string, fields: SQLErrorFields = {}, cause?: unknown) {
    super(code, message, cause === undefined ? {} : { cause });
    Object.assign(this, fields);
  }
}

/** The SQLSTATEs that programs tell apart most often. */
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

/** Reads an error that crossed from Rust; `cause` is why its caller gave up. */
export function toSQLError(failure: string, cause?: unknown): SQLError {
  const { code, message, details } = JSON.parse(failure) as {
    code: string;
    message: string;
    details?: SQLErrorFields & { sqlstate?: string };
  };
  const { sqlstate, ...fields } = details ?? {};
  return new SQLError(sqlstate ?? code, message, fields, cause);
}
