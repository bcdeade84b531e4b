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
  readonly table: string = "drizzle.__drizzle_migrations";
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

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

  async begin({ version, checksum }: Migration): Promise<void> {
    await this.#connection.query(
      `insert into ${this.table} (hash, created_at) values ($1, $2::text::bigint)`,
      [BEGUN + checksum, version],
    );
  }

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
