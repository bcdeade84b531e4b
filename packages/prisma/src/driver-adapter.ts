import type { ColumnType } from "./column-type.ts";

/** The isolation levels of a transaction, as Prisma names them. */
export type PrismaIsolation =
  "READ UNCOMMITTED" | "READ COMMITTED" | "REPEATABLE READ" | "SNAPSHOT" | "SERIALIZABLE";

/** Prisma's description of one argument. */
export interface ArgumentType {
  readonly scalarType: string;
  /** The column's type in the database, in capitals, where the Prisma schema names it. */
  readonly dbType?: string;
  readonly arity: "scalar" | "list";
}

/** A statement as Prisma passes it. */
export interface PrismaQuery {
  readonly sql: string;
  readonly args: unknown[];
  readonly argTypes: ArgumentType[];
}

/** The rows of a result in Prisma's form: arrays in the order of the columns. */
export interface PrismaResult {
  columnTypes: ColumnType[];
  columnNames: string[];
  rows: unknown[][];
}

/**
 * The interface through which Prisma runs statements.
 *
 * Source: `SqlQueryable` of `@prisma/driver-adapter-utils` 7, declared structurally so that Prisma is not a dependency.
 */
export interface PrismaQueryable {
  readonly provider: "postgres";
  readonly adapterName: string;
  /** Runs a statement and returns its rows. */
  queryRaw(query: PrismaQuery): Promise<PrismaResult>;
  /** Returns the number of changed rows. */
  executeRaw(query: PrismaQuery): Promise<number>;
}

/** Prisma's `Transaction`: the client runs COMMIT and ROLLBACK as statements, then calls the method of that name. */
export interface PrismaTransaction extends PrismaQueryable {
  readonly options: { usePhantomQuery: boolean };
  /** Gives the connection back after Prisma has run `COMMIT`. */
  commit(): Promise<void>;
  /** Gives the connection back after Prisma has run `ROLLBACK`. */
  rollback(): Promise<void>;
  /** Sets a savepoint of this name. */
  createSavepoint(name: string): Promise<void>;
  /** Undoes what was done since the savepoint of this name. */
  rollbackToSavepoint(name: string): Promise<void>;
  /** Forgets the savepoint of this name and keeps what was done since. */
  releaseSavepoint(name: string): Promise<void>;
}

/** Prisma's `SqlDriverAdapter`. */
export interface PrismaAdapter extends PrismaQueryable {
  /** Runs several statements, separated by semicolons. */
  executeScript(script: string): Promise<void>;
  /** Takes a connection and begins a transaction on it; without an isolation level, with PostgreSQL's default. */
  startTransaction(isolationLevel?: PrismaIsolation): Promise<PrismaTransaction>;
  /** Tells Prisma the default schema and whether relations may be read with joins. */
  getConnectionInfo(): { schemaName?: string; supportsRelationJoins: boolean };
  /** Ends Prisma's use of the adapter. */
  dispose(): Promise<void>;
}

/** Prisma's `SqlDriverAdapterFactory`, which a client takes as `adapter`. */
export interface PrismaAdapterFactory {
  readonly provider: "postgres";
  readonly adapterName: string;
  /** Returns the adapter of the database. */
  connect(): Promise<PrismaAdapter>;
}
