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
const ISOLATIONS: readonly string[] = [
  "READ UNCOMMITTED",
  "READ COMMITTED",
  "REPEATABLE READ",
  "SERIALIZABLE",
];
const READERS: TypeParsers = { getTypeParser: readerOf };

/** Runs Prisma's statements on any connection of a pool, or on one connection. */
class Statements implements PrismaQueryable {
  readonly provider = PROVIDER;
  readonly adapterName: string = NAME;
  readonly #client: TwinloopPool | PoolClient;

  constructor(client: TwinloopPool | PoolClient) {
    this.#client = client;
  }

  async queryRaw(query: PrismaQuery): Promise<PrismaResult> {
    const { fields, rows } = await this.#run(query);
    return {
      columnNames: fields.map(({ name }) => name),
      columnTypes: fields.map(({ dataTypeID }) => columnTypeOf(dataTypeID)),
      rows,
    };
  }

  async executeRaw(query: PrismaQuery): Promise<number> {
    return (await this.#run(query)).rowCount ?? 0;
  }

  #run({ sql, args, argTypes }: PrismaQuery): Promise<PoolResult> {
    const values = args.map((value, index) => toParameter(value, argTypes[index]));
    return this.#client.query({ text: sql, values, rowMode: "array", types: READERS }).catch(throwForPrisma);
  }
}

class Adapter extends Statements implements PrismaAdapter {
  readonly #db: SQLDatabase;
  readonly #options: PrismaAdapterOptions;

  constructor(db: SQLDatabase, options: PrismaAdapterOptions) {
    super(db.pool());
    this.#db = db;
    this.#options = options;
  }

  async executeScript(script: string): Promise<void> {
    await this.#db.rawExec(script).catch(throwForPrisma);
  }

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

  getConnectionInfo(): { schemaName?: string; supportsRelationJoins: boolean } {
    const { schema } = this.#options;
    return { ...(schema === undefined ? {} : { schemaName: schema }), supportsRelationJoins: true };
  }

  /** Closes nothing: the connections belong to the app. */
  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

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

  async #savepoint(verb: string, name: string): Promise<void> {
    await this.#client.query(`${verb} "${name.replaceAll('"', '""')}"`).catch(throwForPrisma);
  }
}
