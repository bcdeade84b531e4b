import type { Connection } from "./connection.ts";
import type { Applied, Ledger } from "./ledger.ts";
import type { Migration } from "./migration-folder.ts";
import { tableExists } from "./table.ts";

/** The prefix of a hash while its migration runs outside of a transaction. */
const BEGUN = "begun:";

/**
 * Drizzle's table, with the rows that its migrator writes: the file's hash, and as `created_at` the time at which it
 * was generated.
 *
 * Source: drizzle-orm, `PgDialect.migrate`.
 */
export class DrizzleLedger implements Ledger {
  /** The table's name: Drizzle's default, in the schema `drizzle`. */
  readonly table: string = "drizzle.__drizzle_migrations";
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Reads the records by the time of their generation. The table has neither a name nor an end: both are absent from
   * the result.
   */
  async read(): Promise<readonly Applied[]> {
    if (!(await tableExists(this.#connection, this.table))) return [];
    const { rows } = await this.#connection.query(
      `select created_at::text as version, hash from ${this.table} order by created_at, id`,
      [],
    );
    return rows.map((row) => {
      const [version, hash] = [String(row["version"]), String(row["hash"])];
      const begun = hash.startsWith(BEGUN);
      const checksum = begun ? hash.slice(BEGUN.length) : hash;
      return { version, name: version, checksum, done: !begun, appliedAt: undefined, durationMs: undefined };
    });
  }

  async prepare(): Promise<void> {
    if (await tableExists(this.#connection, this.table)) return;
    await this.#connection.query("create schema if not exists drizzle", []);
    await this.#connection.query(
      `create table ${this.table} (id serial primary key, hash text not null, created_at bigint)`,
      [],
    );
  }

  /**
   * Inserts a row whose hash begins with `begun:`. Drizzle's migrator compares times alone, so it takes the migration
   * for applied.
   */
  async begin({ version, checksum }: Migration): Promise<void> {
    await this.#connection.query(
      `insert into ${this.table} (hash, created_at) values ($1, $2::text::bigint)`,
      [BEGUN + checksum, version],
    );
  }

  /** Replaces the row of `begin` by the one that Drizzle's migrator would write. */
  async finish({ version, checksum }: Migration): Promise<void> {
    await this.remove(version);
    await this.#connection.query(
      `insert into ${this.table} (hash, created_at) values ($1, $2::text::bigint)`,
      [checksum, version],
    );
  }

  async remove(version: string): Promise<void> {
    await this.#connection.query(`delete from ${this.table} where created_at = $1::text::bigint`, [version]);
  }

  async accept({ version, checksum }: Migration): Promise<void> {
    await this.#connection.query(`update ${this.table} set hash = $2 where created_at = $1::text::bigint`, [
      version,
      checksum,
    ]);
  }
}
