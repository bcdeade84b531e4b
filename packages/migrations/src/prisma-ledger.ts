import { randomUUID } from "node:crypto";
import type { Connection } from "./connection.ts";
import type { Applied, Ledger } from "./ledger.ts";
import type { Migration } from "./migration-folder.ts";
import { tableExists } from "./table.ts";

/**
 * The ledger in Prisma's table, with the rows that `prisma migrate deploy` writes. Source: Prisma, "The
 * _prisma_migrations table".
 */
export class PrismaLedger implements Ledger {
  /** The table's name with its schema, as SQL reads it. */
  readonly table: string;
  readonly #connection: Connection;

  constructor(connection: Connection, schema: string) {
    this.#connection = connection;
    this.table = `${schema}._prisma_migrations`;
  }

  /** Reads the migrations that were not rolled back, each once: a finished row goes before an unfinished one. */
  async read(): Promise<readonly Applied[]> {
    if (!(await tableExists(this.#connection, this.table))) return [];
    // A migration that was rolled back and applied again has several rows.
    const { rows } = await this.#connection.query(
      `select distinct on (migration_name) migration_name as name, checksum,
              (extract(epoch from finished_at) * 1000)::bigint::text as applied,
              (extract(epoch from finished_at - started_at) * 1000)::bigint::text as duration
         from ${this.table} where rolled_back_at is null
        order by migration_name, finished_at desc nulls last`,
      [],
    );
    return rows.map((row) => ({
      version: String(row["name"]),
      name: String(row["name"]),
      checksum: String(row["checksum"]),
      done: row["applied"] != null,
      appliedAt: row["applied"] == null ? undefined : new Date(Number(row["applied"])),
      durationMs: row["duration"] == null ? undefined : Number(row["duration"]),
    }));
  }

  /**
   * Creates the table with the columns that Prisma's own migration engine creates, so that either tool may be the
   * first.
   */
  async prepare(): Promise<void> {
    if (await tableExists(this.#connection, this.table)) return;
    await this.#connection.query(
      `create table ${this.table} (
         id varchar(36) primary key not null,
         checksum varchar(64) not null,
         finished_at timestamptz,
         migration_name varchar(255) not null,
         logs text,
         rolled_back_at timestamptz,
         started_at timestamptz not null default now(),
         applied_steps_count integer not null default 0
       )`,
      [],
    );
  }

  /** Inserts a row without `finished_at`, by which Prisma too knows a migration whose outcome is unknown. */
  async begin({ name, checksum }: Migration): Promise<void> {
    await this.#connection.query(
      `insert into ${this.table} (id, checksum, migration_name) values ($1, $2, $3)`,
      [randomUUID(), checksum, name],
    );
  }

  /** Finishes the row of `begin`, or inserts a finished one, whose start lies `durationMs` before its end. */
  async finish({ name, checksum }: Migration, durationMs: number): Promise<void> {
    const { rows } = await this.#connection.query(
      `update ${this.table} set finished_at = clock_timestamp(), applied_steps_count = 1
        where migration_name = $1 and finished_at is null and rolled_back_at is null returning id`,
      [name],
    );
    if (rows.length > 0) return;
    await this.#connection.query(
      `insert into ${this.table} (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       values ($1, $2, $3, clock_timestamp() - $4::text::float8 * interval '1 millisecond', clock_timestamp(), 1)`,
      [randomUUID(), checksum, name, String(durationMs)],
    );
  }

  /**
   * Marks the rows of a migration as rolled back and deletes none: `prisma migrate resolve --rolled-back` does the
   * same.
   */
  async remove(version: string): Promise<void> {
    await this.#connection.query(
      `update ${this.table} set rolled_back_at = now() where migration_name = $1 and rolled_back_at is null`,
      [version],
    );
  }

  async accept({ name, checksum }: Migration): Promise<void> {
    await this.#connection.query(
      `update ${this.table} set checksum = $2 where migration_name = $1 and rolled_back_at is null`,
      [name, checksum],
    );
  }
}
