import type { PoolClient, PoolResult, SQLDatabase, TwinloopPool, TypeParsers } from "@twinloop/sqldb";
import { toParameter } from "./argument.ts";
import { readerOf } from "./column-text.ts";
import { columnTypeOf } from "./column-type.ts";
import type {
  PrismaAdapter,
  PrismaAdapterFactory,
  PrismaIsolation,
  PrismaQuery,
  PrismaQueryable,
  PrismaResult,
  PrismaTransaction,
} from "./driver-adapter.ts";
import { DriverAdapterError, throwForPrisma } from "./driver-error.ts";

/** Options of the adapter. */
export interface PrismaAdapterOptions {
  /** The schema of the tables. Default: that of the connection's search path. */
  readonly schema?: string;
}

/**
 * A driver adapter of Prisma 7: the client's statements run on the database's own connections.
 *
 * Errors: those of Prisma's kinds, which its client throws as `P2002` and the like.
 *
 * Example: `const prisma = new PrismaClient({ adapter: prismaAdapter(db) });`
 */
export function prismaAdapter(db: SQLDatabase, options: PrismaAdapterOptions = {}): PrismaAdapterFactory {
  return { provider: PROVIDER, adapterName: NAME, connect: () => Promise.resolve(new Adapter(db, options)) };
}

const PROVIDER = "postgres";
const NAME = "@twinloop/sqldb";
/** PostgreSQL's isolation levels; `SNAPSHOT`, which Prisma also has, is SQL Server's and is refused. */
const ISOLATIONS: readonly string[] = [
  "READ UNCOMMITTED",
  "READ COMMITTED",
  "REPEATABLE READ",
  "SERIALIZABLE",
];
/** The type parsers of every query: values arrive as texts, and become what Prisma's client reads. */
const READERS: TypeParsers = { getTypeParser: readerOf };

/** Runs Prisma's statements on any connection of a pool, or on one connection. */
class Statements implements PrismaQueryable {
  readonly provider = PROVIDER;
  readonly adapterName: string = NAME;
  readonly #client: TwinloopPool | PoolClient;

  constructor(client: TwinloopPool | PoolClient) {
    this.#client = client;
  }

  /** Runs a statement. Shape: -> names and types of the columns, and rows as arrays in their order. */
  async queryRaw(query: PrismaQuery): Promise<PrismaResult> {
    const { fields, rows } = await this.#run(query);
    return {
      columnNames: fields.map(({ name }) => name),
      columnTypes: fields.map(({ dataTypeID }) => columnTypeOf(dataTypeID)),
      rows,
    };
  }

  /**
   * Runs a statement. Shape: -> the number of rows that it changed; 0 for one without a count, such as `create
   * table`.
   */
  async executeRaw(query: PrismaQuery): Promise<number> {
    return (await this.#run(query)).rowCount ?? 0;
  }

  #run({ sql, args, argTypes }: PrismaQuery): Promise<PoolResult> {
    const values = args.map((value, index) => toParameter(value, argTypes[index]));
    return this.#client.query({ text: sql, values, rowMode: "array", types: READERS }).catch(throwForPrisma);
  }
}

/** The adapter of one database. A transaction has a connection of its own until Prisma commits or rolls back. */
class Adapter extends Statements implements PrismaAdapter {
  readonly #db: SQLDatabase;
  readonly #options: PrismaAdapterOptions;

  constructor(db: SQLDatabase, options: PrismaAdapterOptions) {
    super(db.pool());
    this.#db = db;
    this.#options = options;
  }

  /** Runs several statements at once, without parameters. */
  async executeScript(script: string): Promise<void> {
    await this.#db.rawExec(script).catch(throwForPrisma);
  }

  /**
   * Takes a connection and begins. Errors: `InvalidIsolationLevel` before a connection is taken; a failed `begin`
   * gives it back.
   */
  async startTransaction(isolationLevel?: PrismaIsolation): Promise<PrismaTransaction> {
    if (isolationLevel !== undefined && !ISOLATIONS.includes(isolationLevel)) {
      throw new DriverAdapterError({ kind: "InvalidIsolationLevel", level: isolationLevel });
    }
    const client = await this.#db.pool<TwinloopPool>().connect().catch(throwForPrisma);
    try {
      await client.query(isolationLevel ? `begin isolation level ${isolationLevel}` : "begin");
      return new OpenTransaction(client);
    } catch (error) {
      client.release();
      return throwForPrisma(error);
    }
  }

  /** Tells Prisma the schema of the option; joins are supported, because PostgreSQL has lateral joins. */
  getConnectionInfo(): { schemaName?: string; supportsRelationJoins: boolean } {
    const { schema } = this.#options;
    return { ...(schema === undefined ? {} : { schemaName: schema }), supportsRelationJoins: true };
  }

  /** Closes nothing: the connections belong to the app. */
  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * A transaction that Prisma drives. `usePhantomQuery: false` means that Prisma sends COMMIT and ROLLBACK as
 * statements.
 */
class OpenTransaction extends Statements implements PrismaTransaction {
  readonly options = { usePhantomQuery: false };
  readonly #client: PoolClient;

  constructor(client: PoolClient) {
    super(client);
    this.#client = client;
  }

  /** Returns the connection; the client has run COMMIT itself. */
  commit(): Promise<void> {
    return this.#client.end();
  }

  /** Returns the connection; the client has run ROLLBACK itself, and where that failed, the return rolls back. */
  rollback(): Promise<void> {
    return this.#client.end();
  }

  createSavepoint(name: string): Promise<void> {
    return this.#savepoint("savepoint", name);
  }

  rollbackToSavepoint(name: string): Promise<void> {
    return this.#savepoint("rollback to savepoint", name);
  }

  releaseSavepoint(name: string): Promise<void> {
    return this.#savepoint("release savepoint", name);
  }

  /** Runs a savepoint statement; the name is quoted, since Prisma chooses it. */
  async #savepoint(verb: string, name: string): Promise<void> {
    await this.#client.query(`${verb} "${name.replaceAll('"', '""')}"`).catch(throwForPrisma);
  }
}
