import type { ColumnType } from "./column-type.ts";

/** How a transaction is isolated, as Prisma says it. */
export type PrismaIsolation =
  "READ UNCOMMITTED" | "READ COMMITTED" | "REPEATABLE READ" | "SNAPSHOT" | "SERIALIZABLE";

/** What Prisma knows of one argument. */
export interface ArgumentType {
  readonly scalarType: string;
  /** The type of its column in the database, in capitals, where the schema names it. */
  readonly dbType?: string;
  readonly arity: "scalar" | "list";
}

/** A statement as Prisma hands it over. */
export interface PrismaQuery {
  readonly sql: string;
  readonly args: unknown[];
  readonly argTypes: ArgumentType[];
}

/** Rows as Prisma takes them: arrays in the order of the columns. */
export interface PrismaResult {
  columnTypes: ColumnType[];
  columnNames: string[];
  rows: unknown[][];
}

/**
 * What runs statements for Prisma.
 *
 * Source: `SqlQueryable` of `@prisma/driver-adapter-utils` 7, written by shape so that nothing of Prisma is a dependency.
 */
export interface PrismaQueryable {
  readonly provider: "postgres";
  readonly adapterName: string;
  queryRaw(query: PrismaQuery): Promise<PrismaResult>;
  /** Gives the number of rows changed. */
  executeRaw(query: PrismaQuery): Promise<number>;
}

/** `Transaction` of Prisma: the client runs COMMIT and ROLLBACK as statements, then calls the method of that name. */
export interface PrismaTransaction extends PrismaQueryable {
  readonly options: { usePhantomQuery: boolean };
  commit(): Promise<void>;
  rollback(): Promise<void>;
  createSavepoint(name: string): Promise<void>;
  rollbackToSavepoint(name: string): Promise<void>;
  releaseSavepoint(name: string): Promise<void>;
}

/** `SqlDriverAdapter` of Prisma. */
export interface PrismaAdapter extends PrismaQueryable {
  /** Runs several statements, separated by semicolons. */
  executeScript(script: string): Promise<void>;
  startTransaction(isolationLevel?: PrismaIsolation): Promise<PrismaTransaction>;
  getConnectionInfo(): { schemaName?: string; supportsRelationJoins: boolean };
  dispose(): Promise<void>;
}

/** `SqlDriverAdapterFactory` of Prisma: what a client takes as `adapter`. */
export interface PrismaAdapterFactory {
  readonly provider: "postgres";
  readonly adapterName: string;
  connect(): Promise<PrismaAdapter>;
}
