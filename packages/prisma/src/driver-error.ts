/**
 * From an error of the database to one of Prisma's kinds, which its client turns into the codes that apps catch:
 * `UniqueConstraintViolation` becomes `P2002`, `ForeignKeyConstraintViolation` P2003, `TransactionWriteConflict`
 * P2034.
 *
 * Source: `@prisma/adapter-pg` 7, `errors.ts`; Prisma, "Error message reference".
 */
import { SQLError, SQLState } from "@twinloop/sqldb";

/** A failure of one of Prisma's kinds; the other properties depend on the kind. */
export interface DriverFailure {
  /** The name of the kind, such as `UniqueConstraintViolation`; `postgres` for an error that has no kind of its own. */
  readonly kind: string;
  /** The SQLSTATE, or a code of `SQLError` such as `query_timeout`. */
  readonly originalCode?: string;
  /** The server's message, which may contain values of the row. */
  readonly originalMessage?: string;
  readonly [property: string]: unknown;
}

/** An error that Prisma's client recognises by its name; the client reads the kind of its `cause`. */
export class DriverAdapterError extends Error {
  override readonly name = "DriverAdapterError";
  override readonly cause: DriverFailure;

  constructor(failure: DriverFailure) {
    super(failure.originalMessage ?? failure.kind);
    this.cause = failure;
  }
}

/**
 * Rethrows a failure as one of Prisma's kinds; errors other than `SQLError` are rethrown unchanged. Returns never, so
 * that it may end a promise chain as `.catch(throwForPrisma)`.
 */
export function throwForPrisma(error: unknown): never {
  if (!(error instanceof SQLError)) throw error;
  throw new DriverAdapterError({
    originalCode: error.code,
    originalMessage: error.message,
    ...failureOf(error),
  });
}

/** The kinds that need only the SQLSTATE or the server's message, by SQLSTATE. */
const KINDS: Readonly<Record<string, (error: SQLError) => DriverFailure>> = {
  "22001": ({ column }) => ({ kind: "LengthMismatch", column }),
  "22003": ({ message }) => ({ kind: "ValueOutOfRange", cause: message }),
  [SQLState.InvalidTextRepresentation]: ({ message }) => ({ kind: "InvalidInputValue", message }),
  [SQLState.UniqueViolation]: (error) => ({
    kind: "UniqueConstraintViolation",
    constraint: byIndex(error),
    table: error.table,
  }),
  [SQLState.NotNullViolation]: (error) => ({ kind: "NullConstraintViolation", constraint: byColumn(error) }),
  [SQLState.ForeignKeyViolation]: (error) => ({
    kind: "ForeignKeyConstraintViolation",
    constraint: byColumn(error) ?? byIndex(error),
  }),
  "23001": (error) => ({ kind: "RestrictViolation", constraint: byColumn(error) ?? byIndex(error) }),
  "28000": () => ({ kind: "DatabaseAccessDenied" }),
  "28P01": ({ message }) => ({ kind: "AuthenticationFailed", user: firstQuoted(message) }),
  "3D000": ({ message }) => ({ kind: "DatabaseDoesNotExist", db: firstQuoted(message) }),
  [SQLState.SerializationFailure]: () => ({ kind: "TransactionWriteConflict" }),
  [SQLState.DeadlockDetected]: () => ({ kind: "TransactionWriteConflict" }),
  [SQLState.UndefinedTable]: ({ message }) => ({ kind: "TableDoesNotExist", table: firstQuoted(message) }),
  [SQLState.UndefinedColumn]: ({ message }) => ({
    kind: "ColumnNotFound",
    column: firstQuoted(message) ?? /^column (\S+)/.exec(message)?.[1],
  }),
  "42P04": ({ message }) => ({ kind: "DatabaseAlreadyExists", db: firstQuoted(message) }),
  [SQLState.TooManyConnections]: ({ message }) => ({ kind: "TooManyConnections", cause: message }),
  "57P01": () => ({ kind: "ConnectionClosed" }),
  acquire_timeout: ({ message }) => ({ kind: "TooManyConnections", cause: message }),
  connect_failed: () => ({ kind: "DatabaseNotReachable" }),
  connect_timeout: () => ({ kind: "DatabaseNotReachable" }),
  connection_lost: () => ({ kind: "ConnectionClosed" }),
  query_timeout: () => ({ kind: "SocketTimeout" }),
  invalid_parameter: ({ message }) => ({ kind: "InvalidInputValue", message }),
  closed: ({ message }) => ({ kind: "TransactionAlreadyClosed", cause: message }),
};

/** The failure of an error: of its kind, or with everything that the server said. */
function failureOf(error: SQLError): DriverFailure {
  const { code, severity, message, detail, column, hint } = error;
  return (
    KINDS[code]?.(error) ?? {
      kind: "postgres",
      code,
      severity: severity ?? "ERROR",
      message,
      detail,
      column,
      hint,
    }
  );
}

/** The constraint as Prisma names it where the server tells the constraint's name. */
function byIndex({ constraint }: SQLError): { index: string } | undefined {
  return constraint === undefined ? undefined : { index: constraint };
}

/** The constraint as Prisma names it where the server tells the column. */
function byColumn({ column }: SQLError): { fields: string[] } | undefined {
  return column === undefined ? undefined : { fields: [column] };
}

/** The first name in quotes of a message: the server tells some names only there. */
function firstQuoted(message: string): string | undefined {
  return /"([^"]+)"/.exec(message)?.[1];
}
