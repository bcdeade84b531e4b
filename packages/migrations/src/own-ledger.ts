import type { Connection } from "./connection.ts";
import type { Applied, Ledger } from "./ledger.ts";
import type { Migration } from "./migration-folder.ts";
import { tableExists } from "./table.ts";

/** The ledger in Twinloop's own table `twinloop_migrations`, with one row for each migration. */
export class OwnLedger implements Ledger {
  readonly table: string;
  readonly schema: string;
  readonly #connection: Connection;

  constructor(connection: Connection, schema: string) {
    this.#connection = connection;
    this.schema = schema;
    this.table = `${schema}.twinloop_migrations`;
  }

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

  async begin({ version, name, checksum }: Migration): Promise<void> {
    await this.#connection.query(
      `insert into ${this.table} (version, name, checksum) values ($1::text::bigint, $2, $3)`,
      [version, name, checksum],
    );
  }

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

  async remove(version: string): Promise<void> {
    await this.#connection.query(`delete from ${this.table} where version = $1::text::bigint`, [version]);
  }

  async accept({ version, name, checksum }: Migration): Promise<void> {
    await this.#connection.query(
      `update ${this.table} set checksum = $2, name = $3 where version = $1::text::bigint`,
      [version, checksum, name],
    );
  }
}
