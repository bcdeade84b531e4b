import type { Connection } from "./connection.ts";
import type { Applied, Ledger } from "./ledger.ts";
import type { Migration } from "./migration-folder.ts";
import { tableExists } from "./table.ts";

/**
 * The ledger in Twinloop's own table `twinloop_migrations`, with one row for each migration. A row without
 * `applied_at` is a migration that began outside of a transaction and whose outcome is unknown.
 */
export class OwnLedger implements Ledger {
  /** The table's name with its schema, as SQL reads it. */
  readonly table: string;
  /** The schema of the table, which `adopt` also needs to find golang-migrate's table. */
  readonly schema: string;
  readonly #connection: Connection;

  constructor(connection: Connection, schema: string) {
    this.#connection = connection;
    this.schema = schema;
    this.table = `${schema}.twinloop_migrations`;
  }

  /**
   * Reads all records, by version as a number. Times cross as milliseconds in text, so that neither the session's
   * time zone nor its date style has a part in them.
   */
  async read(): Promise<readonly Applied[]> {
    if (!(await tableExists(this.#connection, this.table))) return [];
    const { rows } = await this.#connection.query(
      `select version::text as version, name, checksum, duration_ms::text as duration,
              (extract(epoch from applied_at) * 1000)::bigint::text as applied
         from ${this.table} order by ${this.table}.version`,
      [],
    );
    return rows.map((row) => ({
      version: String(row["version"]),
      name: String(row["name"]),
      checksum: String(row["checksum"]),
      done: row["applied"] != null,
      appliedAt: row["applied"] == null ? undefined : new Date(Number(row["applied"])),
      durationMs: row["duration"] == null ? undefined : Number(row["duration"]),
    }));
  }

  async prepare(): Promise<void> {
    if (await tableExists(this.#connection, this.table)) return;
    await this.#connection.query(
      `create table ${this.table} (
         version bigint primary key,
         name text not null,
         checksum text not null,
         applied_at timestamptz,
         duration_ms bigint
       )`,
      [],
    );
    await this.#connection.query(
      `comment on column ${this.table}.applied_at is 'null: begun outside of a transaction, outcome unknown'`,
      [],
    );
  }

  /** Inserts a row without `applied_at`. A version that has a row already fails by its primary key. */
  async begin({ version, name, checksum }: Migration): Promise<void> {
    await this.#connection.query(
      `insert into ${this.table} (version, name, checksum) values ($1::text::bigint, $2, $3)`,
      [version, name, checksum],
    );
  }

  /** Inserts the finished row, or completes the one of `begin`. A row that is finished already stays as it is. */
  async finish({ version, name, checksum }: Migration, durationMs: number): Promise<void> {
    await this.#connection.query(
      `insert into ${this.table} as had (version, name, checksum, applied_at, duration_ms)
       values ($1::text::bigint, $2, $3, now(), $4::text::bigint)
       on conflict (version) do update
         set applied_at = excluded.applied_at, duration_ms = excluded.duration_ms, checksum = excluded.checksum
         where had.applied_at is null`,
      [version, name, checksum, String(durationMs)],
    );
  }

  /** Deletes the row of a version; a version without a row is no error. */
  async remove(version: string): Promise<void> {
    await this.#connection.query(`delete from ${this.table} where version = $1::text::bigint`, [version]);
  }

  /** Records the file's present checksum, and its name, which may have changed too. */
  async accept({ version, name, checksum }: Migration): Promise<void> {
    await this.#connection.query(
      `update ${this.table} set checksum = $2, name = $3 where version = $1::text::bigint`,
      [version, checksum, name],
    );
  }
}
