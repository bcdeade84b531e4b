import type { Migration } from "./migration-folder.ts";

/** A migration that is recorded in the ledger. */
export interface Applied {
  readonly version: string;
  readonly name: string;
  /** The checksum of the applied file; `undefined` where the format does not record one. */
  readonly checksum: string | undefined;
  /**
   * Whether the migration has finished; false for one that was begun outside of a transaction and whose outcome is
   * unknown.
   */
  readonly done: boolean;
  /** The time at which the migration finished; `undefined` where the format does not record it. */
  readonly appliedAt: Date | undefined;
  readonly durationMs: number | undefined;
}

/**
 * The table in which a database records its migrations. Each format uses the table of its own tool, so that the tool
 * agrees.
 */
export interface Ledger {
  /** The table's name in SQL. */
  readonly table: string;
  /** Reads the records in the order of versions; an empty list where the table does not exist. Changes nothing. */
  read(): Promise<readonly Applied[]>;
  /** Creates the table where it does not exist. */
  prepare(): Promise<void>;
  /** Records the start of a migration that runs outside of a transaction. */
  begin(migration: Migration): Promise<void>;
  /** Records the end of a migration, whether its start was recorded or not. */
  finish(migration: Migration, durationMs: number): Promise<void>;
  /** Removes a record. */
  remove(version: string): Promise<void>;
  /** Records the current file as the applied one. */
  accept(migration: Migration): Promise<void>;
}
